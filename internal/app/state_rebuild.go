package app

import (
	"context"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/repair"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/resolver"
)

func (t *tool) stateRebuildVerb() options.Command {
	var scope options.Scope
	var force bool
	output := options.Formats("text", "json")
	return options.Command{
		Name:     "rebuild",
		Usage:    "make a state file anew from the platform; keeps the old one beside it; sends GET requests only",
		Examples: []string{"rescale-apply state rebuild -f job.yaml", "rescale-apply state rebuild -f job.yaml --force"},
		Concerns: []options.Concern{
			options.Flags(scope.Manifests.Flags()[:1]),
			options.Flags{{Name: "force", Into: &force, Usage: "also put aside a file of another account or platform, of a newer version, or that is no state file"}},
			&scope.Platform, &output,
		},
		Do: func(ctx context.Context, call options.Call) error {
			scope.Verb = call.Verb
			return t.rebuild(ctx, scope, force, output)
		},
	}
}

func (t *tool) rebuild(ctx context.Context, scope options.Scope, force bool, output options.Output) error {
	w, err := t.load(scope)
	if err != nil {
		return err
	}
	return t.session(ctx, w, scope.Platform, func(s *session) error {
		jobs, err := t.resolveIfPossible(ctx, s)
		if err != nil {
			return err
		}
		if err := s.HideState(ctx); err != nil {
			return err
		}
		repairer := repair.Repairer{Workspace: s.Workspace, Platform: s.Platform, Owner: s.identity(), Force: force, Warn: t.Warn}
		files, err := repairer.Rebuild(ctx, jobs)
		if err != nil {
			return err
		}
		if output.JSON() {
			return show.WriteJournals(t.Out, files)
		}
		t.Style().Rebuilt(t.Out, files)
		return nil
	})
}

// resolveIfPossible asks who the account is, which is needed, and what the jobs are made
// of now, which is not: inputs may be missing on the machine that repairs.
func (t *tool) resolveIfPossible(ctx context.Context, s *session) ([]resolver.Job, error) {
	if err := s.ask(ctx); err != nil {
		return nil, err
	}
	known := s.user
	resolved, problems, err := s.resolved(ctx)
	s.user = known
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err == nil && len(problems) == 0:
		return resolved.Jobs, nil
	}
	t.Warn("the manifest cannot be resolved here now (plan tells why), so that it is not recorded what the runs were made of")
	return nil, nil
}
