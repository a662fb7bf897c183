package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/rescale-apply/rescale-apply/executor/doctor"
	"github.com/rescale-apply/rescale-apply/internal/app/connect"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
)

func (t *tool) doctorVerb() options.Command {
	var platform options.Platform
	output := options.Formats("text", "json")
	return options.Command{
		Name:     "doctor",
		Usage:    "check on your account what this tool assumes of the platform; free: drafts and tiny files, which it removes again",
		Examples: []string{"rescale-apply doctor", "rescale-apply doctor -o json > report.json"},
		Effect:   options.Changes,
		Concerns: []options.Concern{&platform, &output},
		Do:       func(ctx context.Context, _ options.Call) error { return t.doctor(ctx, platform, output) },
	}
}

// doctor ends with 6 when a promise of this tool does not hold on the platform.
func (t *tool) doctor(ctx context.Context, platform options.Platform, output options.Output) error {
	refusals := &doctor.Refusals{}
	t.Notices.Also(refusals.Retry)
	return t.visit(ctx, platform, func(c *connect.Connection) error {
		check := doctor.Doctor{
			Platform: c.Platform, Where: c.Platform.BaseURL(), Refusals: refusals,
			Tell: func(check string) { t.Line("checking: " + check) },
		}
		report, failed := check.Run(ctx)
		if failed != nil && report.Blank() && !output.JSON() {
			return c.Refused(failed)
		}
		written := report.WriteText
		if output.JSON() {
			written = report.WriteJSON
		}
		if err := errors.Join(written(t.Out), c.Refused(failed)); err != nil {
			return err
		}
		for _, left := range report.Left {
			if left.Kind == "draft" && left.ID != "" {
				t.Hint(fmt.Sprintf("a draft costs nothing; to remove it: %s delete %s --forget", options.Program, left.ID))
			}
		}
		if len(report.Left) == 0 {
			t.Line("removed again: all that the checks made")
		}
		if len(report.Matter()) > 0 {
			t.Hint("send this report with -o json; until then one person at a time should apply")
			return exit.With(exit.Conflict)
		}
		return nil
	})
}
