package cmdline_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
)

// usualBreaks are the COMP_WORDBREAKS that bash starts with.
const usualBreaks = " \t\n\"'@><=;|&(:"

func TestReadBash(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		line, breaks string // breaks: empty for the usual ones
		done         []string
		last         string
		value, reply string // what a candidate becomes
	}{
		"a new word":              {line: "rescale-apply plan ", done: []string{"plan"}, value: "job", reply: "job"},
		"the program alone":       {line: "rescale-apply", last: "rescale-apply", value: "rescale-apply", reply: "rescale-apply"},
		"a name with a sign":      {line: "ra render airfoil/aoa=4", done: []string{"render"}, last: "airfoil/aoa=4", value: "airfoil/aoa=45", reply: "45"},
		"after the sign":          {line: "ra render airfoil/aoa=", done: []string{"render"}, last: "airfoil/aoa=", value: "airfoil/aoa=45", reply: "45"},
		"a colon":                 {line: "ra render a:b:c", done: []string{"render"}, last: "a:b:c", value: "a:b:cd", reply: "cd"},
		"two signs":               {line: "ra plan --target=a/b=1", done: []string{"plan"}, last: "--target=a/b=1", value: "--target=a/b=12", reply: "12"},
		"a sign between spaces":   {line: "ra render a = b", done: []string{"render", "a", "="}, last: "b", value: "bc", reply: "bc"},
		"a sign that is no break": {line: "ra render a/b=1", breaks: " :", done: []string{"render"}, last: "a/b=1", value: "a/b=12", reply: "a/b=12"},
		"an escaped sign":         {line: `ra render a\=1`, done: []string{"render"}, last: "a=1", value: "a=12", reply: "a=12"},
		"open double quotes":      {line: `ra render "a/b=1`, done: []string{"render"}, last: "a/b=1", value: `a/b=1 "$x`, reply: `a/b=1 \"\$x`},
		"open single quotes":      {line: "ra render 'a/b=1", done: []string{"render"}, last: "a/b=1", value: "a/b=1 it's", reply: `a/b=1 it'\''s`},
		"quotes behind a sign":    {line: `ra plan --target="a=`, done: []string{"plan"}, last: "--target=a=", value: "--target=a=1", reply: "a=1"},
		"closed quotes":           {line: `ra render "a b"=1`, done: []string{"render"}, last: "a b=1", value: "a b=12", reply: "12"},
		"quoted words before":     {line: `ra -f 'my job.yaml' "x\y" "" a\ b `, done: []string{"-f", "my job.yaml", `x\y`, "", "a b"}, value: "c", reply: "c"},
		"a blank in a candidate":  {line: "ra render my", done: []string{"render"}, last: "my", value: "my job;é", reply: `my\ job\;é`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			breaks := tc.breaks
			if breaks == "" {
				breaks = usualBreaks
			}
			line := cmdline.ReadBash(tc.line, breaks)
			if diff := cmp.Diff(append(tc.done, tc.last), append(line.Done, line.Last)); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
			var reply bytes.Buffer
			if err := line.WriteReplies(&reply, []cmdline.Candidate{{Value: tc.value, Usage: "not shown"}}); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSuffix(reply.String(), "\n"); got != tc.reply {
				t.Errorf("reply %q, want %q", got, tc.reply)
			}
		})
	}
}

func TestFilesAreLeftToBash(t *testing.T) {
	t.Parallel()
	var reply bytes.Buffer
	line := cmdline.ReadBash(`ra -f "a=`, usualBreaks)
	if err := line.WriteReplies(&reply, []cmdline.Candidate{cmdline.AnyFile()}); err != nil {
		t.Fatal(err)
	}
	if got := reply.String(); got != ":files\n" {
		t.Errorf("%q, want the request for files as it is", got)
	}
}

// TestOldBash holds the script to what bash 3.2 of macOS knows.
func TestOldBash(t *testing.T) {
	t.Parallel()
	script := string(cmdline.Script("bash"))
	for _, newer := range []string{"mapfile", "readarray", "declare -A", "local -A", "typeset -A", "declare -n", "local -n", "${cur,,", "|&", "&>>", "_init_completion", "__ltrim_colon"} {
		if strings.Contains(script, newer) {
			t.Errorf("the script uses %s", newer)
		}
	}
	if before, _, used := strings.Cut(script, "compopt +o"); used && !strings.Contains(before, "type compopt") {
		t.Error("the script uses compopt without a look whether it is there")
	}
}

func TestScriptsAreSound(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "fish", "zsh"} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			program, err := exec.LookPath(shell)
			if err != nil {
				t.Skip(err)
			}
			check := exec.CommandContext(t.Context(), program, "-n")
			check.Stdin = bytes.NewReader(cmdline.Script(shell))
			if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s -n: %v\n%s", shell, err, out)
			}
		})
	}
}
