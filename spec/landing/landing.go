// Package landing knows where a file may land in the work folder of a job: which names
// and paths arrive there unchanged, and how a file gets into a folder although the
// platform takes inputs by a plain name. It knows no manifest and no disk.
package landing

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestName is how many bytes a file name may have on the machines that run jobs.
const longestName = 255

// longestPath is how many bytes a path in an archive may have everywhere.
const longestPath = 1000

// NameProblem returns why a name would not arrive in a job unchanged, or not at all;
// empty when it would. Names travel in the header of an upload.
func NameProblem(name string) string {
	switch first, _ := utf8.DecodeRuneInString(name); {
	case !utf8.ValidString(name):
		return "it is not valid UTF-8"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "it has a control character"
	case strings.ContainsAny(name, `"\/`):
		return "it has a quote or a slash"
	case unicode.IsSpace(first) || strings.TrimRightFunc(name, unicode.IsSpace) != name:
		return "it begins or ends with a blank"
	case len(name) > longestName:
		return fmt.Sprintf("it has %d bytes, and %d are allowed", len(name), longestName)
	}
	return ""
}

// drive begins a path of Windows.
var drive = regexp.MustCompile(`^[A-Za-z]:`)

// PathProblem returns why a path below the work folder would not arrive in a job
// unchanged; empty when it would.
func PathProblem(p string) string {
	switch {
	case strings.Contains(p, `\`):
		return "it has a backslash, and / separates folders"
	case strings.HasPrefix(p, "/"):
		return "it begins with /, and paths start in the work folder"
	case drive.MatchString(p):
		return "it begins with a drive, and paths start in the work folder"
	case strings.HasSuffix(p, "/"):
		return "it ends with /, and so names no file"
	case len(p) > longestPath:
		return fmt.Sprintf("it has %d bytes, and %d are allowed", len(p), longestPath)
	}
	for name := range strings.SplitSeq(p, "/") {
		if why := elementProblem(name); why != "" {
			return why
		}
	}
	return ""
}

// elementProblem returns why a path cannot lead through a name.
func elementProblem(name string) string {
	switch {
	case name == "":
		return "it has two slashes in a row"
	case name == "." || name == "..":
		return fmt.Sprintf("%s is no name of a file or folder below the work folder", name)
	case strings.EqualFold(name, ".rescale"):
		return "the folder .rescale is this tool's own"
	}
	return NameProblem(name)
}

// InFolder reports whether a path leads into a folder of the work folder.
func InFolder(p string) bool { return strings.Contains(p, "/") }

// nameRoom is what the name of an archive keeps of the name of its file, in bytes.
const nameRoom = 200

// Archive names the archive that brings one file to a path with folders. It shows the
// file's name to people, and the rest of it keeps two paths apart. The same path has the
// same name, so that equal content is found on the platform again.
func Archive(p string) string {
	sum := sha256.Sum256([]byte(p))
	name := path.Base(p)
	if len(name) > nameRoom {
		name = strings.ToValidUTF8(name[:nameRoom], "")
	}
	return name + "-" + hex.EncodeToString(sum[:5]) + ".tar.gz"
}

// Templates names the archive that brings the rendered files of a packed folder.
func Templates(pack string) string {
	name := pack
	for _, ending := range []string{".tar.gz", ".tgz", ".tar", ".zip"} {
		name = strings.TrimSuffix(name, ending)
	}
	if len(name) > nameRoom {
		name = strings.ToValidUTF8(name[:nameRoom], "")
	}
	return name + ".templates.tar.gz"
}
