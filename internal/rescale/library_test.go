package rescale

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStorageAndLibrary is about calls that few clients are known to make: what is asked,
// and which answers are taken.
func TestStorageAndLibrary(t *testing.T) {
	t.Parallel()
	status := func(ctx context.Context, c *Client) (string, error) { return c.StorageStatus(ctx, "StO") }
	attached := func(ctx context.Context, c *Client) (string, error) {
		list, err := c.AttachedStorage(ctx, "QwErTy")
		return strings.Join(list, " "), err
	}
	below := func(ctx context.Context, c *Client) (string, error) { return c.Subfolder(ctx, "ToP", "sims") }
	const statuses = "GET /api/v2/storage-devices/StO/statuses/"
	for name, tc := range map[string]struct {
		call    func(context.Context, *Client) (string, error)
		answers map[string]string // by path; else 404
		want    string
		sent    string
		err     string
	}{
		"newest status first": {
			call: status, answers: map[string]string{"/api/v2/storage-devices/StO/statuses/": `{"count":2,"next":null,"results":[{"status":"Started"},{"status":"Starting"}]}`},
			want: "Started", sent: statuses,
		},
		"newest status last": {
			call: status, answers: map[string]string{"/api/v2/storage-devices/StO/statuses/": `{"results":[
				{"status":"Started","statusDate":"2026-11-23T10:00:00Z"},{"status":"Stopped","statusDate":"2026-11-24T10:00:00Z"}]}`},
			want: "Stopped", sent: statuses,
		},
		"no status": {
			call: status, answers: map[string]string{"/api/v2/storage-devices/StO/statuses/": `{"results":[]}`}, sent: statuses,
		},
		"no history": {
			call: status, answers: map[string]string{"/api/v2/storage-devices/StO/": `{"id":"StO"}`}, sent: statuses + "|GET /api/v2/storage-devices/StO/",
		},
		"no storage": {call: status, sent: statuses + "|GET /api/v2/storage-devices/StO/", err: "404"},
		"attached, in both shapes": {
			call: attached, answers: map[string]string{"/api/v2/jobs/QwErTy/storage-devices/": `[{"id":"A","name":"fast"},{"id":7,"storageDevice":{"id":"B"}}]`},
			want: "A B", sent: "GET /api/v2/jobs/QwErTy/storage-devices/",
		},
		"attaching": {
			call:    func(ctx context.Context, c *Client) (string, error) { return "", c.AttachStorage(ctx, "QwErTy", "StO") },
			answers: map[string]string{"/api/v2/jobs/QwErTy/storage-devices/": `{}`}, sent: `POST /api/v2/jobs/QwErTy/storage-devices/ {"storageDevice":{"id":"StO"}}`,
		},
		"library": {
			call:    func(ctx context.Context, c *Client) (string, error) { return c.Library(ctx) },
			answers: map[string]string{"/api/v3/users/me/folders/": `{"myJobs":"A","myLibrary":"B"}`}, want: "B", sent: "GET /api/v3/users/me/folders/",
		},
		"no library": {
			call:    func(ctx context.Context, c *Client) (string, error) { return c.Library(ctx) },
			answers: map[string]string{"/api/v3/users/me/folders/": `{"home":{}}`}, sent: "GET /api/v3/users/me/folders/", err: "folders without myLibrary",
		},
		"folder among other things": {
			call: below, answers: map[string]string{"/api/v3/folders/ToP/contents/": `{"results":[{"type":"file","item":{"id":"F","name":"sims"}},
				{"type":"filesymlink","item":null},{"type":"folder","item":{"id":"A","name":"Sims"}},{"type":"folder","item":{"id":"B","name":"sims"}}]}`},
			want: "B", sent: "GET /api/v3/folders/ToP/contents/",
		},
		"no such folder": {
			call: below, answers: map[string]string{"/api/v3/folders/ToP/contents/": `{"results":[]}`}, sent: "GET /api/v3/folders/ToP/contents/",
		},
		"new folder": {
			call:    func(ctx context.Context, c *Client) (string, error) { return c.CreateFolder(ctx, "ToP", "sims") },
			answers: map[string]string{"/api/v3/folders/ToP/": `{"id":"B"}`}, want: "B", sent: `POST /api/v3/folders/ToP/ {"name":"sims"}`,
		},
		"new folder without id": {
			call:    func(ctx context.Context, c *Client) (string, error) { return c.CreateFolder(ctx, "ToP", "sims") },
			answers: map[string]string{"/api/v3/folders/ToP/": `{}`}, sent: `POST /api/v3/folders/ToP/ {"name":"sims"}`, err: "id",
		},
		"move": {
			call:    func(ctx context.Context, c *Client) (string, error) { return "", c.MoveFile(ctx, "F", "B") },
			answers: map[string]string{"/api/v3/files/F/": `{}`}, sent: `PATCH /api/v3/files/F/ {"currentFolderId":"B"}`,
		},
		"tag": {
			call:    func(ctx context.Context, c *Client) (string, error) { return "", c.TagFile(ctx, "F", "a b") },
			answers: map[string]string{"/api/v3/files/F/tags/": `{}`}, sent: `POST /api/v3/files/F/tags/ {"name":"a b"}`,
		},
		"an id that is a path": {
			call: func(ctx context.Context, c *Client) (string, error) {
				_, err := c.StorageStatus(ctx, "../x")
				_, below := c.Subfolder(ctx, "../x", "a")
				return "", errors.Join(err, below, c.AttachStorage(ctx, "QwErTy", "../x"), c.MoveFile(ctx, "../x", "B"), c.TagFile(ctx, "../x", "a"))
			},
			err: "../x",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, func(w http.ResponseWriter, r *http.Request) {
				answer, known := tc.answers[r.URL.Path]
				if !known {
					w.WriteHeader(http.StatusNotFound)
					return
				}
				fmt.Fprint(w, answer)
			})
			got, err := tc.call(t.Context(), p.client(t))
			var sent []string
			for _, r := range p.arrivals() {
				sent = append(sent, strings.TrimSpace(r.Method+" "+r.Path+" "+r.Body))
			}
			if diff := cmp.Diff([]string{tc.want, tc.sent}, []string{got, strings.Join(sent, "|")}); diff != "" {
				t.Errorf("answer and requests (-want +got)\n%s", diff)
			}
			if (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("error %v, want %q", err, tc.err)
			}
		})
	}
}
