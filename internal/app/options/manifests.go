package options

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Manifests says which jobs of which manifests.
type Manifests struct {
	Verb      string // that reads them, for messages
	Files     []string
	Recursive bool
	VarFiles  []string
	Targets   []string
	Contained bool
	Beside    []files.Given  // further files that flags of the verb name
	Settings  []spec.Setting // of variables
	MayAssume bool           // job.yaml of the current folder is meant where none is typed
	Assumed   bool           // that is so

	vars []string // the settings as typed
}

// Flags are the flags of manifests.
func (o *Manifests) Flags() []Flag {
	return []Flag{
		{Name: "filename", Alias: "f", Into: &o.Files, Usage: "manifest `FILE`, folder or pattern; - reads standard input; may be repeated"},
		{Name: "recursive", Alias: "R", Into: &o.Recursive, Usage: "of a folder, also the manifests in the folders below"},
		{Name: "var", Into: &o.vars, Verbatim: true, Usage: "value of a variable, as `NAME=VALUE`; may be repeated"},
		{Name: "var-file", Into: &o.VarFiles, Usage: "YAML `FILE` with values of variables; may be repeated"},
		{Name: "target", Into: &o.Targets, Complete: "JOB", Usage: "only the job `NAME`, a matrix with all points, one point, or a pattern such as 'big/*'; may be repeated"},
		{Name: "contained", Into: &o.Contained, Usage: "refuse every path outside of the manifest's repository; on where a CI runs a fork's pull request"},
	}
}

// Check takes settings apart.
func (o *Manifests) Check(call Call) error {
	o.Verb, o.Settings = call.Verb, nil
	o.assume()
	for _, setting := range o.vars {
		name, value, found := strings.Cut(setting, "=")
		if !found || name == "" {
			return Usage("--var "+setting+" gives no variable a value", "write --var NAME=VALUE, such as --var mach=0.2")
		}
		o.Settings = append(o.Settings, spec.Setting{Name: name, Text: value})
	}
	return nil
}

// CurrentManifest is what verbs that look at runs, or end them, mean where no manifest is
// typed, when it is there. What spends must be named.
const CurrentManifest = "job.yaml"

func (o *Manifests) assume() {
	if len(o.Files) > 0 || !o.MayAssume {
		return
	}
	if _, err := os.Stat(CurrentManifest); err == nil {
		o.Files, o.Assumed = []string{CurrentManifest}, true
	}
}

// Scope is which jobs, on which platform, and where they are recorded.
type Scope struct {
	Manifests
	Platform
}

// Named are the files that only the command line names: no input may depend on them.
func (o Scope) Named() []files.Given {
	var list []files.Given
	for _, name := range o.VarFiles {
		list = append(list, files.Given{Path: name, Flag: "--var-file"})
	}
	if o.TokenFile != "" {
		list = append(list, files.Given{Path: o.TokenFile, Flag: files.TokenFile})
	}
	if o.State != "" {
		list = append(list, files.Given{Path: o.State, Flag: "--state"})
	}
	return append(list, o.Beside...)
}

// Skipped are the files that a folder of manifests may hold and that are none.
func (o Manifests) Skipped() (list []string) {
	for _, name := range o.VarFiles {
		list = append(list, filepath.Clean(name))
	}
	return list
}

// mostNames bounds the names in a command that is to be pasted.
const mostNames = 5

// Stopping is the command that stops jobs of these manifests: those that are named, or
// all that are chosen where they are many.
func (o Scope) Stopping(names []string) string {
	words := []string{Program, "stop" + strings.TrimPrefix(o.Typed(), Program)}
	if len(names) > mostNames {
		for _, target := range o.Targets {
			words = append(words, "--target", planner.Quote(target))
		}
		return strings.Join(append(words, "--all"), " ")
	}
	for _, name := range names {
		words = append(words, planner.Quote(name))
	}
	return strings.Join(words, " ")
}

// Typed is how this tool was called, without what a hint adds itself: a command that
// can be pasted.
func (o Scope) Typed() string {
	words := []string{Program}
	many := func(flag string, values []string) {
		for _, value := range values {
			words = append(words, flag, planner.Quote(value))
		}
	}
	many("-f", o.Files)
	many("--var-file", o.VarFiles)
	many("--var", o.vars)
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--recursive", o.Recursive}, {"--local", o.Local}} {
		if flag.set {
			words = append(words, flag.name)
		}
	}
	for _, flag := range []struct{ name, value string }{
		{"--profile", o.Profile}, {"--api-url", o.URL}, {"--token-file", o.TokenFile}, {"--state", o.State},
	} {
		if flag.value != "" {
			words = append(words, flag.name, planner.Quote(flag.value))
		}
	}
	return strings.Join(words, " ")
}
