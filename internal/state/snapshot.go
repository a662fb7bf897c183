package state

import (
	"maps"
	"slices"
	"time"
)

// Snapshot is the sum of the journal's records.
type Snapshot struct {
	// New means that nothing was recorded yet: there is no file, or only a header. It
	// says nothing about the platform; nor does a missing key in a snapshot that is not
	// New, because other machines keep other journals.
	New bool
	// Torn means that the last line is incomplete. Nothing was done because of it, and
	// Open has cut it off.
	Torn   bool
	Header Header
	Runs   map[string][]Run  // by job name, oldest first
	Files  map[string][]File // by SHA-512, one for each name, in order of their first record
}

// Stage is how far a run has got. A run moves
//
//	creating -> created -> (submitting ->) submitted -> finished
//
// and, before it is submitted, back to creating (its draft has vanished) or to
// created (another draft was elected). Nothing leads back from submitted: the same
// key is never created twice after it has cost money.
type Stage string

// The stages of a run. The journal does not know the outcome of an unfinished create or
// submit.
const (
	StageCreating   Stage = "creating"
	StageCreated    Stage = "created"
	StageSubmitting Stage = "submitting"
	StageSubmitted  Stage = "submitted"
	StageFinished   Stage = "finished"
)

// Run is one key of a job: one run that is or may be billed.
type Run struct {
	Job        string
	Key        string
	Digest     string
	Parts      []Part
	Generation int
	Attempt    int
	// Since is the platform's time before the first create of this key was sent:
	// no draft of this journal's making is older. Zero when it was not known.
	Since        time.Time
	ID           string    // empty while creating
	Inserted     time.Time // when the platform made it, by its clock; zero when it is unknown
	Adopted      bool      // the manifest named it: what it says of itself is no key of this run
	Stage        Stage
	Status       string // the platform's word, last seen
	Reason       string
	StatusAt     time.Time
	SubmittingAt time.Time // when the last submit was about to be sent, local clock
	SubmittedAt  time.Time // when the submit was recorded, local clock
	Verdict      string    // set when finished
	Checks       string    // what Verdict was judged by beside the platform's words
	Started      time.Time
	Ended        time.Time
	CoreHours    float64
	Cost         float64
	Outputs      []Output // set by the last download
	OutputsTo    string
	Selection    string // the patterns that chose Outputs
	// Upstream names the runs that this one builds on, as in [Record].
	Upstream string
	Commit   string // that started it; empty when that is not known
	Differ   int    // how many of its files differed from Commit
}

// Billed reports whether the platform has accepted the run, over or not.
func (r Run) Billed() bool { return r.Stage == StageSubmitted || r.Stage == StageFinished }

// Last returns the newest run of a job; false when there is none.
func (s Snapshot) Last(job string) (Run, bool) {
	runs := s.Runs[job]
	if len(runs) == 0 {
		return Run{}, false
	}
	return runs[len(runs)-1], true
}

// Find returns the run of a key; false when no record has it.
func (s Snapshot) Find(key string) (Run, bool) {
	for _, runs := range s.Runs {
		for _, run := range runs {
			if run.Key == key {
				return run, true
			}
		}
	}
	return Run{}, false
}

// File returns the content under that name, as last recorded. The platform takes an
// input's name from its upload, so the same content under two names is two files.
// Without an ID its upload may not have ended.
func (s Snapshot) File(sha512, name string) (File, bool) {
	for _, f := range s.Files[sha512] {
		if f.Name == name {
			return f, true
		}
	}
	return File{}, false
}

// Jobs returns the names of all jobs with runs, sorted.
func (s Snapshot) Jobs() []string {
	return slices.Sorted(maps.Keys(s.Runs))
}

// Unresolved returns all runs whose create or submit was begun and whose outcome was
// not recorded, sorted by job, oldest first.
func (s Snapshot) Unresolved() []Run {
	var open []Run
	for _, job := range s.Jobs() {
		for _, run := range s.Runs[job] {
			if run.Stage == StageCreating || run.Stage == StageSubmitting {
				open = append(open, run)
			}
		}
	}
	return open
}

// With returns s with further records applied; s itself does not change. A record that
// makes no sense is left out.
func (s Snapshot) With(records ...Record) Snapshot {
	c := s.clone()
	for i := range records {
		if commit, err := c.fold(&records[i]); err == nil {
			commit()
		}
	}
	return c
}

// clone returns a copy that shares no memory with s.
func (s Snapshot) clone() Snapshot {
	c := s
	c.Runs = make(map[string][]Run, len(s.Runs))
	for job, runs := range s.Runs {
		copied := slices.Clone(runs)
		for i := range copied {
			copied[i].Parts = slices.Clone(copied[i].Parts)
			copied[i].Outputs = slices.Clone(copied[i].Outputs)
		}
		c.Runs[job] = copied
	}
	c.Files = make(map[string][]File, len(s.Files))
	for sum, files := range s.Files {
		c.Files[sum] = slices.Clone(files)
	}
	return c
}

func emptySnapshot() Snapshot {
	return Snapshot{New: true, Runs: map[string][]Run{}, Files: map[string][]File{}}
}
