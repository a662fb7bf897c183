package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const completedManifest = `version: 1
name: airfoil
matrix: {aoa: [2, 4]}
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1}
command: echo hello
`

// inShell runs a script in one of the shells, after the completion script, in a folder
// with manifests.
func inShell(t *testing.T, argv []string, script string, variables ...string) string {
	t.Helper()
	program, err := exec.LookPath(argv[0])
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"job.yaml": completedManifest, "my other.yaml": completedManifest} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), program, append(argv[1:], script)...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir), variables...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", argv[0], err, out)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// TestBashCompletes calls the function as bash does: COMP_WORDS is split at "=" and ":",
// and what it puts into COMPREPLY takes the place of the last part only.
func TestBashCompletes(t *testing.T) {
	t.Parallel()
	const script = `eval "$(rescale-apply completion bash)"
set -u
COMP_WORDS=($SPLIT)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_POINT=${#COMP_LINE}
_rescale_apply rescale-apply "${COMP_WORDS[COMP_CWORD]}" x
printf '%s\n' "${COMPREPLY[@]-}"`
	for name, tc := range map[string]struct{ line, split, want string }{
		"commands":             {"rescale-apply stat", "rescale-apply stat", "status\nstate"},
		"no descriptions":      {"rescale-apply state un", "rescale-apply state un", "unlock"},
		"a name":               {"rescale-apply render air", "rescale-apply render air", "airfoil\nairfoil/aoa=2\nairfoil/aoa=4"},
		"a name with a sign":   {"rescale-apply render airfoil/aoa=", "rescale-apply render airfoil/aoa =", "2\n4"},
		"a flag with a sign":   {"rescale-apply plan --target=airfoil/aoa=4", "rescale-apply plan --target = airfoil/aoa = 4", "4"},
		"quotes":               {`rescale-apply plan --target "airfoil/aoa=4`, `rescale-apply plan --target "airfoil/aoa=4`, "airfoil/aoa=4"},
		"a quoted manifest":    {`rescale-apply -f "my other.yaml" render airfoil/`, "rescale-apply -f x render airfoil/", "airfoil/aoa=2\nairfoil/aoa=4"},
		"files: the shell's":   {"rescale-apply plan -f my", "rescale-apply plan -f my", ""},
		"nothing that can fit": {"rescale-apply plan xyz", "rescale-apply plan xyz", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := inShell(t, []string{"bash", "--norc", "--noprofile", "-c"}, script, "COMP_LINE="+tc.line, "SPLIT="+tc.split)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("COMPREPLY (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBashFallsBackToFiles has a compopt that shows what is asked of it: files are
// switched off wherever none can stand.
func TestBashFallsBackToFiles(t *testing.T) {
	t.Parallel()
	const script = `eval "$(rescale-apply completion bash)"
complete -p rescale-apply
compopt() { echo "compopt $*"; }
for COMP_LINE in "rescale-apply plan -f my" "rescale-apply plan xyz"; do
	COMP_POINT=${#COMP_LINE}
	echo "$COMP_LINE"
	_rescale_apply
done`
	const want = `complete -o default -F _rescale_apply rescale-apply
rescale-apply plan -f my
rescale-apply plan xyz
compopt +o default`
	if diff := cmp.Diff(want, inShell(t, []string{"bash", "--norc", "--noprofile", "-c"}, script)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestZshCompletes stands in for the functions of zsh's completion system, which needs a
// terminal.
func TestZshCompletes(t *testing.T) {
	t.Parallel()
	const script = `compdef() { : }
compset() { PREFIX=${PREFIX#*=} }
_files() { print -r -- "files $PREFIX" }
_describe() { print -rl -- "${(@P)@[-1]}" }
eval "$(rescale-apply completion zsh)"
words=(${(z)LINE}) CURRENT=$#words PREFIX=${words[-1]#\"}
_rescale_apply; true`
	for name, tc := range map[string]struct{ line, want string }{
		"commands":          {"rescale-apply state un", "unlock:show who holds the lock of a state file; tidy up after a holder that died"},
		"a name":            {"rescale-apply render airfoil/aoa=4", "airfoil/aoa=4:point of airfoil"},
		"a quoted manifest": {`rescale-apply -f "my other.yaml" render airfoil/aoa=4`, "airfoil/aoa=4:point of airfoil"},
		"files":             {"rescale-apply plan --filename=my", "files my"},
		"nothing":           {"rescale-apply plan xyz", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := inShell(t, []string{"zsh", "-f", "-c"}, script, "LINE="+tc.line)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFishCompletes(t *testing.T) {
	t.Parallel()
	const script = "rescale-apply completion fish | source; complete -C $LINE"
	for name, tc := range map[string]struct{ line, want string }{
		"commands":           {"rescale-apply state un", "unlock\tshow who holds the lock of a state file; tidy up after a holder that died"},
		"a name":             {"rescale-apply render airfoil/aoa=4", "airfoil/aoa=4\tpoint of airfoil"},
		"a flag with a sign": {"rescale-apply plan --target=airfoil/aoa=4", "--target=airfoil/aoa=4\tpoint of airfoil"},
		"open quotes":        {`rescale-apply render "airfoil/aoa=4`, "airfoil/aoa=4\tpoint of airfoil"},
		"a quoted manifest":  {`rescale-apply -f "my other.yaml" render airfoil/aoa=4`, "airfoil/aoa=4\tpoint of airfoil"},
		"files":              {"rescale-apply plan -f my", "my other.yaml"},
		"nothing":            {"rescale-apply plan xyz", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := inShell(t, []string{"fish", "--no-config", "-c"}, script, "LINE="+tc.line)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPowerShellCompletes(t *testing.T) {
	t.Parallel()
	const script = `rescale-apply completion powershell | Out-String | Invoke-Expression
[System.Management.Automation.CommandCompletion]::CompleteInput($env:LINE, $env:LINE.Length, $null).CompletionMatches |
    ForEach-Object { $_.CompletionText + "|" + $_.ToolTip }`
	for name, tc := range map[string]struct{ line, want string }{
		"commands":           {"rescale-apply state un", "unlock|show who holds the lock of a state file; tidy up after a holder that died"},
		"a new word":         {"rescale-apply completion bash; rescale-apply help state ", "list"},
		"a name":             {"rescale-apply render airfoil/aoa=4", "airfoil/aoa=4|point of airfoil"},
		"a flag with a sign": {"rescale-apply plan --target=airfoil/aoa=4", "--target=airfoil/aoa=4|point of airfoil"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := inShell(t, []string{"pwsh", "-NoProfile", "-NonInteractive", "-Command"}, script, "LINE="+tc.line)
			if !strings.HasPrefix(got, tc.want) {
				t.Errorf("%s, want %s", strconv.Quote(got), strconv.Quote(tc.want))
			}
		})
	}
}
