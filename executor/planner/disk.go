package planner

import (
	"context"

	"github.com/rescale-apply/rescale-apply/executor/inputs"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// needed returns the inputs on this disk of everything that is to be submitted, each
// content once.
func (p Plan) needed() []files.Input {
	var list []files.Input
	known := make(map[inputs.Content]bool)
	for _, step := range p.Spending() {
		for _, in := range step.Job.Inputs {
			if in.Path != "" && !known[inputs.Of(in)] {
				known[inputs.Of(in)] = true
				list = append(list, in)
			}
		}
	}
	return list
}

// sort separates what is to be uploaded from what is there. An input that was not
// looked for is where the journal says.
func (p *Plan) sort(snapshot state.Snapshot) {
	for _, in := range p.needed() {
		stored, _ := snapshot.File(in.SHA512, in.Name)
		id, looked := p.Stock[inputs.Of(in)]
		if !looked {
			id = stored.ID
		}
		switch {
		case id == "":
			p.Uploads = append(p.Uploads, in)
		case id != stored.ID:
			in.ID = id
			p.Reused = append(p.Reused, in)
		}
	}
}

// missingOutputs returns, by job, the wanted results that are not on this disk.
func missingOutputs(ctx context.Context, jobs []resolver.Job, snapshot state.Snapshot, upstreams map[string]string) (map[string][]string, error) {
	missing := make(map[string][]string)
	for _, job := range jobs {
		run, known := newest(snapshot.Runs[job.Name], job, upstreams[job.Name])
		if !known || run.Stage != state.StageFinished || !results.Wanted(job, verdict.Verdict(run.Verdict)) {
			continue
		}
		wish := results.Of(job)
		var err error
		if len(wish.Include) > 0 && (run.OutputsTo != wish.To || run.Selection != wish.Selection()) {
			if run, err = wish.Listed(run); err != nil {
				return nil, err
			}
		}
		lost, err := results.Missing(ctx, wish, run)
		if err != nil {
			return nil, err
		}
		missing[job.Name] = lost
	}
	return missing, nil
}
