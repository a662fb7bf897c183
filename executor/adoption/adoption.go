// Package adoption reads the jobs that manifests adopt, and says what each of them is: a
// run of that content, one of another, a draft, or nothing any more. It sends GET requests
// only, and decides no action.
package adoption

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/adopt"
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Reader reads jobs.
type Reader interface {
	Job(ctx context.Context, id string) (rescale.Job, error)
	Statuses(ctx context.Context, id string) ([]rescale.Status, error)
}

// Records reads what is known of stored files.
type Records interface {
	File(ctx context.Context, id string) (rescale.File, error)
}

// Adoption is what the platform shows of a job that a manifest adopts.
type Adoption struct {
	Found   once.Found         // with a key for this content when it holds, see [Adoption.Sign]
	Differs []adopt.Difference // from what the manifest would send; nothing when it holds
	Gone    bool               // the platform does not have it
	Known   bool               // a journal has it as a run already: of this content when it holds, else of an earlier one
}

// Draft reports whether nobody has submitted it.
func (a Adoption) Draft() bool { return !a.Gone && !a.Found.Submitted() }

// Holds reports whether it is a run of this content.
func (a Adoption) Holds() bool { return !a.Gone && a.Found.Submitted() && len(a.Differs) == 0 }

// Run reports whether it is a run at all, whatever its content.
func (a Adoption) Run() bool { return !a.Gone && a.Found.Submitted() }

// Read reads the jobs that others adopt, by their names. A job without a digest is not
// resolved: whatever it adopts then counts as another content, and files is not asked.
func Read(ctx context.Context, p Reader, files Records, jobs []resolver.Job) (map[string]Adoption, error) {
	var ids []string
	for _, job := range jobs {
		ids = append(ids, job.Adopt.V)
	}
	stored, err := patience.Each(ctx, ids, patience.NotFound, p.Job)
	if err != nil {
		return nil, fmt.Errorf("reading what is adopted: %w", err)
	}
	histories, err := patience.Each(ctx, ids, patience.NotFound, p.Statuses)
	if err != nil {
		return nil, fmt.Errorf("reading what is adopted: %w", err)
	}
	told, err := records(ctx, files, jobs, stored)
	if err != nil {
		return nil, fmt.Errorf("reading the inputs of what is adopted: %w", err)
	}
	list := make(map[string]Adoption, len(jobs))
	for _, job := range jobs {
		body, there := stored[job.Adopt.V]
		history, has := histories[job.Adopt.V]
		if !there || !has {
			list[job.Name] = Adoption{Gone: true}
			continue
		}
		a := Adoption{Found: once.Found{
			Adopted: true, ID: body.ID, Key: strange(job), Namespace: job.Namespace, History: history, Inserted: body.DateInserted, Stored: body,
		}}
		if job.Digest != "" {
			a.Differs = adopt.Compare(body, ranAs(body, job), told)
		} else {
			a.Differs = []adopt.Difference{{Field: "manifest", Why: "it is not resolved"}}
		}
		list[job.Name] = a
	}
	return list, nil
}

// ranAs returns the job on the version and core type that a stored job has, when the
// manifest leaves them open; else as it would run now.
func ranAs(body rescale.Job, job resolver.Job) resolver.Job {
	as, _ := job.On(resolver.RanOn(body))
	return as
}

// means reports whether a digest is one of the content of a job.
func means(job resolver.Job, digest string) bool {
	_, is := job.Variant(digest, nil)
	return is
}

// records reads the files of which bodies do not tell enough. Without local inputs and
// scripts, ids decide.
func records(ctx context.Context, p Records, jobs []resolver.Job, stored map[string]rescale.Job) (map[string]rescale.File, error) {
	var ids []string
	for _, job := range jobs {
		if body, there := stored[job.Adopt.V]; there && job.Digest != "" {
			ids = append(ids, adopt.Unclear(body)...)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	return patience.Each(ctx, slices.Compact(ids), patience.NotFound, p.File)
}

// strange is the key of an adopted job in a content that has no manifest any more.
func strange(job resolver.Job) once.Key {
	sum := sha256.Sum256([]byte("adopted " + job.Adopt.V))
	return once.Key{Digest: hex.EncodeToString(sum[:]), Name: job.Name, Generation: 1, Attempt: 1}
}

// Sign gives a job that holds the key of the run that it is: a run of the first
// generation, as rerun.generation asks for new ones, in the first attempt that no other
// job has made. found is what else is known of the platform.
func (a Adoption) Sign(job resolver.Job, runs []state.Run, found []once.Found) Adoption {
	if !a.Holds() {
		a.Known = slices.ContainsFunc(runs, func(r state.Run) bool { return r.ID == a.Found.ID })
		return a
	}
	key := once.Key{Digest: ranAs(a.Found.Stored, job).Digest, Name: job.Name, Generation: 1}
	recorded, seen := recordedAttempts(job, runs), seenAttempts(job, found)
	if key.Attempt, a.Known = recorded[a.Found.ID]; !a.Known {
		key.Attempt = seen[a.Found.ID] // when it is ours; else 0
	}
	delete(recorded, a.Found.ID)
	delete(seen, a.Found.ID)
	taken := slices.AppendSeq(slices.Collect(maps.Values(recorded)), maps.Values(seen))
	for key.Attempt == 0 || !a.Known && slices.Contains(taken, key.Attempt) {
		key.Attempt++
	}
	own, _, ours := once.Recognize(a.Found.Stored)
	a.Found.Key, a.Found.Adopted = key, !ours || own != key
	return a
}

// recordedAttempts are those of the billed runs of a content in a journal, by their ids.
func recordedAttempts(job resolver.Job, runs []state.Run) map[string]int {
	of := make(map[string]int)
	for _, run := range runs {
		if means(job, run.Digest) && run.Generation == 1 && run.Billed() {
			of[run.ID] = run.Attempt
		}
	}
	return of
}

// seenAttempts are those of the billed runs of a content on the platform, by their ids.
func seenAttempts(job resolver.Job, found []once.Found) map[string]int {
	of := make(map[string]int)
	for _, f := range found {
		if f.Key.Name == job.Name && means(job, f.Key.Digest) && f.Key.Generation == 1 && f.Submitted() {
			of[f.ID] = f.Key.Attempt
		}
	}
	return of
}

// Needed returns the jobs that adopt another whose body matters: no run of their content
// is known that was recorded as adopted, or that came after it.
func Needed(jobs []resolver.Job, snapshot state.Snapshot) (needed []resolver.Job) {
	for _, job := range jobs {
		if job.Adopt.Written() && !slices.ContainsFunc(snapshot.Runs[job.Name], func(r state.Run) bool {
			return r.ID == job.Adopt.V && means(job, r.Digest) && r.Billed()
		}) {
			needed = append(needed, job)
		}
	}
	return needed
}

// Reason says in a few words why an adopted job is not the run of its manifest.
func (a Adoption) Reason(job resolver.Job) string {
	if a.Holds() {
		return fmt.Sprintf("adopt: %s is the run of generation 1", job.Adopt.V)
	}
	const most = 3
	var words []string
	for i, d := range a.Differs {
		if i == most && len(a.Differs) > most+1 {
			words = append(words, fmt.Sprintf("and %d more", len(a.Differs)-most))
			break
		}
		words = append(words, d.Words())
	}
	return fmt.Sprintf("adopt no longer holds, %s is another content: %s", job.Adopt.V, strings.Join(words, ", "))
}

// Refusal is why a job cannot be started beside what it adopts; false when it can. Nobody
// is to pay because an id is misspelled, or because a draft was forgotten.
func (a Adoption) Refusal(job resolver.Job, account string) (diag.Diagnostic, bool) {
	d := diag.Diagnostic{Pos: job.Adopt.Pos, Rule: diag.UnknownRun}
	switch {
	case a.Gone:
		d.Message = fmt.Sprintf("adopt: the platform has no job %s, or does not show it to %s", job.Adopt.V, account)
		d.Hint = "correct the id, or delete adopt to run the job anew"
	case a.Draft():
		d.Message = fmt.Sprintf("adopt: job %s is a draft, which nobody has submitted", job.Adopt.V)
		d.Hint = "delete adopt to let apply run the job, or submit the draft on the platform"
	default:
		return diag.Diagnostic{}, false
	}
	return d, true
}

// Error is what cannot be adopted, with the places of the keys.
type Error struct{ Problems diag.List }

// Error returns the first problem and how many more there are.
func (e *Error) Error() string { return e.Problems.Error() }
