package offer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/offer"
)

func TestAnalysis(t *testing.T) {
	t.Parallel()
	usable := []rescale.Version{{VersionCode: "2", MustBeRequested: true}, {VersionCode: "1"}}
	all := []rescale.Analysis{{Code: "a", Versions: usable}, {Code: "b"}, {Code: "c", Versions: usable[:1]}}
	for name, tc := range map[string]struct {
		codes []string
		want  string // empty for none
	}{
		"the first that is there":     {codes: []string{"x", "a"}, want: "a"},
		"without versions":            {codes: []string{"b", "a"}, want: "a"},
		"with versions to ask for":    {codes: []string{"c"}},
		"none of the catalog":         {codes: []string{"x", "y"}},
		"an empty list of codes":      {},
		"the order is the caller's":   {codes: []string{"c", "b", "a"}, want: "a"},
		"a code is no part of a code": {codes: []string{"aa"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := offer.Analysis(all, tc.codes...)
			if got.Code != tc.want || ok != (tc.want != "") {
				t.Errorf("Analysis(%q) = %q, %t, want %q", tc.codes, got.Code, ok, tc.want)
			}
			if version, _ := offer.Newest(got); ok && version.VersionCode != "1" {
				t.Errorf("newest version is %q, want the one that needs no grant", version.VersionCode)
			}
		})
	}
}

func TestCoreTypes(t *testing.T) {
	t.Parallel()
	one := []int{1}
	all := []rescale.CoreType{
		{Code: "priceless", Cores: one, Active: true},
		{Code: "dear", Cores: one, Active: true, Price: 2},
		{Code: "cheap", Cores: one, Active: true, Price: 1},
		{Code: "gone", Cores: one, Price: 0.1},
		{Code: "old", Cores: one, Active: true, Deprecated: true, Price: 0.1},
		{Code: "sizeless", Active: true, Price: 0.1},
		{Code: "asked", Cores: one, Active: true, MustBeRequested: true, Price: 0.1},
	}
	for name, tc := range map[string]struct {
		allowed []string
		want    []string
	}{
		"any":      {want: []string{"cheap", "dear", "priceless", "asked"}},
		"some":     {allowed: []string{"dear", "gone"}, want: []string{"dear"}},
		"no other": {allowed: []string{"else"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range offer.CoreTypes(rescale.Version{AllowedCoreTypes: tc.allowed}, all) {
				got = append(got, c.Code)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("core types (-want +got):\n%s", diff)
			}
		})
	}
}
