package show

import (
	"io"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

// JournalJSON is one state file of state list and state rebuild.
type JournalJSON struct {
	File     string     `json:"file"`
	Kept     string     `json:"kept,omitempty"` // where the file is whose place it took
	Platform string     `json:"platform,omitempty"`
	Account  string     `json:"account,omitempty"`
	Lineage  string     `json:"lineage,omitempty"`
	Tool     string     `json:"tool,omitempty"`
	Created  *time.Time `json:"created,omitempty"` // not there: nothing is recorded yet
	Torn     bool       `json:"torn"`              // the last line was not written whole
	Uploads  int        `json:"uploads"`           // contents that need no upload
	Jobs     []JobJSON  `json:"jobs"`
}

// JobJSON is one job in a state file. Its runs are oldest first.
type JobJSON struct {
	Name string    `json:"name"`
	Runs []RunJSON `json:"runs"`
}

// RunJSON is all that is recorded of one run.
type RunJSON struct {
	ID         string       `json:"id,omitempty"` // not there while it is being created
	Stage      state.Stage  `json:"stage"`
	Verdict    string       `json:"verdict,omitempty"`
	Reason     string       `json:"reason,omitempty"`
	Checks     string       `json:"checks,omitempty"` // of the manifest, as JSON, that the verdict rests on
	Status     string       `json:"status,omitempty"` // the platform's word, last seen
	StatusAt   *time.Time   `json:"statusAt,omitempty"`
	Key        string       `json:"key"`
	Digest     string       `json:"digest"`
	Parts      []state.Part `json:"parts,omitempty"` // what the digest is made of, when that is known
	Generation int          `json:"generation"`
	Attempt    int          `json:"attempt"`
	Upstream   string       `json:"upstream,omitempty"` // the runs that it builds on, GENERATION.ATTEMPT:NAME each
	Commit     string       `json:"commit,omitempty"`   // that it comes from
	Differ     int          `json:"differ,omitempty"`   // how many of its files differ from it
	Intent     *time.Time   `json:"intent,omitempty"`
	Recorded   *time.Time   `json:"recorded,omitempty"` // when the submit was
	Started    *time.Time   `json:"started,omitempty"`
	Ended      *time.Time   `json:"ended,omitempty"`
	CoreHours  float64      `json:"coreHours,omitempty"`
	Cost       float64      `json:"cost,omitempty"` // USD without licenses
	To         string       `json:"to,omitempty"`
	Files      []ResultJSON `json:"files,omitempty"`
}

// WriteJournals writes one object with all files and what is in them.
func WriteJournals(w io.Writer, files []Journal) error {
	out := struct {
		FormatVersion int           `json:"formatVersion"`
		Files         []JournalJSON `json:"files"`
	}{FormatVersion, []JournalJSON{}}
	for _, f := range files {
		file := JournalJSON{
			File: f.Path, Kept: f.Kept, Platform: f.Header.Platform, Account: f.Header.Account, Lineage: f.Header.Lineage,
			Tool: f.Header.Tool, Created: Moment(f.Header.Created), Torn: f.Torn, Uploads: f.uploads(), Jobs: []JobJSON{},
		}
		for _, name := range f.Jobs() {
			file.Jobs = append(file.Jobs, JobJSON{name, runsJSON(f.Runs[name])})
		}
		out.Files = append(out.Files, file)
	}
	return WriteJSON(w, out)
}

// WriteRuns writes one object with all runs of a job.
func WriteRuns(w io.Writer, file Journal, job string) error {
	return WriteJSON(w, struct {
		FormatVersion int    `json:"formatVersion"`
		File          string `json:"file"`
		JobJSON
	}{FormatVersion, file.Path, JobJSON{job, runsJSON(file.Runs[job])}})
}

// WriteForgotten writes one object with the runs that were dropped, by file.
func WriteForgotten(w io.Writer, files []Journal, job string) error {
	type forgotten struct {
		File string    `json:"file"`
		Runs []RunJSON `json:"runs"`
	}
	out := struct {
		FormatVersion int         `json:"formatVersion"`
		Name          string      `json:"name"`
		Forgotten     []forgotten `json:"forgotten"`
	}{FormatVersion, job, nil}
	for _, f := range files {
		out.Forgotten = append(out.Forgotten, forgotten{f.Path, runsJSON(f.Runs[job])})
	}
	return WriteJSON(w, out)
}

// LockJSON is the lock of one state file. The process is its holder, or the dead
// one whose note was removed.
type LockJSON struct {
	File   string     `json:"file"`
	Locked bool       `json:"locked"`
	Stale  bool       `json:"stale"`
	PID    int        `json:"pid,omitempty"`
	Host   string     `json:"host,omitempty"`
	Since  *time.Time `json:"since,omitempty"`
}

// WriteLocks writes one object with all locks.
func WriteLocks(w io.Writer, locks []Lock) error {
	out := struct {
		FormatVersion int        `json:"formatVersion"`
		Files         []LockJSON `json:"files"`
	}{FormatVersion, []LockJSON{}}
	for _, l := range locks {
		out.Files = append(out.Files, LockJSON{l.Path, l.Locked, l.Stale, l.Owner.PID, l.Owner.Host, Moment(l.Owner.Since)})
	}
	return WriteJSON(w, out)
}

func runsJSON(runs []state.Run) []RunJSON {
	list := []RunJSON{}
	for _, r := range runs {
		run := RunJSON{
			ID: r.ID, Stage: r.Stage, Verdict: r.Verdict, Reason: r.Reason, Checks: r.Checks, Status: r.Status, StatusAt: Moment(r.StatusAt),
			Key: r.Key, Digest: r.Digest, Parts: r.Parts, Generation: r.Generation, Attempt: r.Attempt, Upstream: r.Upstream, Commit: r.Commit, Differ: r.Differ,
			Intent: Moment(r.Since), Recorded: Moment(r.SubmittedAt), Started: Moment(r.Started), Ended: Moment(r.Ended),
			CoreHours: r.CoreHours, Cost: rounded(r.Cost), To: r.OutputsTo,
		}
		for _, o := range r.Outputs {
			run.Files = append(run.Files, ResultJSON{o.Path, o.Size, o.SHA512})
		}
		list = append(list, run)
	}
	return list
}
