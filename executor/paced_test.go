package executor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor"
)

// TestPaced tells the beginning, the last byte and the end of each transfer, and
// what lies between now and then.
func TestPaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type told struct {
			File string
			Sent int64
			Type executor.EventType
		}
		var got []told
		tell := executor.Paced(time.Second, func(e executor.Event) {
			if e.Time.IsZero() {
				t.Error("an event without time")
			}
			got = append(got, told{e.File, e.Sent, e.Type})
		})
		for sent := range int64(26) {
			for _, file := range []string{"a", "b"} {
				tell(executor.Event{Type: executor.EventUploading, File: file, Size: 25, Sent: sent})
			}
			time.Sleep(100 * time.Millisecond)
		}
		tell(executor.Event{Type: executor.EventUploaded, File: "a"})
		tell(executor.Event{Type: executor.EventUploading, File: "a", Size: 25})
		tell(executor.Event{Type: executor.EventUploading, File: "a", Size: 25, Sent: 1})
		tell(executor.Event{Type: executor.EventAborted, File: "b"})
		tell(executor.Event{Type: executor.EventDownloading, Job: "wing", File: "b", Size: 25, Sent: 1})
		// One template makes two contents.
		tell(executor.Event{Type: executor.EventUploading, File: "deck.k", Path: "deck.k.tmpl", SHA512: "1", Size: 25})
		tell(executor.Event{Type: executor.EventUploading, File: "deck.k", Path: "deck.k.tmpl", SHA512: "2", Size: 25})
		want := []told{
			{"a", 0, executor.EventUploading},
			{"b", 0, executor.EventUploading},
			{"a", 10, executor.EventUploading},
			{"b", 10, executor.EventUploading},
			{"a", 20, executor.EventUploading},
			{"b", 20, executor.EventUploading},
			{"a", 25, executor.EventUploading},
			{"b", 25, executor.EventUploading},
			{"a", 0, executor.EventUploaded},
			{"a", 0, executor.EventUploading},
			{"b", 0, executor.EventAborted},
			{"b", 1, executor.EventDownloading},
			{"deck.k", 0, executor.EventUploading},
			{"deck.k", 0, executor.EventUploading},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
