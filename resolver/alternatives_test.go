package resolver_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// market is a shop with more core types, and with versions that come and go.
type market struct {
	shop
	versions []string // newest first
}

func (m market) Analyses(ctx context.Context) ([]rescale.Analysis, error) {
	solver := rescale.Analysis{Code: "solver"}
	for _, v := range m.versions {
		solver.Versions = append(solver.Versions, rescale.Version{Version: v, VersionCode: v})
	}
	solver.Versions = append(solver.Versions, rescale.Version{Version: "1", VersionCode: "1", AllowedCoreTypes: []string{"dear", "small"}})
	return []rescale.Analysis{solver}, ctx.Err()
}

func (market) CoreTypes(ctx context.Context) ([]rescale.CoreType, error) {
	return []rescale.CoreType{
		{Code: "cheap", Name: "Cheap One", Cores: []int{4}, Price: 1, Active: true},
		{Code: "dear", Cores: []int{4}, Price: 10, Active: true},
		{Code: "small", Cores: []int{3}, Price: 1, Active: true},
		{Code: "old", Cores: []int{4}, Price: 1, Active: true, Deprecated: true},
		{Code: "strict", Cores: []int{4}, Price: 1, Active: true, WalltimeRequired: true},
		{Code: "free", Cores: []int{4}, Active: true},
	}, ctx.Err()
}

func (market) Cluster(ctx context.Context, id string) (rescale.Cluster, error) {
	return rescale.Cluster{ID: id, CoreType: strings.ToLower(id), Status: "Started"}, ctx.Err()
}

// offered resolves a job that names its core types, its version and its limit.
func offered(t *testing.T, m market, coreType, version, more string) (job resolver.Job, problems []string) {
	t.Helper()
	if version != "" {
		version = ", version: '" + version + "'"
	}
	text := "analysis: {code: solver" + version + "}\nhardware: {coreType: " + coreType + ", coresPerSlot: 4, walltime: 1h}\n" + more
	result, list, err := resolver.Resolve(t.Context(), load(t, t.TempDir(), text), m, files.Reading{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		problems = append(problems, d.Pos.String()+" "+d.Message)
	}
	if len(result.Jobs) > 0 {
		job = result.Jobs[0]
	}
	return job, problems
}

// TestTheFirstThatFitsIsTaken, and the plan says why the others are not.
func TestTheFirstThatFitsIsTaken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		list, version, more string
		want, note          string
	}{
		"the first":                {"[cheap, dear]", "2", "", "cheap", "core type cheap: the first of cheap, dear"},
		"the order decides":        {"[dear, cheap]", "2", "", "dear", "core type dear: the first of dear, cheap"},
		"a list of one":            {"[dear]", "2", "", "dear", ""},
		"by its name":              {"[cheap one, dear]", "2", "", "cheap", "core type cheap: the first of cheap, dear"},
		"twice in two words":       {"[cheap one, cheap, dear]", "2", "", "cheap", "core type cheap: the first of cheap, dear"},
		"not allowed":              {"[cheap, dear]", "1", "", "dear", "core type dear: cheap is not allowed by solver 1"},
		"no such size":             {"[small, dear]", "1", "", "dear", "core type dear: small has no size of 4 cores"},
		"retired":                  {"[old, dear]", "2", "", "dear", "core type dear: old is retired"},
		"unknown":                  {"[cheep, dear]", "2", "", "dear", `core type dear: the platform has no core type "cheep"; did you mean cheap?`},
		"too dear":                 {"[dear, cheap]", "2", "limits: {maxCost: 39}\n", "cheap", "core type cheap: on dear a run can cost 40.00 USD, and limits.maxCost is 39.00 USD"},
		"just within the limit":    {"[dear, cheap]", "2", "limits: {maxCost: 40}\n", "dear", "core type dear: the first of dear, cheap"},
		"no price, with a limit":   {"[free, cheap]", "2", "limits: {maxCost: 39}\n", "cheap", "core type cheap: the platform names no price for free"},
		"no price, without one":    {"[free, cheap]", "2", "", "free", "core type free: the first of free, cheap"},
		"not on the cluster":       {"[cheap, dear]", "2", "clusterId: DeAr\n", "dear", "core type dear: cluster DeAr does not have cheap"},
		"several are passed over":  {"[old, dear, cheap]", "2", "limits: {maxCost: 5}\n", "cheap", "core type cheap: old is retired; on dear a run can cost 40.00 USD, and limits.maxCost is 5.00 USD"},
		"too dear, all: the first": {"[old, dear, cheap]", "2", "limits: {maxCost: 1}\n", "dear", "core type dear: old is retired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job, problems := offered(t, market{versions: []string{"2"}}, tc.list, tc.version, tc.more)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			tile := job.Tiles[0]
			if tile.CoreType != tc.want || job.Request.JobAnalyses[0].Hardware.CoreType != tc.want || tile.Rate != job.Estimate.Rate {
				t.Errorf("it takes %s for %v USD; the body says %s, the estimate %v", tile.CoreType, tile.Rate, job.Request.JobAnalyses[0].Hardware.CoreType, job.Estimate.Rate)
			}
			notes := slices.DeleteFunc(job.Notes, func(note string) bool { return !strings.HasPrefix(note, "core type") })
			if diff := cmp.Diff(tc.note, strings.Join(notes, "\n")); diff != "" {
				t.Errorf("notes (-want +got)\n%s", diff)
			}
		})
	}
}

// TestNothingFits is one problem, at the list, with the reason for each.
func TestNothingFits(t *testing.T) {
	t.Parallel()
	_, problems := offered(t, market{versions: []string{"2"}}, "[cheap, small, old, none]", "1", "")
	want := []string{`job.yaml:5:22 no core type of the list fits: cheap is not allowed by solver 1; small has no size of 4 cores; old is retired; the platform has no core type "none"`}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got)\n%s", diff)
	}
	job, problems := offered(t, market{versions: []string{"2"}}, "[dear, cheap]", "2", "limits: {maxCost: 1}\n")
	pos, reasons := job.Misfits()
	wanted := []string{"on dear a run can cost 40.00 USD, and limits.maxCost is 1.00 USD", "on cheap a run can cost 4.00 USD, and limits.maxCost is 1.00 USD"}
	if diff := cmp.Diff(wanted, reasons); diff != "" || pos.Line != 5 || len(problems) > 0 {
		t.Errorf("at %v, beside %v, reasons (-want +got)\n%s", pos, problems, diff)
	}
}

// TestTilesChooseTogether: what one tile takes counts for the limit of all.
func TestTilesChooseTogether(t *testing.T) {
	t.Parallel()
	tile := func(list string) string {
		return "{analysis: {code: solver, version: '2'}, hardware: {coreType: " + list + ", coresPerSlot: 4, walltime: 1h}, command: run}"
	}
	for name, tc := range map[string]struct {
		limit string
		want  []string
	}{
		"both the first": {"80", []string{"dear", "dear"}},
		"the second not": {"44", []string{"dear", "cheap"}},
		"neither":        {"8", []string{"cheap", "cheap"}},
		"whatever it be": {"7", []string{"dear", "dear"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace("analyses: ["+tile("[dear, cheap]")+", "+tile("[dear, cheap]")+"]\nlimits: {maxCost: LIMIT}\n", "LIMIT", tc.limit, 1)
			jobs := loadAll(t, t.TempDir(), "version: 1\nname: wing\n"+text)
			result, problems, err := resolver.Resolve(t.Context(), jobs, market{versions: []string{"2"}}, files.Reading{})
			if err != nil || len(problems) > 0 {
				t.Fatal(problems, err)
			}
			var got []string
			for _, tile := range result.Jobs[0].Tiles {
				got = append(got, tile.CoreType)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("core types (-want +got)\n%s", diff)
			}
		})
	}
}

// TestWhichRunsCount: those on any core type of the list, in any version that the manifest
// leaves open, and no other; each has the digest that it has when all of it is written.
func TestWhichRunsCount(t *testing.T) {
	t.Parallel()
	now := market{versions: []string{"3", "2"}}
	ran, _ := offered(t, market{versions: []string{"2"}}, "cheap", "2", "")
	for name, tc := range map[string]struct {
		list, version, more string
		counts              bool
		newer               []string
	}{
		"itself":                    {"cheap", "2", "", true, nil},
		"the list is longer":        {"[cheap, dear]", "2", "", true, nil},
		"in another order":          {"[dear, cheap]", "2", "", true, nil},
		"it left the list":          {"[dear, strict]", "2", "", false, nil},
		"another core type":         {"dear", "2", "", false, nil},
		"the version is left open":  {"cheap", "", "", true, []string{"version 3 of solver is newer than 2, which ran; the next new run takes it"}},
		"both are left open":        {"[dear, cheap]", "", "", true, []string{"version 3 of solver is newer than 2, which ran; the next new run takes it"}},
		"another version":           {"cheap", "3", "", false, nil},
		"open, but another content": {"[dear, cheap]", "", "env: {A: '1'}\n", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job, problems := offered(t, now, tc.list, tc.version, tc.more)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			for how, on := range map[string][]resolver.Ran{"as it ran": {{Version: "2", CoreType: "cheap"}}, "by the digest alone": nil} {
				as, counts := job.Variant(ran.Digest, on)
				if counts != tc.counts {
					t.Fatalf("%s: counts %v", how, counts)
				}
				if counts && (as.Digest != ran.Digest || as.Tiles[0].CoreType != "cheap" || as.Estimate.Cost != ran.Estimate.Cost || as.Request.JobAnalyses[0].Analysis.Version != "2") {
					t.Errorf("%s: it is %+v", how, as)
				}
				if counts && tc.newer != nil {
					if diff := cmp.Diff(tc.newer, as.Newer); diff != "" {
						t.Errorf("%s: newer (-want +got)\n%s", how, diff)
					}
				}
			}
			if job.Loose() && slices.Contains(job.Digests(), ran.Digest) != tc.counts {
				t.Errorf("digests %v", job.Digests())
			}
		})
	}
	job, _ := offered(t, market{versions: []string{"9"}}, "cheap", "", "")
	if _, counts := job.Variant(ran.Digest, []resolver.Ran{{Version: "2", CoreType: "cheap"}}); !counts {
		t.Error("a run in a version that the catalog no longer has does not count")
	}
}
