package diag_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

func TestListSort(t *testing.T) {
	t.Parallel()
	problem := func(file string, line, col int, message string) diag.Diagnostic {
		return diag.Diagnostic{Pos: diag.Position{File: file, Line: line, Col: col}, Rule: diag.BadValue, Message: message}
	}
	list := diag.List{
		problem("b.yaml", 9, 1, "one"),
		problem("a.yaml", 2, 5, "two"),
		problem("b.yaml", 3, 7, "three"),
		problem("b.yaml", 3, 2, "four"),
		problem("a.yaml", 2, 5, "two"),
		problem("b.yaml", 3, 7, "five"),
	}
	before := slices.Clone(list)
	var got []string
	for _, d := range list.Sort() {
		got = append(got, d.Message)
	}
	want := []string{"four", "three", "five", "one", "two"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, list); diff != "" {
		t.Errorf("Sort changed its receiver (-want +got):\n%s", diff)
	}
}

func TestListErr(t *testing.T) {
	t.Parallel()
	var list diag.List
	if err := list.Err(); err != nil {
		t.Errorf("no problems: got error %v", err)
	}
	pos := diag.Position{File: "job.yaml", Line: 3, Col: 7}
	list.Add(pos, diag.BadValue, "a hint", "%s is wrong", "name")
	if got, want := list.Err().Error(), "job.yaml:3:7: name is wrong [bad-value]"; got != want {
		t.Errorf("one problem: got %q, want %q", got, want)
	}
	list.Add(pos, diag.BadValue, "", "more")
	list.Add(pos, diag.BadValue, "", "still more")
	if got, want := list.Err().Error(), "job.yaml:3:7: name is wrong [bad-value] (and 2 more)"; got != want {
		t.Errorf("three problems: got %q, want %q", got, want)
	}
	var target diag.List
	if !errors.As(list.Err(), &target) || len(target) != 3 {
		t.Errorf("the error does not carry the list: %v", target)
	}
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	hardware := []string{"coreType", "coresPerSlot", "slots", "walltime"}
	many := strings.Split("abcdefghijklmnopqrst", "")
	for name, tc := range map[string]struct {
		name  string
		known []string
		want  string
	}{
		"one letter missing":    {"coresPerSlo", hardware, "did you mean coresPerSlot?"},
		"one letter more":       {"coreTypes", hardware, "did you mean coreType?"},
		"letters swapped":       {"coerType", hardware, "did you mean coreType?"},
		"best only":             {"coresPerSlots", hardware, "did you mean coresPerSlot?"},
		"case":                  {"coretype", hardware, "did you mean coreType?"},
		"case and underscores":  {"cores_per_slot", hardware, "did you mean coresPerSlot?"},
		"part of the name":      {"time", hardware, "did you mean walltime?"},
		"several":               {"rs-1", []string{"rs-3", "rs-2", "rs-10", "xx"}, "did you mean rs-10, rs-2 or rs-3?"},
		"two":                   {"emeralt", []string{"emerald", "emerald2"}, "did you mean emerald or emerald2?"},
		"nothing near, few":     {"gpu", hardware, "known: coreType, coresPerSlot, slots, walltime"},
		"nothing near, many":    {"gpu", many, ""},
		"nothing known":         {"gpu", nil, ""},
		"empty name":            {"", []string{"abc"}, "known: abc"},
		"short name is not all": {"o", []string{"openfoam"}, "known: openfoam"},
		"umlauts":               {"größe", []string{"grösse", "x"}, "did you mean grösse?"},
		"known twice":           {"slot", []string{"slots", "slots"}, "did you mean slots?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := diag.DidYouMean(tc.name, tc.known); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRulesAreDistinct(t *testing.T) {
	t.Parallel()
	seen := make(map[diag.Rule]bool)
	for _, rule := range diag.Rules() {
		if seen[rule] || rule == "" || strings.ToLower(string(rule)) != string(rule) || strings.ContainsAny(string(rule), " _") {
			t.Errorf("rule %q is repeated or not in kebab case", rule)
		}
		seen[rule] = true
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                       "",
		"abc":                    "abc",
		strings.Repeat("ä", 60):  strings.Repeat("ä", 60),
		strings.Repeat("ä", 61):  strings.Repeat("ä", 60) + "…",
		strings.Repeat("😀", 999): strings.Repeat("😀", 60) + "…",
	} {
		if got := diag.Short(in); got != want {
			t.Errorf("Short(%q) = %q, want %q", in, got, want)
		}
	}
}
