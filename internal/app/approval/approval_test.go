package approval_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/review"
	"github.com/rescale-apply/rescale-apply/internal/app/approval"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

const (
	platform = "https://platform.rescale.com"
	account  = "ada@example.com"
)

// one is a plan of one job that stops another run first, with an input.
func one(input string) planner.Plan {
	return planner.Plan{Steps: []planner.Step{{
		Job: resolver.Job{
			Name: "heat", Namespace: "acme", Project: "aero", Tiles: []resolver.Tile{{Cores: 4}},
			Estimate: resolver.Estimate{Bounded: true, CoreHours: 3, Rate: 0.1, Cost: 0.30001}, Inputs: []files.Input{{Name: "deck.k", Path: input}},
		},
		Action: planner.Rerun, Key: once.Key{Digest: "aa", Name: "heat", Generation: 1, Attempt: 2},
		Stop: []planner.Rival{{ID: "Old", Key: "1:bb:1.1:heat"}},
	}}}
}

func asIs(text string) string { return text }

// wrote is a file with a text; it is nowhere without one.
func wrote(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if text != "" {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// TestAPlanComesBack as it was written, and lets pass what it was made of, and no more.
func TestAPlanComesBack(t *testing.T) {
	t.Parallel()
	path := wrote(t, "plan.json", "")
	place, err := approval.Reserve(path)
	if err != nil {
		t.Fatal(err)
	}
	header := approval.Header{Platform: platform, Account: account, Source: source.Source{Version: 1, Commit: "7ba84b4"}}
	if err := place.Write(one(""), header, asIs); err != nil {
		t.Fatal(err)
	}
	place.Release()
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), `"commit": "7ba84b4"`) {
		t.Errorf("%v\n%s", err, text)
	}
	a, err := (&approval.Options{Plan: path}).Read()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Check(review.Of(one(""), platform, account), ""), a.Permit()(one("").Steps[0])); err != nil {
		t.Error(err)
	}
	other := one("")
	other.Steps[0].Key.Attempt = 3
	err = a.Check(review.Of(other, platform, account), "rescale-apply -f job.yaml")
	var refused *approval.Error
	if !errors.As(err, &refused) || a.Permit()(other.Steps[0]) == nil {
		t.Fatal(err)
	}
	want := &approval.Error{Path: path, Differences: 1, Again: "rescale-apply plan -f job.yaml --out " + path}
	if diff := cmp.Diff(want, refused); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := approval.Reserve(path); err != nil {
		t.Errorf("a plan does not make room for the next: %v", err)
	}
}

// TestACollectingApplyNeedsThePlaceOnly to be as reviewed: what else differs is withheld.
func TestACollectingApplyNeedsThePlaceOnly(t *testing.T) {
	t.Parallel()
	path := wrote(t, "plan.json", "")
	place, err := approval.Reserve(path)
	if err == nil {
		err = place.Write(planner.Plan{}, approval.Header{Platform: platform, Account: account}, asIs)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]approval.Options{"with a plan": {Plan: path, Collect: true}, "without one": {Collect: true}} {
		a, err := o.Read()
		if err != nil {
			t.Fatal(name, err)
		}
		if got := a.Restrict(one("")).Steps[0].Action; got != planner.Withheld || a.Permit()(one("").Steps[0]) == nil {
			t.Errorf("%s: %s", name, got)
		}
		if err := a.Check(review.Of(one(""), platform, account), ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := a.Check(review.Of(one(""), platform, "bob@example.com"), ""); (err == nil) != (o.Plan == "") {
			t.Errorf("%s, another account: %v", name, err)
		}
	}
}

func TestManyDifferencesAreCounted(t *testing.T) {
	t.Parallel()
	path := wrote(t, "plan.json", "")
	place, err := approval.Reserve(path)
	if err == nil {
		err = place.Write(planner.Plan{}, approval.Header{Platform: platform, Account: account}, asIs)
	}
	a, readErr := (&approval.Options{Plan: path}).Read()
	if err := errors.Join(err, readErr); err != nil {
		t.Fatal(err)
	}
	now := review.Plan{Platform: platform, Account: account, Jobs: make([]review.Job, 300)}
	for i := range now.Jobs {
		now.Jobs[i] = review.Job{Name: "heat", Action: planner.Run}
	}
	said := strings.Split(a.Check(now, "").Error(), "\n")
	if len(said) != 21 || !strings.Contains(said[20], "300 differences") {
		t.Errorf("%d lines, the last %s", len(said), said[len(said)-1])
	}
}

func TestReserve(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, tc := range map[string]struct{ path, want string }{
		"a new file":        {wrote(t, "plan.json", ""), ""},
		"a blank file":      {wrote(t, "plan.json", " "), "is no plan"},
		"an earlier plan":   {wrote(t, "plan.json", `{"planDigest": "edited"}`), ""},
		"a manifest":        {wrote(t, "job.yml", "version: 1\n"), "a folder of manifests would take it for one"},
		"a new manifest":    {wrote(t, "job.YAML", ""), "a folder of manifests would take it for one"},
		"an input":          {wrote(t, "deck.k", "*KEYWORD\n"), "it is there already, and is no plan"},
		"JSON of others":    {wrote(t, "points.json", "{}"), "it is there already, and is no plan"},
		"a folder":          {folder, "it is there already, and is no plan"},
		"no folder of that": {filepath.Join(folder, "a", "plan.json"), "writing the plan"},
		"nothing":           {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, _ := os.ReadFile(tc.path)
			place, err := approval.Reserve(tc.path)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			place.Release()
			if after, _ := os.ReadFile(tc.path); string(after) != string(before) {
				t.Errorf("%q became %q", before, after)
			}
			if _, err := os.Stat(tc.path); len(before) == 0 && tc.path != folder && err == nil {
				t.Error("an empty file stays")
			}
		})
	}
}

// TestLinksStay what they are, and so do the files behind them.
func TestLinksStay(t *testing.T) {
	t.Parallel()
	earlier, link := wrote(t, "plan.json", `{"planDigest": "of another"}`), wrote(t, "link.json", "")
	late, err := approval.Reserve(link)
	if err != nil {
		t.Fatal(err)
	}
	late.Release()
	for _, to := range []string{earlier, filepath.Join(t.TempDir(), "nothing")} {
		if err := os.Symlink(to, link); err != nil {
			t.Skip("no links here")
		}
		_, early := approval.Reserve(link)
		for _, err := range []error{early, late.Write(one(""), approval.Header{Platform: platform, Account: account}, asIs)} {
			if err == nil || !strings.Contains(err.Error(), "names a link") {
				t.Errorf("%s: %v", to, err)
			}
		}
		if got, err := os.Readlink(link); got != to || err != nil {
			t.Errorf("%s is %s, %v", link, got, err)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWriteRefuses what a later apply could not read, or would send.
func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	input := wrote(t, "deck.json", `{"planDigest": "of an input"}`)
	plan := one(input)
	twice := planner.Plan{Steps: slices.Repeat(one("").Steps, 2)}
	for name, tc := range map[string]struct {
		plan       planner.Plan
		path, want string
		hide       func(string) string
	}{
		"an input":              {plan, input, "it is an input of job heat", asIs},
		"a name that is secret": {plan, wrote(t, "plan.json", ""), "a secret is a part of a name", func(text string) string { return strings.ReplaceAll(text, "heat", "***") }},
		"a job twice":           {twice, wrote(t, "plan.json", ""), `writing the plan: job "heat" is there twice`, asIs},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place, err := approval.Reserve(tc.path)
			if err != nil {
				t.Fatal(err)
			}
			err = place.Write(tc.plan, approval.Header{Platform: platform, Account: account}, tc.hide)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestReadRefusesDevices(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("this system has no device of that name")
	}
	for _, path := range []string{"/dev/zero", t.TempDir()} {
		if _, err := (&approval.Options{Plan: path}).Read(); err == nil || !strings.Contains(err.Error(), "it is no file") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
