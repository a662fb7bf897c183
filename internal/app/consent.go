package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/typed"
)

// consent is the flag of verbs that ask before they change something.
type consent struct{ yes bool }

func (o *consent) flag() options.Flags {
	return options.Flags{{Name: "yes", Alias: "y", Into: &o.yes, Usage: "do not ask"}}
}

// possible refuses what could not be asked, before anything is sent.
func (o consent) possible(t *tool, verb string) error {
	if o.yes || t.Stdin && t.Stderr {
		return nil
	}
	return options.Usage(verb+" asks before it changes anything, and no terminal is here to ask on", "add -y where that is meant")
}

// ask asks on the terminal. Anything but yes is a *exit.GuardError. Ctrl-C ends the question
// at once.
func (o consent) ask(ctx context.Context, t *tool, question string) error {
	if o.yes {
		return nil
	}
	fmt.Fprintf(t.Err, "%s [y/N] ", question)
	answer, err := typed.New(t.env.Stdin).Next(ctx)
	if ctx.Err() != nil {
		fmt.Fprintln(t.Err)
		return err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return &exit.GuardError{Message: "not confirmed; nothing was changed", Help: "answer y, or add -y"}
}
