package doe

import (
	"path"
	"strings"
)

// PlaceProblem returns why a filled-in template cannot lie at a path, and a path that
// can be written instead; both are empty when it can. The path starts at the work folder
// of the run, and must not leave it.
func PlaceProblem(to string) (why, instead string) {
	plain := strings.ReplaceAll(to, `\`, "/")
	clean := strings.TrimPrefix(path.Clean("/"+plain), "/")
	switch {
	case strings.HasPrefix(to, "/"), strings.HasPrefix(to, "~"), len(to) > 1 && to[1] == ':':
		if len(to) > 1 && to[1] == ':' {
			clean = clean[2:]
		}
		return "it must start at the work folder of the run", strings.TrimLeft(clean, "~/")
	case strings.Contains(to, `\`):
		return `\ does not separate folders in a manifest`, clean
	case to == ".." || strings.HasPrefix(to, "../") || strings.Contains(to, "/../") || strings.HasSuffix(to, "/.."):
		return "it must not leave the work folder of the run", ""
	case strings.HasSuffix(to, "/") || clean == "":
		return "it is a folder, and a file is wanted", ""
	case clean != to:
		return "it has parts that mean nothing", clean
	}
	return "", ""
}
