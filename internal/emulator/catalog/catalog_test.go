package catalog_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/emulator/catalog"
)

func load(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCoreTypesAreSound(t *testing.T) {
	t.Parallel()
	c := load(t)
	seen := map[string]bool{}
	for _, core := range c.CoreTypes {
		if seen[core.Code] || core.Code == "" || core.Name == "" || core.Price <= 0 || core.Memory <= 0 {
			t.Errorf("%+v", core)
		}
		seen[core.Code] = true
		if len(core.Cores) == 0 || len(core.Cores) != len(core.GPUCounts) || !slices.IsSorted(core.Cores) {
			t.Errorf("%s: cores %v, GPUs %v", core.Code, core.Cores, core.GPUCounts)
		}
		if core.LowPriorityPrice != nil {
			if low, err := strconv.ParseFloat(*core.LowPriorityPrice, 64); err != nil || low >= core.Price {
				t.Errorf("%s: low priority price %s", core.Code, *core.LowPriorityPrice)
			}
		}
	}
	if len(c.CoreTypes) < 15 {
		t.Errorf("%d core types", len(c.CoreTypes))
	}
}

func TestAnalysesAreSound(t *testing.T) {
	t.Parallel()
	c := load(t)
	seen := map[string]bool{}
	for _, software := range c.Analyses {
		if seen[software.Code] || software.Name == "" || len(software.Versions) == 0 {
			t.Errorf("%+v", software)
		}
		seen[software.Code] = true
		codes := map[string]bool{}
		for _, version := range software.Versions {
			if codes[version.Code] || version.Display == "" || len(version.CoreTypes) == 0 {
				t.Errorf("%s: %+v", software.Code, version)
			}
			codes[version.Code] = true
			for _, core := range version.CoreTypes {
				if _, ok := c.CoreType(core); !ok {
					t.Errorf("%s %s: unknown core type %q", software.Code, version.Code, core)
				}
			}
		}
	}
	if len(c.Analyses) < 25 {
		t.Errorf("%d analyses", len(c.Analyses))
	}
}

// What examples and the platform's guide rely on.
func TestPromises(t *testing.T) {
	t.Parallel()
	c := load(t)
	for _, tc := range []struct{ software, version, core string }{
		{"ls_dyna", "9.0.0", "hpc-3"},
		{"openfoam_plus", "v2312-intelmpi", "emerald"},
		{"calculix", "2.21", "emerald"},
		{"user_included", "0", "emerald"},
	} {
		software, ok := c.Analysis(tc.software)
		if !ok {
			t.Errorf("no %s", tc.software)
			continue
		}
		version, ok := software.Version(tc.version)
		if !ok || !slices.Contains(version.CoreTypes, tc.core) {
			t.Errorf("%v: %+v", tc, version)
		}
	}
	onyx, _ := c.CoreType("hpc-3")
	if onyx.Name != "Onyx" || !onyx.Allows(2) || onyx.Allows(3) || !onyx.Allows(36) || onyx.Allows(27) {
		t.Errorf("%+v", onyx)
	}
}
