package rescale

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRuns(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, `{"count": 3, "next": null, "results": [
		{"id": "1", "type": 3, "displayOrder": 1, "dateStarted": "2026-11-23T10:00:00.5Z", "dateCompleted": "2026-11-23T11:00:00Z", "outputFileCount": 2, "outputFileSize": 31},
		{"id": 2, "dateStarted": "2026-11-23T10:00:00Z", "dateCompleted": null, "outputFileSize": null},
		{"id": "3", "dateStarted": "soon", "outputFileCount": {}}]}`))
	got, err := p.client(t).Runs(t.Context(), "QwErTy")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	want := []Run{
		{ID: "1", Started: at.Add(500 * time.Millisecond), Completed: at.Add(time.Hour), Files: 2, Size: 31},
		{ID: "2", Started: at},
		{ID: "3"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if seen := p.arrivals()[0]; seen.Path != "/api/v2/jobs/QwErTy/runs/" || seen.Method != "GET" {
		t.Errorf("sent %+v", seen)
	}
}

// TestLive: what a run is doing is there, or not yet; only what says that it will never
// be there ends a wait for it.
func TestLive(t *testing.T) {
	t.Parallel()
	tail := func(ctx context.Context, c *Client) ([]string, error) {
		return c.Tail(ctx, "QwErTy", "1", "a b/o%ut", 20)
	}
	directory := func(ctx context.Context, c *Client) ([]string, error) { return c.DirectoryContents(ctx, "QwErTy", "1") }
	for name, tc := range map[string]struct {
		read   func(context.Context, *Client) ([]string, error)
		answer http.HandlerFunc
		want   []string
		notYet bool
		err    func(error) bool
	}{
		"lines":                   {read: tail, answer: reply(200, `{"fileType": "text", "lines": ["a", "b\n", 7]}`), want: []string{"a", "b\n", "7"}},
		"empty file":              {read: tail, answer: reply(200, `{"lines": []}`)},
		"no lines":                {read: tail, answer: reply(200, `{"fileType": "binary"}`), notYet: true},
		"404":                     {read: tail, answer: reply(404, `{"detail": "Not found."}`), notYet: true},
		"a page":                  {read: tail, answer: reply(200, "<html><title>Starting</title>"), notYet: true},
		"text":                    {read: tail, answer: reply(200, "cluster is starting"), notYet: true},
		"nothing":                 {read: tail, answer: reply(200, ""), notYet: true},
		"half of an answer":       {read: tail, answer: reply(200, `{"lines": ["a`), notYet: true},
		"too long":                {read: tail, answer: reply(200, `{"lines": ["`+strings.Repeat("x", maxTail)+`"]}`), err: func(err error) bool { return errors.Is(err, ErrTailTooLong) }},
		"wrong key":               {read: tail, answer: reply(401, `{"detail": "Invalid token."}`), err: IsAuth},
		"directory":               {read: directory, answer: reply(200, `[{"path": "a/b", "resource": "/x"}, {"path": "c"}, {}]`), want: []string{"a/b", "c"}},
		"directory before it is":  {read: directory, answer: reply(404, ""), notYet: true},
		"directory that is none":  {read: directory, answer: reply(200, "Waiting"), notYet: true},
		"directory of other kind": {read: directory, answer: reply(200, `{"detail": "later"}`), notYet: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, tc.answer)
			got, err := tc.read(t.Context(), p.client(t))
			var notYet *NotYetError
			if errors.As(err, &notYet) != tc.notYet || (err != nil) != (tc.notYet || tc.err != nil) || tc.err != nil && !tc.err(err) {
				t.Errorf("error %v", err)
			}
			if tc.notYet && (notYet.Hint() == "" || !strings.HasPrefix(err.Error(), "GET /api/v2/jobs/QwErTy/runs/1/")) {
				t.Errorf("says %v; %s", err, notYet.Hint())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if seen := p.arrivals(); len(seen) != 1 || seen[0].Method != "GET" {
				t.Errorf("sent %+v", seen)
			}
		})
	}
}

func TestTailIsAskedForByItsPath(t *testing.T) {
	t.Parallel()
	var asked string
	p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.EscapedPath() + "?" + r.URL.RawQuery
		reply(200, `{"lines": []}`)(w, r)
	})
	c := p.client(t)
	if _, err := c.Tail(t.Context(), "QwErTy", "2", "a b/o%ut?", 20); err != nil {
		t.Fatal(err)
	}
	if want := "/api/v2/jobs/QwErTy/runs/2/tail/a%20b/o%25ut%3F?lines=20"; asked != want {
		t.Errorf("asked for %s, want %s", asked, want)
	}
	for _, wrong := range []string{"", "../files", "a//b", "/etc", "a/"} {
		var refused *BadPathError
		if _, err := c.Tail(t.Context(), "QwErTy", "1", wrong, 20); !errors.As(err, &refused) || refused.Hint() == "" {
			t.Errorf("%q: error %v", wrong, err)
		}
	}
	var bad *BadIDError
	if _, err := c.Tail(t.Context(), "QwErTy", "../..", "a", 20); !errors.As(err, &bad) {
		t.Errorf("error %v", err)
	}
	if _, err := c.Tail(t.Context(), "QwErTy", "1", "a", 0); err == nil {
		t.Errorf("error %v", err)
	}
	if n := len(p.arrivals()); n != 1 {
		t.Errorf("%d requests", n)
	}
}
