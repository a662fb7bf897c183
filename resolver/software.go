package resolver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// analysis finds the software and its version; both are nil when the manifest names
// something that does not exist.
func (r *tiling) analysis() (*rescale.Analysis, *rescale.Version) {
	code := r.spec.Analysis.Code
	i := slices.IndexFunc(r.cat.analyses, func(a rescale.Analysis) bool { return a.Code == code.V })
	if i < 0 {
		r.problems.Add(code.Pos, diag.UnknownAnalysis, r.analysisHint(code.V), "the platform has no analysis %q", code.V)
		return nil, nil
	}
	analysis := &r.cat.analyses[i]
	version := r.version(analysis)
	r.tile.Analysis = analysis.Code
	if version == nil {
		return analysis, nil
	}
	r.tile.Version = version.VersionCode
	if !r.spec.Analysis.Version.Written() {
		r.tile.whyVersion = r.newest(analysis, version)
		r.notes = append(r.notes, r.tile.whyVersion)
		r.open(analysis)
	}
	if version.MustBeRequested {
		r.problems.Add(code.Pos, diag.AnalysisNotGranted,
			"ask Rescale support for access, or choose another version",
			"%s %s must be requested before it can be used", analysis.Code, version.VersionCode)
	}
	return analysis, version
}

// version takes a versionCode first, then a display version, both as the
// platform spells them; an omitted one is the newest, which the catalog lists
// first (rescale-api.md §4). A lock goes before all of that.
func (r *tiling) version(a *rescale.Analysis) *rescale.Version {
	if locked, own := r.pinned(a); own {
		return locked
	}
	wanted := r.spec.Analysis.Version
	if !wanted.Written() && len(a.Versions) > 0 {
		return &a.Versions[0]
	}
	for i := range a.Versions {
		if a.Versions[i].VersionCode == wanted.V {
			return &a.Versions[i]
		}
	}
	for i := range a.Versions {
		if a.Versions[i].Version == wanted.V {
			return &a.Versions[i]
		}
	}
	if !wanted.Written() {
		r.problems.Add(r.spec.Analysis.Code.Pos, diag.UnknownVersion, "", "analysis %s has no version on this platform", a.Code)
		return nil
	}
	var known []string
	for _, v := range a.Versions {
		known = append(known, v.VersionCode)
		if v.Version != v.VersionCode {
			known = append(known, v.Version)
		}
	}
	r.problems.Add(wanted.Pos, diag.UnknownVersion, following(diag.DidYouMean(wanted.V, known), "rescale-apply catalog analyses "+a.Code+" lists its versions"), "analysis %s has no version %q", a.Code, wanted.V)
	return nil
}

// open leaves the version to the runs that are there. One that a lock names is as good as
// written: whoever changes the lock wants another version.
func (r *tiling) open(a *rescale.Analysis) {
	if _, own := r.locked(a); own {
		return
	}
	r.tile.Open = true
	for _, v := range a.Versions {
		r.tile.Versions = append(r.tile.Versions, v.VersionCode)
	}
}

// analysisHint also looks among display names: people type "LS-DYNA".
func (r *tiling) analysisHint(wanted string) string {
	const all = "rescale-apply catalog analyses lists all"
	var codes []string
	for _, a := range r.cat.analyses {
		if strings.EqualFold(a.Name, wanted) {
			return fmt.Sprintf("the code of %s is %s", a.Name, a.Code)
		}
		codes = append(codes, a.Code)
	}
	switch hint := diag.DidYouMean(wanted, codes); {
	case hint != "":
		return following(hint, all)
	case len(codes) == 0:
		return "this account may use no analysis; ask your organization's administrator"
	}
	return fmt.Sprintf("this account has %d analyses, with codes such as %s; user_included runs software that you bring along; "+all,
		len(codes), strings.Join(codes[:min(5, len(codes))], ", "))
}

// license refuses only what the catalog rules out: Rescale's own license for software
// without one.
func (r *tiling) license(a *rescale.Analysis) {
	if a == nil || !r.spec.License.Rescale || a.HasRescaleLicense {
		return
	}
	r.problems.Add(r.spec.License.Pos, diag.LicenseNotOffered, r.licenseHint(a),
		"Rescale offers no license of its own for %s", a.Code)
}

func (r *tiling) licenseHint(a *rescale.Analysis) string {
	for _, s := range a.LicenseSettings {
		return fmt.Sprintf("name your server: license: {servers: {%s: port@host}}", s.Name)
	}
	return "leave out license:"
}
