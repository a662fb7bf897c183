package app

import (
	"context"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/locking"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
)

// lockOptions say what is locked.
type lockOptions struct {
	options.Manifests
	platform options.Remote
	output   options.Output
}

func (t *tool) catalogLockVerb() options.Command {
	o := lockOptions{output: options.Formats("text", "json")}
	return options.Command{
		Name:     "lock",
		Usage:    "write into rescale.lock.yaml what the catalog gives to manifests, and keep what it has",
		Examples: []string{"rescale-apply catalog lock -f job.yaml", "rescale-apply catalog lock -f . -R"},
		Concerns: []options.Concern{&o.Manifests, &o.platform, &o.output},
		Do: func(ctx context.Context, _ options.Call) error {
			return t.locking(ctx, o, func(w locking.Work) (locking.Report, error) { return w.Lock(ctx) })
		},
	}
}

func (t *tool) catalogUpdateVerb() options.Command {
	o := lockOptions{output: options.Formats("text", "json")}
	return options.Command{
		Name:     "update",
		Usage:    "take into rescale.lock.yaml what the catalog gives now, and tell what changed",
		Args:     "[CODE...]",
		Examples: []string{"rescale-apply catalog update -f job.yaml", "rescale-apply catalog update openfoam_plus emerald -f job.yaml"},
		Concerns: []options.Concern{&o.Manifests, &o.platform, &o.output},
		Do: func(ctx context.Context, call options.Call) error {
			return t.locking(ctx, o, func(w locking.Work) (locking.Report, error) { return w.Update(ctx, call.Args) })
		},
	}
}

// locking does the work of one of the verbs, and shows what came of it.
func (t *tool) locking(ctx context.Context, o lockOptions, work func(locking.Work) (locking.Report, error)) error {
	w, err := t.load(options.Scope{Manifests: o.Manifests, Platform: o.platform.Platform})
	if err != nil {
		return err
	}
	return t.visit(ctx, o.platform.Platform, func(c *connect.Connection) error {
		report, err := work(locking.Work{Workspace: w, Catalogs: c.Platform, Day: time.Now().UTC().Format(time.DateOnly)})
		if err != nil {
			return c.Refused(err)
		}
		if o.output.JSON() {
			return report.JSON(t.Out)
		}
		report.Text(t.Out)
		return nil
	})
}
