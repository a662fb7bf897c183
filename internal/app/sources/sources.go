// Package sources finds and reads the files that the command line and manifests
// name: manifests, files of variables, tables. It knows folders and patterns, and
// nothing of what the texts mean.
package sources

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/lock"
)

// Stdin is the name under which standard input is shown and remembered.
const Stdin = "<stdin>"

// Finder turns what stands after -f into manifests.
type Finder struct {
	Stdin   io.Reader
	Folders Folders
	Skip    []string // files that are no manifests, wherever they are found

	Contained bool // nothing outside of its repository is a manifest
	named     []string

	// Wrote reports whether this tool wrote a file as a result, which is no manifest.
	Wrote func(path string) bool
}

// Folders says how a folder is meant.
type Folders int

// How a folder is meant: the manifests in it, or also those in the folders below.
const (
	Flat Folders = iota
	Recursive
)

// Read reads the manifests that each name means: a file, a folder, a pattern, or
// - for standard input.
func (f Finder) Read(names []string) ([]diag.Source, error) {
	f.named = names //nolint:revive // of this copy
	var all []diag.Source
	seen := make(map[string]bool) // a file can be meant by two names
	for _, name := range names {
		files, err := f.files(name)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			source, err := f.read(file)
			if err != nil {
				return nil, err
			}
			source.Found = file != name
			switch id := identity(source.Name); {
			case !seen[id]:
				seen[id] = true
				all = append(all, source)
			case source.Name == Stdin:
				return nil, cmdline.Usage("two manifests come from standard input or a pipe", "put both into one, with a line --- between them")
			}
		}
	}
	return all, nil
}

// identity is one for all names of a file. A link to a file of another folder is a
// manifest of its own, with paths of its own.
func identity(name string) string {
	whole, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(whole))
	if err != nil {
		return whole
	}
	whole = filepath.Join(dir, filepath.Base(whole))
	if target, err := filepath.EvalSymlinks(whole); err == nil && filepath.Dir(target) == dir {
		return target
	}
	return whole
}

func (f Finder) read(name string) (diag.Source, error) {
	if name == "-" {
		text, err := limited(f.Stdin)
		return diag.Source{Name: Stdin, Dir: ".", Text: text}, err
	}
	if err := f.permit(name); err != nil {
		return diag.Source{}, err
	}
	source, err := File(name)
	switch {
	case isStream(name):
		source.Name, source.Dir = Stdin, "."
	default:
		source.Foreign = !reach.Inside(reach.Root(source.Dir), reach.Real(name))
	}
	return source, err
}

// permit refuses a manifest that only a link makes one. What a person names may be a
// pipe; what is found in a folder, or lies behind a link, may be anybody's idea.
func (f Finder) permit(name string) error {
	if descriptor.MatchString(filepath.ToSlash(name)) {
		return nil
	}
	if filepath.Base(name) == lock.Name {
		return cmdline.Usage(name+" is the lock of the manifests beside it", "name a manifest, or their folder; rescale-apply validate checks the lock with them")
	}
	bounds := reach.Reach{}
	if f.Contained {
		bounds.Root = reach.Root(filepath.Dir(name))
	}
	var refused error
	info, err := os.Stat(name)
	switch {
	case err == nil && isPipe(info) && !f.Contained && slices.Contains(f.named, name):
	case err == nil && !info.Mode().IsRegular():
		refused = reach.ErrNoFile
	default:
		refused = bounds.Check(name)
	}
	if refused == nil {
		return nil
	}
	return cmdline.Usage(fmt.Sprintf("reading manifest %s: %v", name, refused), "a manifest is a regular file, or a pipe that the command line names")
}

// isPipe tells what another program writes.
func isPipe(info fs.FileInfo) bool { return info.Mode()&fs.ModeNamedPipe != 0 }

// isStream reports whether a name stands for what another program writes, as that of
// <(command) in a shell: it lies in no folder that paths could start from.
func isStream(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.Mode().IsRegular() || descriptor.MatchString(filepath.ToSlash(name))
}

// descriptor is the name of a file that somebody opened for us.
var descriptor = regexp.MustCompile(`^/dev/(stdin|fd/\d+)$|^/proc/[^/]+/fd/\d+$`)

// files are the manifests that a name means.
func (f Finder) files(name string) ([]string, error) {
	if name == "-" {
		return []string{name}, nil
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(name, "*?[{"):
		return f.matches(name)
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsRune(name, utf8.RuneError): // as the library hands over bytes that are no text
		return nil, cmdline.Usage(fmt.Sprintf("manifest %s: its name or a folder's is not UTF-8", name), "rename it, or go into its folder")
	case errors.Is(err, fs.ErrNotExist):
		return nil, cmdline.Usage(fmt.Sprintf("no manifest %s", name), nearby(name))
	case err != nil:
		return nil, fmt.Errorf("reading manifest %s: %w", name, err)
	case info.IsDir():
		return f.folder(name)
	}
	return []string{name}, nil
}

// matches are the manifests of a pattern that no shell has taken apart.
func (f Finder) matches(pattern string) ([]string, error) {
	found, err := content.Match(".", filepath.ToSlash(pattern), nil)
	var none *content.NoMatchError
	if errors.As(err, &none) {
		return nil, cmdline.Usage(fmt.Sprintf("no manifest matches %s", pattern), "** goes into the folders below")
	}
	if err != nil {
		return nil, fmt.Errorf("finding manifests: %w", err)
	}
	var names []string
	for _, file := range found {
		if hidden(file.Rel) && !hidden(filepath.ToSlash(pattern)) {
			continue
		}
		name := filepath.FromSlash(file.Rel)
		if filepath.IsAbs(pattern) {
			name = file.Path
		}
		names = append(names, name)
	}
	if names = f.manifests(names); len(names) == 0 {
		return nil, cmdline.Usage(fmt.Sprintf("no manifest matches %s", pattern), "what rescale-apply wrote as a result, and hidden files, are none; one that is, name without wildcards")
	}
	return names, nil
}

// manifests are those of the names that nobody chose one by one which can be manifests.
func (f Finder) manifests(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		return slices.Contains(f.Skip, filepath.Clean(name)) || filepath.Base(name) == lock.Name || f.Wrote != nil && f.Wrote(name)
	})
}

// hidden reports whether a path leads through a name that begins with a dot.
func hidden(path string) bool {
	return slices.ContainsFunc(strings.Split(path, "/"), func(name string) bool {
		return strings.HasPrefix(name, ".") && name != "." && name != ".."
	})
}

// folder are the manifests in a folder, sorted. What is hidden is none.
func (f Finder) folder(root string) ([]string, error) {
	var names []string
	top := throughLink(root)
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == top:
			return nil
		case entry.IsDir() && (hidden(entry.Name()) || f.Folders == Flat):
			return fs.SkipDir
		case hidden(entry.Name()), entry.IsDir(), !isYAML(path):
			return nil
		}
		names = append(names, path)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for manifests in %s: %w", root, err)
	}
	if names = f.manifests(names); len(names) > 0 {
		return names, nil
	}
	hint := "manifests end in .yaml or .yml"
	below, _ := filepath.Glob(filepath.Join(root, "*", "*.y*ml")) // only makes the hint better
	if below = f.manifests(below); len(below) > 0 && f.Folders == Flat {
		hint = "add -R for the folders below, as " + below[0]
	}
	return nil, cmdline.Usage("no manifest in folder "+root, hint)
}

// throughLink is the name of a folder by which it can be walked: a link to one is a
// file to WalkDir, unless a separator follows it.
func throughLink(root string) string {
	if info, err := os.Lstat(root); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return root + string(filepath.Separator)
	}
	return root
}

func isYAML(path string) bool {
	extension := strings.ToLower(filepath.Ext(path))
	return extension == ".yaml" || extension == ".yml"
}

// nearby suggests the YAML files that are there.
func nearby(name string) string {
	found, err := filepath.Glob(filepath.Join(filepath.Dir(name), "*.y*ml"))
	if err != nil || len(found) == 0 {
		return ""
	}
	return diag.DidYouMean(name, found)
}
