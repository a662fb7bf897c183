package inputs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Content is what two inputs have in common when one file serves both. The platform
// takes an input's name from its upload, so the same bytes under two names are two
// files; and scripts, templates and tables of parameters are files of other types.
type Content struct {
	SHA512, Name string
	Type         rescale.FileType
}

// Of returns the content of an input on this disk.
func Of(in files.Input) Content {
	kind := rescale.InputFile
	switch in.Use {
	case spec.ForCommand:
	case spec.Before, spec.After:
		kind = rescale.ScriptFile
	case spec.ForRuns:
		kind = rescale.ParamFile
	case spec.ForEach:
		kind = rescale.TemplateFile
	}
	return Content{in.SHA512, in.Name, kind}
}

// Stock holds the contents that were looked for: the id of a file that has it, or an
// empty one when the platform has no such file. A content that is not in it was not
// looked for.
type Stock map[Content]string

// Reader reads what the platform knows about a file.
type Reader interface {
	File(ctx context.Context, id string) (rescale.File, error)
}

// Finder finds files.
type Finder interface {
	Reader
	Files(ctx context.Context, search string, yield func(rescale.File) bool) error
}

// Search is what to look for.
type Search struct {
	Owner  string         // e-mail of the account, as the platform writes it
	Wanted []files.Input  // on this disk, each content once
	Known  state.Snapshot // what this machine remembers
	Scope  Scope
}

// Scope says where to look.
type Scope string

// The scopes.
const (
	Everywhere Scope = ""        // among all files of the account
	Nowhere    Scope = "nowhere" // everything is to be uploaded again
)

// How much is looked at. A plan must not become slow because somebody has many files: a
// file that is not found is uploaded, which does no harm.
const (
	maxChecks   = 64     // remembered files that are read; of more the state is believed
	maxSearches = 64     // names that are searched for; for more, the newest files of the account are listed
	maxHits     = 1_000  // files that a search looks at for each content of one name
	maxListed   = 10_000 // files that a search or a listing looks at in all
	parallel    = 8      // requests at once
)

// LookError reports that the platform could not be asked for its files.
type LookError struct{ Err error }

// Error is the act and the cause.
func (e *LookError) Error() string {
	return fmt.Sprintf("looking for the inputs among the files on the platform: %v", e.Err)
}

// Unwrap returns the cause.
func (e *LookError) Unwrap() error { return e.Err }

// Hint says how to do without.
func (*LookError) Hint() string {
	return "--no-reuse uploads everything again, without looking"
}

// Look finds the wanted contents on the platform: those that the state knows by their
// ids, the others by name. It sends GETs only.
func Look(ctx context.Context, p Finder, s Search) (Stock, error) {
	l := look{platform: p, search: s, stock: make(Stock)}
	if s.Scope == Nowhere {
		l.lack(s.Wanted)
		return l.stock, nil
	}
	missing, err := l.remembered(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the records of uploaded inputs: %w", err)
	}
	if len(missing) == 0 {
		return l.stock, nil
	}
	l.lack(missing)
	if err := l.find(ctx, missing); err != nil {
		return nil, &LookError{err}
	}
	return l.stock, nil
}

// look is one Look in progress.
type look struct {
	platform Finder
	search   Search
	mu       sync.Mutex
	stock    Stock
}

// lack notes that a content was not found yet.
func (l *look) lack(list []files.Input) {
	for _, in := range list {
		l.stock[Of(in)] = ""
	}
}

// remembered checks what the state knows, and returns the inputs for which no known
// file is left.
func (l *look) remembered(ctx context.Context) (missing []files.Input, err error) {
	known := make([]string, len(l.search.Wanted))
	n := 0
	for i, in := range l.search.Wanted {
		if file, _ := l.search.Known.File(in.SHA512, in.Name); file.ID != "" {
			known[i] = file.ID
			n++
		}
	}
	lost := make([]bool, len(known))
	if n <= maxChecks {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(parallel)
		for i, id := range known {
			if id == "" {
				continue
			}
			group.Go(func() error {
				there, err := holds(ctx, l.platform, id, l.search.Wanted[i])
				lost[i] = !there
				l.put(l.search.Wanted[i], id, there)
				return err
			})
		}
		err = group.Wait()
	}
	for i, in := range l.search.Wanted {
		if known[i] == "" || lost[i] {
			missing = append(missing, in)
		}
	}
	return missing, err
}

func (l *look) put(in files.Input, id string, there bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !there {
		id = ""
	}
	l.stock[Of(in)] = id
}

// holds reports whether a file is there and unchanged. One that the account may not
// read does not count.
func holds(ctx context.Context, p Reader, id string, in files.Input) (bool, error) {
	file, err := p.File(ctx, id)
	var refused *rescale.Error
	if errors.As(err, &refused) && !rescale.IsAuth(err) && slices.Contains([]int{http.StatusForbidden, http.StatusNotFound, http.StatusGone}, refused.Status) {
		return false, nil
	}
	whole := file.Complete && !file.Deleted && file.Name == in.Name && file.Size == in.Size
	whole = whole && (in.Use == spec.ForCommand && !special(file.Type) || file.Type == Of(in).Type)
	return whole && (file.SHA512 == "" || file.SHA512 == in.SHA512), err
}

// special reports whether a file of this type serves one use only.
func special(t rescale.FileType) bool {
	return t == rescale.ScriptFile || t == rescale.ParamFile || t == rescale.TemplateFile
}

// find searches for every name once, or lists what is newest when there are many.
func (l *look) find(ctx context.Context, missing []files.Input) error {
	byName := make(map[string][]files.Input)
	var names []string
	for _, in := range missing {
		if len(byName[in.Name]) == 0 {
			names = append(names, in.Name)
		}
		byName[in.Name] = append(byName[in.Name], in)
	}
	if len(names) > maxSearches {
		return l.scan(ctx, "", maxListed, byName)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, name := range names {
		group.Go(func() error {
			most := min(maxListed, maxHits*len(byName[name]))
			return l.scan(ctx, name, most, map[string][]files.Input{name: byName[name]})
		})
	}
	return group.Wait()
}

// scan reads files, newest first, until all wanted ones are found or enough were looked
// at.
func (l *look) scan(ctx context.Context, search string, most int, wanted map[string][]files.Input) error {
	open := 0
	for _, list := range wanted {
		open += len(list)
	}
	seen := 0
	return l.platform.Files(ctx, search, func(f rescale.File) bool {
		seen++
		for _, in := range wanted[f.Name] {
			if l.fits(f, in) && l.take(in, f.ID) {
				open--
			}
		}
		return open > 0 && seen < most
	})
}

// fits reports whether a file can stand for an input: the account's own, whole, and
// proven to be the same bytes. A file without a checksum is not proven.
func (l *look) fits(f rescale.File, in files.Input) bool {
	return f.Complete && !f.Deleted && f.Type == Of(in).Type && strings.EqualFold(f.Owner, l.search.Owner) &&
		f.Size == in.Size && f.SHA512 == in.SHA512 && in.SHA512 != ""
}

// take notes the newest file of a content.
func (l *look) take(in files.Input, id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stock[Of(in)] != "" {
		return false
	}
	l.stock[Of(in)] = id
	return true
}
