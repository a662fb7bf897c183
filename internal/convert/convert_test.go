package convert_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

func TestUnique(t *testing.T) {
	t.Parallel()
	names := make(convert.Names)
	long := strings.Repeat("a", 80)
	var got []string
	for _, text := range []string{"Wing 1", "wing  1", "WING_1", "Größe", "日本", "", "...", "a/b:c", long, long, "-x-"} {
		got = append(got, names.Unique(text))
	}
	want := []string{"wing-1", "wing-1-2", "wing_1", "gro-e", "job", "job-2", "job-3", "a-b-c", long[:63], long[:61] + "-2", "x"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func TestHours(t *testing.T) {
	t.Parallel()
	got := make(map[float64]string)
	for _, hours := range []float64{-1, 0, 0.001, 0.5, 1, 1.5, 2, 12, 96.5, 1.0 / 3, 1e12} {
		got[hours] = convert.Hours(hours)
	}
	want := map[float64]string{-1: "", 0: "", 0.001: "1m", 0.5: "30m", 1: "1h", 1.5: "90m", 2: "2h", 12: "12h", 96.5: "96h30m", 1.0 / 3: "20m", 1e12: ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		name, value string
		want        bool
	}{
		"a password":            {"DB_PASSWORD", "x", true},
		"in other letters":      {"db-password", "x", true},
		"a key":                 {"MY_API_KEY", "abc", true},
		"a token":               {"LICENSE_TOKEN", "abc", true},
		"a number of tokens":    {"ABAQUS_TOKENS", "5", false},
		"a token that counts":   {"TOKEN", "5", false},
		"a server":              {"AUTH", "27000@host", false},
		"a file":                {"SECRET_FILE", "/a/b", false},
		"the work folder":       {"PWD", "/a", false},
		"a word that holds one": {"COMPASS", "x", false},
		"nothing":               {"PASSWORD", "", false},
		"by its value":          {"X", "AKIAABCDEFGHIJKLMNOP", true},
		"a keyboard":            {"KEY", "x", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := convert.Secret(convert.Variable{Name: tc.name, Value: tc.value}); got != tc.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	given := []convert.Given{
		{Variable: convert.Variable{Name: "LM", Value: "1@a:2@b"}},
		{Variable: convert.Variable{Name: "RESCALE_APPLY_KEY", Value: "k"}},
		{Variable: convert.Variable{Name: "RESCALE_API_KEY", Value: "k"}},
		{Variable: convert.Variable{Name: "not a name", Value: "k"}},
		{Variable: convert.Variable{Name: "A-B.c", Value: "1"}},
		{Variable: convert.Variable{Name: "MY_SECRET", Value: "hush"}},
	}
	var found convert.Found
	var job convert.Job
	var own, sold convert.Tile
	sold.License.Seller = "rescale"
	found.Environment(&job, &own, given)
	found.Environment(&job, &sold, given[:1])
	var warned []string
	for _, w := range found.Warnings {
		warned = append(warned, w.Text)
	}
	got := []any{own.License.Servers, own.Env, job.Secrets, sold.Env, warned}
	want := []any{
		[]convert.Variable{{Name: "LM", Value: "1@a:2@b"}},
		[]convert.Variable{{Name: "A-B.c", Value: "1"}},
		[]string{"MY_SECRET"},
		[]convert.Variable{{Name: "LM", Value: "1@a:2@b"}},
		[]string{
			"variable RESCALE_API_KEY is left out: the platform sets its own",
			`variable "not a name" is left out: a manifest has no variable of that name`,
			"MY_SECRET looks like a secret: its value is not written, only its name",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in, want string
		problem  string
	}{
		"a mark":    {in: "\uFEFFä", want: "ä"},
		"a NUL":     {in: "ä\nb\x00", problem: "f:2:2: byte 0x00 is no text [not-text]"},
		"not UTF-8": {in: "ä\xff", problem: "f:1:2: byte 0xFF is no text [not-text]"},
		"too large": {in: strings.Repeat("a", convert.MaxBytes+1), problem: "f:1:1: the file has more than 16 MB [too-large]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, list := convert.Text("f", []byte(tc.in))
			got := []string{text, ""}
			if len(list) > 0 {
				got[1] = list[0].String()
			}
			if diff := cmp.Diff([]string{tc.want, tc.problem}, got); diff != "" {
				t.Errorf("differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRebased(t *testing.T) {
	t.Parallel()
	found := convert.Found{Jobs: []convert.Job{{
		DOE:   convert.DOE{Params: "p.csv", Templates: []convert.Template{{Path: "U.tmpl", To: "0/U"}}},
		Tiles: []convert.Tile{{Inputs: []convert.Input{{Path: "a"}, {ID: "b"}}, PreProcess: convert.Script{Path: "pre.sh"}}, {}},
	}}}
	found.Rebased(func(path string) string { return "in/" + path })
	found.AddInputs([]string{"*.inp"})
	want := []convert.Job{{
		DOE:   convert.DOE{Params: "in/p.csv", Templates: []convert.Template{{Path: "in/U.tmpl", To: "0/U"}}},
		Tiles: []convert.Tile{{Inputs: []convert.Input{{Path: "in/a"}, {ID: "b"}, {Path: "*.inp"}}, PreProcess: convert.Script{Path: "in/pre.sh"}}, {}},
	}}
	if diff := cmp.Diff(want, found.Jobs); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	got := convert.Place(diag.Position{File: "f", Line: 3, Col: 5, Width: 9}, "äb\ncd", 4)
	if diff := cmp.Diff(diag.Position{File: "f", Line: 4, Col: 1}, got); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}
