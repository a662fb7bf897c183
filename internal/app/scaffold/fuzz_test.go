package scaffold_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/scaffold"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// hostile are texts that a careless writer of YAML breaks on.
func hostile() []string {
	return []string{
		"yes", "1e3", ".5", "0x1f", "2020-01-01", "~", "null", "- a", "a: b", "a #b", "#", "'", `"`, `\`, "{a}", "[a]", "*a", "&a", "!a", "%a", "@a", "`a`",
		"a,b", "a\tb", "é", "日本", "a\u00a0b", "\ufeffa", "🚀", "${{ vars.x }}", "$${{ x", "${{", "...", "---", "|", ">", "a:", "<<", "=", "C:/x", "-", "?",
		"a\nb", "a\n\n  b\n", "\ta\nb", "  a\nb", "a \nb \n", "a\r\nb", strings.Repeat("x", 300), "line\u2028break", "{path: x}", ".inf", "off", "$X", "./a", "..",
	}
}

// FuzzWrite has any names of files and any answers: what passes the questions loads back
// as it was given.
func FuzzWrite(f *testing.F) {
	for i, text := range hostile() {
		f.Add(text, text, text, hostile()[(i+1)%len(hostile())])
	}
	f.Fuzz(func(t *testing.T, file, command, analysis, coreType string) {
		p := scaffold.Proposal{Family: "any", Inputs: []scaffold.Input{{Path: "a/" + file}, {Path: "x", Pack: "p.zip", Exclude: []string{"b" + file}}}}
		if _, err := content.Selector([]string{file}, nil); err != nil || spec.NameProblem(file) != "" || strings.Contains(file, "..") || strings.Contains(file, "/") {
			p.Inputs = nil // such a file is left out by Propose
		}
		given := scaffold.Answers{
			scaffold.Name: "a", scaffold.Analysis: "c" + analysis, scaffold.CoreType: coreType, scaffold.Cores: "3",
			scaffold.Walltime: "1d2h3m", scaffold.Command: command,
		}
		answers, err := scaffold.Complete(p, scaffold.Catalog{}, given, scaffold.Refuse)
		if err != nil {
			t.Skip("not an answer")
		}
		checkLoads(t, p, answers)
	})
}

func checkLoads(t *testing.T, p scaffold.Proposal, answers scaffold.Answers) {
	t.Helper()
	text := scaffold.Write(p, scaffold.Catalog{}, answers)
	jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Text: text}})
	if len(problems) > 0 {
		t.Fatalf("%v\n%s", problems, text)
	}
	type content struct {
		Analysis, CoreType, Command string
		Cores                       int
		Walltime                    time.Duration
		Paths, Exclude              []string
	}
	job := jobs[0]
	got := content{
		Analysis: strings.TrimSpace(job.Tiles[0].Analysis.Code.V + " " + job.Tiles[0].Analysis.Version.V), CoreType: job.Tiles[0].Hardware.CoreType.V,
		Command: job.Tiles[0].Command.V, Cores: job.Tiles[0].Hardware.CoresPerSlot.V, Walltime: job.Tiles[0].Hardware.Walltime.V,
	}
	want := content{
		CoreType: answers[scaffold.CoreType], Command: scaffold.Settled(answers[scaffold.Command]), Cores: 3, Walltime: 26*time.Hour + 3*time.Minute,
	}
	code, version, _ := strings.Cut(strings.TrimSpace(answers[scaffold.Analysis]), " ")
	want.Analysis = strings.TrimSpace(code + " " + strings.TrimSpace(version))
	for _, in := range job.Inputs {
		got.Paths, got.Exclude = append(got.Paths, in.Path.V), append(got.Exclude, spec.Texts(in.Exclude)...)
	}
	for _, in := range p.Inputs {
		want.Paths, want.Exclude = append(want.Paths, in.Path), append(want.Exclude, in.Exclude...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("loaded back (-want +got):\n%s\n%s", diff, text)
	}
}

// FuzzPropose has any folder's name and any name of a deck.
func FuzzPropose(f *testing.F) {
	if runtime.GOOS == "windows" {
		f.Skip("few names are those of files there")
	}
	for _, text := range hostile() {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, name, deck string) {
		if deck != strings.ToValidUTF8(deck, "") || strings.ContainsAny(deck+name, "/\\\x00") || len(deck) > 200 {
			t.Skip("no name of a file")
		}
		dir := lay(t, map[string]string{deck + ".k": ""})
		p, err := scaffold.Propose(scaffold.Source{Folder: dir, Manifest: dir + "/" + name})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Inputs) == 0 {
			return
		}
		answers, err := scaffold.Complete(p, offered(), scaffold.Answers{scaffold.Name: "a"}, scaffold.TakeDefaults)
		if err != nil {
			t.Fatal(err)
		}
		text := scaffold.Write(p, offered(), answers)
		if _, problems := spec.Load([]diag.Source{{Name: "job.yaml", Dir: dir, Text: text}}); len(problems) > 0 {
			t.Errorf("%v\n%s", problems, text)
		}
	})
}

func offered() scaffold.Catalog {
	c := small()
	c.Analyses = append(c.Analyses, rescale.Analysis{Code: "ls_dyna", Versions: c.Analyses[1].Versions})
	return c
}
