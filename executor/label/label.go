// Package label adds to drafts what the platform does not take when they are created:
// the project, where organizations assign it, tags and custom fields. It trusts only
// what it reads back. It knows neither plans nor the journal.
package label

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Writer labels a job, and reads its labels.
type Writer interface {
	Job(ctx context.Context, id string) (rescale.Job, error)
	AssignProject(ctx context.Context, company, id, project string) error
	Marks
}

// Marks are labels that people find jobs by.
type Marks interface {
	Tags(ctx context.Context, id string) ([]rescale.Tag, error)
	AddTag(ctx context.Context, id, tag string) error
	RemoveTag(ctx context.Context, id, tag string) error
	CustomFields(ctx context.Context, id string) (map[string]any, error)
	SetCustomFields(ctx context.Context, id string, fields map[string]any) error
}

// Labeler labels the drafts of one account.
type Labeler struct {
	Platform Writer
	Company  string // code of the account's organization; may be empty
	// Warn is called for a label that is missing.
	Warn func(job, message string)
}

// Wish is the labels that one draft is to have.
type Wish struct {
	Job     string // in words, for warnings
	ID      string // of the draft
	Fresh   bool   // it was just made, and so has nothing
	Project string // id; empty leaves it to the platform
	Tags    []string
	Fields  map[string]any // custom fields
}

// Label labels a draft. A wrong project is an error, because it pays; a missing tag or
// custom field is a warning, and does not keep a run from starting.
func (l Labeler) Label(ctx context.Context, w Wish) error {
	if err := l.assign(ctx, w); err != nil {
		return err
	}
	l.tag(ctx, w)
	l.setFields(ctx, w)
	return nil
}

// ProjectError reports that a draft would be billed to another project than the wanted
// one.
type ProjectError struct {
	Draft   string
	Project string // that is wanted
	Err     error
}

// Error is the cause.
func (e *ProjectError) Error() string {
	return fmt.Sprintf("draft %s is not of project %s: %v", e.Draft, e.Project, e.Err)
}

// Unwrap returns the cause.
func (e *ProjectError) Unwrap() error { return e.Err }

// Hint says the way out.
func (e *ProjectError) Hint() string {
	return "nothing was submitted; choose the project of the draft on the platform and apply again, or leave out project:"
}

// assign makes sure that the right project pays for a draft: some organizations take
// projectId in the body, others only in a separate call (rescale-api.md §7.2).
func (l Labeler) assign(ctx context.Context, w Wish) error {
	wanted := w.Project
	if wanted == "" {
		return nil
	}
	is, err := l.projectOf(ctx, w.ID)
	if patience.NotFound(err) {
		return nil // the submit tells, and knows what to do
	}
	if err == nil && is != wanted {
		err = patience.Settle(ctx, func() error { return l.Platform.AssignProject(ctx, l.Company, w.ID, wanted) })
		if err != nil {
			err = &ProjectError{w.ID, wanted, err}
		} else if is, err = l.projectOf(ctx, w.ID); err == nil && is != "" && is != wanted {
			err = &ProjectError{w.ID, wanted, fmt.Errorf("the platform took the assignment, and shows project %s", is)}
		}
	}
	if err != nil {
		return &once.StepError{Job: w.Job, Act: "choosing the project of", Err: err}
	}
	return nil
}

// projectOf returns the project that the platform shows; empty when it shows none.
func (l Labeler) projectOf(ctx context.Context, id string) (string, error) {
	job, err := l.Platform.Job(ctx, id)
	return job.ProjectID, err
}

// tag adds the tags that a draft does not have: the platform ignores tags in the create
// body (rescale-api.md §7.6). Only reading them back proves that they are there; one
// whose answer was lost is sent again only when it is not.
func (l Labeler) tag(ctx context.Context, w Wish) {
	missing := w.Tags
	if len(missing) > 0 && !w.Fresh {
		missing = l.missingTags(ctx, w, missing)
	}
	for range 2 {
		var lost []string
		for _, name := range missing {
			err := patience.Throttled(ctx, func() error { return l.Platform.AddTag(ctx, w.ID, name) })
			var unknown *rescale.OutcomeUnknownError
			switch {
			case errors.As(err, &unknown):
				lost = append(lost, name)
			case err != nil:
				l.Warn(w.Job, fmt.Sprintf("adding tag %q: %v", name, err))
				missing = without(missing, name)
			}
		}
		if len(missing) == 0 {
			return
		}
		missing = l.missingTags(ctx, w, missing)
		for _, name := range missing {
			if !slices.Contains(lost, name) {
				l.Warn(w.Job, fmt.Sprintf("adding tag %q: the platform took it, and does not show it", name))
				missing = without(missing, name)
			}
		}
	}
	for _, name := range missing {
		l.Warn(w.Job, fmt.Sprintf("adding tag %q: its answer was lost, twice", name))
	}
}

// missingTags returns the wanted tags that the platform does not show; none when it
// cannot be asked.
func (l Labeler) missingTags(ctx context.Context, w Wish, wanted []string) []string {
	present, err := l.Platform.Tags(ctx, w.ID)
	if err != nil {
		l.Warn(w.Job, fmt.Sprintf("reading its tags: %v", err))
		return nil
	}
	var missing []string
	for _, name := range wanted {
		there := slices.ContainsFunc(present, func(t rescale.Tag) bool {
			return strings.EqualFold(t.Name, name) || strings.EqualFold(t.NormalizedName, name)
		})
		if !there {
			missing = append(missing, name)
		}
	}
	return missing
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
}

// setFields sets custom fields, and reads them back.
func (l Labeler) setFields(ctx context.Context, w Wish) {
	missing := maps.Clone(w.Fields)
	if len(missing) > 0 && !w.Fresh {
		missing = l.missingFields(ctx, w, missing)
	}
	if len(missing) == 0 {
		return
	}
	if err := patience.Settle(ctx, func() error { return l.Platform.SetCustomFields(ctx, w.ID, missing) }); err != nil {
		l.Warn(w.Job, fmt.Sprintf("setting its custom fields: %v", err))
		return
	}
	for _, name := range slices.Sorted(maps.Keys(l.missingFields(ctx, w, missing))) {
		l.Warn(w.Job, fmt.Sprintf("setting custom field %q: the platform took it, and does not show it", name))
	}
}

// missingFields returns the wanted fields that have another value on the platform, or
// none; it is empty when the platform cannot be asked.
func (l Labeler) missingFields(ctx context.Context, w Wish, wanted map[string]any) map[string]any {
	present, err := l.Platform.CustomFields(ctx, w.ID)
	if err != nil {
		l.Warn(w.Job, fmt.Sprintf("reading its custom fields: %v", err))
		return nil
	}
	missing := maps.Clone(wanted)
	// The definition of the field decides whether a number comes back as one.
	maps.DeleteFunc(missing, func(name string, value any) bool { return fmt.Sprint(present[name]) == fmt.Sprint(value) })
	return missing
}
