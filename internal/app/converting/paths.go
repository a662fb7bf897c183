package converting

import (
	"path/filepath"
	"strings"
)

// rebase returns how paths that start in a folder are written from the manifest's.
func (w Wish) rebase(folder string) func(string) string {
	home := "."
	if w.To != "" {
		home = filepath.Dir(w.To)
	}
	between, err := relative(home, folder)
	if err != nil {
		return func(path string) string { return path }
	}
	return func(path string) string {
		if filepath.IsAbs(path) || between == "." {
			return path
		}
		return filepath.ToSlash(between) + "/" + strings.TrimPrefix(path, "./")
	}
}

// relative is the way from one folder to another, on the disk as it is.
func relative(from, to string) (string, error) {
	begin, err := filepath.Abs(from)
	if err != nil {
		return "", err
	}
	end, err := filepath.Abs(to)
	if err != nil {
		return "", err
	}
	return filepath.Rel(begin, end)
}

// patterns are the inputs, seen from the manifest.
func (w Wish) patterns() (all []string) {
	change := w.rebase(".")
	for _, pattern := range w.Inputs {
		all = append(all, change(pattern))
	}
	return all
}

// stem is the name of a file without its ending; empty for standard input.
func stem(file string) string {
	if file == "-" {
		return ""
	}
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

// table is the name of the file for points beside the manifest; not that of what is
// converted.
func (w Wish) table() string {
	if w.To == "" {
		return ""
	}
	base := stem(w.To)
	for _, file := range append([]string{w.Adopt}, w.Files...) {
		if strings.EqualFold(filepath.Base(file), base+".csv") {
			return base + ".points.csv"
		}
	}
	return base + ".csv"
}
