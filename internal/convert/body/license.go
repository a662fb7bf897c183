package body

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/jsontext"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// license reads where the software gets its license, but for the servers.
func (r *reader) license(tile *convert.Tile, v jsontext.Value) {
	use, _ := v.Member("useRescaleLicense")
	on, ok := use.Truth()
	if !ok {
		r.wrong(use.Pos, "useRescaleLicense", "true or false")
	}
	tile.License.Rescale = on
	seller, given := v.Member("onDemandLicenseSeller")
	if given {
		tile.License.Seller, tile.License.SellerName = r.seller(seller)
	}
	settings, _ := v.Member("userDefinedLicenseSettings")
	sets, err := FeatureSets(&r.found, settings)
	if err != nil {
		r.list = append(r.list, err...)
	}
	tile.License.FeatureSets = sets
	switch l := tile.License; {
	case l.Rescale && l.Seller != "":
		r.refuse(seller.Pos, "keep one of the two", "the license is Rescale's and a seller's: useRescaleLicense and onDemandLicenseSeller")
	case len(l.FeatureSets) > 0 && (l.Rescale || l.Seller != ""):
		r.refuse(settings.Pos, "keep one of the two", "license features are those of own servers, and the license is Rescale's or a seller's")
	}
}

func (r *reader) seller(v jsontext.Value) (code, name string) {
	if v.Kind == jsontext.Object {
		display, _ := v.Member("name")
		name, _ = display.Words()
		v, _ = v.Member("code")
	}
	code, ok := v.Words()
	if !ok || v.Kind == jsontext.Bool {
		r.wrong(v.Pos, "onDemandLicenseSeller", "a code or an object with a code")
	}
	return strings.TrimSpace(code), strings.TrimSpace(name)
}

// FeatureSets reads userDefinedLicenseSettings: an object, or the JSON of one as a text.
// Fields that it cannot take are warnings of found.
func FeatureSets(found *convert.Found, v jsontext.Value) (sets []convert.FeatureSet, list diag.List) {
	if text, ok := v.Scalar.(string); ok && strings.TrimSpace(text) != "" {
		parsed, err := jsontext.Parse(v.Pos, text)
		if err != nil {
			list.Add(v.Pos, diag.WrongType, "", "userDefinedLicenseSettings is a text that is no JSON")
			return nil, list
		}
		v = parsed
	}
	if v.Empty() {
		return nil, nil
	}
	all, _ := v.Member("featureSets")
	if v.Kind != jsontext.Object || all.Kind != jsontext.List && !all.Empty() {
		list.Add(v.Pos, diag.WrongType, `{"featureSets": [{"name": "…", "features": [{"name": "…", "count": 1}]}]}`, "userDefinedLicenseSettings has no list featureSets")
		return nil, list
	}
	others(found, v, "featureSets")
	for _, item := range all.Items {
		if set := featureSet(found, item, &list); len(set.Features) > 0 {
			sets = append(sets, set)
		}
	}
	return sets, list
}

func featureSet(found *convert.Found, v jsontext.Value, list *diag.List) convert.FeatureSet {
	name, _ := v.Member("name")
	set := convert.FeatureSet{}
	set.Name, _ = name.Words()
	features, _ := v.Member("features")
	if v.Kind != jsontext.Object || features.Kind != jsontext.List && !features.Empty() {
		list.Add(v.Pos, diag.WrongType, `{"name": "…", "features": [{"name": "…", "count": 1}]}`, "a set of license features has a name and a list of features")
	}
	others(found, v, "name", "features")
	for _, f := range features.Items {
		others(found, f, "name", "count")
		set.Features = append(set.Features, feature(f, list))
	}
	return set
}

// others warns of fields that license settings do not have.
func others(found *convert.Found, v jsontext.Value, known ...string) {
	for _, m := range v.Members {
		if !slices.Contains(known, m.Name) && !m.Empty() {
			found.Warn(m.Pos, "", "%s is left out: license settings have no such field", diag.Short(m.Name))
		}
	}
}

func feature(v jsontext.Value, list *diag.List) convert.Feature {
	name, _ := v.Member("name")
	count, _ := v.Member("count")
	word, _ := name.Words()
	n, ok := count.Int()
	if strings.TrimSpace(word) == "" || !ok || n < 1 || n > 1_000_000 {
		list.Add(v.Pos, diag.BadValue, `{"name": "…", "count": 1}`, "a license feature has a name and a count of 1 or more")
	}
	return convert.Feature{Name: word, Count: n}
}
