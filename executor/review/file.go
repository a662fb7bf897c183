package review

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/rescale-apply/rescale-apply/executor/once"
)

// Format is the version of plan files that this program reads. Within a version keys are
// only ever added.
const Format = 1

// MaxBytes is the size up to which a plan file is read: far above that of ten thousand
// jobs.
const MaxBytes = 256 << 20

// FileError reports that a text is no plan file, or not as it was written.
type FileError struct{ Why string }

// Error says why.
func (e *FileError) Error() string { return e.Why }

// file is a plan file, as far as a review is about it.
type file struct {
	Plan
	FormatVersion *int   `json:"formatVersion"`
	PlanDigest    string `json:"planDigest"`
}

// Parse reads the text of a plan file. What it returns is what the file's digest was made
// of. The error is a *FileError.
func Parse(text []byte) (Plan, error) {
	f, err := decode(text)
	if err != nil {
		return Plan{}, err
	}
	if err := f.check(); err != nil {
		return Plan{}, err
	}
	return f.Plan, nil
}

// IsPlan reports whether a text was a plan file once, edited or not.
func IsPlan(text []byte) bool {
	f, err := decode(text)
	return err == nil && f.PlanDigest != ""
}

func decode(text []byte) (f file, err error) {
	switch {
	case len(text) > MaxBytes:
		return f, &FileError{fmt.Sprintf("it is larger than %d MB", MaxBytes>>20)}
	case len(bytes.TrimSpace(text)) == 0:
		return f, &FileError{"it is empty"}
	}
	if err := plain(json.NewDecoder(bytes.NewReader(text))); err != nil {
		return f, &FileError{err.Error()}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&f); err != nil {
		return f, &FileError{"it is no JSON object of a plan: " + err.Error()}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return f, &FileError{"something follows the plan in it"}
	}
	return f, nil
}

// check finds what no plan has.
func (f file) check() error {
	switch {
	case f.FormatVersion == nil || f.PlanDigest == "":
		return &FileError{"it has no formatVersion and planDigest: plan --out writes them, and -o json does not"}
	case *f.FormatVersion != Format:
		return &FileError{fmt.Sprintf("its formatVersion is %d, and this program reads %d", *f.FormatVersion, Format)}
	}
	seen := make(map[once.Job]bool, len(f.Jobs))
	for _, job := range f.Jobs {
		key, ok := once.ParseKey(job.Key)
		switch {
		case !ok || key.Name != job.Name:
			return &FileError{fmt.Sprintf("job %q has the key %q, which is none of that job", job.Name, job.Key)}
		case below(job.MaxCost), below(job.CoreHours), below(job.Attempt.Cost):
			return &FileError{fmt.Sprintf("job %q has a bound below 0", job.Name)}
		case seen[job.name()]:
			return &FileError{fmt.Sprintf("job %q is there twice", job.Name)}
		}
		seen[job.name()] = true
	}
	if digest := f.Digest(); digest != f.PlanDigest {
		return &FileError{fmt.Sprintf("it was edited: its planDigest is %.12s…, and what it holds makes %.12s…", f.PlanDigest, digest)}
	}
	return nil
}

// below reports whether a bound is one that no run keeps.
func below(bound *float64) bool { return bound != nil && *bound < 0 }
