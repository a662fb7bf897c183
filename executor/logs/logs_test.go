package logs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/logs"
	"github.com/rescale-apply/rescale-apply/executor/outputs"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
)

// site is an emulated platform, and a folder that its commands know as $GATES.
type site struct {
	t      *testing.T
	server *emulator.Server
	writer *rescale.Client
	reader *rescale.Client // refuses everything but GET
	gates  string
}

func open(t *testing.T, change func(*emulator.Config)) site {
	t.Helper()
	const key = "1111111111111111111111111111111111111111"
	s := site{t: t, gates: scratch.Dir(t, "gates")}
	cfg := emulator.Config{
		Dir: scratch.Dir(t, "logs"), Env: []string{"PATH=" + os.Getenv("PATH"), "GATES=" + s.gates}, StopGrace: time.Millisecond,
		MaxRunning: 4, Accounts: []emulator.Account{{Key: key, Email: "ada@example.com"}},
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if s.server, err = emulator.Open(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.server.Close(); err != nil {
			t.Error(err)
		}
	})
	client := func(readOnly bool) *rescale.Client {
		c, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret(key), Transport: s.server.Transport(), ReadOnly: readOnly})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	s.writer, s.reader = client(false), client(true)
	return s
}

// draft makes a job. Its commands wait for open with: until [ -e $GATES/on ]; do sleep 0.01; done
func (s site) draft(command string, extra map[string]any) string {
	s.t.Helper()
	j, err := s.writer.CreateJob(s.t.Context(), rescale.JobRequest{Name: "x", Extra: extra, JobAnalyses: []rescale.JobAnalysis{{
		Analysis: rescale.AnalysisRef{Code: "user_included", Version: "0"}, Command: command,
		Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 2, Slots: 4, Walltime: 1},
	}}})
	if err != nil {
		s.t.Fatal(err)
	}
	return j.ID
}

func (s site) submit(id string) {
	s.t.Helper()
	if err := s.writer.SubmitJob(s.t.Context(), id); err != nil {
		s.t.Fatal(err)
	}
}

func (s site) start(command string) string {
	s.t.Helper()
	id := s.draft(command, nil)
	s.submit(id)
	return id
}

// open lets the commands pass that wait.
func (s site) open() {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.gates, "on"), nil, 0o600); err != nil {
		s.t.Error(err)
	}
}

func (s site) await(id string) {
	s.t.Helper()
	err := s.server.Await(s.t.Context(), func(jobs []emulator.JobInfo) bool {
		return slices.ContainsFunc(jobs, func(j emulator.JobInfo) bool { return j.ID == id && j.Status == "Completed" })
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// eventually polls for what the emulator does not announce. How long that may take is for
// go test -timeout to say.
func eventually(holds func() bool) {
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		<-ticker.C
	}
}

// printed is what a log printed; what it notes begins with a #.
type printed struct {
	lines []string
	seen  func(line string) // nil is fine
}

func (p *printed) print(line logs.Line) error {
	text := line.Text
	if line.Note {
		text = "# " + text
	}
	p.lines = append(p.lines, text)
	if p.seen != nil {
		p.seen(text)
	}
	return nil
}

// log is what the run wrote.
func (p *printed) log() []string {
	return slices.DeleteFunc(slices.Clone(p.lines), func(line string) bool { return strings.HasPrefix(line, "# ") })
}

func (s site) log(id string, p *printed) logs.Log {
	return logs.Log{Platform: s.reader, ID: id, Interval: time.Millisecond, Print: p.print}
}

func numbered(from, to int) (lines []string) {
	for i := from; i <= to; i++ {
		lines = append(lines, fmt.Sprint(i))
	}
	return lines
}

const wait = "until [ -e $GATES/on ]; do sleep 0.01; done; "

// TestFollow follows a job from its draft to its end, through answers that are no JSON,
// more lines than are asked for at a time, a line that is half written for a while, and
// what is written between the last look and the end.
func TestFollow(t *testing.T) {
	t.Parallel()
	s := open(t, func(cfg *emulator.Config) { cfg.Switches.EarlyTails = 3 })
	id := s.draft("seq 1000; printf half; until [ -e $GATES/on ]; do sleep 0.01; done; echo; seq 1001 3000; printf end", nil)
	var p printed
	p.seen = func(line string) {
		switch {
		case strings.HasPrefix(line, "# job "+id+" is a draft"):
			s.submit(id)
		case line == "half":
			s.open()
		}
	}
	ending, err := s.log(id, &p).Follow(t.Context())
	if err != nil || !ending.Over || ending.Verdict != verdict.Succeeded {
		t.Errorf("ending %+v, %v", ending, err)
	}
	want := append(append(append(numbered(1, 1000), "half"), numbered(1001, 3000)...), "end")
	if diff := cmp.Diff(want, p.log()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !strings.HasPrefix(p.lines[0], "# job "+id+" is a draft") {
		t.Errorf("begins with %q", p.lines[0])
	}
}

// TestFollowFromTheEnd begins with the last lines.
func TestFollowFromTheEnd(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	id := s.start("seq 500; echo ready > $GATES/ready; until [ -e $GATES/on ]; do sleep 0.01; done; seq 501 600; exit 3")
	eventually(func() bool {
		_, err := os.Stat(filepath.Join(s.gates, "ready"))
		return err == nil
	})
	p := printed{seen: func(string) { s.open() }}
	log := s.log(id, &p)
	log.Tail = 3
	ending, err := log.Follow(t.Context())
	if err != nil || ending.Verdict != verdict.Failed {
		t.Errorf("ending %+v, %v", ending, err)
	}
	if diff := cmp.Diff(numbered(498, 600), p.log()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestRead reads a log, its end, and another file: while the run goes on, and after.
func TestRead(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	id := s.start("mkdir d; seq 2000 > d/far.txt; echo a; echo b; echo c; " + wait)
	read := func(file string, tail int) ([]string, error) {
		var p printed
		log := s.log(id, &p)
		log.File, log.Tail = file, tail
		_, err := log.Read(t.Context())
		return p.lines, err
	}
	eventually(func() bool { // it has printed
		lines, err := read("", 0)
		var notStarted *logs.NotStartedError
		var notYet *rescale.NotYetError
		if err != nil && !errors.As(err, &notStarted) && !errors.As(err, &notYet) {
			t.Fatal(err)
		}
		return len(lines) == 3
	})
	check := func(when string) {
		for name, tc := range map[string]struct {
			file string
			tail int
			want []string
		}{
			"all":           {want: []string{"a", "b", "c"}},
			"the end":       {tail: 2, want: []string{"b", "c"}},
			"more than all": {tail: 9, want: []string{"a", "b", "c"}},
			"another file":  {file: "d/far.txt", want: numbered(1, 2000)},
			"and its end":   {file: "d/far.txt", tail: 700, want: numbered(1301, 2000)},
		} {
			got, err := read(tc.file, tc.tail)
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("%s, %s: %v (-want +got)\n%s", when, name, err, diff)
			}
		}
	}
	check("while it runs")
	list := func() (all []string) {
		var p printed
		entries, err := s.log(id, &p).List(t.Context())
		for _, e := range entries {
			all = append(all, fmt.Sprintf("%s %d %v", e.Path, e.Size, e.Arriving))
		}
		if err != nil {
			t.Error(err)
		}
		slices.Sort(all)
		return all
	}
	if diff := cmp.Diff([]string{"d/far.txt -1 false", "process_output.log -1 false"}, list()); diff != "" {
		t.Errorf("while it runs (-want +got)\n%s", diff)
	}
	s.open()
	s.await(id)
	check("after it")
	if diff := cmp.Diff([]string{"d/far.txt 8893 false", "process_output.log 6 false"}, list()); diff != "" {
		t.Errorf("after it (-want +got)\n%s", diff)
	}
	var absent *logs.AbsentError
	for _, file := range []string{"output.log", "far.txt", "process_output"} { // parts of names
		if _, err := read(file, 0); !errors.As(err, &absent) || !strings.Contains(absent.Hint(), id+" --list") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestNothingYet: what has not begun is said to be so, and why, unless somebody waits.
func TestNothingYet(t *testing.T) {
	t.Parallel()
	s := open(t, func(cfg *emulator.Config) { cfg.Speed = 1e-6 })
	queued := s.start("true")
	for name, tc := range map[string]struct{ id, says string }{
		"draft":  {s.draft("true", nil), "it is a draft, which was not submitted"},
		"queued": {queued, "it has not begun, its status is Pending"},
	} {
		var p printed
		_, readErr := s.log(tc.id, &p).Read(t.Context())
		_, listErr := s.log(tc.id, &p).List(t.Context())
		for _, err := range []error{readErr, listErr} {
			var started *logs.NotStartedError
			if !errors.As(err, &started) || !strings.HasSuffix(err.Error(), tc.says) || started.Hint() != "rescale-apply logs "+tc.id+" --follow waits for it" {
				t.Errorf("%s: %v", name, err)
			}
		}
		ctx, interrupt := context.WithCancel(t.Context())
		p.seen = func(string) { interrupt() }
		if _, err := s.log(tc.id, &p).Follow(ctx); !errors.Is(err, context.Canceled) || len(p.lines) != 1 || !strings.Contains(p.lines[0], "waiting") {
			t.Errorf("%s: waiting is %v, after %q", name, err, p.lines)
		}
		interrupt()
	}
	var p printed
	if _, err := s.log("nOnE", &p).Follow(t.Context()); err == nil || len(p.lines) > 0 {
		t.Errorf("no job is %v, after %q", err, p.lines)
	}
}

// TestRunsOfADesign: each run has a log of its own, and ends before the job does.
func TestRunsOfADesign(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	table, err := s.writer.Upload(t.Context(), rescale.Upload{Name: "runs.csv", Size: 8, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("x\n1\n2\n3\n")), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	id := s.draft(`echo $PWD | grep -o '[0-9]/work$'; case $PWD in *1/work) `+wait+`esac; echo over`, map[string]any{"paramFile": map[string]any{"id": table.ID}})
	s.submit(id)
	follow := func(run string, seen func(string)) ([]string, logs.Ending) {
		p := printed{seen: seen}
		log := s.log(id, &p)
		log.Run = run
		ending, err := log.Follow(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return p.log(), ending
	}
	for _, run := range []string{"2", "3"} {
		got, ending := follow(run, nil)
		if diff := cmp.Diff([]string{run + "/work", "over"}, got); diff != "" || ending.Over {
			t.Errorf("run %s: over %v (-want +got)\n%s", run, ending.Over, diff)
		}
	}
	var p printed
	log := s.log(id, &p)
	log.Run = "2"
	if _, err := log.Read(t.Context()); err != nil || len(p.lines) != 2 {
		t.Errorf("reading a run that is over: %q, %v", p.lines, err)
	}
	if list, err := log.List(t.Context()); err != nil || len(list) != 1 || list[0].Path != "process_output.log" {
		t.Errorf("its files: %v, %v", list, err)
	}
	got, ending := follow("1", func(line string) {
		if line == "1/work" {
			s.open()
		}
	})
	if diff := cmp.Diff([]string{"1/work", "over"}, got); diff != "" || !ending.Over && ending.Verdict != "" {
		t.Errorf("run 1: %+v (-want +got)\n%s", ending, diff)
	}
}

// TestDeletedLog: what a person has deleted is not waited for.
func TestDeletedLog(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	id := s.start("echo a")
	s.await(id)
	var p printed
	log := s.log(id, &p)
	log.File = "gone.log"
	var absent *logs.AbsentError
	if ending, err := log.Follow(t.Context()); !errors.As(err, &absent) || ending.Verdict != verdict.Succeeded {
		t.Errorf("%+v, %v", ending, err)
	}
	log.Platform = deleting{s.reader}
	log.File = ""
	var deleted *outputs.DeletedError
	if _, err := log.Follow(t.Context()); !errors.As(err, &deleted) {
		t.Errorf("%v", err)
	}
}

// deleting shows files as deleted.
type deleting struct{ *rescale.Client }

func (d deleting) JobFiles(ctx context.Context, id, search string) ([]rescale.File, error) {
	files, err := d.Client.JobFiles(ctx, id, search)
	for i := range files {
		files[i].Deleted = true
	}
	return files, err
}
