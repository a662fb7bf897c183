package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/audit"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/ledger"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// auditOptions say how far back to look, and whose journals to join.
type auditOptions struct {
	options.Scope
	since  string
	output options.Output
}

func (t *tool) auditVerb() options.Command {
	o := auditOptions{output: options.Formats("text", "json", "csv")}
	o.Verb = "audit"
	return options.Command{
		Name:     "audit",
		Usage:    "check that each key was billed once, and what runs took, by manifest and project; sends GET requests only",
		Examples: []string{"rescale-apply audit", "rescale-apply audit --since 2026-11-01 -o csv > november.csv", "rescale-apply audit --since 30d -f jobs -R"},
		Concerns: []options.Concern{
			options.Flags{{Name: "since", Into: &o.since, Usage: "only jobs that were made since `DATE`, such as 2026-11-01, or in the last 30d"}},
			options.Flags(o.Manifests.Flags()[:2]), &o.Platform, &o.output,
		},
		Do: func(ctx context.Context, _ options.Call) error { return t.audit(ctx, o) },
	}
}

func (t *tool) audit(ctx context.Context, o auditOptions) error {
	now := time.Now()
	since, err := options.Since("since", o.since, now)
	if err != nil {
		return err
	}
	folder, err := t.surroundings().LocalPlatformOf(o.Scope)
	if err != nil {
		return err
	}
	return t.connected(ctx, connect.Wish{Platform: o.Platform, LocalFolder: folder}, func(c *connect.Connection) error {
		s := &session{Connection: c, tool: t}
		if err := s.ask(ctx); err != nil {
			return err
		}
		query := audit.Query{Owner: s.user.Email, Since: since, Tell: s.tellOfLooks}
		if query.Recorded, err = t.surroundings().RunsOf(o.Scope, s.identity()); err != nil {
			return err
		}
		found, err := ledger.Collect(ctx, c.Platform, query, now)
		if err != nil {
			return c.Refused(fmt.Errorf("auditing the account: %w", err))
		}
		found.Free = c.Alone()
		return errors.Join(t.writeLedger(found, o.output.Format), found.Err())
	})
}

func (t *tool) writeLedger(found ledger.Ledger, format string) error {
	switch format {
	default:
		found.Text(t.Out)
	case "json":
		return found.JSON(t.Out)
	case "csv":
		for _, line := range found.Problems() {
			t.Line(diag.Line(line))
		}
		return t.Verbatim(found.CSV())
	}
	return nil
}
