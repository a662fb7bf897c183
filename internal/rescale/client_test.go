package rescale

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestNewAcceptsOnlyOrigins(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ url, want, why, hint string }{
		"default":          {url: "", want: "https://platform.rescale.com"},
		"region":           {url: "https://eu.rescale.com", want: "https://eu.rescale.com"},
		"final slash":      {url: "https://eu.rescale.com/", want: "https://eu.rescale.com"},
		"upper case":       {url: "HTTPS://EU.Rescale.com", want: "https://eu.rescale.com"},
		"own https host":   {url: "https://rescale.example.com:8443", want: "https://rescale.example.com:8443"},
		"loopback":         {url: "http://127.0.0.1:8099", want: "http://127.0.0.1:8099"},
		"loopback net":     {url: "http://127.8.9.10", want: "http://127.8.9.10"},
		"loopback 6":       {url: "http://[::1]:8099", want: "http://[::1]:8099"},
		"localhost":        {url: "http://localhost:8099", want: "http://localhost:8099"},
		"clear text":       {url: "http://eu.rescale.com", why: "clear text", hint: "https://eu.rescale.com"},
		"private net":      {url: "http://10.0.0.1:80", why: "clear text", hint: "the platforms are"},
		"looks like local": {url: "http://127.0.0.1.example.com", why: "clear text"},
		"short loopback":   {url: "http://127.1", why: "clear text"},
		"localhost prefix": {url: "http://localhost.example.com", why: "clear text"},
		"zone":             {url: "http://[::1%25eth0]", why: "clear text"},
		"no scheme":        {url: "eu.rescale.com", why: "not a URL with a host", hint: "write https://eu.rescale.com"},
		"path":             {url: "https://eu.rescale.com/api/v3/", why: `the path "/api/v3/"`, hint: "write https://eu.rescale.com"},
		"query":            {url: "https://eu.rescale.com?x=1", why: "query"},
		"empty query":      {url: "https://eu.rescale.com?", why: "query"},
		"fragment":         {url: "https://eu.rescale.com#x", why: "fragment"},
		"user":             {url: "https://me:hunter22@eu.rescale.com", why: "user name"},
		"other scheme":     {url: "ftp://eu.rescale.com", why: `"ftp"`},
		"port":             {url: "https://eu.rescale.com:99999", why: "not a port"},
		"no host":          {url: "https:///x", why: "not a URL"},
		"garbage":          {url: "https://%zz", why: "not a URL"},
		"password only":    {url: "me:hunter22@eu.rescale.com", why: "not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := New(Config{BaseURL: tc.url})
			if tc.why == "" {
				if err != nil || c.BaseURL() != tc.want {
					t.Fatalf("got %v, %v, want %s", c, err, tc.want)
				}
				return
			}
			var host *HostError
			if !errors.As(err, &host) {
				t.Fatalf("got %v, want a *HostError", err)
			}
			if !strings.Contains(host.Why, tc.why) || !strings.Contains(host.Hint(), tc.hint) || host.Hint() == "" {
				t.Errorf("got %v, hint %q", err, host.Hint())
			}
			if strings.Contains(err.Error(), "hunter22") {
				t.Errorf("%v shows the password", err)
			}
		})
	}
}

func TestKeysThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{testKey + "\n", "a b", "\ufeff" + testKey, "clé", "\x00"} {
		_, err := New(Config{Key: NewSecret(bad)})
		var key *KeyError
		if !errors.As(err, &key) || key.Hint() == "" || strings.Contains(err.Error(), testKey) {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}

func TestKeyIsNeverPrinted(t *testing.T) {
	t.Parallel()
	type wrapped struct{ cfg Config } // unexported: fmt does not ask its methods
	cfg := Config{Key: NewSecret(testKey)}
	c := newClient(t, cfg)
	for _, v := range []any{cfg, &cfg, wrapped{cfg}, &wrapped{cfg}, c, cfg.Key, []Secret{cfg.Key}, c.api.Transport} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, testKey) || strings.Contains(text, fmt.Sprintf("%x", testKey)) {
				t.Errorf("%s of %T shows the key: %s", verb, v, text)
			}
		}
	}
	text, err := json.Marshal(map[string]any{"config": cfg.Key, "list": []Secret{cfg.Key}})
	if err != nil || strings.Contains(string(text), testKey) {
		t.Errorf("JSON: %s, %v", text, err)
	}
	if raw, err := cfg.Key.MarshalText(); err != nil || string(raw) != redacted {
		t.Errorf("text: %s, %v", raw, err)
	}
	if got := cfg.Key.String() + cfg.Key.GoString(); got != redacted+redacted {
		t.Errorf("got %q", got)
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		testKey:               "Token " + testKey,
		"eyJhbGci.eyJzdWI.c2": "Bearer eyJhbGci.eyJzdWI.c2",
		"eyJhbGci":            "Token eyJhbGci",
		"abc.def.ghi":         "Token abc.def.ghi",
		"":                    "",
	} {
		p := newPlatform(t, reply(200, `{"email":"ada@example.com"}`))
		c := newClient(t, Config{BaseURL: p.URL, Key: NewSecret(key)})
		if _, err := c.Me(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := p.arrivals()[0].Auth; got != want {
			t.Errorf("key %q: got %q, want %q", key, got, want)
		}
	}
}

func TestReadOnlySendsNothing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, "{}"))
	c := newClient(t, Config{BaseURL: p.URL, ReadOnly: true})
	ctx := t.Context()
	_, createErr := c.CreateJob(ctx, JobRequest{Name: "x"})
	_, uploadErr := c.Upload(ctx, uploadOf("x", "content"))
	for name, err := range map[string]error{
		"create": createErr, "upload": uploadErr, "submit": c.SubmitJob(ctx, "a"), "stop": c.StopJob(ctx, "a"),
		"delete": c.DeleteJob(ctx, "a"), "tag": c.AddTag(ctx, "a", "t"), "untag": c.RemoveTag(ctx, "a", "t"),
	} {
		var refused *ReadOnlyError
		if !errors.As(err, &refused) || refused.Method == http.MethodGet {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := len(p.arrivals()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestJobURL(t *testing.T) {
	t.Parallel()
	c := newClient(t, Config{})
	if got := c.JobURL("QwErTy"); got != "https://platform.rescale.com/jobs/QwErTy/" {
		t.Errorf("got %s", got)
	}
}

func TestIDsCannotChangeThePath(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, "{}"))
	c, ctx := p.client(t), t.Context()
	for _, id := range []string{"", ".", "..", "a/b", "a?x", "a#", "%2e", "a b", "é", strings.Repeat("A", maxID+1)} {
		_, jobErr := c.Job(ctx, id)
		_, fileErr := c.File(ctx, id)
		_, downloadErr := c.Download(ctx, id, Span{})
		_, linesErr := c.Lines(ctx, id)
		_, filesErr := c.JobFiles(ctx, id, "")
		_, statusErr := c.Statuses(ctx, id)
		_, tagsErr := c.Tags(ctx, id)
		for _, err := range []error{
			jobErr, fileErr, downloadErr, linesErr, filesErr, statusErr, tagsErr,
			c.DeleteJob(ctx, id), c.SubmitJob(ctx, id), c.AddTag(ctx, id, "t"),
		} {
			var bad *BadIDError
			if !errors.As(err, &bad) || bad.ID != id || bad.Hint() == "" {
				t.Errorf("%q: got %v", id, err)
			}
		}
	}
	if n := len(p.arrivals()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}
