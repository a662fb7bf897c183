package rescale

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestErrorBodies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"field":        {`{"name": ["This field is required."]}`, "name: This field is required."},
		"two messages": {`{"name": ["a", "b"]}`, "name: a; name: b"},
		"nested": {
			`{"jobanalyses": [{"hardware": {"coresPerSlot": ["must be one of 2, 4"]}}]}`,
			"jobanalyses[0].hardware.coresPerSlot: must be one of 2, 4",
		},
		"sound members": {
			`{"jobanalyses": [{}, {"command": ["the 'interactive' flag must be present"]}]}`,
			"jobanalyses[1].command: the 'interactive' flag must be present",
		},
		"object, not list": {`{"jobanalyses": {"command": "blank"}}`, "jobanalyses.command: blank"},
		"plain string":     {`{"projectId": "no such project"}`, "projectId: no such project"},
		"two fields":       {`{"projectId": ["x"], "name": ["y"]}`, "name: y; projectId: x"},
		"whole object":     {`{"non_field_errors": ["a"], "hardware": {"non_field_errors": ["b"]}}`, "hardware: b; a"},
		"detail":           {`{"detail": "Not found."}`, "Not found."},
		"detail, fields":   {`{"detail": "bad", "name": ["y"]}`, "bad; name: y"},
		"odd detail":       {`{"detail": {"name": ["y"]}}`, "detail.name: y"},
		"bare string":      {`"duplicate key value"`, "duplicate key value"},
		"bare list":        {`["a", {"b": "c"}]`, "a; [1].b: c"},
		"numbers":          {`{"code": 7, "ok": false, "none": null}`, "code: 7; ok: false"},
		"text":             {"upstream\n connect  error", "upstream connect error"},
		"HTML":             {"\n<html><head><title>504 Gateway Time-out</title></head>", "an HTML page: 504 Gateway Time-out"},
		"HTML heading":     {"<body><h1 class=x> Sorry\n</h1>", "an HTML page: Sorry"},
		"HTML alone":       {"<p>x</p>", "an HTML page"},
		"terminal codes":   {"{\"detail\": \"a\\u001b[31mb\\u0007\"}", "a [31mb"},
		"deep":             {strings.Repeat(`{"a":`, 40) + `"x"` + strings.Repeat("}", 40), strings.Repeat("a.", 15) + "a: more deeply nested messages"},
		"long":             {`"` + strings.Repeat("x", 999) + `"`, strings.Repeat("x", maxDetail) + "…"},
	} {
		detail, fields := explain([]byte(tc.body), veil{})
		e := &Error{Method: "POST", Path: "/api/v2/jobs/", Status: 400, Detail: detail, Fields: fields}
		if got, want := e.Error(), "POST /api/v2/jobs/: 400 Bad Request: "+tc.want; got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	detail, fields := explain(nil, veil{})
	e := &Error{Method: "GET", Path: "/x/", Status: 599, Detail: detail, Fields: fields}
	if got := e.Error(); got != "GET /x/: status 599" {
		t.Errorf("empty body: got %s", got)
	}
}

func TestErrorBodyIsBounded(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(400, `{"a": ["`+strings.Repeat("x", 1<<20)+`"]}`))
	_, err := p.client(t).Me(t.Context())
	if err == nil || len(err.Error()) > 1000 {
		t.Errorf("got %v", err)
	}
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, `%q,`, fmt.Sprint(i))
	}
	if _, fields := explain([]byte("["+strings.TrimSuffix(many.String(), ",")+"]"), veil{}); len(fields) != maxFields {
		t.Errorf("got %d fields", len(fields))
	}
}

func TestErrorsHideSecrets(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"key in a detail":   `{"detail": "no such key ` + testKey + `!"}`,
		"key as a field":    `{"` + testKey + `": ["bad"]}`,
		"key in text":       "Authorization: Token " + testKey,
		"key in HTML":       "<title>" + testKey + "</title>",
		"key escaped":       `{"detail": "\u0030123456789abcdef0123456789abcdef01234567"}`,
		"another key":       `{"detail": "Authorization: Bearer hunter22hunter22"}`,
		"signed URL":        `{"detail": "PUT https://bucket.example.com/a?X-Amz-Signature=hunter22&b=1 failed"}`,
		"encryption key":    `"{\"encodedEncryptionKey\": \"hunter22AAAA=\"}"`,
		"encryption, plain": `encodedEncryptionKey=hunter22AAAA=`,
		"password in URL":   `{"detail": "proxy http://me:hunter22@proxy.example.com failed"}`,
	} {
		for _, status := range []int{200, 400, 401, 500} {
			p := newPlatform(t, reply(status, body))
			c := newClient(t, Config{BaseURL: p.URL, Key: NewSecret(testKey), Retry: Retry{Attempts: 1}})
			_, err := c.Me(t.Context())
			if err == nil {
				t.Fatalf("%s: no error", name)
			}
			text := fmt.Sprintf("%v %+v", err, err)
			var answer *Error
			if errors.As(err, &answer) {
				text += fmt.Sprintf("%#v", *answer)
			}
			if strings.Contains(text, testKey) || strings.Contains(text, "hunter22") {
				t.Errorf("%s: got %s", name, text)
			}
		}
	}
}

func TestHints(t *testing.T) {
	t.Parallel()
	const page = "http://127.0.0.1:1/user/settings/api-key/"
	for name, tc := range map[string]struct {
		status int
		detail string
		auth   bool
		want   []string
	}{
		"expired":      {401, "API key is no longer active", true, []string{"expired", "make a new one at " + page}},
		"deactivated":  {401, "User inactive or deleted.", true, []string{"deactivated", "administrator"}},
		"wrong":        {401, "Invalid token.", true, []string{"wrong", "another region than http://127.0.0.1:1", page, "https://eu.rescale.com"}},
		"missing":      {401, "Authentication credentials were not provided.", true, []string{"no API key", page}},
		"other":        {401, "?", true, []string{page}},
		"expired, 403": {403, "API key is no longer active", true, []string{"make a new one"}},
		"forbidden":    {403, "You do not have permission to perform this action.", false, []string{"may not do this"}},
		"deleted file": {403, "This file was deleted.", false, []string{"may not do this"}},
		"not found":    {404, "Not found.", false, []string{"does not exist for this account"}},
		"method":       {405, "", false, []string{"does not offer"}},
		"throttled":    {429, "", false, []string{"too many requests", "try again in a few minutes"}},
		"outage":       {503, "", false, []string{"platform has a problem"}},
		"redirect":     {302, "", false, []string{"proxy"}},
		"odd":          {200, "", false, []string{"not Rescale's"}},
		"bad request":  {400, "", false, nil},
	} {
		e := &Error{Status: tc.status, Detail: tc.detail, base: "http://127.0.0.1:1"}
		if e.Auth() != tc.auth {
			t.Errorf("%s: Auth is %v", name, e.Auth())
		}
		if tc.want == nil && e.Hint() != "" {
			t.Errorf("%s: got %q, want no hint", name, e.Hint())
		}
		for _, want := range tc.want {
			if !strings.Contains(e.Hint(), want) {
				t.Errorf("%s: got %q, want %q", name, e.Hint(), want)
			}
		}
	}
}

func TestOutageTexts(t *testing.T) {
	t.Parallel()
	cause := &NetworkError{Method: "GET", Path: "/x/", text: "EOF", cause: errors.New("EOF")}
	for want, e := range map[string]*OutageError{
		"GET /x/: EOF (gave up after 1 try)":           {Tries: 1, Err: cause},
		"GET /x/: EOF (gave up after 3 tries in 1.5s)": {Tries: 3, Waited: 1500 * time.Millisecond, Err: cause},
	} {
		if e.Error() != want || e.Hint() != cause.Hint() || !errors.Is(e, cause) {
			t.Errorf("got %v, hint %q", e, e.Hint())
		}
	}
}

func TestFieldsAreTyped(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(400, `{"jobanalyses": [{"hardware": {"coresPerSlot": ["no"]}}]}`))
	_, err := p.client(t).CreateJob(t.Context(), JobRequest{Name: "x"})
	var refused *Error
	if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	want := []FieldError{{Path: "jobanalyses[0].hardware.coresPerSlot", Message: "no"}}
	if diff := cmp.Diff(want, refused.Fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzErrorBody(f *testing.F) {
	for _, seed := range []string{
		`{"name": ["x"]}`, `{"jobanalyses":[{},{"a":{"b":["c"]}}]}`, `"x"`, `[1,[2,[3]]]`, `{"detail":{"a":1}}`,
		"<html><title>x</title>", "\x1b[31m", testKey, `{"` + testKey + `":"` + testKey + `"}`, `https://a/?` + testKey, "\xff\xfe",
	} {
		f.Add([]byte(seed))
	}
	key := NewSecret(testKey)
	f.Fuzz(func(t *testing.T, body []byte) {
		detail, fields := explain(body, newVeil(key, nil))
		e := &Error{Method: "GET", Path: "/x/", Status: 400, Detail: detail, Fields: fields}
		fitForPeople(t, e.Error()+e.Hint())
		if len(fields) > maxFields || len([]rune(detail)) > maxDetail+1 {
			t.Errorf("%d fields, detail of %d", len(fields), len(detail))
		}
	})
}

// fitForPeople is a message without the key and without control characters.
func fitForPeople(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, testKey) {
		t.Errorf("shows the key: %q", text)
	}
	if i := strings.IndexFunc(text, unicode.IsControl); i >= 0 {
		t.Errorf("a control character at %d in %q", i, text)
	}
}

func TestHintsOfOtherErrors(t *testing.T) {
	t.Parallel()
	stopped := &NetworkError{cause: context.Canceled}
	if stopped.Hint() != "" {
		t.Errorf("the caller's own end gives advice: %q", stopped.Hint())
	}
	lost := &OutcomeUnknownError{Act: "x", Err: stopped}
	if !strings.Contains(lost.Hint(), "look before") || !errors.Is(lost, context.Canceled) {
		t.Errorf("got %q", lost.Hint())
	}
	if e := (&OutageError{Err: errors.New("x")}); e.Hint() != "" {
		t.Errorf("got %q", e.Hint())
	}
	refused := &ReadOnlyError{Method: "POST", Path: "/api/v2/jobs/"}
	if got := refused.Error(); got != "POST /api/v2/jobs/: refused, this client only reads" {
		t.Errorf("got %q", got)
	}
	if got := (&BadIDError{ID: "a/b"}).Error(); got != `"a/b" is not an id of the platform` {
		t.Errorf("got %q", got)
	}
	wrapped := fmt.Errorf("x: %w", &OutageError{Err: &Error{Status: 401}})
	if !IsAuth(wrapped) || IsAuth(errors.New("x")) || IsAuth(nil) {
		t.Error("IsAuth is wrong")
	}
}
