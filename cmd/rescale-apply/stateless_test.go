package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// The variables that make a script's program leave a trace, and lose its state before
// each command.
const (
	traceVariable  = "TRACE_OF_COMMANDS"
	forgetVariable = "FORGET_STATE"
)

// call is what one command of a script came to.
type call struct {
	Args   []string
	Stdout string
	Code   int
}

// traced is the program of the scripts.
func traced() {
	trace := os.Getenv(traceVariable)
	if trace == "" {
		main()
		return
	}
	if os.Getenv(forgetVariable) != "" {
		if err := forgetState("."); err != nil {
			panic(err)
		}
	}
	var stdout bytes.Buffer
	inner := exec.Command(os.Args[0], os.Args[1:]...)
	inner.Env = append(os.Environ(), traceVariable+"=")
	inner.Stdin, inner.Stdout, inner.Stderr = os.Stdin, io.MultiWriter(os.Stdout, &stdout), os.Stderr
	err := inner.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		panic(err)
	}
	line, err := json.Marshal(call{os.Args[1:], stdout.String(), inner.ProcessState.ExitCode()})
	if err != nil {
		panic(err)
	}
	file, err := os.OpenFile(trace, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	_, err = file.Write(append(line, '\n'))
	if err = errors.Join(err, file.Close()); err != nil {
		panic(err)
	}
	os.Exit(inner.ProcessState.ExitCode())
}

// forgetState removes what the tool keeps beside manifests. The local platform is none
// of that: it is a platform.
func forgetState(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		kept := filepath.Base(filepath.Dir(path)) == "local" && entry.Name() == "platform"
		switch {
		case err != nil:
			return err
		case kept:
			return fs.SkipDir
		case !entry.IsDir() && strings.Contains(filepath.ToSlash(path), ".rescale/"):
			return os.Remove(path)
		}
		return nil
	})
}

// needsState are the scripts whose meaning is what is recorded on this machine, each
// with what that is.
func needsState() map[string]string {
	return map[string]string{
		"state_verbs": "state list and show tell what the file holds", "state_rebuild": "what is recorded is the subject",
		"state_file": "a file of another account is refused, not reused", "terminal": "state show", "success_chain": "state list",
		"secrets": "no secret is in the state file", "protected": "state rm", "not_utf8": "bytes that are no text do not pass through the trace",
		"state_links": "links in the place of the state file are the subject",
		"upload_once": "uploads that the state knows are not looked for", "collect": "copies of results are known by the state alone",
		"success": "which check failed is in no tag", "doe": "which check failed is in no tag", "success_unknown": "which check failed is in no tag",
		"rerun": "a run that was deleted on the platform is known by the state alone", "fields": "the platform does not tell extra fields",
		"walltime_raised": "the answers of the platform are counted", "chain": "state show",
		"chain_failures": "what a person deleted on the platform is known by the state alone",
		"chain_local":    "the platform does not tell which results a run took", "chain_twice": "as chain_local",
		"packed": "the platform tells the bytes of an archive, and not its tree", "own_texts_are_no_inputs": "as packed",
		"prune":          "how far runs are is up to chance",
		"download_ended": "how far runs are is up to chance", "words_at_night": "a command is killed", "init_typed": "as words_at_night",
		"download_patterns": "a download that failed is known by the state alone",
		"plan_json":         "the folder that status tells is known by the state alone",
		"project":           "a create that left nothing is known by the state alone", "two_machines": "which machine wins is up to chance",
		"exclude_with_from":             "as chain_local",
		"audit":                         "how long runs took is up to chance, and what a person deleted is known by the state alone",
		"doctor":                        "it has no state, and its names are up to chance",
		"failed_rerun_without_download": "of which job a run was that was fetched by its id is known by the state alone",
		"results_of_an_earlier_run":     "a download that failed is known by the state alone",
	}
}

// killing is what scripts say that stop a command from outside: it would stop the one
// that leaves the trace.
var killing = regexp.MustCompile(`(?m)&$|^kill `)

// stateless are the scripts that mean the same with the state deleted before each
// command.
func stateless(t *testing.T, all []string) (scripts []string) {
	t.Helper()
	for _, script := range all {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		if needsState()[scriptName(script)] == "" && !killing.Match(text) {
			scripts = append(scripts, script)
		}
	}
	return scripts
}

func scriptName(path string) string { return strings.TrimSuffix(filepath.Base(path), ".txtar") }

// leaveTraces makes the commands of scripts record their results in a folder.
func leaveTraces(p testscript.Params, scripts []string, folder, forget string) testscript.Params {
	setUp := p.Setup
	p.Setup = func(env *testscript.Env) error {
		name := strings.TrimPrefix(filepath.Base(env.WorkDir), "script-")
		if slices.ContainsFunc(scripts, func(s string) bool { return scriptName(s) == name }) {
			env.Setenv(traceVariable, filepath.Join(folder, name))
			env.Setenv(forgetVariable, forget)
		}
		return setUp(env)
	}
	return p
}

// compareTraces holds what the commands came to with the state deleted against what
// they came to with it. One that was not run with both is left out: -run chooses.
func compareTraces(t *testing.T, kept, deleted string) {
	t.Helper()
	traces, err := os.ReadDir(kept)
	if err != nil {
		t.Fatal(err)
	}
	for _, trace := range traces {
		without := filepath.Join(deleted, trace.Name())
		if _, err := os.Stat(without); err != nil {
			continue
		}
		if diff := cmp.Diff(readTrace(t, filepath.Join(kept, trace.Name())), readTrace(t, without)); diff != "" {
			t.Errorf("%s (-kept +deleted)\n%s", trace.Name(), diff)
		}
	}
}

// volatile is what differs from run to run: when things were, how long they took, where
// the platform listened, which local one it was, in which order it made jobs, and whether it was asked for an
// input that the state knows.
var volatile = regexp.MustCompile(`[0-9]+(\.[0-9]+)?(ms|s|m|h|d)\b|20[0-9]{2}-[0-9-]+([T ][0-9:.]+( UTC|Z)?)?|127\.0\.0\.1:[0-9]+` +
	`|local:[0-9a-f]{12}|[0-9.]+ core-h|[0-9.]+ USD|"(seconds|coreHours|cost)": ?[0-9.e-]+,?|"lastStatus":"[A-Za-z]+",` +
	`|(/tmp|\$WORK)/[^ "]*| [0-9.]+ [KM]?B in [0-9]+ files? found on the platform\.|\b[A-Za-z]{6}\b`)

func readTrace(t *testing.T, path string) (calls []call) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c call
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(volatile.ReplaceAllString(c.Stdout, ""), "\n")
		for i, line := range lines {
			lines[i] = strings.Join(strings.Fields(line), " ")
		}
		slices.Sort(lines) // jobs of one apply end in any order
		c.Stdout = strings.Join(lines, "\n")
		for i, arg := range c.Args {
			c.Args[i] = volatile.ReplaceAllString(arg, "")
		}
		calls = append(calls, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return calls
}
