package importing

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Take takes the ids of a command line, each once, and refuses what cannot be done.
func (w *Wish) Take(ids []string) error {
	for _, id := range ids {
		if !slices.Contains(w.IDs, id) {
			w.IDs = append(w.IDs, id)
		}
	}
	switch {
	case len(ids) == 0:
		return options.Usage("import needs the id of a job", options.Program+" import QwErTy; list shows the ids")
	case w.Inputs && w.File == "":
		return options.Usage("--with-inputs needs --to: the files go beside the manifest", fmt.Sprintf("%s import %s --with-inputs --to job.yaml", options.Program, ids[0]))
	case w.File != "" && !options.IsManifest(w.File):
		return options.Usage(fmt.Sprintf("%q is no name of a manifest", w.File), "--to takes a file such as job.yaml")
	}
	return nil
}

// Text tells a person what was written.
func (i Imported) Text(w io.Writer) {
	beside := ""
	if len(i.Inputs) > 0 {
		beside = ", with " + humanize.Plural(len(i.Inputs), "file") + " beside it"
	}
	to := filepath.ToSlash(i.File)
	fmt.Fprintf(w, "%s written to %s%s. To see what it would do: %s plan -f %s\n", humanize.Plural(len(i.Jobs), "job"), to, beside, options.Program, to)
}

// JobError is about one of the jobs.
type JobError struct {
	ID  string
	Err error
}

// Error names the job.
func (e *JobError) Error() string { return fmt.Sprintf("importing job %s: %v", e.ID, e.Err) }

// Unwrap returns the cause.
func (e *JobError) Unwrap() error { return e.Err }

// Explained says what is wrong with an id that the platform does not know.
func Explained(err error) error {
	var job *JobError
	var bad *rescale.BadIDError
	if errors.As(err, &job) && (errors.As(err, &bad) || patience.NotFound(err)) {
		return options.Usage(fmt.Sprintf("the platform has no job %q", job.ID), "list shows the ids of your jobs, such as QwErTy")
	}
	return err
}

// DraftError reports that a draft cannot be adopted.
type DraftError struct{ ID string }

// Error names it.
func (e *DraftError) Error() string {
	return fmt.Sprintf("job %s is a draft, which nobody has submitted: there is no run to adopt", e.ID)
}

// Hint says what works.
func (*DraftError) Hint() string {
	return "without --adopt it becomes a manifest, which apply runs"
}

// UnsaidError is what no manifest can say about a job. The places of the problems, which
// nobody can look up, are left out.
type UnsaidError struct{ Problems []string }

// Error tells all problems.
func (e *UnsaidError) Error() string { return strings.Join(e.Problems, "; ") }

func unplaced(err error) error {
	var list diag.List
	if !errors.As(err, &list) {
		return err
	}
	e := &UnsaidError{}
	for _, d := range list {
		problem := d.Message
		if d.Hint != "" {
			problem += " (" + d.Hint + ")"
		}
		e.Problems = append(e.Problems, problem)
	}
	return e
}

// ExistsError reports that a file is in the way.
type ExistsError struct {
	Path string
	Why  string // what is known of the two
}

// Error names it.
func (e *ExistsError) Error() string { return fmt.Sprintf("%s is there already%s", e.Path, e.Why) }

// Hint says what to do.
func (*ExistsError) Hint() string {
	return "nothing was written; move it away, or give --to another folder"
}
