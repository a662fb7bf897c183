package resolver_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// TestLicensesAreSentAsTheyAreWritten, and none of it is in the digest.
func TestLicensesAreSentAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	feature := func(name string, count int) []rescale.LicenseFeature {
		return []rescale.LicenseFeature{{Name: name, Count: count}}
	}
	digest := resolve(t, shop{price: 1}, plain).Digest
	for name, tc := range map[string]struct {
		license string
		sets    []rescale.FeatureSet
		seller  *rescale.LicenseSeller
	}{
		"one set": {"{features: [{name: a, count: 2}]}", []rescale.FeatureSet{{Name: "USER_SPECIFIED_0", Features: feature("a", 2)}}, nil},
		"several": {
			"{featureSets: [{features: [{name: a, count: 2}]}, {name: PACK, features: [{name: b, count: 1}]}, {features: [{name: c, count: 8}]}]}",
			[]rescale.FeatureSet{{Name: "USER_SPECIFIED_0", Features: feature("a", 2)}, {Name: "PACK", Features: feature("b", 1)}, {Name: "USER_SPECIFIED_2", Features: feature("c", 8)}},
			nil,
		},
		"a seller":               {"{seller: rescale}", nil, &rescale.LicenseSeller{Code: "rescale", Name: "rescale"}},
		"a seller with its name": {"{seller: {code: rescale, name: Rescale}}", nil, &rescale.LicenseSeller{Code: "rescale", Name: "Rescale"}},
		"a seller by its code":   {"{seller: {code: rescale}}", nil, &rescale.LicenseSeller{Code: "rescale", Name: "rescale"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := resolve(t, shop{price: 1}, plain+"license: "+tc.license+"\n")
			tile := job.Request.JobAnalyses[0]
			var sets []rescale.FeatureSet
			if tile.UserDefinedLicenseSettings != nil {
				sets = tile.UserDefinedLicenseSettings.FeatureSets
			}
			if diff := cmp.Diff(tc.sets, sets); diff != "" {
				t.Errorf("sets (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tc.seller, tile.OnDemandLicenseSeller); diff != "" || job.Digest != digest {
				t.Errorf("digest %s, seller (-want +got)\n%s", job.Digest, diff)
			}
		})
	}
}
