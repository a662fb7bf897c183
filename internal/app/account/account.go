// Package account shows as whom, where and on whose bill one works. It reads with GET
// only, and never sees a key.
package account

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Source tells who one is.
type Source interface {
	BaseURL() string
	Me(ctx context.Context) (rescale.User, error)
	Workspace(ctx context.Context) (rescale.Workspace, error)
	Projects(ctx context.Context) ([]rescale.Project, error)
}

// Account is who one is on a platform. What the platform does not say is empty.
type Account struct {
	rescale.User
	Platform  string // its URL
	Embedded  bool   // in this program, with --local; Platform says which
	Workspace rescale.Workspace
	KeyFrom   string // where the key came from, in words
}

// Read asks for the account first and alone: a bad key must give one clear answer. The
// workspace is behind a call that is not documented, and the budgets of projects are not
// for everybody; a platform that refuses them, or answers something else, is no error.
func Read(ctx context.Context, p Source, keyFrom string) (Account, error) {
	a := Account{Platform: p.BaseURL(), KeyFrom: keyFrom}
	var err error
	if a.User, err = p.Me(ctx); err != nil {
		return a, fmt.Errorf("asking the platform for your account: %w", err)
	}
	projects := a.Projects
	group, together := errgroup.WithContext(ctx)
	group.Go(func() error {
		found, err := p.Workspace(together)
		if err == nil {
			a.Workspace = found
		}
		return unlessRefused("workspace", err)
	})
	group.Go(func() error {
		found, err := p.Projects(together)
		if err == nil {
			projects = found
		}
		return unlessRefused("projects", err)
	})
	err = group.Wait()
	a.Projects = projects
	if a.CompanyCode == "" {
		a.CompanyCode = a.Workspace.CompanyCode
	}
	return a, err
}

func unlessRefused(what string, err error) error {
	if err == nil || rescale.IsRefusal(err) {
		return nil
	}
	return fmt.Errorf("reading your %s: %w", what, err)
}

// Biller is asked for the projects of an account.
type Biller interface {
	Projects(ctx context.Context) ([]rescale.Project, error)
}

// Own is the name of the project that a job bills which names none; empty where the
// platform does not say: no apply fails for it, so the only error is that of ctx. Only the
// list of projects knows it (rescale-api.md §1.2).
func Own(ctx context.Context, p Biller) (string, error) {
	list, _ := p.Projects(ctx)
	for _, project := range list {
		if project.Default {
			return project.Name, nil
		}
	}
	return "", ctx.Err()
}

// Line is who pays, in one line for a plan. The project may be empty.
func Line(email, platform, project string) string {
	line := "as " + email + " on " + platform
	if project != "" {
		line += ", project " + project
	}
	return diag.Line(line)
}
