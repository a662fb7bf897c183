package nextflow

import (
	"slices"
	"strconv"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// analyses returns the software of a process, without hardware and command.
func (b *bag) analyses() []convert.Tile {
	set, given := b.sets["ext.jobAnalyses"]
	if !given {
		return b.older()
	}
	if set.value.kind != list || len(set.value.items) == 0 {
		b.list.Add(set.value.pos, diag.WrongType, `write a list of maps: [[analysisCode: "abaqus", analysisVersion: "2023-hf4"]]`, "ext.jobAnalyses is no list of maps")
		return nil
	}
	var tiles []convert.Tile
	for _, item := range set.value.items {
		if item.kind != object {
			b.list.Add(item.pos, diag.WrongType, `write a map: [analysisCode: "abaqus", analysisVersion: "2023-hf4"]`, "an entry of ext.jobAnalyses is no map")
			continue
		}
		tiles = append(tiles, b.analysis(item))
	}
	return tiles
}

// older reads the keys of the plugin's first versions, which knew one software.
func (b *bag) older() []convert.Tile {
	return []convert.Tile{{
		Code: b.text("ext.analysisCode", b.sets["ext.analysisCode"].value), Version: b.text("ext.analysisVersion", b.sets["ext.analysisVersion"].value),
		License: convert.License{Rescale: b.holds(b.sets["ext.rescaleLicense"].value)},
	}}
}

// text reads a text that must be known.
func (b *bag) text(key string, v value) string {
	v = b.resolved(v)
	switch {
	case v.kind == text && v.text != "" || v.kind == number:
	case v.kind == expression:
		b.list.Add(v.pos, diag.BadValue, "write it in quotes", "%s is not known before the run: %s", key, diag.Short(v.text))
	default:
		pos := v.pos
		if pos.IsZero() {
			pos = b.from.pos
		}
		b.list.Add(pos, diag.MissingKey, "write it in quotes", "%s is missing", key)
	}
	return v.text
}

func (b *bag) holds(v value) bool {
	v = b.resolved(v)
	if v.kind == expression {
		b.list.Add(v.pos, diag.BadValue, "write true or false", "rescaleLicense is not known before the run: %s", diag.Short(v.text))
	}
	return v.text == "true"
}

func (b *bag) analysis(item value) convert.Tile {
	code := item.member("analysisCode")
	version := item.member("analysisVersion")
	tile := convert.Tile{Code: b.text("analysisCode", code), Version: b.text("analysisVersion", version)}
	for i, key := range item.keys {
		v := item.items[i]
		switch key {
		case "analysisCode", "analysisVersion":
		case "rescaleLicense":
			tile.License.Rescale = b.holds(v)
		case "onDemandLicenseSeller":
			b.seller(&tile, v)
		case "userDefinedLicenseSettings":
			b.features(&tile, v)
		case "useRescaleLicense":
			b.found.Warn(v.pos, "write license: rescale if that was meant", "useRescaleLicense is left out: the plugin reads rescaleLicense")
		default:
			b.found.Warn(v.pos, "", "%s is left out: the plugin does not read it", diag.Short(key))
		}
	}
	if l := tile.License; l.Rescale && (l.Seller != "" || len(l.FeatureSets) > 0) || l.Seller != "" && len(l.FeatureSets) > 0 {
		b.list.Add(item.pos, diag.BadChoice, "keep one of them", "a license is Rescale's, a seller's, or your own with features")
	}
	return tile
}

func (b *bag) seller(tile *convert.Tile, v value) {
	code := v.member("code")
	name := v.member("name")
	switch v = b.resolved(v); {
	case v.kind == nothing:
	case v.kind == object && code.kind == text:
		tile.License.Seller, tile.License.SellerName = code.text, name.text
	default:
		b.list.Add(v.pos, diag.BadValue, `write ["code": "rescale", "name": "Rescale"]`, "onDemandLicenseSeller has no code")
	}
}

// features reads sets of license features, which are alternatives.
func (b *bag) features(tile *convert.Tile, v value) {
	sets := v.member("featureSets")
	if v.kind == nothing {
		return
	}
	if sets.kind != list {
		b.list.Add(v.pos, diag.BadValue, featuresHint, "userDefinedLicenseSettings has no list of featureSets")
		return
	}
	for _, set := range sets.items {
		name := set.member("name")
		found := convert.FeatureSet{Name: name.text}
		all := set.member("features")
		for _, f := range all.items {
			name := f.member("name")
			count := f.member("count")
			n, err := strconv.Atoi(b.resolved(count).text)
			if err != nil || n < 1 || name.text == "" {
				b.list.Add(f.pos, diag.BadValue, featuresHint, "a license feature has a name and a count")
			}
			found.Features = append(found.Features, convert.Feature{Name: name.text, Count: n})
		}
		if len(found.Features) > 0 {
			tile.License.FeatureSets = append(tile.License.FeatureSets, found)
		}
	}
	if unknown := slices.DeleteFunc(slices.Clone(v.keys), func(key string) bool { return key == "featureSets" }); len(unknown) > 0 {
		b.found.Warn(v.pos, "", "%s is left out: license settings have featureSets only", diag.Short(unknown[0]))
	}
}

const featuresHint = `write ["featureSets": [["name": "solver", "features": [["name": "ansys_hpc", "count": 8]]]]]`
