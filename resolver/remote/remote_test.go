package remote_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/remote"
	"github.com/rescale-apply/rescale-apply/spec"
)

// platform takes a second for each answer.
type platform struct {
	mu       sync.Mutex
	asked    map[string]int
	statuses map[string]int // of refusals, by id
}

func (p *platform) answer(ctx context.Context, id string) error {
	p.mu.Lock()
	p.asked[id]++
	status := p.statuses[id]
	p.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Second):
	}
	if status != 0 {
		return &rescale.Error{Status: status}
	}
	return nil
}

func (p *platform) File(ctx context.Context, id string) (rescale.File, error) {
	return rescale.File{ID: id, Name: "of " + id}, p.answer(ctx, id)
}

func (p *platform) StorageStatus(ctx context.Context, id string) (string, error) {
	return "Started", p.answer(ctx, id)
}

// TestManyIDsAreReadSomeAtATime has 20 files: at most 8 requests are under way.
func TestManyIDsAreReadSomeAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{asked: map[string]int{}, statuses: map[string]int{"F3": http.StatusNotFound, "F7": http.StatusForbidden, "F9": http.StatusGone}}
		var ids []string
		want := make(map[string]rescale.File)
		for i := range 20 {
			id := fmt.Sprintf("F%d", i)
			ids = append(ids, id)
			if p.statuses[id] == 0 {
				want[id] = rescale.File{ID: id, Name: "of " + id}
			}
		}
		began := time.Now()
		got, err := remote.ReadFiles(t.Context(), p, ids)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("error %v, files (-want +got)\n%s", err, diff)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("20 answers of a second took %v", took)
		}
		p.statuses["F5"] = http.StatusUnauthorized
		if _, err := remote.ReadFiles(t.Context(), p, ids); !rescale.IsAuth(err) {
			t.Errorf("with a key that opens nothing: %v", err)
		}
	})
}

// TestStorageIsReadOnce has points of a sweep that share their storage.
func TestStorageIsReadOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &platform{asked: map[string]int{}, statuses: map[string]int{"C": http.StatusNotFound}}
		job := spec.Job{Storage: []spec.Value[string]{{V: "A"}, {V: "B"}, {V: "C"}}}
		got, err := remote.ReadDevices(t.Context(), p, []spec.Job{job, job, {}})
		if diff := cmp.Diff(remote.Statuses{"A": "Started", "B": "Started"}, got); diff != "" || err != nil {
			t.Errorf("error %v (-want +got)\n%s", err, diff)
		}
		if diff := cmp.Diff(map[string]int{"A": 1, "B": 1, "C": 1}, p.asked); diff != "" {
			t.Errorf("requests (-want +got)\n%s", diff)
		}
	})
}
