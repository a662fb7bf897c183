// Package place decides where results must not land: where version control or this tool
// keeps files of its own, which other programs trust and run. It judges real paths, and
// names as the file systems of Windows and macOS fold them.
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

// Reserved reports whether no folder of results, and nothing in it, may have a name.
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

// VersionControl returns the names of the folders in which version control keeps a
// repository, and of the file that leads to one in a git submodule.
func VersionControl() []string { return []string{".git", ".hg", ".svn", ".bzr", ".jj", "_darcs"} }

// short returns the short names that Windows gives such folders: that of .git as git knows
// it.
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

// Hint says what to do next.
func (*Error) Hint() string { return "give outputs.to a folder of its own, such as results" }

// Check judges a folder for results of a manifest whose files belong to root, see
// [reach.Root]. Folders above the repository of both do not matter. The error is an
// *[Error].
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

// unholdable returns why Windows cannot have a folder of this path. A name that ends with a
// dot would be another folder there, perhaps that of another job.
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

// isRepository recognizes a git repository by its content, whatever its name.
func isRepository(folder string) bool {
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Lstat(filepath.Join(folder, name)); err != nil {
			return false
		}
	}
	return true
}
