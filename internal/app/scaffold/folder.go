package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/ignore"
	"github.com/rescale-apply/rescale-apply/internal/content/place"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/spec"
)

// folder is what a job's folder holds, without what is no input.
type folder struct {
	path     string // absolute
	prefix   string // that begins its paths in the manifest, with slashes; empty when both are in one folder
	manifest string // absolute
	files    []string
	folders  []string            // below, one level
	hidden   map[string]bool     // folders with hidden files in them, the empty name for this one
	results  map[string][]string // of folders, names below them that are results
	notes    []string

	wrote   *written.Tree
	ignored *ignore.Tree
}

func look(s Source) (*folder, error) {
	f := &folder{hidden: make(map[string]bool), results: make(map[string][]string), wrote: written.NewTree()}
	var err error
	if f.path, err = filepath.Abs(s.Folder); err != nil {
		return nil, err
	}
	if f.manifest, err = filepath.Abs(s.Manifest); err != nil {
		return nil, err
	}
	f.ignored = ignore.NewTree(f.path)
	f.prefix = prefix(filepath.Dir(f.manifest), f.path)
	for name := range strings.SplitSeq(f.prefix, "/") {
		if why := unfit(name); name != "" && why != "" {
			return nil, &FolderError{Path: f.path, Why: fmt.Sprintf("%q: %s", name, why)}
		}
	}
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return nil, fmt.Errorf("looking for input files: %w", err)
	}
	for _, entry := range entries {
		if err := f.take(entry.Name()); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// FolderError means that no manifest can name a folder.
type FolderError struct{ Path, Why string }

// Error names the folder and the part of its name that cannot be written.
func (e *FolderError) Error() string { return fmt.Sprintf("inputs in %s: %s", e.Path, e.Why) }

// Hint tells the way out.
func (e *FolderError) Hint() string { return "rename the folder, or write the manifest into it" }

// prefix is the way from the manifest's folder to the inputs; another drive has none.
func prefix(from, to string) string {
	rel, err := filepath.Rel(from, to)
	switch {
	case err != nil:
		return filepath.ToSlash(to)
	case rel == ".":
		return ""
	}
	return filepath.ToSlash(rel)
}

// take sorts one entry of the folder in. What is neither a file nor a folder, a broken link
// above all, is none of the job's.
func (f *folder) take(name string) error {
	whole := filepath.Join(f.path, name)
	info, err := os.Stat(whole)
	if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
		f.note(name, "it is no file")
		return nil //nolint:nilerr // the note says so, and the job does without it
	}
	if strings.HasPrefix(name, ".") || slices.Contains(place.VersionControl(), name) {
		f.hidden[""] = f.hidden[""] || !slices.Contains(apart(), name)
		return nil
	}
	kind := ignore.File
	if info.IsDir() {
		kind = ignore.Folder
	}
	ignored, err := f.ignored.Ignored(name, kind)
	switch {
	case err != nil:
		return err
	case ignored:
	case unfit(name) != "":
		f.note(name, unfit(name))
	case info.IsDir():
		return f.takeFolder(name)
	case !f.own(whole):
		f.files = append(f.files, name)
	}
	return nil
}

// unfit is why a name cannot stand in a manifest, or not arrive in a job; empty when it can.
func unfit(name string) string {
	if why := spec.NameProblem(name); why != "" {
		return why
	}
	if err := checkText(name); err != nil {
		return err.Error()
	}
	if _, err := content.Selector([]string{name}, nil); err != nil {
		return "it reads like a pattern, and is none"
	}
	return ""
}

// apart are hidden names that no pattern means anyway.
func apart() []string {
	return append(place.VersionControl(), ".rescale", written.Folder, written.Previous)
}

func (f *folder) note(name, why string) {
	if !strings.HasPrefix(name, ".") {
		f.notes = append(f.notes, fmt.Sprintf("%q is left out: %s", name, why))
	}
}

// own tells the texts and results of this tool from inputs.
func (f *folder) own(whole string) bool {
	if whole == f.manifest || f.wrote.Trace(whole).Folder != "" {
		return true
	}
	ending := filepath.Ext(whole)
	return (ending == ".yaml" || ending == ".yml") && manifestLine.Match(head(whole))
}

// manifestLine is in manifests, and hardly in other YAML.
var manifestLine = regexp.MustCompile(`rescale-apply|(?m)^(analysis|analyses|kind): `)

// takeFolder looks through a folder below for what its archive must not hold. A folder
// with a list of results is one of results, and an empty one holds nothing.
func (f *folder) takeFolder(name string) error {
	files := 0
	top := filepath.Join(f.path, name)
	if isResults(top) {
		f.results[""] = append(f.results[""], name)
		return nil
	}
	err := filepath.WalkDir(top, func(whole string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || whole == top:
			return err
		case strings.HasPrefix(entry.Name(), "."):
			f.hidden[name] = f.hidden[name] || !slices.Contains(apart(), entry.Name())
			return skip(entry)
		case entry.IsDir() && isResults(whole):
			f.results[name] = append(f.results[name], entry.Name())
			return fs.SkipDir
		case !entry.IsDir():
			files++
		}
		return nil
	})
	if err == nil && files > 0 {
		f.folders = append(f.folders, name)
	}
	return err
}

func skip(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func isResults(folder string) bool {
	info, err := os.Stat(filepath.Join(folder, written.Folder))
	return err == nil && info.IsDir()
}

// hides reports whether an archive of a folder below would hold hidden files; one of this folder
// holds those of all.
func (f *folder) hides(name string) bool {
	if name != "" {
		return f.hidden[name]
	}
	for _, hidden := range f.hidden {
		if hidden {
			return true
		}
	}
	return false
}

// with gives the files of an ending, in any case.
func (f *folder) with(endings ...string) []string {
	var names []string
	for _, name := range f.files {
		if slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(strings.ToLower(name), e) }) {
			names = append(names, name)
		}
	}
	return names
}

// has gives a path below the folder that exists.
func (f *folder) has(elements ...string) bool {
	info, err := os.Stat(filepath.Join(append([]string{f.path}, elements...)...))
	return err == nil && info.Mode().IsRegular()
}

// means reports whether a pattern of the folder stands for exactly these files.
func (f *folder) means(pattern string, names []string) bool {
	found, err := content.Match(f.path, pattern, nil)
	if err != nil || len(found) != len(names) {
		return false
	}
	for _, file := range found {
		if !slices.Contains(names, path.Base(file.Rel)) {
			return false
		}
	}
	return true
}

// mostRead bounds what is read of a file to see what it is for, in bytes. Keywords of a
// deck may stand behind its mesh, and so a large part of it is read.
const mostRead = 8 << 20

// text is the beginning of a file of the folder, in lower case.
func (f *folder) text(elements ...string) []byte {
	return bytes.ToLower(beginning(filepath.Join(append([]string{f.path}, elements...)...), mostRead))
}

func head(name string) []byte { return beginning(name, 1<<10) }

// beginning is what can be read of a file; nothing for one that cannot.
func beginning(name string, most int64) []byte {
	file, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	return text
}
