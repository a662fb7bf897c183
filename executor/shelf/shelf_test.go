package shelf_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/shelf"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// library is that of one account. Ids of folders are their paths.
type library struct {
	folders map[string]bool
	calls   []string
	errs    map[string]error // by call, the first time
	racing  bool             // another machine makes each folder first
	silent  bool             // no call is ever answered
}

func (l *library) call(ctx context.Context, words ...string) error {
	name := strings.Join(words, " ")
	l.calls = append(l.calls, name)
	if l.silent {
		<-ctx.Done()
		return ctx.Err()
	}
	err := l.errs[name]
	delete(l.errs, name)
	return errors.Join(err, ctx.Err())
}

func (l *library) Library(ctx context.Context) (string, error) { return "top", l.call(ctx, "library") }

func (l *library) Subfolder(ctx context.Context, parent, name string) (string, error) {
	id := parent + "/" + name
	if err := l.call(ctx, "find", id); err != nil || !l.folders[id] {
		return "", err
	}
	return id, nil
}

func (l *library) CreateFolder(ctx context.Context, parent, name string) (string, error) {
	id := parent + "/" + name
	err := l.call(ctx, "make", id)
	var lost *rescale.OutcomeUnknownError
	if err == nil || l.racing || errors.As(err, &lost) {
		l.folders[id] = true
	}
	return id, err
}

func (l *library) MoveFile(ctx context.Context, id, folder string) error {
	return l.call(ctx, "move", id, folder)
}

func (l *library) TagFile(ctx context.Context, id, tag string) error {
	return l.call(ctx, "tag", id, tag)
}

func TestTidy(t *testing.T) {
	t.Parallel()
	refused := &rescale.Error{Method: "POST", Path: "/x/", Status: http.StatusBadRequest}
	lost := &rescale.OutcomeUnknownError{Act: "moving", Err: errors.New("connection reset")}
	both := shelf.Wish{Job: "wing", Folder: "sims/2026", Tags: []string{"a", "b"}}
	for name, tc := range map[string]struct {
		library  library
		wishes   []shelf.Wish // of jobs that share the files
		files    string
		calls    string
		warnings string
	}{
		"no wish":  {wishes: []shelf.Wish{{}}, files: "x"},
		"no files": {wishes: []shelf.Wish{both}},
		"folders that are there": {
			library: library{folders: map[string]bool{"top/sims": true, "top/sims/2026": true}}, wishes: []shelf.Wish{{Folder: "sims/2026"}}, files: "x y",
			calls: "library|find top/sims|find top/sims/2026|move x top/sims/2026|move y top/sims/2026",
		},
		"folders that are missing, and tags": {
			library: library{folders: map[string]bool{"top/sims": true}}, wishes: []shelf.Wish{both}, files: "x",
			calls: "library|find top/sims|find top/sims/2026|make top/sims/2026|move x top/sims/2026|tag x a|tag x b",
		},
		"jobs that share a file": {
			wishes: []shelf.Wish{{Folder: "one", Tags: []string{"a"}}, {Folder: "two", Tags: []string{"a", "b"}}, {Folder: "one"}}, files: "x",
			calls: "library|find top/one|make top/one|move x top/one|tag x a|tag x b",
		},
		"folder made by another machine": {
			library: library{racing: true, errs: map[string]error{"make top/sims": refused}}, wishes: []shelf.Wish{{Folder: "sims"}}, files: "x",
			calls: "library|find top/sims|make top/sims|find top/sims|move x top/sims",
		},
		"lost answers": {
			library: library{errs: map[string]error{"make top/sims": lost, "move x top/sims": lost}}, wishes: []shelf.Wish{{Folder: "sims"}}, files: "x",
			calls: "library|find top/sims|make top/sims|find top/sims|move x top/sims|move x top/sims",
		},
		"name in the trash": {
			library: library{errs: map[string]error{"make top/sims": refused}}, wishes: []shelf.Wish{{Job: "wing", Folder: "sims", Tags: []string{"a"}}, {Job: "tail", Folder: "other"}}, files: "x y",
			calls:    "library|find top/sims|make top/sims|find top/sims|tag x a|tag y a",
			warnings: `wing: moving inputs into their folder: making folder "sims": POST /x/: 400 Bad Request; the job runs all the same, and this apply does not try it again`,
		},
		"no library at all": {
			library: library{errs: map[string]error{"library": refused, "tag x a": refused}}, wishes: []shelf.Wish{both, both}, files: "x y",
			calls: "library|tag x a",
			warnings: "wing: moving inputs into their folder: POST /x/: 400 Bad Request; the job runs all the same, and this apply does not try it again|" +
				"wing: tagging inputs: POST /x/: 400 Bad Request; the job runs all the same, and this apply does not try it again",
		},
		"no answer": {
			library: library{silent: true}, wishes: []shelf.Wish{both, both}, files: "x",
			calls: "library|tag x a",
			warnings: "wing: moving inputs into their folder: no success within 30s: context deadline exceeded; the job runs all the same, and this apply does not try it again|" +
				"wing: tagging inputs: no success within 30s: context deadline exceeded; the job runs all the same, and this apply does not try it again",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := tc.library
				if l.folders == nil {
					l.folders = make(map[string]bool)
				}
				var warnings []string
				s := shelf.Shelf{Platform: &l, Warn: func(job, message string) { warnings = append(warnings, job+": "+message) }}
				for _, wish := range tc.wishes {
					s.Tidy(t.Context(), wish, strings.Fields(tc.files))
				}
				got := []string{strings.Join(l.calls, "|"), strings.Join(warnings, "|")}
				if diff := cmp.Diff([]string{tc.calls, tc.warnings}, got); diff != "" {
					t.Errorf("calls and warnings (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// TestTidyIsInterrupted has nothing to say: whoever interrupts knows.
func TestTidyIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fmt.Errorf("interrupted"))
	l := library{folders: map[string]bool{}}
	s := shelf.Shelf{Platform: &l, Warn: func(job, message string) { t.Errorf("%s: %s", job, message) }}
	s.Tidy(ctx, shelf.Wish{Folder: "sims"}, []string{"x"})
	if len(l.calls) > 0 {
		t.Errorf("calls %v", l.calls)
	}
}
