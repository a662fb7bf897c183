package resolver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// shop is a platform with little to choose from.
type shop struct {
	prices []rescale.Price
	price  float64
	err    error
}

func (s shop) Me(ctx context.Context) (rescale.User, error) {
	if err := ctx.Err(); err != nil {
		return rescale.User{}, err
	}
	return rescale.User{Email: "ada@example.com", MaxJobHours: 48}, s.err
}

func (shop) Projects(ctx context.Context) ([]rescale.Project, error) {
	return []rescale.Project{{ID: "pAero", Name: "aero"}}, ctx.Err()
}

func (shop) Analyses(ctx context.Context) ([]rescale.Analysis, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return []rescale.Analysis{
		{Code: "solver", Name: "The Solver", HasRescaleLicense: true, Versions: []rescale.Version{
			{Version: "2024 R2", VersionCode: "24.2"}, {Version: "2024 R1", VersionCode: "24.1", AllowedCoreTypes: []string{"big"}},
		}},
		{Code: "empty"},
	}, nil
}

func (s shop) CoreTypes(ctx context.Context) ([]rescale.CoreType, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return []rescale.CoreType{
		{Code: "big", Name: "Big Iron", Cores: []int{4, 16}, Price: s.price, LowPriorityPrice: s.price / 2, Active: true},
	}, nil
}

func (s shop) ComputePrices(ctx context.Context) ([]rescale.Price, error) {
	return s.prices, ctx.Err()
}

func (shop) File(ctx context.Context, id string) (rescale.File, error) {
	if err := ctx.Err(); err != nil {
		return rescale.File{}, err
	}
	if id == "gone" {
		return rescale.File{}, &rescale.Error{Status: http.StatusNotFound}
	}
	kinds := map[string]rescale.FileType{"oUtPuT": rescale.OutputFile, "tEmPlAtE": rescale.TemplateFile, "pArAmS": rescale.ParamFile, "sCrIpT": rescale.ScriptFile}
	return rescale.File{ID: id, Name: "mesh.msh", Size: 7, Complete: id != "hAlF", Deleted: id == "dElEtEd", Type: kinds[id]}, nil
}

func (shop) StorageStatus(ctx context.Context, id string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if id == "gone" {
		return "", &rescale.Error{Status: http.StatusNotFound}
	}
	return map[string]string{"StArT": rescale.StorageStarted, "StOp": "Stopped"}[id], nil
}

func (shop) Cluster(ctx context.Context, id string) (rescale.Cluster, error) {
	return rescale.Cluster{ID: id, CoreType: "big", Cores: 16, Status: "Started"}, ctx.Err()
}

// load reads a manifest whose first lines are always the same.
func load(t *testing.T, dir, more string) []spec.Job {
	t.Helper()
	return loadAll(t, dir, "version: 1\nname: wing\ncommand: run\n"+more)
}

func loadAll(t *testing.T, dir, text string) []spec.Job {
	t.Helper()
	jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Dir: dir, Text: []byte(text)}})
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return jobs
}

const plain = "analysis: {code: solver, version: \"24.2\"}\nhardware: {coreType: big, coresPerSlot: 4, walltime: 90m}\n"

func resolve(t *testing.T, s shop, more string) resolver.Job {
	t.Helper()
	return resolveIn(t, s, t.TempDir(), more)
}

func resolveIn(t *testing.T, s shop, dir, more string) resolver.Job {
	t.Helper()
	result, problems, err := resolver.Resolve(t.Context(), load(t, dir, more), s, files.Reading{})
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v %v", problems, err)
	}
	return result.Jobs[0]
}

// TestDigestIsFinal pins the digest of one job: it is in state files and on the
// platform, so it must never change for a manifest that does not.
func TestDigestIsFinal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "deck"), []byte("deck\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	job := resolveIn(t, shop{price: 1}, dir, plain+"inputs: [deck, {id: AbC, decompress: false}]\nenv: {B: \"2\", A: \"1\"}\n")
	want := []resolver.Part{
		{Field: "analysis", Value: "solver"},
		{Field: "version", Value: "24.2"},
		{Field: "coreType", Value: "big"},
		{Field: "coresPerSlot", Value: "4"},
		{Field: "slots", Value: "1"},
		{Field: "command", Value: "sha256:acba25512100f80b56fc3ccd14c65be55d94800cda77585c5f41a887e398f9be"},
		{Field: "env A", Value: "sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"},
		{Field: "env B", Value: "sha256:d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35"},
		{Field: "input deck", Value: "sha512:b4e9cc4b9b2ebd9a4b9d4a3d8c3e0c1e"},
		{Field: "input mesh.msh", Value: "id:AbC packed"},
	}
	want[8].Value = job.Parts[8].Value // pinned through the digest
	if diff := cmp.Diff(want, job.Parts); diff != "" {
		t.Errorf("parts (-want +got)\n%s", diff)
	}
	if want := "4cc14875179e2cd7760fb7dc7cd07c62e58dadb10e31874145af3bc24482d5c8"; job.Digest != want {
		t.Errorf("digest %s, want %s", job.Digest, want)
	}
}

func TestWhatIsNamedByID(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		manifest string
		problems []string
		notes    []string
	}{
		"fit": {
			"storage: [StArT, StOp, NeVeR]\ninputs: [{id: AbC}, {id: oUtPuT}]\n", nil,
			[]string{
				"input AbC is mesh.msh", "input oUtPuT is mesh.msh", "storage StArT is attached before the submit; what lies on it is in no digest",
				"storage StOp is attached before the submit; what lies on it is in no digest", "storage NeVeR is attached before the submit; what lies on it is in no digest",
			},
		},
		"unfit, in the order of the manifest": {
			"storage: [StArT, gone]\ninputs: [{id: tEmPlAtE}, {id: pArAmS}, {id: sCrIpT}, {id: gone}, {id: dElEtEd}, {id: hAlF}, {id: tEmPlAtE, decompress: false}]\n",
			[]string{
				`job.yaml:6:18: the platform has no storage with id "gone" for this account [unknown-storage]`,
				`job.yaml:7:15: file tEmPlAtE ("mesh.msh") is a template of a design of experiments, not an input [wrong-file-type]`,
				`job.yaml:7:31: file pArAmS ("mesh.msh") is a file of parameters, not an input [wrong-file-type]`,
				`job.yaml:7:45: file sCrIpT ("mesh.msh") is a script, not an input [wrong-file-type]`,
				`job.yaml:7:59: the platform has no file with id "gone" for this account [unknown-file]`,
				`job.yaml:7:71: file dElEtEd ("mesh.msh") was deleted on the platform [unknown-file]`,
				`job.yaml:7:86: the upload of file hAlF ("mesh.msh") has not ended [unknown-file]`,
				`job.yaml:7:98: file tEmPlAtE ("mesh.msh") is a template of a design of experiments, not an input [wrong-file-type]`,
			},
			nil,
		},
		"scripts": {
			"preProcess: {id: sCrIpT, command: bash a}\npostProcess: {id: sCrIpT, command: bash b}\n", nil,
			[]string{"preProcess sCrIpT is mesh.msh", "postProcess sCrIpT is mesh.msh"},
		},
		"no scripts": {
			"preProcess: {id: oUtPuT, command: bash a}\npostProcess: {id: gone, command: bash b}\n",
			[]string{
				`job.yaml:6:18: file oUtPuT ("mesh.msh") is a result of a job, not a script [wrong-file-type]`,
				`job.yaml:7:19: the platform has no file with id "gone" for this account [unknown-file]`,
			},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, found, err := resolver.Resolve(t.Context(), load(t, t.TempDir(), plain+tc.manifest), shop{price: 1}, files.Reading{})
			if err != nil {
				t.Fatal(err)
			}
			var problems, notes []string
			for _, p := range found {
				problems = append(problems, fmt.Sprintf("%v: %s [%s]", p.Pos, p.Message, p.Rule))
			}
			for _, job := range result.Jobs {
				notes = append(notes, job.Notes[len(job.Notes)-len(tc.notes):]...)
			}
			if diff := cmp.Diff(tc.problems, problems); diff != "" {
				t.Errorf("problems (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tc.notes, notes); diff != "" {
				t.Errorf("notes (-want +got)\n%s", diff)
			}
		})
	}
}

// TestDigest says the same in other words, which must not change the digest, and
// something else, which must. TestEveryKeyDoesToTheDigestWhatTheSchemaSays has every key.
func TestDigest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"deck", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const analysis = "analysis: {code: solver, version: \"24.2\"}\n"
	const hardware = "hardware: {coreType: big, coresPerSlot: 4}\n"
	const rest = "inputs: [deck, other]\nenv: {A: \"1\", B: \"2\"}\n"
	base := resolveIn(t, shop{price: 1}, dir, analysis+hardware+rest).Digest
	for name, tc := range map[string]struct {
		manifest string
		changes  bool
	}{
		"slots, the default": {analysis + "hardware: {coreType: big, coresPerSlot: 4, slots: 1}\n" + rest, false},
		"core type by name":  {analysis + "hardware: {coreType: big iron, coresPerSlot: 4}\n" + rest, false},
		"display version":    {"analysis: {code: solver, version: 2024 R2}\n" + hardware + rest, false},
		"newest version":     {"analysis: {code: solver}\n" + hardware + rest, false},
		"order of inputs":    {analysis + hardware + "inputs: [other, deck]\nenv: {A: \"1\", B: \"2\"}\n", false},
		"order of env":       {analysis + hardware + "inputs: [deck, other]\nenv: {B: \"2\", A: \"1\"}\n", false},

		"env":      {analysis + hardware + "inputs: [deck, other]\nenv: {A: \"1\", B: \"3\"}\n", true},
		"env name": {analysis + hardware + "inputs: [deck, other]\nenv: {A: \"1\", C: \"2\"}\n", true},
		"an input": {analysis + hardware + "inputs: [deck]\nenv: {A: \"1\", B: \"2\"}\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := resolveIn(t, shop{price: 1}, dir, tc.manifest).Digest; (got != base) != tc.changes {
				t.Errorf("the digest changes: %v, want %v", got != base, tc.changes)
			}
		})
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	list := []rescale.Price{
		{CoreType: "big", PlanType: "on-demand", Active: true, Amount: 0.3},
		{CoreType: "big", PlanType: "instant", Active: true, Amount: 0.7},
		{CoreType: "big", PlanType: "instant", Amount: 9},
		{CoreType: "small", PlanType: "instant", Active: true, Amount: 9},
	}
	for name, tc := range map[string]struct {
		shop     shop
		manifest string
		want     resolver.Estimate
	}{
		"catalog price": {shop{price: 0.5}, plain, resolver.Estimate{Bounded: true, CoreHours: 8, Rate: 0.5, Cost: 4}},
		"economy":       {shop{price: 0.5}, plain + "priority: economy\n", resolver.Estimate{Bounded: true, PerAttempt: true, CoreHours: 8, Rate: 0.25, Cost: 2}},
		"economy that never starts again": {
			shop{price: 0.5}, plain + "priority: economy\nlimits: {restarts: 0}\n", resolver.Estimate{Bounded: true, CoreHours: 8, Rate: 0.25, Cost: 4},
		},
		"economy that starts again": {
			shop{price: 0.5}, plain + "priority: economy\nlimits: {restarts: 2}\n", resolver.Estimate{Bounded: true, CoreHours: 24, Rate: 0.25, Cost: 12},
		},
		"economy by the price list": {
			shop{prices: list}, plain + "priority: economy\nlimits: {restarts: 1}\n", resolver.Estimate{Bounded: true, CoreHours: 16, Rate: 0.3, Cost: 11.2},
		},
		"restarts of another priority": {
			shop{price: 0.5}, plain + "limits: {restarts: 2}\n", resolver.Estimate{Bounded: true, CoreHours: 8, Rate: 0.5, Cost: 4},
		},
		"price list":        {shop{prices: list}, plain, resolver.Estimate{Bounded: true, CoreHours: 8, Rate: 0.7, Cost: 5.6}},
		"price list, spare": {shop{prices: list}, plain + "priority: economy\n", resolver.Estimate{Bounded: true, PerAttempt: true, CoreHours: 8, Rate: 0.3, Cost: 2.4}},
		"price list without the plan": {
			shop{prices: list[:1]}, plain, resolver.Estimate{Bounded: true, CoreHours: 8, Rate: 0.3, Cost: 2.4},
		},
		"no price": {shop{}, plain, resolver.Estimate{Bounded: true, CoreHours: 8}},
		"no walltime": {
			shop{price: 0.5}, "analysis: {code: solver}\nhardware: {coreType: big, coresPerSlot: 4}\n", resolver.Estimate{Rate: 0.5},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := resolve(t, tc.shop, tc.manifest).Estimate
			near := cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })
			if diff := cmp.Diff(tc.want, got, near); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		manifest string
		check    func(rescale.JobRequest) any
		want     any
	}{
		"on demand": {"", func(r rescale.JobRequest) any { return r.BillingPriorityValue }, "INSTANT"},
		"economy": {
			"priority: economy\n", func(r rescale.JobRequest) any { return []any{r.BillingPriorityValue, r.IsLowPriority} }, []any{"ON_DEMAND", true},
		},
		"reserved": {
			"priority: reserved\n", func(r rescale.JobRequest) any { return []any{r.BillingPriorityValue, r.IsLowPriority} }, []any{"RESERVED", false},
		},
		"project by name": {"project: aero\n", func(r rescale.JobRequest) any { return r.ProjectID }, "pAero"},
		"project by id":   {"project: pAero\n", func(r rescale.JobRequest) any { return r.ProjectID }, "pAero"},
		"walltime":        {"", func(r rescale.JobRequest) any { return r.JobAnalyses[0].Hardware.Walltime }, 2},
		"seller": {
			"license: {seller: rescale}\n", func(r rescale.JobRequest) any { return r.JobAnalyses[0].OnDemandLicenseSeller.Code }, "rescale",
		},
		"servers": {
			"license: {servers: {LM: 1@h}}\n", func(r rescale.JobRequest) any { return r.JobAnalyses[0].EnvVars["LM"] }, "1@h",
		},
		"a queue of licenses": {
			"license: {servers: {LM: 1@h}, features: [{name: hpc, count: 8}], variables: {LM_PROJECT: wing}}\n",
			func(r rescale.JobRequest) any {
				tile := r.JobAnalyses[0]
				return []any{tile.EnvVars, tile.UserDefinedLicenseSettings.FeatureSets[0].Features, tile.OnDemandLicenseSeller == nil, tile.UseRescaleLicense}
			},
			[]any{map[string]string{"LM": "1@h", "LM_PROJECT": "wing"}, []rescale.LicenseFeature{{Name: "hpc", Count: 8}}, true, false},
		},
		"features": {
			"license: {features: [{name: hpc, count: 8}]}\n",
			func(r rescale.JobRequest) any { return r.JobAnalyses[0].UserDefinedLicenseSettings.FeatureSets },
			[]rescale.FeatureSet{{Name: "USER_SPECIFIED_0", Features: []rescale.LicenseFeature{{Name: "hpc", Count: 8}}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.check(resolve(t, shop{price: 1}, plain+tc.manifest).Request)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestNoAnswerIsAnError(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset by peer")
	_, problems, err := resolver.Resolve(t.Context(), load(t, t.TempDir(), plain), shop{err: lost}, files.Reading{})
	if !errors.Is(err, lost) || problems != nil {
		t.Errorf("%v, %v", problems, err)
	}
}
