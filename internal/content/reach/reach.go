package reach

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Reach is what may be read for a manifest. The zero Reach bounds it by nothing but the
// files of the system.
type Reach struct {
	Root string // free of links; nothing outside of it is read; empty: no such bound
}

// Root is the folder that the files of a manifest in a folder belong to: the top of its
// git repository, else the folder itself, free of links.
func Root(folder string) string {
	folder = Real(folder)
	return cmp.Or(Repository(folder), folder)
}

// Repository is the top of the git repository that a folder free of links is in; empty
// for none.
func Repository(folder string) string {
	for top := folder; ; top = filepath.Dir(top) {
		if _, err := os.Lstat(filepath.Join(top, ".git")); err == nil {
			return top
		}
		if top == filepath.Dir(top) {
			return ""
		}
	}
}

// Real is absolute and free of links, as far as the path is there: what is not there
// yet stays as it is.
func Real(name string) string {
	if whole, err := filepath.Abs(name); err == nil {
		name = whole
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		return target
	}
	up := filepath.Dir(name)
	if up == name {
		return name
	}
	return filepath.Join(Real(up), filepath.Base(name))
}

// Inside reports whether a path free of links is a folder or in it.
func Inside(folder, name string) bool {
	rel, err := filepath.Rel(folder, name)
	return err == nil && filepath.IsLocal(rel)
}

// Check refuses a path that must not be read, whether something is there or not. Errors:
// *[SystemError], *[OutsideError]. A name with .. behind a link leads to one place for the
// system, and to another one once it is cleaned: both are checked.
func (r Reach) Check(name string) error {
	if clean := filepath.Clean(name); clean != name {
		if err := r.check(clean); err != nil {
			return err
		}
	}
	return r.check(name)
}

func (r Reach) check(name string) error {
	end, err := follow(name, refuseSystem)
	if err != nil {
		return err
	}
	end = Real(end) // Windows has two names of a folder
	if mountedBySystem(end) {
		return &SystemError{end}
	}
	if r.Root != "" && !Inside(r.Root, end) {
		return &OutsideError{Path: end, Root: r.Root}
	}
	return nil
}

// Links are the links that a path leads through, in their order, each by its real place.
func Links(name string) (links []string) {
	_, _ = follow(filepath.Clean(name), func(place, _ string) error {
		if info, err := os.Lstat(place); err == nil && info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0 {
			links = append(links, place)
		}
		return nil
	})
	return links
}

func refuseSystem(place, whole string) error {
	if ofSystem(place) && !strings.HasPrefix(filepath.ToSlash(whole), shared) {
		return &SystemError{whole}
	}
	return nil
}

// shared is memory that Linux lends as a folder for files of anybody, as /tmp is: clusters
// and pipelines have their scratch there.
const shared = "/dev/shm/"

// ofSystem tells what lies below /proc, /sys or /dev: no files, but the memory and the
// devices of this machine. macOS takes such names in any case.
func ofSystem(name string) bool {
	name = filepath.ToSlash(name)
	if runtime.GOOS == "darwin" {
		name = strings.ToLower(name)
	}
	for _, folder := range []string{"/proc", "/sys", "/dev"} {
		if name == folder || strings.HasPrefix(name, folder+"/") {
			return true
		}
	}
	return false
}

// mostLinks is how many links a path may lead through, as on Linux.
const mostLinks = 40

// follow walks to the end of a path and visits every place on its way that is there;
// whole is the place with what is still to go.
func follow(name string, visit func(place, whole string) error) (end string, err error) {
	if !filepath.IsAbs(name) {
		folder, err := os.Getwd()
		if err != nil {
			return "", err
		}
		name = folder + string(filepath.Separator) + name
	}
	at, rest := begin(name)
	for links := 0; len(rest) > 0; {
		next := filepath.Join(at, rest[0]) // of .. the folder above
		rest = rest[1:]
		whole := filepath.Join(append([]string{next}, rest...)...)
		if err := visit(next, whole); err != nil {
			return "", err
		}
		info, err := os.Lstat(next)
		if err != nil {
			return whole, nil //nolint:nilerr // the rest is not there
		}
		if info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) == 0 {
			at = next
			continue
		}
		target, err := os.Readlink(next)
		if links++; err != nil || links > mostLinks {
			at = next // something else of Windows, or a circle, which nobody can open
			continue
		}
		to, more := begin(target)
		if to != "" {
			at = to
		}
		rest = append(more, rest...)
	}
	return at, nil
}

// begin is the top that a path begins at, empty for a relative one, and the names that
// lead on from it.
func begin(name string) (top string, names []string) {
	volume := filepath.VolumeName(name)
	if filepath.IsAbs(name) {
		top = volume + string(filepath.Separator)
	}
	for _, part := range strings.FieldsFunc(name[len(volume):], func(r rune) bool { return r == '/' || r == filepath.Separator }) {
		if part != "." {
			names = append(names, part)
		}
	}
	return top, names
}

// ErrNoFile is about folders, pipes and devices, where a file is wanted.
var ErrNoFile = errors.New("it is not a regular file")

// SystemError reports that a path leads to what is no file of a person.
type SystemError struct{ Path string }

// Error names the place.
func (e *SystemError) Error() string {
	return fmt.Sprintf("it leads to %s, and what is there is the system's", e.Path)
}

// Hint says what to do.
func (*SystemError) Hint() string {
	return "a manifest names regular files, and none below /proc, /sys and /dev: copy what you need into the folder of the manifest"
}

// OutsideError reports that a path leads out of where a contained command stays.
type OutsideError struct {
	Path string // where it leads to
	Root string
}

// Error names both places.
func (e *OutsideError) Error() string {
	return fmt.Sprintf("it leads to %s, outside of %s, and this command is contained", e.Path, e.Root)
}

// Hint says what to do.
func (*OutsideError) Hint() string {
	return "keep the file in the repository; rescale-apply help forks tells why"
}
