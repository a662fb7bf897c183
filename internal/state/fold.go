package state

import (
	"errors"
	"fmt"
	"slices"
)

// fold works out the effect of r on s without changing s: the journal commits the change
// once the record is on disk, replay commits it at once. So what is remembered and what
// is read again cannot differ. The error says why r makes no sense.
func (s *Snapshot) fold(r *Record) (commit func(), err error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	change, err := s.change(r)
	if err != nil {
		return nil, err
	}
	return func() {
		change()
		s.New = false
	}, nil
}

func (s *Snapshot) change(r *Record) (func(), error) {
	switch r.Kind {
	case KindUploading, KindUploaded:
		return func() { s.putFile(r) }, nil
	case KindForgot:
		if len(s.Runs[r.Job]) == 0 {
			return nil, errors.New("the job has no run")
		}
		return func() { s.forget(r) }, nil
	case KindCreating:
		return s.begin(r)
	default:
		return s.move(r)
	}
}

// forget drops the run of the record's key, or all runs of its job.
func (s *Snapshot) forget(r *Record) {
	left := slices.DeleteFunc(slices.Clone(s.Runs[r.Job]), func(run Run) bool { return r.Key == "" || run.Key == r.Key })
	if s.Runs[r.Job] = left; len(left) == 0 {
		delete(s.Runs, r.Job)
	}
}

func (s *Snapshot) putFile(r *Record) {
	file := r.File
	if r.Kind == KindUploading {
		file.ID = ""
	}
	files := s.Files[file.SHA512]
	if i := slices.IndexFunc(files, func(f File) bool { return f.Name == file.Name }); i >= 0 {
		files[i] = file
		return
	}
	s.Files[file.SHA512] = append(files, file)
}

// begin adds a run, or begins an unsubmitted one anew. The earliest Since is kept,
// because a draft of any earlier try may still turn up.
func (s *Snapshot) begin(r *Record) (func(), error) {
	run := Run{
		Job: r.Job, Key: r.Key, Digest: r.Digest, Parts: r.Parts, Generation: r.Generation,
		Attempt: r.Attempt, Since: r.Since, Stage: StageCreating, Upstream: r.Upstream,
	}
	i := s.index(r)
	if i < 0 {
		return func() { s.Runs[r.Job] = append(s.Runs[r.Job], run) }, nil
	}
	old := s.Runs[r.Job][i]
	if old.Billed() {
		return nil, fmt.Errorf("the run of this key is %s as %s", old.Stage, old.ID)
	}
	if old.Since.Before(run.Since) {
		run.Since = old.Since
	}
	return func() { s.Runs[r.Job][i] = run }, nil
}

// move takes an existing run one step further.
func (s *Snapshot) move(r *Record) (func(), error) {
	i := s.index(r)
	if i < 0 {
		return nil, errors.New("the journal has no such run")
	}
	run := &s.Runs[r.Job][i]
	if !cameFrom(r.Kind, run.Stage) {
		return nil, fmt.Errorf("the run is %s", run.Stage)
	}
	if r.Kind != KindCreated && run.ID != r.ID {
		return nil, fmt.Errorf("the run is %q, not %q", run.ID, r.ID)
	}
	return func() { run.take(r) }, nil
}

// index finds the run that r is about: by key, or by id in kinds without a key.
func (s *Snapshot) index(r *Record) int {
	runs := s.Runs[r.Job]
	for i := len(runs) - 1; i >= 0; i-- {
		if r.Key != "" && runs[i].Key == r.Key || r.Key == "" && runs[i].ID == r.ID {
			return i
		}
	}
	return -1
}

// cameFrom reports whether a record of that kind makes sense at a stage. A step that
// changes nothing may be repeated: a runner can take it twice because of a crash.
func cameFrom(kind Kind, stage Stage) bool {
	switch kind {
	case KindCreated:
		return stage == StageCreating || stage == StageCreated || stage == StageSubmitting
	case KindSubmitting:
		return stage == StageCreated || stage == StageSubmitting
	case KindSubmitted:
		return stage == StageCreated || stage == StageSubmitting || stage == StageSubmitted
	default:
		return stage == StageSubmitted || stage == StageFinished
	}
}

// take updates the run with r, which fits.
func (run *Run) take(r *Record) {
	if r.Upstream != "" {
		run.Upstream = r.Upstream // a draft can be brought up to date before it is submitted
	}
	if r.Commit != "" || r.Kind == KindCreated && run.ID != r.ID {
		run.Commit, run.Differ = r.Commit, r.Differ // of another job it is not known
	}
	switch r.Kind {
	case KindCreated:
		if run.ID != r.ID || !r.Inserted.IsZero() {
			run.Inserted = r.Inserted
		}
		run.Stage, run.ID, run.Adopted = StageCreated, r.ID, r.Adopted
	case KindSubmitting:
		run.Stage, run.SubmittingAt = StageSubmitting, r.At
	case KindSubmitted:
		run.Stage = StageSubmitted
		if run.SubmittedAt.IsZero() {
			run.SubmittedAt = r.At
		}
	case KindStatus:
		run.Status, run.Reason, run.StatusAt = r.Status, r.Reason, r.StatusAt
	case KindFinished:
		run.Stage, run.Verdict = StageFinished, r.Verdict
		run.Reason, run.Checks = r.Reason, r.Checks
		run.Started, run.Ended = r.Started, r.Ended
		run.CoreHours, run.Cost = r.CoreHours, r.Cost
	case KindDownloaded:
		run.Outputs, run.OutputsTo, run.Selection = r.Outputs, r.To, r.Selection
	default:
		// The other kinds are not about an existing run.
	}
}
