package sim_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

const owner = "ada@example.com"

// platform is a lean model of the platform in memory. What a run comes to is known when
// it is submitted, and its statuses are a matter of what time it is, so that nothing
// runs beside the machines.
type platform struct {
	ahead time.Duration // of the clocks of the machines
	ids   chance
	skew  func(n int) time.Duration // of the date of the nth job
	fate  func(*job) fate
	jobs  []*job // in the order in which they were made
	byID  map[string]*job
	files []*stored // in the order of their uploads
}

// job is a draft or a run.
type job struct {
	id         string
	clonedFrom string
	body       rescale.JobRequest
	inserted   time.Time // when it was made
	dated      time.Time // what it shows
	deleted    time.Time
	submitted  time.Time // by anybody
	stopped    time.Time
	tags       []string
	fate       fate
	outputs    []*stored
	byHand     bool // a person has submitted it
	maker      *apply
	content    string // that its maker wanted, see contents
	payer      *apply // whose submit made it a run
}

// fate is what becomes of a run.
type fate struct {
	boot  time.Duration // before it begins
	takes time.Duration
	lists time.Duration // until its outputs are listed, after its end
	ends  string        // the reason of Completed
	fatal bool          // its log holds what a check forbids
	mute  bool          // it leaves nothing but what it printed
}

// stored is a file.
type stored struct {
	rescale.File
	content []byte
}

// The words of the platform (rescale-api.md §8.2).
const (
	succeeded  = "Completed successfully"
	runFailed  = "A run failed"
	terminated = "User Terminated"
)

func newPlatform(ids chance) *platform {
	return &platform{
		ids: ids, byID: make(map[string]*job),
		skew: func(int) time.Duration { return 0 }, fate: func(*job) fate { return fate{ends: succeeded} },
	}
}

func (p *platform) now() time.Time { return time.Now().Add(p.ahead).UTC() }

// id is a word of letters, in no order.
func (p *platform) id(n int, kind string) string {
	word := make([]byte, 8)
	bits := uint64(p.ids.of(kind, n))
	for i := range word {
		word[i] = "abcdefghijklmnopqrstuvwxyz"[bits%26]
		bits /= 26
	}
	return strings.ToUpper(kind[:1]) + string(word)
}

func (p *platform) create(body rescale.JobRequest) *job {
	j := &job{id: p.id(len(p.jobs), "job"), body: body, inserted: p.now(), tags: nil}
	j.dated = j.inserted.Add(p.skew(len(p.jobs) + 1)).Truncate(time.Microsecond)
	p.jobs = append(p.jobs, j)
	p.byID[j.id] = j
	return j
}

// find is a job that was not deleted.
func (p *platform) find(id string) (*job, error) {
	if j := p.byID[id]; j != nil && j.deleted.IsZero() {
		return j, nil
	}
	return nil, refused(http.MethodGet, "/api/v2/jobs/"+id+"/", http.StatusNotFound)
}

func refused(method, path string, status int) error {
	return &rescale.Error{Method: method, Path: path, Status: status}
}

func (p *platform) submit(id string) error {
	j, err := p.find(id)
	if err != nil || !j.submitted.IsZero() {
		return err
	}
	j.submitted, j.fate = p.now(), p.fate(j)
	return nil
}

func (p *platform) update(id string, body rescale.JobRequest) error {
	j, err := p.find(id)
	if err == nil && j.submitted.IsZero() {
		j.body = body
	}
	return err
}

func (p *platform) stop(id string) error {
	j, err := p.find(id)
	switch {
	case err != nil:
		return err
	case j.submitted.IsZero():
		return refused(http.MethodPost, "/api/v2/jobs/"+id+"/stop/", http.StatusBadRequest)
	case j.stopped.IsZero() && j.active(p.now()):
		j.stopped = p.now()
	}
	return nil
}

// remove refuses what still runs.
func (p *platform) remove(id string) error {
	j, err := p.find(id)
	switch {
	case err != nil:
		return nil //nolint:nilerr // for the client, what is not there is deleted already
	case !j.submitted.IsZero() && !j.overAt(p.now()):
		return refused(http.MethodDelete, "/api/v2/jobs/"+id+"/", http.StatusBadRequest)
	}
	j.deleted = p.now()
	return nil
}

// shutdown is how long stopping takes.
const shutdown = 20 * time.Second

// history is what a job shows at a time, newest first.
func (j *job) history(at time.Time) []rescale.Status {
	if j.submitted.IsZero() || j.submitted.After(at) {
		return nil
	}
	begins := j.submitted.Add(j.fate.boot)
	steps := []rescale.Status{
		{Status: "Pending", Date: j.submitted},
		{Status: "Queued", Date: j.submitted.Add(j.fate.boot / 4)},
		{Status: "Started", Date: j.submitted.Add(j.fate.boot / 2)},
		{Status: "Validated", Date: begins.Add(-time.Millisecond)},
		{Status: "Executing", Date: begins},
		{Status: "Completed", Reason: j.fate.ends, Date: begins.Add(j.fate.takes)},
	}
	if !j.stopped.IsZero() {
		steps = slices.DeleteFunc(steps, func(s rescale.Status) bool { return s.Date.After(j.stopped) })
		steps = append(steps,
			rescale.Status{Status: "Stopping", Reason: terminated, Date: j.stopped},
			rescale.Status{Status: "Completed", Reason: terminated, Date: j.stopped.Add(shutdown)})
	}
	steps = slices.DeleteFunc(steps, func(s rescale.Status) bool { return s.Date.After(at) })
	for i := range steps {
		steps[i].ID = fmt.Sprint(j.id, i)
	}
	slices.Reverse(steps)
	return steps
}

// overAt reports whether a submitted job has come to its end.
func (j *job) overAt(at time.Time) bool {
	if !j.stopped.IsZero() {
		return !j.stopped.Add(shutdown).After(at)
	}
	return !j.submitted.Add(j.fate.boot + j.fate.takes).After(at)
}

func (j *job) active(at time.Time) bool {
	return !j.submitted.IsZero() && j.deleted.IsZero() && !j.overAt(at)
}

// list is the job list as it was at a time, newest first.
func (p *platform) list(at time.Time, unfinished bool) []rescale.JobItem {
	items := make([]rescale.JobItem, 0, len(p.jobs))
	for _, j := range slices.Backward(p.jobs) {
		if j.inserted.After(at) || !j.deleted.IsZero() && !j.deleted.After(at) {
			continue
		}
		item := rescale.JobItem{ID: j.id, Name: j.body.Name, Owner: owner, DateInserted: j.dated}
		if history := j.history(at); len(history) > 0 {
			item.Status = history[0].Status
		}
		if !unfinished || item.Status != "Completed" {
			items = append(items, item)
		}
	}
	slices.SortStableFunc(items, func(a, b rescale.JobItem) int { return b.DateInserted.Compare(a.DateInserted) })
	return items
}

// show is a job as a GET gives it.
func (p *platform) show(id string) (rescale.Job, error) {
	j, err := p.find(id)
	if err != nil {
		return rescale.Job{}, err
	}
	shown := rescale.Job{
		ID: j.id, Name: j.body.Name, Owner: owner, DateInserted: j.dated, ClonedFrom: j.clonedFrom,
		ProjectID: j.body.ProjectID, IsLowPriority: j.body.IsLowPriority, Tags: append([]string{}, j.tags...), Automations: []rescale.JobAutomation{},
	}
	for _, t := range j.body.JobAnalyses {
		shown.Tiles = append(shown.Tiles, p.tile(t))
	}
	return shown, nil
}

func (p *platform) tile(t rescale.JobAnalysis) rescale.Tile {
	const hours = 750 // that the platform gives a job which names none
	shown := rescale.Tile{
		AnalysisCode: t.Analysis.Code, VersionCode: t.Analysis.Version, Command: t.Command, EnvVars: t.EnvVars,
		CoreType: t.Hardware.CoreType, CoresPerSlot: t.Hardware.CoresPerSlot, Slots: max(1, t.Hardware.Slots), Walltime: t.Hardware.Walltime,
		InputFiles: []rescale.TileFile{}, PreProcess: rescale.Script{Known: true}, PostProcess: rescale.Script{Known: true},
	}
	if shown.Walltime == 0 {
		shown.Walltime = hours
	}
	for _, in := range t.InputFiles {
		if f := p.file(in.ID); f != nil {
			shown.Inputs = append(shown.Inputs, in.ID)
			shown.InputFiles = append(shown.InputFiles, rescale.TileFile{File: f.File, Decompress: in.Decompress})
		}
	}
	return shown
}

func (p *platform) file(id string) *stored {
	for _, f := range p.files {
		if f.ID == id {
			return f
		}
	}
	return nil
}

func (p *platform) store(name string, kind rescale.FileType, content []byte) *stored {
	sum := sha512.Sum512(content)
	f := &stored{content: content, File: rescale.File{
		ID: p.id(len(p.files), "file"), Name: name, Type: kind, Owner: owner, Uploaded: p.now(),
		Size: int64(len(content)), SHA512: hex.EncodeToString(sum[:]), Complete: true,
	}}
	p.files = append(p.files, f)
	return f
}

// printed is what every run leaves, beside a result named after the job.
const printed = "process_output.log"

// resultOf is the result of a job: wing/p=2 leaves wing-p=2.dat.
func resultOf(name string) string { return strings.ReplaceAll(name, "/", "-") + ".dat" }

// nameOf is the job of the manifest that a body is of.
func nameOf(body rescale.JobRequest) string { return keyOf(body).Name }

func keyOf(body rescale.JobRequest) once.Key {
	key, _ := once.ParseKey(body.JobAnalyses[0].EnvVars[once.KeyVariable])
	return key
}

// left is what a run has left, as far as it is listed by now.
func (p *platform) left(id string) ([]rescale.File, error) {
	j, err := p.find(id)
	if err != nil || j.submitted.IsZero() || !j.overAt(p.now().Add(-j.fate.lists)) {
		return nil, err
	}
	if j.outputs == nil {
		p.leave(j)
	}
	var list []rescale.File
	for _, f := range j.outputs {
		list = append(list, f.File)
	}
	return list, nil
}

func (p *platform) leave(j *job) {
	log := "began\nsolved\n"
	if j.fate.fatal {
		log += "FATAL\n"
	}
	result := resultOf(nameOf(j.body))
	names := []string{printed, result}
	if j.fate.mute {
		names = names[:1]
	}
	for _, name := range names {
		content := []byte(log)
		if name == result {
			content = bytes.Repeat([]byte(j.id+"\n"), 5)
		}
		f := p.store(name, rescale.OutputFile, content)
		f.RelativePath, f.Path = name, "user/user_x/output/job_"+j.id+"/run1/"+name
		j.outputs = append(j.outputs, f)
	}
}

// clone is what a person's copy of a job is: a draft of their own, marker and key included.
func (p *platform) clone(of *job) *job {
	copied := p.create(of.body)
	copied.clonedFrom = of.id
	return copied
}
