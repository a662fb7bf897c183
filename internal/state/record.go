package state

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what a [Record] is about.
type Kind string

// The kinds of format 1, with the members that each must have. What may follow
// what is written at [Stage].
const (
	// KindUploading: an upload begins. File without ID. It also invalidates an earlier upload of the same
	// content and name.
	KindUploading Kind = "uploading"
	// KindUploaded: the platform has the content. File with ID. It needs no
	// KindUploading before it: content can be found on the platform.
	KindUploaded Kind = "uploaded"
	// KindCreating: a draft is about to be created, or a found one is about to be adopted. Job, Key,
	// Digest; Parts, Generation, Attempt, Since, Upstream.
	KindCreating Kind = "creating"
	// KindCreated: this draft or job is the one that the key stands for, own or
	// adopted. Job, Key, ID; Inserted, Upstream, Adopted. A later one replaces it until the submit.
	KindCreated Kind = "created"
	// KindSubmitting: the submit is about to be sent. Job, Key, ID; Upstream, Commit, Differ.
	KindSubmitting Kind = "submitting"
	// KindSubmitted: the platform has accepted the job; from here it costs money. Job, Key, ID; Upstream;
	// of a run that was found also Commit, Differ.
	KindSubmitted Kind = "submitted"
	// KindStatus: the platform's status has changed. Job, ID, Status; Reason, StatusAt.
	KindStatus Kind = "status"
	// KindFinished: the run is over. Job, Key, ID, Verdict; Reason, Checks, Started,
	// Ended, CoreHours, Cost. A later one replaces it.
	KindFinished Kind = "finished"
	// KindDownloaded: outputs are on disk, complete and verified. Job, ID, To; Outputs, Selection. A
	// later one replaces it.
	KindDownloaded Kind = "downloaded"
	// KindForgot: the run of a key, or without a key all runs of a job, are dropped from
	// the snapshot. Job, Key.
	KindForgot Kind = "forgot"
)

// Record is one line of the journal. Which members it needs depends on its Kind.
type Record struct {
	Kind       Kind      `json:"kind"`
	At         time.Time `json:"at"`                   // stamped by Append, local clock, UTC
	Job        string    `json:"job,omitempty"`        // the job's name in the manifest, point included
	Key        string    `json:"key,omitempty"`        // the identity of one billed run
	Digest     string    `json:"digest,omitempty"`     // of everything that can change the result
	Parts      []Part    `json:"parts,omitempty"`      // what the digest is made of, to explain a change later
	Generation int       `json:"generation,omitempty"` // of the manifest's rerun
	Attempt    int       `json:"attempt,omitempty"`    // after a failure
	Since      time.Time `json:"intent,omitzero"`      // platform's clock; zero = not known
	ID         string    `json:"id,omitempty"`         // the job's id on the platform
	Inserted   time.Time `json:"inserted,omitzero"`    // when the platform made the job, by its clock; zero = not told
	Adopted    bool      `json:"adopted,omitempty"`    // the manifest names this job, which says of itself that it is another or none
	Status     string    `json:"status,omitempty"`     // the platform's word
	Reason     string    `json:"reason,omitempty"`     // the platform's words
	StatusAt   time.Time `json:"statusAt,omitzero"`    // platform's clock
	Verdict    string    `json:"verdict,omitempty"`    // what the run came to (design: truthful outcome)
	Checks     string    `json:"checks,omitempty"`     // what Verdict was judged by beside the platform's words: other checks want another verdict
	Started    time.Time `json:"started,omitzero"`     // platform's clock
	Ended      time.Time `json:"ended,omitzero"`       // platform's clock
	CoreHours  float64   `json:"coreHours,omitempty"`
	Cost       float64   `json:"cost,omitempty"`      // in the account's currency
	To         string    `json:"to,omitempty"`        // the folder that Outputs are relative to
	Outputs    []Output  `json:"outputs,omitempty"`   // what was downloaded
	Selection  string    `json:"selection,omitempty"` // the patterns that chose them: other patterns want another download
	File       File      `json:"file,omitzero"`       // of an upload
	Upstream   string    `json:"upstream,omitempty"`  // the runs that this one builds on, GENERATION.ATTEMPT:NAME each
	Commit     string    `json:"commit,omitempty"`    // that the run comes from; empty = not known
	Differ     int       `json:"differ,omitempty"`    // how many of its files differ from Commit
}

// Part is one thing that can change the result, as it was when the run was planned.
type Part struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// Output is one downloaded file.
type Output struct {
	Path   string `json:"path"` // with slashes, relative to the run's folder
	Size   int64  `json:"size"`
	SHA512 string `json:"sha512,omitempty"` // lower hex; empty when the platform gave none
}

// File is content on the platform, or, without an ID, content whose upload began and may not have ended.
type File struct {
	Name   string `json:"name"`
	SHA512 string `json:"sha512"` // lower hex
	Size   int64  `json:"size"`
	ID     string `json:"id,omitempty"`
}

// validate reports which member r lacks for its kind. An unknown kind is an error here; [replay] finds it
// earlier and calls it newer.
func (r *Record) validate() error {
	if !r.Kind.known() {
		return fmt.Errorf("unknown kind %q", r.Kind)
	}
	needs := r.required()
	for _, n := range needs {
		if n.value == "" && n.name != "" {
			return fmt.Errorf("%s is missing", n.name)
		}
	}
	if r.Generation < 0 || r.Attempt < 0 || r.Differ < 0 || r.File.Size < 0 {
		return errors.New("negative number")
	}
	return nil
}

func (k Kind) known() bool {
	switch k {
	case KindUploading, KindUploaded, KindCreating, KindCreated, KindSubmitting, KindSubmitted, KindStatus, KindFinished, KindDownloaded, KindForgot:
		return true
	}
	return false
}

// member is a member that must not be empty.
type member struct{ name, value string }

// required returns the members that a record of a known kind must have; those without a name are none.
func (r *Record) required() [4]member {
	job, key, id := member{"job", r.Job}, member{"key", r.Key}, member{"id", r.ID}
	name, sum := member{"file.name", r.File.Name}, member{"file.sha512", r.File.SHA512}
	switch r.Kind {
	case KindUploading:
		return [4]member{name, sum}
	case KindUploaded:
		return [4]member{name, sum, {"file.id", r.File.ID}}
	case KindCreating:
		return [4]member{job, key, {"digest", r.Digest}}
	case KindCreated, KindSubmitting, KindSubmitted:
		return [4]member{job, key, id}
	case KindStatus:
		return [4]member{job, id, {"status", r.Status}}
	case KindFinished:
		return [4]member{job, key, id, {"verdict", r.Verdict}}
	case KindDownloaded:
		return [4]member{job, id, {"to", r.To}}
	case KindForgot:
	}
	return [4]member{job}
}
