package importing

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// File is an input that lies beside the manifest.
type File struct {
	Path   string `json:"path"` // as the manifest has it
	ID     string `json:"id"`
	Size   int64  `json:"size"`
	SHA512 string `json:"sha512,omitempty"`

	job  string
	file rescale.File
	here bool // with the platform's content
}

// shelf is the folder of a manifest, and which file of the platform lies where in it.
type shelf struct {
	folder string
	taken  map[string]string // ids, by path in lower case: some disks do not tell cases apart
	paths  map[string]string // by id
	files  []File
}

func newShelf(manifest string) *shelf {
	return &shelf{
		folder: filepath.Dir(manifest), paths: make(map[string]string),
		taken: map[string]string{strings.ToLower(filepath.Base(manifest)): "the manifest"},
	}
}

// place gives every file of a job a path beside the manifest. One that cannot lie there
// stays an id, as does one whose name another input has in the job: a manifest takes two
// paths of one name for a mistake.
func (i Importer) place(ctx context.Context, s *shelf, job *convert.Job) error {
	landed := make(map[string]bool)
	for t := range job.Tiles {
		tile := &job.Tiles[t]
		for n := range tile.Inputs {
			in := &tile.Inputs[n]
			name := in.Note
			if landed[name] {
				i.Warn(fmt.Sprintf("job %s: file %s (%s) stays an id: another input of the job has its name", job.Name, in.ID, name))
				continue
			}
			if err := i.move(ctx, s, job, &in.ID, &in.Path); err != nil {
				return err
			}
			if in.Path != "" {
				in.Note, landed[name] = "", name != ""
			}
		}
		for _, script := range []*convert.Script{&tile.PreProcess, &tile.PostProcess} {
			if err := i.move(ctx, s, job, &script.ID, &script.Path); err != nil {
				return err
			}
		}
	}
	return i.sweep(ctx, s, job)
}

// move turns the id of a file into a path.
func (i Importer) move(ctx context.Context, s *shelf, job *convert.Job, id, to *string) error {
	if *id == "" {
		return nil
	}
	file, err := i.Platform.File(ctx, *id)
	if err != nil && !patience.NotFound(err) {
		return err
	}
	why := unfit(s.folder, file)
	if err != nil || file.Deleted || !file.Complete {
		why = "the platform does not have its content any more"
	}
	if why != "" {
		i.Warn(fmt.Sprintf("job %s: file %s (%s) stays an id: %s", job.Name, *id, cmp.Or(file.Name, "no name"), why))
		return nil
	}
	*to, *id = s.path(job.Name, file), ""
	return nil
}

// unfit says why a file cannot lie beside a manifest and be named in it; empty when it can.
func unfit(folder string, file rescale.File) string {
	if strings.ContainsAny(file.Name, "/*?[]{}$") {
		return "a path in a manifest cannot have its name"
	}
	_, err := content.LocalPath(folder, file.Name)
	var unsafe *content.UnsafePathError
	switch {
	case errors.As(err, &unsafe):
		return unsafe.Why
	case err != nil:
		return err.Error()
	case strings.HasPrefix(file.Name, "."):
		return "hidden files are not brought"
	}
	return ""
}

// path is where a file lies: under its name, and in the folder of its job where another
// file has that.
func (s *shelf) path(job string, file rescale.File) string {
	if known := s.paths[file.ID]; known != "" {
		return known
	}
	at := file.Name
	for _, folder := range []string{"", job, path.Join(job, file.ID)} {
		at = path.Join(folder, file.Name)
		if _, taken := s.taken[strings.ToLower(at)]; !taken {
			break
		}
	}
	s.taken[strings.ToLower(at)], s.paths[file.ID] = file.ID, at
	s.files = append(s.files, File{Path: at, ID: file.ID, Size: file.Size, SHA512: file.SHA512, job: job, file: file})
	return at
}

// sweep turns a parameter file and its templates into a sweep of paths.
func (i Importer) sweep(ctx context.Context, s *shelf, job *convert.Job) error {
	params := at(job.Extra, "paramFile")
	if params < 0 || len(job.Tiles) != 1 {
		return nil
	}
	tile := &job.Tiles[0]
	id := identity(job.Extra[params].Value)
	if err := i.move(ctx, s, job, &id, &job.DOE.Params); err != nil || job.DOE.Params == "" {
		return err
	}
	job.Extra = slices.Delete(job.Extra, params, params+1)
	delete(job.Notes, "extra.paramFile")
	tasks := at(tile.Extra, "templateTasks")
	if tasks < 0 {
		return nil
	}
	list, _ := tile.Extra[tasks].Value.([]any)
	for _, item := range list {
		task, _ := item.(convert.Map)
		var template convert.Template
		if n := at(task, "processedFilename"); n >= 0 {
			template.To, _ = task[n].Value.(string)
		}
		if n := at(task, "templateFile"); n >= 0 {
			id := identity(task[n].Value)
			if err := i.move(ctx, s, job, &id, &template.Path); err != nil {
				return err
			}
		}
		if template.Path == "" || template.To == "" {
			return fmt.Errorf("a template of the sweep cannot be brought: without --with-inputs it stays an id")
		}
		job.DOE.Templates = append(job.DOE.Templates, template)
	}
	tile.Extra = slices.Delete(tile.Extra, tasks, tasks+1)
	return nil
}

func at(m convert.Map, name string) int {
	return slices.IndexFunc(m, func(member convert.Member) bool { return member.Name == name })
}

// identity returns the id of a reference such as {id: AbCdEf}.
func identity(v any) string {
	m, _ := v.(convert.Map)
	if n := at(m, "id"); n >= 0 {
		switch id := m[n].Value.(type) {
		case string:
			return id
		case json.Number:
			return id.String()
		}
	}
	return ""
}

// free refuses to bring a file to where another one is.
func (s *shelf) free(ctx context.Context) error {
	var problems []error
	for n := range s.files {
		f := &s.files[n]
		local, err := content.LocalPath(s.folder, f.Path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		_, err = os.Lstat(local)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
		case f.SHA512 == "":
			err = &ExistsError{local, ", and the platform has no checksum to compare it with"}
		default:
			var digests []content.Digest
			if digests, err = content.HashAll(ctx, []string{local}); err == nil && !strings.EqualFold(digests[0].SHA512, f.SHA512) {
				err = &ExistsError{local, ", with another content than file " + f.ID + " of the platform"}
			}
			f.here = err == nil
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// staging is where files are until they are whole: a further try continues there.
const staging = "rescale-import.part"

// fetch brings the files that are not here.
func (i Importer) fetch(ctx context.Context, s *shelf) error {
	part := filepath.Join(s.folder, staging)
	byJob, paths := make(map[string][]results.Result), make(map[string]string)
	for _, f := range s.files {
		if !f.here {
			byJob[f.job] = append(byJob[f.job], results.Result{Path: f.ID, Called: f.Path, File: f.file})
			paths[f.ID] = f.Path
		}
	}
	if len(byJob) == 0 {
		return nil
	}
	for _, job := range sorted(byJob) {
		d := results.Download{
			Platform: i.Platform, Wish: results.Wish{To: absolute(part)}, Parallel: i.Parallel, Warn: i.Warn,
			Tell: func(t results.Transfer) {
				id := t.Path
				t.Path = paths[id]
				i.Tell(job, id, t)
			},
		}
		if _, err := d.Bring(ctx, byJob[job]); err != nil {
			return fmt.Errorf("fetching inputs: %w", err)
		}
	}
	for _, f := range s.files {
		if f.here {
			continue
		}
		to := filepath.Join(s.folder, filepath.FromSlash(f.Path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.Rename(filepath.Join(part, f.ID), to)); err != nil {
			return err
		}
	}
	return os.RemoveAll(part)
}

func absolute(folder string) string {
	if abs, err := filepath.Abs(folder); err == nil {
		return abs
	}
	return folder
}

// agrees refuses a manifest that is there and says something else.
func agrees(file, text string) error {
	old, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && string(old) == text:
		return nil
	case err != nil:
		return err
	}
	return &ExistsError{file, ", and says something else"}
}

// save writes the manifest whole or not at all, and over nothing.
func save(file, text string) error {
	if old, err := os.ReadFile(file); err == nil && string(old) == text {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".rescale-apply-import-*")
	if err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone after the link or the rename
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	if err := agrees(file, text); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
