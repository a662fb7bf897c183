// Package success finds out whether a run did what its manifest asks for: left the
// files, wrote the words and ended with the exit code. It reads the list of a run's
// outputs, and of the outputs only logs and exit codes, in one pass and with little
// memory. It knows no plan and writes no journal.
package success

import (
	"encoding/json"
	"path"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Checks are what must hold for a run to count as succeeded.
type Checks struct {
	Files    []string `json:"files,omitempty"` // patterns; each must match
	Logs     []Log    `json:"log,omitempty"`
	ExitCode string   `json:"exitCode,omitempty"` // path of the file that holds it

	// Runs are what tells the runs of a sweep apart: each of them must pass, also one that
	// left nothing. It is no check of its own: the content of a job decides it.
	Runs []string `json:"-"`
}

// Log is what one log must say and must not say.
type Log struct {
	File     string   `json:"file"`
	Contains []string `json:"contains,omitempty"`
	Lacks    []string `json:"lacks,omitempty"`
}

// Of returns the checks of a manifest.
func Of(s spec.Success) Checks {
	c := Checks{Files: spec.Texts(s.Files), Runs: s.Runs}
	if s.ExitCode.Written() {
		c.ExitCode = path.Clean(s.ExitCode.V)
	}
	for _, log := range s.Logs {
		c.Logs = append(c.Logs, Log{File: path.Clean(log.File.V), Contains: spec.Texts(log.Contains), Lacks: spec.Texts(log.Lacks)})
	}
	return c
}

// None reports whether the platform's verdict is enough.
func (c Checks) None() bool { return len(c.Files) == 0 && len(c.Logs) == 0 && c.ExitCode == "" }

// String returns the checks as one line, by which a journal remembers what a run was
// judged by; empty when there are none.
func (c Checks) String() string {
	if c.None() {
		return ""
	}
	text, err := json.Marshal(c)
	if err != nil {
		panic("success: texts always marshal: " + err.Error())
	}
	return string(text)
}

// Judged reports whether a run was judged by these checks, or they cannot change its
// verdict: what the platform calls a failure is one, and fewer checks do not undo a
// success.
func (c Checks) Judged(run state.Run) bool {
	switch verdict.Verdict(run.Verdict) {
	case verdict.Succeeded:
		return c.None() || c.String() == run.Checks
	case verdict.SuccessCheckFailed:
		return c.String() == run.Checks
	case verdict.Failed, verdict.Stopped, verdict.NoCapacity, verdict.RestartsExhausted:
	}
	return true
}
