// Package place decides where results must not land: where version control or this tool
// keeps something of its own, which other programs believe and run. It judges real paths,
// and names as the file systems of Windows and macOS fold them.
package place

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
)

// Reserved tells a name that no folder of results, and nothing in it, may have.
func Reserved(name string) bool {
	name, _, _ = strings.Cut(name, ":") // a stream of NTFS: .git::$INDEX_ALLOCATION
	name = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf) {
			return -1 // HFS+ does not see them
		}
		return unicode.ToLower(r)
	}, name)
	name = strings.TrimRight(name, ". ")
	ours := []string{".rescale", written.Folder, written.Previous}
	return slices.Contains(VersionControl(), name) || slices.Contains(ours, name) || short.MatchString(name)
}

// VersionControl are the folders in which it keeps a repository, and in a submodule of
// git the file that leads to one.
func VersionControl() []string { return []string{".git", ".hg", ".svn", ".bzr", ".jj", "_darcs"} }

// short is what Windows calls such names where it has short ones: of .git as git knows it.
var short = regexp.MustCompile(`^(git|gi7eba|hg|svn|bzr|jj|rescal|previo)~[0-9]+$`)

// Error reports that results would land where something else belongs.
type Error struct {
	Folder string // free of links
	Why    string
}

// Error names the place.
func (e *Error) Error() string {
	return fmt.Sprintf("results must not land in %s: %s", e.Folder, e.Why)
}

// Hint says how to go on.
func (*Error) Hint() string { return "give outputs.to a folder of its own, such as results" }

// Check judges a folder for results of a manifest whose files belong to root, as of
// [reach.Root]. What lies above the repository of both says nothing about it. The error is
// an *[Error].
func Check(root, folder string) error {
	end := reach.Real(folder)
	if why := unholdable(folder); why != "" && runtime.GOOS == "windows" {
		return &Error{folder, why}
	}
	above := ""
	if reach.Inside(root, end) {
		above = root
	}
	for at := end; at != above && at != filepath.Dir(at); at = filepath.Dir(at) {
		if name := filepath.Base(at); Reserved(name) {
			return &Error{end, fmt.Sprintf("%q is a folder of version control or of this tool", name)}
		}
		if isRepository(at) {
			return &Error{end, at + " is what git keeps of a repository"}
		}
	}
	return nil
}

// unholdable says why Windows can not hold a folder of this path. What ends with a dot would
// be another folder there, which may be that of another job.
func unholdable(folder string) string {
	below := folder[len(filepath.VolumeName(folder)):]
	for name := range strings.SplitSeq(filepath.ToSlash(below), "/") {
		if name == "" || name == "." || name == ".." {
			continue
		}
		if why := content.NameProblem(name); why != "" {
			return why
		}
	}
	return ""
}

// isRepository tells a repository of git by what is in it, whatever it is called.
func isRepository(folder string) bool {
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Lstat(filepath.Join(folder, name)); err != nil {
			return false
		}
	}
	return true
}
