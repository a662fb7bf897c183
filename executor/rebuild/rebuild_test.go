package rebuild_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/rebuild"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

const owner = "ada@example.com"

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// platform is what one listing shows, and what can be read by id.
type platform struct {
	jobs    []rescale.Job
	history map[string][]rescale.Status
	files   map[string]rescale.File
	results map[string][]rescale.File
	moving  bool
}

var errNotFound = &rescale.Error{Status: http.StatusNotFound}

func (p *platform) Jobs(ctx context.Context, _ rescale.JobQuery, yield func(rescale.JobItem) bool) (rescale.Listing, error) {
	if err := ctx.Err(); err != nil {
		return rescale.Listing{}, err
	}
	for _, j := range slices.Backward(p.jobs) {
		yield(rescale.JobItem{ID: j.ID, Name: j.Name, Owner: j.Owner, DateInserted: j.DateInserted})
	}
	return rescale.Listing{Count: len(p.jobs), Stable: !p.moving}, nil
}

func (p *platform) Job(ctx context.Context, id string) (rescale.Job, error) {
	if err := ctx.Err(); err != nil {
		return rescale.Job{}, err
	}
	i := slices.IndexFunc(p.jobs, func(j rescale.Job) bool { return j.ID == id })
	if i < 0 || strings.HasPrefix(id, "gone") {
		return rescale.Job{}, errNotFound
	}
	return p.jobs[i], nil
}

func (p *platform) Statuses(ctx context.Context, id string) ([]rescale.Status, error) {
	return p.history[id], ctx.Err()
}

func (p *platform) File(ctx context.Context, id string) (rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return rescale.File{}, err
	}
	f, ok := p.files[id]
	if !ok {
		return f, errNotFound
	}
	f.ID = id
	return f, nil
}

func (p *platform) JobFiles(ctx context.Context, id, _ string) ([]rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	files, ok := p.results[id]
	if !ok {
		return nil, errNotFound
	}
	return files, nil
}

func (*platform) Download(ctx context.Context, _ string, _ rescale.Span) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, errors.New("nothing is downloaded by rebuilding")
}

// add puts a job with a key on the platform, a minute after the one before.
func (p *platform) add(id string, key once.Key, entries ...string) *rescale.Job {
	request := key.Sign(rescale.JobRequest{Name: key.Name, JobAnalyses: make([]rescale.JobAnalysis, 1)}, "")
	job := rescale.Job{
		ID: id, Name: request.Name, Owner: owner, DateInserted: noon.Add(time.Duration(len(p.jobs)) * time.Minute),
		Tiles: []rescale.Tile{{EnvVars: request.JobAnalyses[0].EnvVars, CoresPerSlot: 4, Slots: 2}},
	}
	p.jobs = append(p.jobs, job)
	if p.history == nil {
		p.history = make(map[string][]rescale.Status)
	}
	for i := 0; i+1 < len(entries); i += 2 {
		at := noon.Add(time.Hour - time.Duration(i/2)*30*time.Minute)
		p.history[id] = append(p.history[id], rescale.Status{Status: entries[i], Reason: entries[i+1], Date: at})
	}
	return &p.jobs[len(p.jobs)-1]
}

// What becomes of a run, newest status first.
var (
	succeeded = []string{"Completed", "Completed successfully", "Executing", ""}
	failed    = []string{"Completed", "A run failed", "Executing", ""}
	running   = []string{"Executing", "", "Queued", ""}
)

func wing(digest string, generation, attempt int) once.Key {
	return once.Key{Digest: digest, Name: "wing", Generation: generation, Attempt: attempt}
}

// journal writes what is recalled into a real journal and reads it again: every
// record must make sense where it stands.
func journal(t *testing.T, p *platform, jobs ...resolver.Job) (state.Snapshot, rebuild.Memory) {
	t.Helper()
	m, err := rebuild.Recall(t.Context(), p, owner, nil, jobs)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, job := range jobs {
		names = append(names, job.Name)
	}
	j, err := state.Open(filepath.Join(t.TempDir(), "s"), state.Identity{Tool: "t", Platform: "p", Account: owner})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	for _, r := range m.Records(names) {
		if err := j.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	return j.Snapshot(), m
}

func ids(runs []state.Run) string {
	var list []string
	for _, r := range runs {
		list = append(list, r.ID+":"+string(r.Stage))
	}
	return strings.Join(list, " ")
}

func surplus(m rebuild.Memory) string {
	var list []string
	for _, s := range m.Surplus {
		list = append(list, s.ID+":"+s.Run)
	}
	return strings.Join(list, " ")
}

func TestWhichRunsAreRecalled(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		platform func(p *platform)
		runs     string // oldest first
		surplus  string // each with the run that it is not needed beside
	}{
		"nothing": {func(*platform) {}, "", ""},
		"generations, attempts and contents in their order": {
			func(p *platform) {
				p.add("a", wing("d1", 1, 1), failed...)
				p.add("b", wing("d1", 1, 2), succeeded...)
				p.add("c", wing("d2", 1, 1), succeeded...)
				p.add("d", wing("d1", 2, 1), running...)
			},
			"a:finished b:finished c:finished d:submitted", "",
		},
		"attempts of one date": {
			func(p *platform) {
				p.add("b", wing("d1", 1, 2), succeeded...)
				p.add("a", wing("d1", 1, 1), failed...).DateInserted = noon
			},
			"a:finished b:finished", "",
		},
		"a draft": {func(p *platform) { p.add("a", wing("d1", 1, 1)) }, "a:created", ""},
		"the oldest of several drafts": {
			func(p *platform) { p.add("b", wing("d1", 1, 1)); p.add("a", wing("d1", 1, 1)) }, "b:created", "",
		},
		"a run before older drafts": {
			func(p *platform) { p.add("a", wing("d1", 1, 1)); p.add("b", wing("d1", 1, 1), running...) },
			"b:submitted", "a:b",
		},
		"a draft of another attempt is no decision": {
			func(p *platform) { p.add("a", wing("d1", 1, 1), failed...); p.add("b", wing("d1", 1, 2)) },
			"a:finished", "b:a",
		},
		"a draft of another generation": {
			func(p *platform) { p.add("a", wing("d1", 1, 1), failed...); p.add("b", wing("d1", 2, 1)) },
			"a:finished b:created", "",
		},
		"two runs of one key, which must not be": {
			func(p *platform) { p.add("a", wing("d1", 1, 1), failed...); p.add("b", wing("d1", 1, 1), running...) },
			"a:finished", "b:a",
		},
		"a clone": {
			func(p *platform) {
				p.add("a", wing("d1", 1, 1), succeeded...).ClonedFrom = "x"
				p.add("b", wing("d1", 1, 1), failed...)
			},
			"b:finished", "",
		},
		"somebody else's, which is shared": {
			func(p *platform) { p.add("a", wing("d1", 1, 1), succeeded...).Owner = "bob@example.com" }, "", "",
		},
		"another name": {
			func(p *platform) {
				p.add("a", once.Key{Digest: "d1", Name: "wing-2", Generation: 1, Attempt: 1}, succeeded...)
			},
			"", "",
		},
		"gone while looking": {func(p *platform) { p.add("gone", wing("d1", 1, 1), succeeded...) }, "", ""},
		"a name without a key": {
			func(p *platform) { p.add("a", wing("d1", 1, 1), succeeded...).Tiles = []rescale.Tile{{}} }, "", "",
		},
		"a key that nobody made": {
			func(p *platform) { p.add("a", wing("", 0, -1), succeeded...) }, "", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := new(platform)
			tc.platform(p)
			s, m := journal(t, p, resolver.Job{Name: "wing"})
			if diff := cmp.Diff([]string{tc.runs, tc.surplus}, []string{ids(s.Runs["wing"]), surplus(m)}); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestWhatIsRecalledOfARun(t *testing.T) {
	t.Parallel()
	p := &platform{files: map[string]rescale.File{
		"deck":     {Name: "deck.k", Type: rescale.InputFile, Owner: owner, Size: 3, SHA512: "aa", Complete: true},
		"shared":   {Name: "mesh.msh", Type: rescale.InputFile, Owner: "bob@example.com", SHA512: "bb", Complete: true},
		"deleted":  {Name: "old.k", Type: rescale.InputFile, Owner: owner, SHA512: "cc", Complete: true, Deleted: true},
		"partial":  {Name: "part.k", Type: rescale.InputFile, Owner: owner, SHA512: "dd"},
		"output":   {Name: "out.csv", Type: rescale.OutputFile, Owner: owner, SHA512: "ee", Complete: true},
		"unhashed": {Name: "odd.k", Type: rescale.InputFile, Owner: owner, Complete: true},
	}}
	inputs := []string{"deck", "shared", "deleted", "partial", "output", "unhashed", "unknown"}
	p.add("draft", wing("d1", 1, 1))
	p.add("run", wing("d1", 1, 1), failed...).Tiles[0].Inputs = inputs
	p.jobs[1].Tiles[0].EnvVars[source.Variable] = `{"v":1,"commit":"7ba84b4","dirty":["deck.k"],"more":1}`
	p.add("other", wing("d2", 1, 1), running...).Tiles[0].Inputs = inputs
	now := resolver.Job{Name: "wing", Digest: "d1", Parts: []resolver.Part{{Field: "command", Value: "sha256:1"}}}
	s, _ := journal(t, p, now)
	want := []state.Run{
		{
			Job: "wing", Key: wing("d1", 1, 1).String(), Digest: "d1", Generation: 1, Attempt: 1, Since: noon, ID: "run", Inserted: noon.Add(time.Minute),
			Parts: []state.Part{{Field: "command", Value: "sha256:1"}}, Stage: state.StageFinished, Verdict: "failed",
			Reason: "A run failed", Started: noon.Add(30 * time.Minute), Ended: noon.Add(time.Hour), CoreHours: 4,
			Commit: "7ba84b4", Differ: 2,
		},
		{
			Job: "wing", Key: wing("d2", 1, 1).String(), Digest: "d2", Generation: 1, Attempt: 1, Since: noon.Add(2 * time.Minute), Inserted: noon.Add(2 * time.Minute),
			ID: "other", Stage: state.StageSubmitted, Status: "Executing", StatusAt: noon.Add(time.Hour),
		},
	}
	if diff := cmp.Diff(want, s.Runs["wing"], cmpopts.IgnoreFields(state.Run{}, "SubmittedAt")); diff != "" {
		t.Errorf("runs (-want +got)\n%s", diff)
	}
	files := map[string][]state.File{"aa": {{Name: "deck.k", SHA512: "aa", Size: 3, ID: "deck"}}}
	if diff := cmp.Diff(files, s.Files); diff != "" {
		t.Errorf("files (-want +got)\n%s", diff)
	}
}

// Results count as downloaded only when all of them are here, as they were.
func TestResultsThatAreHere(t *testing.T) {
	t.Parallel()
	sum := func(text string) string {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		digests, err := content.HashAll(t.Context(), []string{path})
		if err != nil {
			t.Fatal(err)
		}
		return digests[0].SHA512
	}
	log := rescale.File{RelativePath: "process_output.log", Complete: true}
	good := rescale.File{RelativePath: "a.csv", Size: 3, SHA512: sum("1,2"), Complete: true}
	for name, tc := range map[string]struct {
		here  string // content of a.csv
		files []rescale.File
		want  string // action of the next plan
	}{
		"here":              {"1,2", []rescale.File{good, log}, "unchanged"},
		"changed":           {"1,3", []rescale.File{good, log}, "fetch"},
		"another size":      {"1,2,3", []rescale.File{good, log}, "fetch"},
		"one is missing":    {"1,2", []rescale.File{good, {RelativePath: "b.csv", Size: 3, Complete: true}, log}, "fetch"},
		"not compared":      {"1,2", []rescale.File{{RelativePath: "a.csv", Size: 3, Complete: true}, log}, "fetch"},
		"leads out":         {"1,2", []rescale.File{good, {RelativePath: "../x.csv", Size: 3, Complete: true}, log}, "fetch"},
		"none matches":      {"1,2", []rescale.File{log}, "unchanged"},
		"an input matches":  {"1,2", []rescale.File{good, {RelativePath: "deck.csv", Type: rescale.InputFile, Size: 9, Complete: true}, log}, "unchanged"},
		"one is not stored": {"1,2", []rescale.File{good, {RelativePath: "b.csv"}, log}, "fetch"},
		"the list fills":    {"1,2", []rescale.File{good}, "fetch"},
		"nothing is listed": {"1,2", []rescale.File{}, "fetch"},
		"the run is gone":   {"1,2", nil, "fetch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := resolver.Job{
				Name: "wing", Digest: "d1", Dir: t.TempDir(), Results: "results",
				Outputs: spec.Outputs{Download: []spec.Value[string]{{V: "*.csv"}}},
			}
			if err := errors.Join(
				os.Mkdir(filepath.Join(job.Dir, "results"), 0o700),
				os.WriteFile(filepath.Join(job.Dir, "results", "a.csv"), []byte(tc.here), 0o600),
			); err != nil {
				t.Fatal(err)
			}
			p := &platform{results: map[string][]rescale.File{}}
			p.add("run", wing("d1", 1, 1), succeeded...)
			if tc.files != nil {
				p.results["run"] = tc.files
			}
			s, _ := journal(t, p, job)
			seen, err := planner.Observe(t.Context(), finder{p}, resolver.Result{Jobs: []resolver.Job{job}}, s, planner.Options{})
			if err != nil {
				t.Fatal(err)
			}
			plan := planner.New([]resolver.Job{job}, s, seen, planner.Options{})
			if got := string(plan.Steps[0].Action); got != tc.want {
				t.Errorf("the next plan says %s, want %s", got, tc.want)
			}
		})
	}
}

// finder is the platform as a plan reads it.
type finder struct{ *platform }

func (finder) Files(ctx context.Context, _ string, _ func(rescale.File) bool) error {
	return ctx.Err()
}

func (finder) Tags(ctx context.Context, _ string) ([]rescale.Tag, error) {
	return nil, ctx.Err()
}

func (finder) ClusterStatuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	return nil, ctx.Err()
}

// A list that moves each time it is read may hide a run.
func TestMovingListIsRefused(t *testing.T) {
	t.Parallel()
	var moving *once.MovingError
	_, err := rebuild.Recall(t.Context(), &platform{moving: true}, owner, []once.Job{{Name: "wing"}}, nil)
	if !errors.As(err, &moving) || !strings.Contains(moving.Hint(), "nothing was changed") {
		t.Errorf("got %v", err)
	}
}
