// Package importing writes jobs of the platform as manifests, with their input files where
// those are wanted. It reads, and changes nothing on the platform.
package importing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/executor/success"
	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/body"
	"github.com/rescale-apply/rescale-apply/internal/convert/jsontext"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	fields "github.com/rescale-apply/rescale-apply/spec/body"
)

// Jobs is what an import reads of jobs.
type Jobs interface {
	Job(ctx context.Context, id string) (rescale.Job, error)
	Statuses(ctx context.Context, id string) ([]rescale.Status, error)
	Tags(ctx context.Context, id string) ([]rescale.Tag, error)
	CustomFields(ctx context.Context, id string) (map[string]any, error)
}

// Library is what an import reads.
type Library interface {
	Jobs
	results.Reader
	File(ctx context.Context, id string) (rescale.File, error)
}

// Wish is what is wanted.
type Wish struct {
	IDs    []string // of jobs; each becomes a document
	File   string   // where the manifest goes; empty: it is only given back
	Inputs bool     // inputs are fetched into the folder of File
	Adopt  bool     // the manifest adopts the jobs
}

// Importer carries out wishes.
type Importer struct {
	Platform Library
	Parallel int
	Warn     func(string)
	Tell     func(job, id string, t results.Transfer)
}

// Imported is what came of a wish.
type Imported struct {
	FormatVersion int `json:"formatVersion"`

	Manifest string `json:"manifest"`
	File     string `json:"file,omitempty"` // where it is; empty when nowhere
	Jobs     []Job  `json:"jobs"`
	Inputs   []File `json:"inputs"` // that were fetched or were here already

	Warnings []string `json:"warnings"`
}

// Job is one job that was read.
type Job struct {
	ID    string `json:"id"`
	Name  string `json:"name"`  // in the manifest
	Title string `json:"title"` // on the platform
}

// Run reads the jobs, fetches their inputs where that is wanted, and writes the manifest
// last, so that one that is there is complete.
func (i Importer) Run(ctx context.Context, wish Wish) (Imported, error) {
	done := Imported{FormatVersion: 1, Inputs: []File{}, Warnings: []string{}}
	names := make(convert.Names)
	var jobs []convert.Job
	for _, id := range wish.IDs {
		job, err := i.job(ctx, id, wish.Adopt)
		if err != nil {
			return done, &JobError{id, err}
		}
		job.Name = names.Unique(job.Title)
		jobs = append(jobs, job)
		done.Jobs = append(done.Jobs, Job{ID: id, Name: job.Name, Title: job.Title})
	}
	shelf := newShelf(wish.File)
	if wish.Inputs {
		for n := range jobs {
			if err := i.place(ctx, shelf, &jobs[n]); err != nil {
				return done, &JobError{wish.IDs[n], err}
			}
		}
	}
	done.Manifest = text(jobs, wish.IDs)
	if wish.File == "" {
		return done, nil
	}
	if err := errors.Join(agrees(wish.File, done.Manifest), shelf.free(ctx)); err != nil {
		return done, err
	}
	if err := i.fetch(ctx, shelf); err != nil {
		return done, err
	}
	done.File, done.Inputs = wish.File, append(done.Inputs, shelf.files...)
	return done, save(wish.File, done.Manifest)
}

// text writes one document a job.
func text(jobs []convert.Job, ids []string) string {
	var documents []string
	for i, job := range jobs {
		documents = append(documents, string(manifest.Write([]convert.Job{job}, manifest.Place{Source: "imported from job " + ids[i]}).YAML))
	}
	return strings.Join(documents, "---\n")
}

// job reads one job in the words of a manifest.
func (i Importer) job(ctx context.Context, id string, adopt bool) (convert.Job, error) {
	stored, err := i.Platform.Job(ctx, id)
	if err != nil {
		return convert.Job{}, err
	}
	value, err := jsontext.Parse(diag.Position{File: "job " + id, Line: 1, Col: 1}, string(stored.Raw))
	if err != nil {
		return convert.Job{}, err
	}
	found, err := body.Jobs(asked(i.unlimited(id, value)))
	for _, w := range found.Warnings {
		i.Warn(strings.TrimSuffix(fmt.Sprintf("job %s: %s; %s", id, w.Text, w.Hint), "; "))
	}
	if err != nil {
		return convert.Job{}, unplaced(err)
	}
	job := found.Jobs[0]
	explained(&job)
	if err := i.beside(ctx, stored, &job); err != nil {
		return job, err
	}
	if !adopt {
		return job, nil
	}
	history, err := i.Platform.Statuses(ctx, id)
	if err == nil && len(history) == 0 {
		err = &DraftError{id}
	}
	job.Adopt = id
	return job, err
}

// beside adds what the platform has in calls of its own. The marks of this tool are no tags.
func (i Importer) beside(ctx context.Context, stored rescale.Job, job *convert.Job) error {
	if stored.Tags == nil {
		tags, err := i.Platform.Tags(ctx, stored.ID)
		if err != nil && !patience.NotFound(err) {
			return err
		}
		for _, tag := range tags {
			job.Tags = append(job.Tags, tag.Name)
		}
	}
	job.Tags = slices.DeleteFunc(job.Tags, func(tag string) bool { return strings.HasPrefix(tag, success.TagPrefix) })
	if len(job.CustomFields) > 0 {
		return nil
	}
	values, err := i.Platform.CustomFields(ctx, stored.ID)
	if err != nil && !patience.NotFound(err) {
		return err
	}
	for _, name := range sorted(values) {
		switch values[name].(type) {
		case []any, map[string]any:
			i.Warn(fmt.Sprintf("job %s: custom field %q is left out: a manifest gives it a text, a number, true or false", stored.ID, name))
		default:
			job.CustomFields = append(job.CustomFields, convert.Member{Name: name, Value: values[name]})
		}
	}
	return nil
}

// asked leaves out of an answer what only answers have, and what the job was copied from:
// nobody has asked for it.
func asked(v jsontext.Value) jsontext.Value {
	v.Members = slices.DeleteFunc(slices.Clone(v.Members), func(m jsontext.Member) bool {
		copied := m.Name == "clonedFrom" || m.Name == "templatedFrom"
		return copied || fields.Answered(m.Name) && m.Name != "userTags"
	})
	return v
}

// unaskedWalltime is what the platform writes in hours where nobody has asked for a
// walltime (rescale-api.md §6.2).
const unaskedWalltime = 750

// unlimited leaves out the walltimes of an answer that nobody has asked for, and says so once.
func (i Importer) unlimited(id string, v jsontext.Value) jsontext.Value {
	left := false
	changed := within(v, "jobanalyses", func(list jsontext.Value) jsontext.Value {
		list.Items = slices.Clone(list.Items)
		for n, tile := range list.Items {
			list.Items[n] = within(tile, "hardware", func(hardware jsontext.Value) jsontext.Value {
				hardware.Members = slices.DeleteFunc(slices.Clone(hardware.Members), func(m jsontext.Member) bool {
					hours, _ := m.Float()
					unasked := m.Name == "walltime" && hours == unaskedWalltime
					left = left || unasked
					return unasked
				})
				return hardware
			})
		}
		return list
	})
	if left {
		i.Warn(fmt.Sprintf("job %s: walltime of %d h is left out: the platform writes it where none was asked for", id, unaskedWalltime))
	}
	return changed
}

// within returns an object with one member changed.
func within(v jsontext.Value, name string, change func(jsontext.Value) jsontext.Value) jsontext.Value {
	v.Members = slices.Clone(v.Members)
	for n := range v.Members {
		if v.Members[n].Name == name {
			v.Members[n].Value = change(v.Members[n].Value)
		}
	}
	return v
}

// explained leaves out what the platform has filled in, and says what an odd value means.
func explained(job *convert.Job) {
	job.Extra = slices.DeleteFunc(job.Extra, func(m convert.Member) bool {
		list, is := m.Value.([]any)
		return m.Name == "resourceFilters" && is && len(list) == 0
	})
	if slices.Equal(job.SSH.CIDR, []string{""}) {
		job.Notes = job.Notes.Note("ssh.cidr", "nobody logs in, as in the job; without it, your account says who may")
	}
}
