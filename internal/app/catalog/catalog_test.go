package catalog_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/catalog"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/golden"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
)

// platform answers with lists of its own.
type platform struct {
	types    []rescale.CoreType
	prices   []rescale.Price
	analyses []rescale.Analysis
	errs     map[string]error // by call
	calls    []string
}

func (p *platform) call(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.calls = append(p.calls, name)
	return p.errs[name]
}

func (p *platform) CoreTypes(ctx context.Context) ([]rescale.CoreType, error) {
	return p.types, p.call(ctx, "coretypes")
}

func (p *platform) ComputePrices(ctx context.Context) ([]rescale.Price, error) {
	return p.prices, p.call(ctx, "prices")
}

func (p *platform) Analyses(ctx context.Context) ([]rescale.Analysis, error) {
	return p.analyses, p.call(ctx, "analyses")
}

func (p *platform) Projects(ctx context.Context) ([]rescale.Project, error) {
	return []rescale.Project{
		{ID: "pAero", Name: "Aero", Default: true, Remaining: []string{"All: My budget ($100.00 available)"}},
		{ID: "pCfd", Name: "cfd 2026", Remaining: []string{"(no budget)", "Members: (no budget)"}},
		{ID: "pNone"},
	}, p.call(ctx, "projects")
}

func (p *platform) Automations(ctx context.Context) ([]rescale.Automation, error) {
	return []rescale.Automation{{ID: "aMail", Name: "Mail", Description: "sends a\nmail"}, {ID: "aNone"}}, p.call(ctx, "automations")
}

// offer has what is cheap and dear, hidden, retired and on request.
func offer() *platform {
	return &platform{
		types: []rescale.CoreType{
			{Code: "old", Name: "Old", Cores: []int{8}, Price: 0.01, Deprecated: true, Active: true},
			{Code: "opal", Name: "Opal", Cores: []int{4}, Memory: 15500, Active: true},
			{Code: "volta", Name: "Volta", Cores: []int{8, 16}, GPUCounts: []int{1, 2}, Memory: 7625, Price: 1.5, LowPriorityPrice: 0.9, Active: true, WalltimeRequired: true},
			{Code: "granite", Name: "Granite", Processor: "Example CPU", Cores: []int{2, 4}, GPUCounts: []int{0, 0}, Memory: 4000, Price: 0.11, LowPriorityPrice: 0.042, Active: true},
			{Code: "new", Cores: []int{2}, Price: 0.05, LowPriorityPrice: 0.05, Active: true, MustBeRequested: true},
			{Code: "gone", Name: "Gone", Price: 0.02},
		},
		prices: []rescale.Price{
			{CoreType: "opal", PlanType: "on-demand", Active: true, Amount: 0.0333},
			{CoreType: "opal", PlanType: "priority", Active: false, Amount: 9},
		},
		analyses: []rescale.Analysis{
			{Code: "vasp", Name: "VASP", Versions: []rescale.Version{{Version: "6", VersionCode: "6.0", MustBeRequested: true}}},
			{Code: "openfoam_plus", Name: "OpenFOAM+", Vendor: "ESI", HasRescaleLicense: true, Versions: []rescale.Version{
				{Version: "v2312", VersionCode: "v2312+", AllowedCoreTypes: []string{"opal", "old", "granite"}},
				{Version: "v1706", VersionCode: "v1706+", AllowedCoreTypes: []string{"old"}},
				{Version: "v1612", VersionCode: "v1612+", AllowedCoreTypes: []string{}, MustBeRequested: true},
				{Version: "v1606", VersionCode: "v1606+", AllowedCoreTypes: []string{"lost"}},
			}},
			{Code: "openfoam", Name: "OpenFOAM", Vendor: "OpenCFD", LicenseSettings: []rescale.LicenseSetting{{Name: "LM_LICENSE_FILE"}}},
		},
	}
}

// TestRead compares both forms of every catalog.
func TestRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ kind, word string }{
		"coretypes":        {"coretypes", ""},
		"coretypes-word":   {"coretypes", "GRAN"},
		"coretypes-none":   {"coretypes", "nothing\x1b[31m"},
		"analyses":         {"analyses", ""},
		"analyses-vendor":  {"analyses", "esi"},
		"analyses-code":    {"analyses", "OpenFOAM"},
		"analyses-without": {"analyses", "opencfd"},
		"projects":         {"projects", ""},
		"projects-word":    {"projects", "CFD"},
		"automations":      {"automations", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := catalog.Read(t.Context(), offer(), tc.kind, tc.word)
			if err != nil {
				t.Fatal(err)
			}
			var text, object bytes.Buffer
			answer.Text(&text)
			if err := answer.JSON(&object); err != nil {
				t.Fatal(err)
			}
			golden.Equal(t, filepath.Join("testdata", name+".txt"), text.String())
			golden.Equal(t, filepath.Join("testdata", name+".json"), object.String())
		})
	}
}

// TestPricesAreAskedForWhenNeeded, and may be withheld from a member.
func TestPricesAreAskedForWhenNeeded(t *testing.T) {
	t.Parallel()
	priced := []rescale.CoreType{{Code: "a", Price: 1, LowPriorityPrice: 1, Active: true}, {Code: "b"}}
	hidden := []rescale.CoreType{{Code: "a", Active: true}}
	for name, tc := range map[string]struct {
		types []rescale.CoreType
		err   error
		calls []string
		fails bool
	}{
		"all are known":  {types: priced, calls: []string{"coretypes"}},
		"one is hidden":  {types: hidden, calls: []string{"coretypes", "prices"}},
		"not for you":    {types: hidden, err: &rescale.Error{Status: http.StatusForbidden}, calls: []string{"coretypes", "prices"}},
		"not there":      {types: hidden, err: &rescale.Error{Status: http.StatusNotFound}, calls: []string{"coretypes", "prices"}},
		"an outage":      {types: hidden, err: &rescale.Error{Status: http.StatusBadGateway}, calls: []string{"coretypes", "prices"}, fails: true},
		"a wrong answer": {types: hidden, err: errors.New("no JSON"), calls: []string{"coretypes", "prices"}, fails: true},
	} {
		p := &platform{types: tc.types, errs: map[string]error{"prices": tc.err}}
		_, err := catalog.Read(t.Context(), p, "coretypes", "")
		if tc.fails && !errors.Is(err, tc.err) || !tc.fails && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tc.calls, p.calls); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", name, diff)
		}
	}
}

// TestReadFails: an answer is whole or an error.
func TestReadFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, kind := range catalog.Kinds() {
		p := offer()
		p.errs = map[string]error{kind: broken}
		if _, err := catalog.Read(t.Context(), p, kind, ""); !errors.Is(err, broken) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	_, err := catalog.Read(t.Context(), offer(), "coretype", "")
	var unknown *catalog.KindError
	if !errors.As(err, &unknown) || !strings.Contains(unknown.Hint(), "coretypes") {
		t.Errorf("got %v", err)
	}
}

// TestAgainstTheEmulator reads what a client really decodes.
func TestAgainstTheEmulator(t *testing.T) {
	t.Parallel()
	server, err := emulator.Open(emulator.Config{
		Dir: scratch.Dir(t, "catalog"), Accounts: []emulator.Account{{Key: "k", Email: "ada@example.com", Projects: []emulator.Project{{ID: "pAero", Name: "Aero", Default: true}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	client, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret("k"), Transport: server.Transport(), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ kind, word string }{{"coretypes", "emerald"}, {"analyses", "calculix"}, {"projects", ""}, {"automations", ""}} {
		answer, err := catalog.Read(t.Context(), client, tc.kind, tc.word)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		answer.Text(&text)
		golden.Equal(t, filepath.Join("testdata", "emulator-"+tc.kind+".txt"), text.String())
	}
}
