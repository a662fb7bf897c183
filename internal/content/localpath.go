package content

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/content/reach"
)

// LocalPath joins root and a path that the platform gave, or refuses it with an
// *[UnsafePathError]. The result is always inside root: no "..", no absolute path, no
// drive, no backslash, no control character, and no link on the way that leads out of
// root. Names that Windows cannot hold (NUL, COM1.txt, a dot or space at the end) are
// refused on every system, so that a result folder can be moved; characters that only
// Windows forbids (a colon in a time) are refused only there. root need not exist. Other
// errors are those of reading root. Links are checked now: a later write relies on nobody
// else making links inside root meanwhile.
func LocalPath(root, rel string) (string, error) {
	if why := unsafe(rel); why != "" {
		return "", &UnsafePathError{Rel: rel, Why: why}
	}
	local := filepath.FromSlash(rel)
	if !filepath.IsLocal(local) {
		return "", &UnsafePathError{Rel: rel, Why: "it is not a path below a folder on this system"}
	}
	if err := checkLinks(root, local, rel); err != nil {
		return "", err
	}
	return filepath.Join(root, local), nil
}

// unsafe returns what is wrong with rel; "" when nothing is.
func unsafe(rel string) string {
	switch {
	case rel == "":
		return "it is empty"
	case strings.HasPrefix(rel, "/"):
		return "it is absolute"
	case strings.Contains(rel, `\`):
		return "it contains a backslash"
	case !utf8.ValidString(rel):
		return "it is not valid UTF-8"
	case strings.ContainsFunc(rel, unicode.IsControl):
		return "it contains a control character"
	case len(rel) > 1 && rel[1] == ':' && unicode.IsLetter(rune(rel[0])):
		return "it begins with a drive letter"
	}
	for name := range strings.SplitSeq(rel, "/") {
		if why := NameProblem(name); why != "" {
			return why
		}
	}
	return ""
}

// NameProblem returns what is wrong with the name of a file or folder, as [LocalPath]
// judges it; "" when nothing is.
func NameProblem(name string) string {
	switch {
	case name == "":
		return "it contains an empty name"
	case name == "." || name == "..":
		return fmt.Sprintf("it contains %q", name)
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
		return fmt.Sprintf("the name %q ends with a dot or a space, which Windows drops", name)
	case isDevice(name):
		return fmt.Sprintf("the name %q means a device on Windows", name)
	case runtime.GOOS == "windows" && strings.ContainsAny(name, `<>:"|?*`):
		return fmt.Sprintf("the name %q has a character that Windows forbids", name)
	}
	return ""
}

// isDevice recognizes the names that Windows reserves, in any case and with any ending.
// https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
func isDevice(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem, _, _ = strings.Cut(stem, ":")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	digit, isPort := strings.CutPrefix(stem, "COM")
	if !isPort {
		digit, isPort = strings.CutPrefix(stem, "LPT")
	}
	return isPort && utf8.RuneCountInString(digit) == 1 && strings.ContainsAny(digit, "0123456789¹²³")
}

// checkLinks lets [os.Root] walk to the path: it follows links only inside root.
func checkLinks(root, local, rel string) error {
	inside, err := os.OpenRoot(cmp.Or(root, "."))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening folder %q: %w", root, bare(err))
	}
	defer inside.Close()
	_, err = inside.Stat(local)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("looking for %q in folder %q: %w", rel, root, bare(err))
	}
	return &UnsafePathError{Rel: rel, Why: "what is there already is in the way: " + bare(err).Error()}
}

// RealPath returns the absolute path free of links, as far as it exists: the rest stays.
func RealPath(name string) string { return reach.Real(name) }
