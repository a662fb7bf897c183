package release_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/golden"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

const (
	root = "../../.."
	own  = "github.com/rescale-apply/rescale-apply/internal/app/release"
)

// config is what the tests look at in .goreleaser.yaml.
type config struct {
	Builds []struct {
		Main                              string
		GoOS, GoArch, Env, Flags, LDFlags []string
	}
	Archives []struct{ Files []packed }
	NFPMs    []struct {
		Formats  []string
		Contents []packed
	}
	Checksum struct {
		Name string `json:"name_template"`
	}
}

type packed struct{ Src, Dst string }

func configured(t *testing.T) (config, string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, ".goreleaser.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	documents, problems := yamlsrc.Parse(diag.Source{Name: ".goreleaser.yaml", Text: text})
	if len(problems) > 0 || len(documents) != 1 {
		t.Fatalf("%d documents, %v", len(documents), problems)
	}
	value, err := json.Marshal(documents[0].Value)
	if err != nil {
		t.Fatal(err)
	}
	var c config
	if err := json.Unmarshal(value, &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Builds) != 1 || len(c.Archives) != 1 || len(c.NFPMs) != 1 {
		t.Fatalf("%d builds, %d archives, %d packages: want 1 each", len(c.Builds), len(c.Archives), len(c.NFPMs))
	}
	return c, string(text)
}

// TestBuilds holds what makes a release the same wherever it is built, and for whom.
func TestBuilds(t *testing.T) {
	t.Parallel()
	c, _ := configured(t)
	b := c.Builds[0]
	for _, tc := range []struct {
		name      string
		want, got []string
	}{
		{"systems", []string{"linux", "darwin", "windows"}, b.GoOS},
		{"processors", []string{"amd64", "arm64"}, b.GoArch},
		{"environment", []string{"CGO_ENABLED=0"}, b.Env},
		{"flags", []string{"-trimpath", "-buildvcs=false"}, b.Flags},
		{"linker", []string{"-s -w -buildid="}, b.LDFlags[:1]},
		{"packages", []string{"deb", "rpm"}, c.NFPMs[0].Formats},
		{"program", []string{"./cmd/rescale-apply"}, []string{b.Main}},
		{"list of sums", []string{"checksums.txt"}, []string{c.Checksum.Name}},
	} {
		if diff := cmp.Diff(tc.want, tc.got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.name, diff)
		}
	}
}

// TestLinked compares the variables that the linker sets with those that there are: it
// ignores a name that it does not find, without a word.
func TestLinked(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "linked.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for _, name := range spec.Names {
				want = append(want, own+"."+name.Name)
			}
		}
		return true
	})
	slices.Sort(want)
	texts, err := os.ReadFile(filepath.Join(root, ".ci", "texts"))
	if err != nil {
		t.Fatal(err)
	}
	c, _ := configured(t)
	for from, text := range map[string]string{
		".goreleaser.yaml": strings.Join(c.Builds[0].LDFlags, " "),
		".ci/texts":        strings.ReplaceAll(string(texts), "$package", own),
	} {
		var got []string
		for _, match := range regexp.MustCompile(`-X ([^= ]+)=`).FindAllStringSubmatch(text, -1) {
			got = append(got, match[1])
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s sets (-want +got)\n%s", from, diff)
		}
	}
}

// TestPacked looks for every file that archives and packages hold: it is in the
// repository, or .ci/texts makes it.
func TestPacked(t *testing.T) {
	t.Parallel()
	texts, err := os.ReadFile(filepath.Join(root, ".ci", "texts"))
	if err != nil {
		t.Fatal(err)
	}
	c, _ := configured(t)
	for _, file := range slices.Concat(c.Archives[0].Files, c.NFPMs[0].Contents) {
		made, isMade := strings.CutPrefix(file.Src, ".release/")
		if isMade && !bytes.Contains(texts, []byte(`"$folder/`+strings.TrimSuffix(made, "/*"))) {
			t.Errorf(".ci/texts makes no %s", file.Src)
		}
		if _, err := os.Stat(filepath.Join(root, file.Src)); err != nil && !isMade {
			t.Error(err)
		}
	}
}

// TestCask compares the pages that Homebrew installs, which takes no pattern, with those
// that there are. -update rewrites them.
func TestCask(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	env := app.Env{
		Args: []string{"help", "--man", folder}, Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer), Getenv: func(string) string { return "" },
		Screen: app.Screen{Size: func() (int, int, bool) { return 0, 0, false }},
	}
	if code := app.Main(t.Context(), env); code != 0 {
		t.Fatalf("exit %d: %s", code, env.Stderr)
	}
	pages, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, page := range pages {
		want.WriteString("      - man1/" + filepath.Base(page) + "\n")
	}
	_, text := configured(t)
	listed := regexp.MustCompile(`(?m)^    manpages:\n((?:      - .*\n)+)`).FindStringSubmatch(text)
	if listed == nil {
		t.Fatal(".goreleaser.yaml lists no manpages")
	}
	if golden.Update() {
		text = strings.Replace(text, listed[1], want.String(), 1)
		if err := os.WriteFile(filepath.Join(root, ".goreleaser.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want.String(), listed[1]); diff != "" {
		t.Errorf(".goreleaser.yaml (-want +got)\n%s\nif that is right: go test ./internal/app/release -update", diff)
	}
}
