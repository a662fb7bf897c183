package resolver_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/lock"
)

const open = "analysis: {code: solver}\nhardware: {coreType: Big iron, coresPerSlot: 4, walltime: 2h}\n"

// lockedBy reads jobs that have a lock, of which only the entries are given.
func lockedBy(t *testing.T, more, entries string) []spec.Job {
	t.Helper()
	jobs := load(t, t.TempDir(), more)
	held, problems := lock.Read(diag.Source{Name: lock.Name, Text: []byte("formatVersion: 1\n" + entries)})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for i := range jobs {
		jobs[i].Lock = held
	}
	return jobs
}

const (
	older = "analyses: [{code: solver, version: '24.1', since: 2026-11-01}]\n"
	big   = "coreTypes: [{code: big, coresPerSlot: [4, 16], onDemandUSDPerCoreHour: 0.5, economyUSDPerCoreHour: 0.25, since: 2026-11-01}]\n"
)

// A job with a lock is the same job as one that writes the version out.
func TestLockKeepsTheDigest(t *testing.T) {
	t.Parallel()
	resolved := func(jobs []spec.Job) resolver.Job {
		result, problems, err := resolver.Resolve(t.Context(), jobs, shop{price: 0.5}, files.Reading{})
		if err != nil || len(problems) > 0 || len(result.Drift) > 0 {
			t.Fatal(err, problems, result.Drift)
		}
		return result.Jobs[0]
	}
	locked := resolved(lockedBy(t, open, older+big))
	writtenOut := resolved(load(t, t.TempDir(), "analysis: {code: solver, version: '24.1'}\nhardware: {coreType: big, coresPerSlot: 4, walltime: 2h}\n"))
	free := resolved(load(t, t.TempDir(), open))
	if locked.Digest != writtenOut.Digest || locked.Digest == free.Digest {
		t.Errorf("digest %s of the lock, %s written out, %s of the newest", locked.Digest, writtenOut.Digest, free.Digest)
	}
	want := []string{"version 24.1 of solver is locked since 2026-11-01, the newest is 24.2", "core type Big iron is big"}
	if diff := cmp.Diff(want, locked.Notes); diff != "" {
		t.Errorf("notes (-want +got)\n%s", diff)
	}
}

func TestDrift(t *testing.T) {
	t.Parallel()
	named := func(version string) string {
		return "analysis: {code: solver, version: '" + version + "'}\nhardware: {coreType: big, coresPerSlot: 4, walltime: 2h}\n"
	}
	entry := func(wanted, version string) string {
		return "analyses: [{code: solver, wanted: '" + wanted + "', version: '" + version + "', since: 2026-11-01}]\n"
	}
	const add = "rescale-apply catalog lock -f job.yaml"
	for name, tc := range map[string]struct {
		manifest, entries string
		price             float64
		version           string // empty: it cannot be resolved
		drift, problems   []string
	}{
		"nothing":         {open, older + big, 0.5, "24.1", nil, nil},
		"hidden price":    {open, older + big, 0, "24.1", nil, nil},
		"dearer":          {open, older + big, 0.75, "24.1", []string{"rescale.lock.yaml:3:72: price of big rose from 0.5 to 0.75 USD per core-hour since 2026-11-01", "rescale.lock.yaml:3:100: economy price of big rose from 0.25 to 0.375 USD per core-hour since 2026-11-01"}, nil},
		"empty":           {open, "", 0.5, "24.2", []string{"job.yaml:4:18: the newest version of solver is not in rescale.lock.yaml", "job.yaml:5:22: core type big is not in rescale.lock.yaml"}, nil},
		"another version": {named("24.2"), older + big, 0.5, "24.2", []string{"job.yaml:4:18: version 24.2 of solver is not in rescale.lock.yaml"}, nil},
		"display version": {named("2024 R1"), entry("2024 R1", "24.1") + big, 0.5, "24.1", nil, nil},
		"forged":          {named("2024 R1"), entry("2024 R1", "24.2") + big, 0.5, "24.1", []string{"rescale.lock.yaml:2:55: version 2024 R1 of solver was 24.2 on 2026-11-01 and is 24.1 now"}, nil},
		"removed":         {open, "analyses: [{code: solver, version: '9', since: 2026-11-01}]\n" + big, 0.5, "", nil, []string{`job.yaml:4:18: analysis solver has no version "9" any more; rescale.lock.yaml has it since 2026-11-01 [catalog-drift] rescale-apply catalog update solver -f job.yaml`}},
		"written out":     {named("9"), entry("9", "9") + big, 0.5, "", nil, []string{`job.yaml:4:35: analysis solver has no version "9" any more; rescale.lock.yaml has it since 2026-11-01 [catalog-drift] rescale-apply catalog analyses solver lists its versions`}},
		"no hardware": {
			"analysis: {code: solver}\nhardware: {coreType: small, coresPerSlot: 4}\n", older + "coreTypes: [{code: small, since: 2026-11-01}]\n", 0.5, "", nil,
			[]string{`job.yaml:5:22: the platform has no core type "small"; rescale.lock.yaml has it since 2026-11-01 [catalog-drift] known: Big Iron, big; rescale-apply catalog coretypes lists all`},
		},
	} {
		result, problems, err := resolver.Resolve(t.Context(), lockedBy(t, tc.manifest, tc.entries), shop{price: tc.price}, files.Reading{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var drift, wrong []string
		for _, d := range result.Drift {
			drift = append(drift, d.Pos.String()+": "+d.Message)
		}
		for _, d := range problems {
			wrong = append(wrong, d.String()+" "+d.Hint)
		}
		if diff := cmp.Diff([][]string{tc.drift, tc.problems}, [][]string{drift, wrong}, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: drift and problems (-want +got)\n%s", name, diff)
		}
		if tc.version != "" && result.Jobs[0].Tiles[0].Version != tc.version {
			t.Errorf("%s: version %s, want %s", name, result.Jobs[0].Tiles[0].Version, tc.version)
		}
		for _, d := range result.Drift {
			if known := map[string]bool{add: true, "rescale-apply catalog update big -f job.yaml": true, "rescale-apply catalog update solver -f job.yaml": true}; !known[d.Hint] {
				t.Errorf("%s: hint %q", name, d.Hint)
			}
		}
	}
}

// seller counts what it is asked, and may keep its prices to itself.
type seller struct {
	shop
	asked *int
	err   error
}

func (s seller) ComputePrices(ctx context.Context) ([]rescale.Price, error) {
	*s.asked++
	list, err := s.shop.ComputePrices(ctx)
	if err == nil {
		err = s.err
	}
	return list, err
}

func TestOffer(t *testing.T) {
	t.Parallel()
	hidden := []rescale.Price{{CoreType: "big", PlanType: "priority", Active: true, Amount: 0.7}, {CoreType: "big", PlanType: "on-demand", Active: true, Amount: 0.3}}
	entry := func(demand, economy float64) []lock.CoreType {
		return []lock.CoreType{{Code: "big", Cores: []int{4, 16}, OnDemand: demand, Economy: economy, Since: "2026-11-01"}}
	}
	for name, tc := range map[string]struct {
		shop  seller
		asked int
		want  []lock.CoreType
		fails bool
	}{
		"priced":      {seller{shop: shop{price: 0.5}}, 0, entry(0.5, 0.25), false},
		"in the list": {seller{shop: shop{prices: hidden}}, 1, entry(0.7, 0.3), false},
		"forbidden":   {seller{shop: shop{}, err: &rescale.Error{Status: http.StatusForbidden}}, 1, entry(0, 0), false},
		"an outage":   {seller{shop: shop{}, err: &rescale.Error{Status: http.StatusBadGateway}}, 1, nil, true},
	} {
		asked := 0
		tc.shop.asked = &asked
		jobs := append(lockedBy(t, open, older), load(t, t.TempDir(), open+"title: again\n")...)
		offer, err := resolver.ReadOffer(t.Context(), tc.shop, jobs)
		if (err != nil) != tc.fails || asked != tc.asked {
			t.Errorf("%s: %v, prices asked for %d times", name, err, asked)
		}
		if tc.fails {
			continue
		}
		got, problems := offer.Lock(jobs, "2026-11-01")
		if len(problems) > 0 {
			t.Fatalf("%s: %v", name, problems)
		}
		if diff := cmp.Diff(tc.want, got.CoreTypes); diff != "" {
			t.Errorf("%s: core types (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff([]lock.Analysis{{Code: "solver", Version: "24.2", Since: "2026-11-01"}}, got.Analyses); diff != "" {
			t.Errorf("%s: analyses (-want +got)\n%s", name, diff)
		}
	}
	offer, err := resolver.ReadOffer(t.Context(), shop{price: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, problems := offer.Lock(load(t, t.TempDir(), "analysis: {code: solver, version: '1'}\nhardware: {coreType: big, coresPerSlot: 5}\n"), "2026-11-01"); got != nil || len(problems) != 2 {
		t.Errorf("%+v %v", got, problems)
	}
}
