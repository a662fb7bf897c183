package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

// exe is the program as Windows runs it.
var exe = flag.String("exe", "", "run the scripts for Windows with this rescale-apply.exe, through wine; those of .ci/wine lie beside it")

// alsoOnWindows are the scripts of testdata/e2e that are run there, too: those of what
// another file system could change. (What is in a local platform needs a bash, and bytes that
// are no text do not get through: there arguments are UTF-16.)
var alsoOnWindows = []string{"resumed_download", "second_apply", "unsafe_paths"}

// TestWindows runs scripts with the program that is built for Windows, against a platform
// on this side.
func TestWindows(t *testing.T) {
	if *exe == "" {
		t.Skip("it needs wine and a rescale-apply.exe: .ci/run wine")
	}
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	params := scriptParams(root)
	params.Dir, params.Files = "", windowsScripts(t, root)
	params.UpdateScripts = false // of e2e others decide
	params.Cmds["hold"], params.Cmds["bloat"] = hold, bloat
	programs := throughWine(t, *exe)
	params.Setup = func(env *testscript.Env) error {
		env.Setenv("PATH", programs+string(os.PathListSeparator)+env.Getenv("PATH"))
		env.Setenv("WINE_PROGRAMS", programs)
		return setUp(env, root)
	}
	testscript.Run(t, params)
}

func windowsScripts(t *testing.T, root string) []string {
	t.Helper()
	scripts, err := filepath.Glob(filepath.Join(root, "testdata", "windows", "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range alsoOnWindows {
		scripts = append(scripts, filepath.Join(root, "testdata", "e2e", name+".txtar"))
	}
	return scripts
}

// throughWine makes a folder with the commands of the scripts. Each becomes the process that
// its program runs in, so that who kills the one kills the other. Where TMPDIR differs,
// Wine would start a server for each script, and where the locale is C it would take no file
// name beyond ASCII.
func throughWine(t *testing.T, exe string) (folder string) {
	t.Helper()
	prefix := os.Getenv("WINEPREFIX")
	if prefix == "" {
		t.Fatal("WINEPREFIX does not name a folder that may be written to")
	}
	keepAwake(t)
	folder = t.TempDir()
	path := "Z:" + strings.ReplaceAll(filepath.Dir(exe), "/", `\`)
	for name, program := range map[string]string{programName: exe, "hold": filepath.Join(filepath.Dir(exe), "hold.exe"), "cmd": "cmd"} {
		text := fmt.Sprintf("#!/bin/sh\nunset TMPDIR\nexport WINEPREFIX='%s' WINEPATH='%s' WINEDEBUG=-all LC_ALL=C.UTF-8\nexec wine '%s' \"$@\"\n", prefix, path, program)
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// keepAwake has one program run until the test ends: the services of Wine start with the
// first program and end after the last one, which takes seconds each time.
func keepAwake(t *testing.T) {
	t.Helper()
	idle := exec.Command("wine", "cmd") // the end of its input ends it
	input, err := idle.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := idle.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(input.Close(), idle.Wait()); err != nil {
			t.Error(err)
		}
	})
}

// hold keeps a file open, as who reads it does, while it runs a command:
//
//	hold FILE rescale-apply apply -f job.yaml
//	! hold FILE rescale-apply apply -f job.yaml
func hold(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: [!] hold FILE program [args...]")
	}
	holder := exec.Command(filepath.Join(ts.Getenv("WINE_PROGRAMS"), "hold"), ts.MkAbs(args[0])) // the end of its input ends it
	input, err := holder.StdinPipe()
	ts.Check(err)
	output, err := holder.StdoutPipe()
	ts.Check(err)
	ts.Check(holder.Start())
	_, opened := bufio.NewReader(output).ReadString('\n')
	failed := ts.Exec(args[1], args[2:]...)
	ts.Check(errors.Join(opened, input.Close(), holder.Wait()))
	if (failed != nil) != neg {
		ts.Fatalf("%s: %v", args[1], failed)
	}
}

// bloat makes a journal so long that the next command that writes it compacts it: with
// statuses of its newest run, each of which replaces the one before.
//
//	bloat FILE
func bloat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: bloat FILE")
	}
	path := ts.MkAbs(args[0])
	old, err := state.Read(path, state.Identity{})
	ts.Check(err)
	run, known := old.Last(old.Jobs()[0])
	if !known {
		ts.Fatalf("%s has no run", args[0])
	}
	status := state.Record{Kind: state.KindStatus, Job: run.Job, Key: run.Key, ID: run.ID, Status: "Completed", Reason: strings.Repeat("x", 1000)}
	journal, err := state.Open(path, state.Identity{Tool: programName, Platform: old.Header.Platform, Account: old.Header.Account})
	ts.Check(err)
	ts.Check(errors.Join(journal.Append(slices.Repeat([]state.Record{status}, 400)...), journal.Close()))
}
