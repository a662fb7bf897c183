// Package ledger shows an audit to people and to programs, with what only the platform's
// catalogs and bills add to it: prices, names of projects, what a workspace was charged. It
// sends GET requests only, and decides nothing.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/audit"
	"github.com/rescale-apply/rescale-apply/internal/app/catalog"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Accountant is what an audit reads of the platform.
type Accountant interface {
	audit.Reader
	Catalog
	Biller
	JobURL(id string) string
	BaseURL() string
}

// Catalog knows prices and projects.
type Catalog interface {
	catalog.Pricer
	Projects(ctx context.Context) ([]rescale.Project, error)
}

// Biller knows what the workspace of the key was charged.
type Biller interface {
	Workspace(ctx context.Context) (rescale.Workspace, error)
	Bill(ctx context.Context, w rescale.Workspace, month time.Time) (rescale.Bill, error)
}

// Ledger is an audit of an account.
type Ledger struct {
	audit.Audit
	Account string    // e-mail
	Where   string    // address of the platform
	Since   time.Time // zero for all of it
	Free    bool      // the platform is this machine: nothing is billed

	projects map[string]string       // names by id
	bills    map[string]rescale.Bill // by month, such as 2026-11
	unbilled string                  // why there are no bills
	url      func(id string) string
}

// maxBills is how many months of bills the platform keeps (rescale-api.md §14, A5).
const maxBills = 36

// Collect audits an account. What the platform refuses beside the jobs is left out: prices
// are unknown then, and projects have no names.
func Collect(ctx context.Context, p Accountant, q audit.Query, now time.Time) (Ledger, error) {
	l := Ledger{Account: q.Owner, Where: p.BaseURL(), Since: q.Since, url: p.JobURL}
	books, err := audit.Read(ctx, p, q)
	if err != nil {
		return l, err
	}
	types, err := catalog.Hardware(ctx, p)
	if err := unlessRefused(err); err != nil {
		return l, err
	}
	l.Audit = audit.Weigh(books, prices(types), now)
	projects, err := p.Projects(ctx)
	if err := unlessRefused(err); err != nil {
		return l, fmt.Errorf("reading the platform's projects: %w", err)
	}
	l.projects = make(map[string]string, len(projects))
	for _, project := range projects {
		l.projects[project.ID] = project.Name
	}
	return l, l.readBills(ctx, p)
}

func prices(types []catalog.CoreType) map[string]audit.Price {
	known := func(usd *float64) float64 {
		if usd == nil {
			return 0
		}
		return *usd
	}
	list := make(map[string]audit.Price, len(types))
	for _, t := range types {
		list[t.Code] = audit.Price{OnDemand: known(t.Price), Economy: known(t.EconomyPrice)}
	}
	return list
}

// readBills reads the bills of the months in which runs began, the newest ones.
func (l *Ledger) readBills(ctx context.Context, p Biller) error {
	if len(l.Months) == 0 {
		return nil
	}
	workspace, err := p.Workspace(ctx)
	if err := unlessRefused(err); err != nil {
		return fmt.Errorf("asking for the workspace: %w", err)
	}
	if workspace.ID == "" || workspace.CompanyCode == "" {
		l.unbilled = "the platform does not name the workspace, so its bill is not shown"
		return nil
	}
	l.bills = make(map[string]rescale.Bill)
	for _, month := range slices.Backward(l.Months[max(0, len(l.Months)-maxBills):]) {
		date, err := time.Parse("2006-01", month.Name)
		if err != nil {
			return fmt.Errorf("reading the bill of %s: %w", month.Name, err)
		}
		bill, err := p.Bill(ctx, workspace, date)
		var refused *rescale.Error
		switch {
		case errors.As(err, &refused) && refused.Status == http.StatusForbidden && !refused.Auth():
			l.unbilled = "only administrators of the workspace see its bill"
			return nil
		case unlessRefused(err) != nil:
			return fmt.Errorf("reading the bill of %s: %w", month.Name, err)
		case err != nil:
			l.unbilled = "the platform does not show the bill of every month"
		default:
			l.bills[month.Name] = bill
		}
	}
	return nil
}

// unlessRefused passes over a call that the platform does not have, or not for us.
func unlessRefused(err error) error {
	if rescale.IsRefusal(err) && !rescale.IsAuth(err) {
		return nil
	}
	return err
}
