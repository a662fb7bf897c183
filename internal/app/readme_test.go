package app_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/golden"
	"github.com/rescale-apply/rescale-apply/schema"
)

const readmePath = "../../README.md"

// TestReadmeIsGenerated compares the tables of the README with the code that
// they describe, and its console blocks with what the commands really print.
// -update rewrites them.
func TestReadmeIsGenerated(t *testing.T) {
	text, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	want = section(t, want, "<!-- generated: commands -->\n", commandTable(t))
	want = section(t, want, "<!-- generated: exit codes -->\n", exitTable())
	want = section(t, want, "<!-- generated: manifest -->\n", manifestTable())
	want = section(t, want, "<!-- generated: digest -->\n", digestTable())
	for _, demo := range []string{"run", "sweep", "chain", "mistakes"} {
		want = replay(t, want, demo)
	}
	if golden.Update() {
		if err := os.WriteFile(readmePath, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(text), "\n")); diff != "" {
		t.Errorf("README.md differs from what is true (-true +README)\n%s\nif the code is right: go test ./internal/app -run Readme -update", diff)
	}
}

// section replaces what stands between a mark and the end of its section.
func section(t *testing.T, text, from, content string) string {
	t.Helper()
	const to = "<!-- end -->"
	head, rest, ok := strings.Cut(text, from)
	if !ok {
		t.Fatalf("README.md has no %q", from)
	}
	_, tail, ok := strings.Cut(rest, to)
	if !ok {
		t.Fatalf("README.md has no %q after %q", to, from)
	}
	return head + from + content + to + tail
}

func commandTable(t *testing.T) string {
	t.Helper()
	help := new(platform).run(t, "help").stdout
	_, list, ok := strings.Cut(help, "Run:\n")
	if !ok {
		t.Fatalf("help has no commands:\n%s", help)
	}
	var b strings.Builder
	b.WriteString("| command | |\n| --- | --- |\n")
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, "   ") {
			continue // the title of a part, or what stands below all of them
		}
		name, usage, _ := strings.Cut(strings.TrimSpace(line), " ")
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, strings.TrimSpace(usage))
		// The page of a command that is several lists those.
		_, below, _ := strings.Cut(new(platform).run(t, "help", name).stdout, "Commands:\n")
		below, _, _ = strings.Cut(below, "\n\n")
		for line := range strings.Lines(below) {
			sub, usage, _ := strings.Cut(strings.TrimSpace(line), " ")
			fmt.Fprintf(&b, "| `%s %s` | %s |\n", name, sub, strings.TrimSpace(usage))
		}
	}
	return b.String()
}

func exitTable() string {
	var b strings.Builder
	b.WriteString("| exit | meaning |\n| --- | --- |\n")
	for _, c := range exit.Codes() {
		fmt.Fprintf(&b, "| %d | %s |\n", c.Code, c.Meaning)
	}
	return b.String()
}

// manifestTable lists every key of the schema, in its order, with its
// description and its first example.
func manifestTable() string {
	var b strings.Builder
	b.WriteString("| key | meaning | example |\n| --- | --- | --- |\n")
	for _, e := range schema.Reference() {
		fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", e.Key, cell(e.Description), cell(e.Example))
	}
	return b.String()
}

// digestTable lists, for each effect, the keys that have it. Keys below one with the
// same effect are meant by it.
func digestTable() string {
	keys, above := make(map[schema.Effect][]string), make(map[string]schema.Effect)
	for _, e := range schema.Reference() {
		above[e.Key] = e.Effect
		if e.Effect != "" && e.Effect != above[e.Above()] {
			keys[e.Effect] = append(keys[e.Effect], "`"+e.Key+"`")
		}
	}
	var b strings.Builder
	b.WriteString("| a change of | the next apply |\n| --- | --- |\n")
	for _, row := range []struct {
		effect schema.Effect
		words  string
	}{
		{schema.InDigest, "starts a new run: it can change the result, and is in the digest"},
		{schema.InKey, "starts a new run: it is in the key beside the digest"},
		{schema.Through, "does what a change of the keys does that use the value; a new point of a matrix is a new job"},
		{schema.Outside, "starts nothing: it is not in the digest"},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(keys[row.effect], ", "), row.words)
	}
	return b.String()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// replay runs the commands of a console block in a fresh copy of the examples,
// and gives the README with what they print.
func replay(t *testing.T, readme, demo string) string {
	t.Helper()
	mark := regexp.MustCompile(`<!-- demo: ` + demo + `[^>]*-->\n` + "```console\n")
	at := mark.FindStringIndex(readme)
	if at == nil {
		t.Fatalf("README.md has no demo %q", demo)
	}
	block, tail, _ := strings.Cut(readme[at[1]:], "```")
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	// What a person who tried the examples has left there is not part of them.
	for _, own := range []string{".rescale", "results"} {
		left, err := filepath.Glob(filepath.Join(dir, "examples", "*", own))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range left {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.CopyFS(dir, os.DirFS("testdata/readme")); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(block) {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		b.WriteString(line + steady(console(t, dir, command)))
	}
	return readme[:at[1]] + b.String() + "```" + tail
}

// console runs one line of a console block as a shell does; the tool itself runs
// as this test's process built it.
func console(t *testing.T, dir, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+toolFolder(t)+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+dir, "RESCALE_API_KEY=")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, nil
	if strings.Contains(command, "validate") {
		cmd.Stderr = &out
	}
	if err := cmd.Run(); err != nil && !strings.Contains(command, "validate") {
		t.Fatalf("%s: %v\n%s", command, err, out.String())
	}
	return out.String()
}

// steady replaces the only thing that differs from run to run: the time taken.
func steady(text string) string {
	return regexp.MustCompile(`in \d+\.\ds`).ReplaceAllString(text, "in 0.1s")
}

// toolFolder builds the program once for a test.
func toolFolder(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(os.TempDir(), fmt.Sprintf("rescale-apply-readme-%d", os.Getpid()))
	program := filepath.Join(folder, "rescale-apply")
	if _, err := os.Stat(program); err == nil {
		return folder
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../cmd/rescale-apply")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	return folder
}
