package rescale

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// answering answers every request with the same body.
type answering []byte

// RoundTrip answers while the context lasts.
func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(a)), ContentLength: int64(len(a)),
	}, nil
}

// readers are all that reads a body of the platform, by what it reads.
func readers(c *Client) map[string]func(context.Context) (any, error) {
	const id = "AbCdEf"
	return map[string]func(context.Context) (any, error){
		"me":         func(ctx context.Context) (any, error) { return c.Me(ctx) },
		"projects":   func(ctx context.Context) (any, error) { return c.Projects(ctx) },
		"analyses":   func(ctx context.Context) (any, error) { return c.Analyses(ctx) },
		"core types": func(ctx context.Context) (any, error) { return c.CoreTypes(ctx) },
		"workspace":  func(ctx context.Context) (any, error) { return c.Workspace(ctx) },
		"bill":       func(ctx context.Context) (any, error) { return c.Bill(ctx, Workspace{"w", "", "o"}, time.Time{}) },
		"workspace's fields": func(ctx context.Context) (any, error) {
			return c.WorkspaceFields(ctx, Workspace{"w", "", "o"})
		},
		"automations": func(ctx context.Context) (any, error) { return c.Automations(ctx) },
		"prices":      func(ctx context.Context) (any, error) { return c.ComputePrices(ctx) },
		"file":        func(ctx context.Context) (any, error) { return c.File(ctx, id) },
		"files": func(ctx context.Context) (any, error) {
			return nil, c.Files(ctx, "deck", func(File) bool { return true })
		},
		"job files": func(ctx context.Context) (any, error) { return c.JobFiles(ctx, id, "") },
		"lines":     func(ctx context.Context) (any, error) { return c.Lines(ctx, id) },
		"jobs": func(ctx context.Context) (any, error) {
			return c.Jobs(ctx, JobQuery{}, func(JobItem) bool { return true })
		},
		"runs":        func(ctx context.Context) (any, error) { return c.Runs(ctx, id) },
		"tail":        func(ctx context.Context) (any, error) { return c.Tail(ctx, id, "1", "a/b", 5) },
		"directory":   func(ctx context.Context) (any, error) { return c.DirectoryContents(ctx, id, "1") },
		"statuses":    func(ctx context.Context) (any, error) { return c.Statuses(ctx, id) },
		"clusters":    func(ctx context.Context) (any, error) { return c.ClusterStatuses(ctx, id) },
		"job":         func(ctx context.Context) (any, error) { return c.Job(ctx, id) },
		"created job": func(ctx context.Context) (any, error) { return c.CreateJob(ctx, JobRequest{}) },
		"tags":        func(ctx context.Context) (any, error) { return c.Tags(ctx, id) },
		"fields":      func(ctx context.Context) (any, error) { return c.CustomFields(ctx, id) },
	}
}

// maxMessage bounds what an error quotes of a body, with room for the words around it.
const maxMessage = 4 * maxDetail

// FuzzAnswers gives a reader of the platform's answers any body with status 200: none
// of them hangs on links to itself, shows the key, or lets a control character or a page
// of text into a message.
func FuzzAnswers(f *testing.F) {
	names := slices.Sorted(maps.Keys(readers(nil)))
	for which := range names {
		for _, seed := range bodies(f) {
			f.Add(byte(which), seed) //nolint:gosec // there are few
		}
	}
	f.Fuzz(func(t *testing.T, which byte, body []byte) {
		c, err := New(Config{BaseURL: "https://eu.rescale.com", Key: NewSecret(testKey), Transport: answering(body), Retry: fastRetry()})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		name := names[int(which)%len(names)]
		_, err = readers(c)[name](t.Context())
		if err == nil {
			return
		}
		text := err.Error()
		var hinted interface{ Hint() string }
		if errors.As(err, &hinted) {
			text += hinted.Hint()
		}
		fitForPeople(t, name+": "+text)
		if len(text) > maxMessage {
			t.Errorf("%s: a message of %d bytes: %q", name, len(text), text)
		}
	})
}

// bodies are those of the fixtures, a page of each, and what is none.
func bodies(f *testing.F) [][]byte {
	f.Helper()
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	list := [][]byte{
		[]byte(`{"count": 1, "next": "https://eu.rescale.com/api/v2/jobs/?page=2", "results": [{"id": "AbCdEf", "name": "x"}]}`),
		[]byte(`{"count": "1", "next": "?page=2", "results": [{"id": 7, "status": {"content": "Completed"}, "statusDate": "soon"}]}`),
		[]byte(`[[[[[[[[{"a": 1e999}]]]]]]]]`), []byte("<html>" + testKey), []byte(`"` + testKey + `"`), []byte("null"),
		{},
		[]byte("\xff\x00"),
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		page, err := json.Marshal(map[string]any{"count": 1, "next": nil, "results": []json.RawMessage{text}})
		if err != nil {
			continue // it is none
		}
		list = append(list, text, page)
	}
	return list
}
