package executor

import (
	"sync"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// EventType says what an Event is about.
type EventType string

// The events of an apply, in the order in which a job meets them.
const (
	EventWaiting     EventType = "waiting"     // Job, Message: what it waits for
	EventQueued      EventType = "queued"      // Job, ID of the draft that another runner has made and that goes first, Until
	EventUploading   EventType = "uploading"   // File, Path, SHA512, Size, Sent
	EventUploaded    EventType = "uploaded"    // File, Path, SHA512, Size, ID of the file
	EventAborted     EventType = "aborted"     // as above or below: a transfer ended early; the results of its jobs tell why
	EventCreated     EventType = "created"     // Job, ID
	EventSubmitted   EventType = "submitted"   // Job, ID
	EventFound       EventType = "found"       // Job, ID: instead of created and submitted, of a run that was on its way
	EventStatus      EventType = "status"      // Job, ID, Status, Since
	EventReading     EventType = "reading"     // Job, ID, File, Size: for its success
	EventWarning     EventType = "warning"     // Message; Job when it concerns one
	EventDownloading EventType = "downloading" // Job, ID, File, Size, Sent, Wanted
	EventDownloaded  EventType = "downloaded"  // Job, ID, File, Size, Wanted
	EventMoved       EventType = "moved"       // Job, ID, Message, Path: the folder that files of an earlier run are in now
	EventResult      EventType = "result"      // Job and its Outcome
)

// Event is one thing that happens while a plan is applied.
type Event struct {
	Type    EventType
	Time    time.Time
	Job     string
	ID      string
	Status  string
	Since   time.Time      // when the status began, by the platform; zero when only that it changed is known
	File    string         // name on the platform
	Path    string         // on this disk
	SHA512  string         // of an upload: what a template makes has one name and one path in every job
	Size    int64          // bytes
	Sent    int64          // bytes so far
	Wanted  results.Amount // of the job, when it downloads
	Until   time.Time      // at the latest
	Message string
	Outcome *Outcome
}

// Transfer identifies a transfer.
type Transfer struct{ Job, File, Path, SHA512 string }

// Transfer returns the one that e is about.
func (e Event) Transfer() Transfer { return Transfer{e.Job, e.File, e.Path, e.SHA512} }

// progressEvery is how often a person can follow a changing number.
const progressEvery = 100 * time.Millisecond

// Paced stamps events and passes them on, one at a time. It passes on the progress of a
// transfer no more often than every; 0 means 100 ms. The beginning and the end of a
// transfer are always passed on, and so is its last byte if it takes longer: what
// follows is a wait.
func Paced(every time.Duration, notify func(Event)) func(Event) {
	if every <= 0 {
		every = progressEvery
	}
	var mu sync.Mutex
	running := make(map[Transfer]told)
	return func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		e.Time = time.Now()
		switch e.Type {
		case EventUploading, EventDownloading:
			t, begun := running[e.Transfer()]
			if !begun {
				t.first = e.Time
			}
			last := e.Sent == e.Size && e.Time.Sub(t.first) >= every
			if begun && !last && e.Time.Sub(t.last) < every {
				return
			}
			t.last = e.Time
			running[e.Transfer()] = t
		case EventUploaded, EventDownloaded, EventAborted:
			delete(running, e.Transfer())
		default:
		}
		notify(e)
	}
}

// told is when a transfer was first and last passed on.
type told struct{ first, last time.Time }

// Outcome is how an apply ended for one job.
type Outcome struct {
	Job       string
	Key       string // of its run
	ID        string
	Verdict   verdict.Verdict // empty while the run is active, or when Err is set before it ended
	Reason    string          // the platform's words
	Status    string          // last seen
	Unchanged bool            // nothing was done for it
	Ready     bool            // a desktop that can be worked on; nobody waits for its end
	Started   time.Time
	Ended     time.Time
	CoreHours float64
	Cost      float64        // USD, licenses excluded
	To        string         // folder of the results, absolute; empty when nothing was asked for
	Files     []state.Output // results that were downloaded now
	Log       []string       // last lines of process_output.log of a run that failed
	Run       string         // of a sweep: which of its runs Log is of, such as run3; empty when nobody knows
	Blocked   string         // which job that it builds on did not succeed, and why; it was not started
	Withheld  string         // why a collecting apply did not start it
	Hint      string         // what to type next
	Err       error          // why this job could not be brought to its end
}

// Report is the outcome of every job, in the order of the manifest.
type Report struct {
	Outcomes []Outcome
}

// Uploading reports how far an upload is.
func (a *application) Uploading(in files.Input, sent int64) {
	e := uploadEvent(EventUploading, in)
	e.Sent = sent
	a.notify(e)
}

// Uploaded reports that a file is on the platform.
func (a *application) Uploaded(in files.Input, id string) {
	e := uploadEvent(EventUploaded, in)
	e.ID = id
	a.notify(e)
}

// Aborted reports that an upload ended early. The reason comes with the job.
func (a *application) Aborted(in files.Input) { a.notify(uploadEvent(EventAborted, in)) }

func uploadEvent(kind EventType, in files.Input) Event {
	return Event{Type: kind, File: in.Sent(), Path: in.Path, SHA512: in.SHA512, Size: in.Size}
}
