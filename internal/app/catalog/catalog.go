// Package catalog shows what the platform offers to an account: hardware, software,
// projects and automations, filtered by a word. It reads with GET only, and knows no
// manifest.
package catalog

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Offer answers with the catalogs.
type Offer interface {
	Pricer
	Analyses(ctx context.Context) ([]rescale.Analysis, error)
	Projects(ctx context.Context) ([]rescale.Project, error)
	Automations(ctx context.Context) ([]rescale.Automation, error)
}

// Pricer answers with hardware and what it costs.
type Pricer interface {
	CoreTypes(ctx context.Context) ([]rescale.CoreType, error)
	ComputePrices(ctx context.Context) ([]rescale.Price, error)
}

// Answer is a part of a catalog, for people and for programs.
type Answer interface {
	Text(w io.Writer)
	JSON(w io.Writer) error // one object
}

// Kinds are the catalogs that there are.
func Kinds() []string { return []string{"coretypes", "analyses", "projects", "automations"} }

// Read reads the catalog of a kind, and keeps what has the word in its code or name, in
// any case; an empty word keeps all. Another kind is a *KindError.
func Read(ctx context.Context, p Offer, kind, word string) (Answer, error) {
	switch kind {
	case "coretypes":
		return readCoreTypes(ctx, p, word)
	case "analyses":
		return readAnalyses(ctx, p, word)
	case "projects":
		return readProjects(ctx, p, word)
	case "automations":
		return readAutomations(ctx, p, word)
	}
	return nil, &KindError{kind}
}

// Known refuses what is no kind of catalog with a *KindError, before anything is asked.
func Known(kind string) error {
	if slices.Contains(Kinds(), kind) {
		return nil
	}
	return &KindError{kind}
}

// KindError says that there is no such catalog.
type KindError struct{ Kind string }

// Error quotes the word that was given.
func (e *KindError) Error() string { return fmt.Sprintf("there is no catalog of %q", e.Kind) }

// Hint gives the nearest kind, or all of them.
func (e *KindError) Hint() string {
	if hint := diag.DidYouMean(e.Kind, Kinds()); hint != "" {
		return hint
	}
	return "the catalogs are " + strings.Join(Kinds(), ", ")
}

// filter is the word that entries are chosen by.
type filter string

// keeps holds the word against what an entry is called.
func (f filter) keeps(names ...string) bool {
	word := strings.ToLower(string(f))
	return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(strings.ToLower(name), word) })
}

// none says that a list is empty, and which word made it so. Kind is the catalog, to be
// read without the word.
func (f filter) none(w io.Writer, noun, kind string) {
	if f == "" {
		fmt.Fprintf(w, "This account may use no %s.\n", noun)
		return
	}
	fmt.Fprintf(w, "No %s matches %q; rescale-apply catalog %s lists all.\n", noun, diag.Line(string(f)), kind)
}

// table writes rows below the names of their columns, each in capitals.
func table(w io.Writer, columns string, rows [][]string) {
	show.Table(w, append([][]string{strings.Split(columns, "|")}, rows...))
}

// orDash is a cell that is never empty, so that columns can be told apart.
func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
