package app

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/internal/app/comment"
	"github.com/rescale-apply/rescale-apply/internal/app/login"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

func (t *tool) reportVerb() options.Command {
	return options.Command{
		Name:     "report",
		Usage:    "carry a report to where people read it",
		Examples: []string{"rescale-apply report comment plan.md"},
		Group:    []options.Command{t.reportCommentVerb()},
	}
}

func (t *tool) reportCommentVerb() options.Command {
	var marker string
	output := options.Formats("text", "json")
	return options.Command{
		Name:     "comment",
		Usage:    "show a text, such as that of --report md=FILE, in one comment on the pull or merge request of this pipeline",
		Args:     "[FILE]",
		Examples: []string{"rescale-apply report comment plan.md", "rescale-apply plan -f job.yaml -o md | rescale-apply report comment --marker plan"},
		Concerns: []options.Concern{
			options.Flags{{Name: "marker", Into: &marker, Filled: true, Usage: "which comment it is, as `WORD` that its first line hides; a report has its own"}},
			&output,
		},
		Do: func(ctx context.Context, call options.Call) error {
			text, err := comment.Text(call.Args, t.env.Stdin)
			if err != nil {
				return err
			}
			key, body, err := comment.Marked(marker, t.Veiled(text))
			if err != nil {
				return err
			}
			poster := comment.Poster{Getenv: t.env.Getenv, Agent: toolName(), Transport: rescale.NewTransport(login.Proxy(t.env.Getenv))}
			posted, err := poster.Post(ctx, key, body)
			switch {
			case err != nil:
				return err
			case output.JSON():
				return show.WriteJSON(t.Out, posted.JSON())
			}
			_, err = fmt.Fprintf(t.Out, "comment %s %s\n", posted.Outcome, posted.URL)
			return err
		},
	}
}
