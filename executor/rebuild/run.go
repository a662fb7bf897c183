package rebuild

import (
	"context"
	"errors"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// judged is what the platform says about the run, and what the checks add to it.
func (r Run) judged() (verdict.Judgement, bool) {
	judged, over := r.Verdict()
	return judged.Checked(r.Failed), over
}

func (r Run) succeeded() bool {
	judged, _ := r.judged()
	return judged.Verdict == verdict.Succeeded
}

// check looks at the outputs of the run. Where they cannot be known now, the mark of an
// earlier apply counts; without one the next apply looks, because the record does not say
// by which checks the run was judged.
func (r *Run) check(ctx context.Context, p Reader, job resolver.Job) error {
	checks := success.Of(job.Success)
	if checks.None() || !r.succeeded() {
		return nil
	}
	failed, err := success.Examiner{Platform: p}.Examine(ctx, r.ID, checks)
	var unknown *success.UnknownError
	if errors.As(err, &unknown) {
		if mark := checks.ReadTags(r.Stored.Tags); mark.Current {
			r.Failed, r.Checks = mark.Failed(), checks.String()
		}
		return nil
	}
	r.Failed, r.Checks = failed, checks.String()
	return err
}

// Records returns the steps in which the run would have been recorded.
func (r Run) Records() []state.Record {
	step := func(kind state.Kind) state.Record {
		return state.Record{Kind: kind, Job: r.Key.Name, Key: r.Key.String(), ID: r.ID}
	}
	creating := step(state.KindCreating)
	creating.ID, creating.Digest, creating.Parts, creating.Since = "", r.Key.Digest, r.Parts, r.Since
	creating.Generation, creating.Attempt, creating.Upstream = r.Key.Generation, r.Key.Attempt, r.Upstream
	created := step(state.KindCreated)
	created.Inserted, created.Adopted = r.Inserted, r.Adopted
	list := []state.Record{creating, created}
	if !r.Submitted() {
		return list
	}
	submitted := step(state.KindSubmitted)
	if from, known := once.SourceOf(r.Stored); known {
		submitted.Commit, submitted.Differ = from.Commit, from.Differ()
	}
	list = append(list, submitted)
	judged, over := r.judged()
	if !over {
		latest := step(state.KindStatus)
		latest.Key = ""
		latest.Status, latest.Reason, latest.StatusAt = r.History[0].Status, r.History[0].Reason, r.History[0].Date
		return append(list, latest)
	}
	list = append(list, r.finished(judged))
	if r.Results != nil {
		list = append(list, *r.Results)
	}
	return list
}

// finished returns the record of how the run ended. The price of its core-hours is known
// only from the price list of a job that still asks for them.
func (r Run) finished(judged verdict.Judgement) state.Record {
	hours := r.coreHours(judged)
	return state.Record{
		Kind: state.KindFinished, Job: r.Key.Name, Key: r.Key.String(), ID: r.ID,
		Verdict: string(judged.Verdict), Reason: judged.Reason, Checks: r.Checks,
		Started: judged.Started, Ended: judged.Ended, CoreHours: hours, Cost: hours * r.Rate,
	}
}

// coreHours returns the time that the command ran, times its cores.
func (r Run) coreHours(j verdict.Judgement) float64 {
	if j.Started.IsZero() || j.Ended.Before(j.Started) {
		return 0
	}
	cores := 0 // tiles run one after the other
	for _, tile := range r.Stored.Tiles {
		cores = max(cores, tile.CoresPerSlot*max(1, tile.Slots))
	}
	return float64(cores) * j.Ended.Sub(j.Started).Hours()
}

// findInputs looks at every input file of the runs, and keeps those that an apply can give
// to other jobs: uploaded by owner, complete and still there.
func (m *Memory) findInputs(ctx context.Context, p Reader, owner string) error {
	read, err := patience.Each(ctx, m.inputs(), patience.NotFound, p.File)
	if err != nil {
		return err
	}
	for i := range m.Runs {
		for _, tile := range m.Runs[i].Stored.Tiles {
			for _, id := range tile.Inputs {
				if file, ok := read[id]; ok && reusable(file, owner) {
					m.Runs[i].Inputs = append(m.Runs[i].Inputs, state.File{Name: file.Name, SHA512: file.SHA512, Size: file.Size, ID: id})
				}
			}
		}
	}
	return nil
}

// inputs returns the ids of all input files of the runs, each once.
func (m *Memory) inputs() []string {
	var ids []string
	seen := make(map[string]bool)
	for _, run := range m.Runs {
		for _, tile := range run.Stored.Tiles {
			for _, id := range tile.Inputs {
				if !seen[id] {
					seen[id] = true
					ids = append(ids, id)
				}
			}
		}
	}
	return ids
}

func reusable(f rescale.File, owner string) bool {
	return f.Type == rescale.InputFile && strings.EqualFold(f.Owner, owner) && f.Complete && !f.Deleted && f.SHA512 != "" && f.Name != ""
}
