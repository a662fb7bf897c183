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

// Reach is what may be read for a manifest. The zero Reach excludes only the files of the
// system.
type Reach struct {
	Root string // free of links; nothing outside of it is read; empty: no such bound
}

// Root returns the folder that the files of a manifest in a folder belong to: the top of
// its git repository, else the folder itself, free of links.
func Root(folder string) string {
	folder = Real(folder)
	return cmp.Or(Repository(folder), folder)
}

// Repository returns the top of the git repository that contains a folder free of links;
// empty for none.
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

// Real returns the absolute path free of links, as far as it exists: the rest stays.
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

// IsLink reports whether a name is a link to a file or to nothing, which writing by that
// name would replace, or the file behind it: /dev/stdout is one. A pipe or a device is no
// file, and takes a text as it comes.
func IsLink(name string) bool {
	own, err := os.Lstat(name)
	if err != nil || own.Mode()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(name)
	return err != nil || info.Mode().IsRegular()
}

// Inside reports whether a path free of links is a folder or in it.
func Inside(folder, name string) bool {
	rel, err := filepath.Rel(folder, name)
	return err == nil && filepath.IsLocal(rel)
}

// Check refuses a path that must not be read, whether or not it exists. Errors:
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

// Links returns the links that a path leads through, in order, each by its real path.
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

// shared is memory that Linux offers as a folder for everybody's files, like /tmp:
// clusters and pipelines have their scratch space there.
const shared = "/dev/shm/"

// ofSystem reports whether a path lies below /proc, /sys or /dev: no files, but the memory
// and the devices of this machine. macOS takes such names in any case.
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

// follow walks to the end of a path and visits every existing place on its way; whole is
// the place together with the rest of the path.
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

// begin returns the root that a path begins at, empty for a relative one, and the names
// that follow.
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

// ErrNoFile is for folders, pipes and devices where a file is wanted.
var ErrNoFile = errors.New("it is not a regular file")

// SystemError reports that a path leads to what belongs to the system.
type SystemError struct{ Path string }

// Error names the place.
func (e *SystemError) Error() string {
	return fmt.Sprintf("it leads to %s, and what is there is the system's", e.Path)
}

// Hint says what to do.
func (*SystemError) Hint() string {
	return "a manifest names regular files, and none below /proc, /sys and /dev: copy what you need into the folder of the manifest"
}

// OutsideError reports that a path leads out of the folder that a contained command stays
// in.
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
	return "keep the file in the repository; rescale-apply help forks says why"
}
