package reporting

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/report/junit"
	"github.com/rescale-apply/rescale-apply/internal/app/report/md"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// kind is a form of a report.
type kind string

const (
	markdown    kind = "md"
	jUnit       kind = "junit"
	codeQuality kind = "codequality"
	sarifLog    kind = "sarif"
	gitHub      kind = "github"
)

func kinds() []string {
	return []string{string(markdown), string(jUnit), string(codeQuality), string(sarifLog), string(gitHub)}
}

// order is one report that is wanted.
type order struct {
	kind kind
	file string // empty: of GitHub, on standard error
}

// String is the order as it is typed.
func (o order) String() string { return strings.TrimSuffix(string(o.kind)+"="+o.file, "=") }

// orders reads what was typed. The orders that can be carried out come with the error for
// the others. That of GitHub is last: it tells the exit code, which the others can change.
func orders(typed []string, getenv func(string) string) (list []order, wrong error) {
	taken := make(map[string]order)
	for _, word := range typed {
		o, err := read(word)
		if err == nil {
			err = o.free(taken)
		}
		var shared *sharedError
		if errors.As(err, &shared) { // neither would be what its reader expects
			list = slices.DeleteFunc(list, func(o order) bool { return o == shared.first })
			err = options.Usage(err.Error(), "give each a file of its own")
		}
		if err != nil {
			wrong = errors.Join(wrong, err)
			continue
		}
		list = append(list, o)
	}
	isGitHub := func(o order) bool { return o.kind == gitHub }
	if getenv("GITHUB_ACTIONS") == "true" && !slices.ContainsFunc(list, isGitHub) {
		list = append(list, order{kind: gitHub})
	}
	slices.SortStableFunc(list, func(a, b order) int {
		return cmp.Compare(slices.Index(kinds(), string(a.kind))/4, slices.Index(kinds(), string(b.kind))/4)
	})
	return list, wrong
}

func read(word string) (order, error) {
	name, file, _ := strings.Cut(word, "=")
	o := order{kind(name), file}
	switch {
	case !slices.Contains(kinds(), name):
		return o, options.Usage(fmt.Sprintf("--report %s: there is no report %q", word, name), "--report takes KIND=FILE, of "+strings.Join(kinds(), ", "))
	case file == "" && o.kind != gitHub:
		return o, options.Usage(fmt.Sprintf("--report %s names no file", word), fmt.Sprintf("--report %s=FILE", name))
	case file != "" && reserved(file) != "":
		return o, options.Usage(fmt.Sprintf("--report %s: %s", word, reserved(file)), "name another file, such as report."+name)
	}
	return o, nil
}

// free refuses a file that another report is written to, or that is no report: it may be a
// manifest, or the input of a job.
func (o order) free(taken map[string]order) error {
	if o.file == "" {
		return nil
	}
	id := reach.Real(o.file)
	if other, both := taken[id]; both {
		return &sharedError{other, o}
	}
	taken[id] = o
	info, err := os.Stat(o.file)
	switch {
	case isLink(o.file, info):
		return options.Usage(fmt.Sprintf("--report %s names a link, and no file is replaced through one", o), "name the file itself; plan -o md prints a report")
	case err != nil:
		return nil //nolint:nilerr // it is not there yet, or writing it says what is wrong
	case info.IsDir():
		return options.Usage(fmt.Sprintf("--report %s names a folder", o), fmt.Sprintf("--report %s=%s", o.kind, filepath.Join(o.file, "report")))
	case info.Mode().IsRegular() && info.Size() > 0 && !isReport(o.file):
		return options.Usage(fmt.Sprintf("--report %s would replace %s, which is no report", o, o.file), "name another file, or remove that one")
	}
	return nil
}

// sharedError is a file that two reports were to be written to.
type sharedError struct{ first, second order }

// Error names both.
func (e *sharedError) Error() string {
	return fmt.Sprintf("--report %s and --report %s are one file", e.first, e.second)
}

// isLink reports whether a name is a link to a file or to nothing: /dev/stdout is one, and
// would be replaced, or the file behind it would. What a link leads to is info, if it is
// there. A pipe or a device is no file, and takes a text as it comes.
func isLink(name string, info fs.FileInfo) bool {
	own, err := os.Lstat(name)
	return err == nil && own.Mode()&fs.ModeSymlink != 0 && (info == nil || info.Mode().IsRegular())
}

// isReport reports whether a file is a report of ours: by how it begins.
func isReport(name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, 400))
	if err != nil {
		return false
	}
	for _, begin := range []string{md.Signature, "::error ", "::notice ", "[]\n", "[\n  {\n    \"description\":"} {
		if bytes.HasPrefix(head, []byte(begin)) {
			return true
		}
	}
	xml := bytes.HasPrefix(head, []byte("<?xml")) && bytes.Contains(head, []byte(junit.Signature))
	return xml || bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head, []byte(`"$schema": "https://json.schemastore.org/sarif-2.1.0.json"`))
}

// Apart refuses a report that is an input of a job: the job would be another one with each
// report. That report is not written.
func (c *Clerk) Apart(inputs []files.Input) error {
	for i, o := range c.orders {
		if o.file == "" || !slices.ContainsFunc(inputs, o.reads()) {
			continue
		}
		c.orders = slices.Delete(c.orders, i, i+1)
		return options.Usage(fmt.Sprintf("--report %s: %s is an input of a job", o, o.file), "name another file, or exclude that one from the inputs")
	}
	return nil
}

// reads reports whether an input is the file of a report, by whatever name.
func (o order) reads() func(files.Input) bool {
	own, missing := os.Stat(o.file)
	id := reach.Real(o.file)
	return func(in files.Input) bool {
		if in.Path == "" || missing != nil {
			return in.Path == id
		}
		info, err := os.Stat(in.Path)
		return err == nil && os.SameFile(own, info)
	}
}
