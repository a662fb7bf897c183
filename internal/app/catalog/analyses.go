package catalog

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Analysis is a software that jobs can run.
type Analysis struct {
	Code             string    `json:"code"`
	Name             string    `json:"name"`
	Vendor           string    `json:"vendor,omitempty"`
	RescaleLicense   bool      `json:"rescaleLicense"`             // license: rescale works
	LicenseVariables []string  `json:"licenseVariables,omitempty"` // names of the variables for license servers
	MustBeRequested  bool      `json:"mustBeRequested"`            // so must all of its versions
	Versions         []Version `json:"versions"`                   // the newest first
}

// Version is one version of an analysis.
type Version struct {
	Code            string   `json:"code"`              // as jobs say it
	Version         string   `json:"version"`           // as people say it
	CoreTypes       []string `json:"coreTypes"`         // codes, the cheapest first, without retired ones
	AnyCoreType     bool     `json:"anyCoreType"`       // it runs on all that is usable
	Retired         []string `json:"retired,omitempty"` // codes of core types that it ran on
	MustBeRequested bool     `json:"mustBeRequested"`
}

// Analyses is software by code, and what must be requested last.
type Analyses struct {
	List   []Analysis
	filter filter
}

// readAnalyses keeps one alone whose code is the word itself.
func readAnalyses(ctx context.Context, p Offer, word string) (Analyses, error) {
	out := Analyses{filter: filter(word)}
	all, err := p.Analyses(ctx)
	if err != nil {
		return out, fmt.Errorf("reading the platform's analyses: %w", err)
	}
	kept := slices.DeleteFunc(all, func(a rescale.Analysis) bool { return !out.filter.keeps(a.Code, a.Name, a.Vendor) })
	if i := slices.IndexFunc(kept, func(a rescale.Analysis) bool { return strings.EqualFold(a.Code, word) }); i >= 0 {
		kept = kept[i : i+1]
	}
	types, err := Hardware(ctx, p)
	if err != nil {
		return out, err
	}
	for _, a := range kept {
		out.List = append(out.List, analysis(a, types))
	}
	slices.SortStableFunc(out.List, func(a, b Analysis) int {
		return cmp.Or(later(a.MustBeRequested, b.MustBeRequested), cmp.Compare(a.Code, b.Code))
	})
	return out, nil
}

// analysis puts the core types of each version into the order of types.
func analysis(a rescale.Analysis, types []CoreType) Analysis {
	out := Analysis{Code: a.Code, Name: a.Name, Vendor: a.Vendor, RescaleLicense: a.HasRescaleLicense, Versions: []Version{}}
	for _, s := range a.LicenseSettings {
		out.LicenseVariables = append(out.LicenseVariables, s.Name)
	}
	out.MustBeRequested = len(a.Versions) > 0
	for _, v := range a.Versions {
		version := Version{Code: v.VersionCode, Version: v.Version, MustBeRequested: v.MustBeRequested, CoreTypes: []string{}, AnyCoreType: true}
		for _, t := range types {
			switch allowed := len(v.AllowedCoreTypes) == 0 || slices.Contains(v.AllowedCoreTypes, t.Code); {
			case allowed && t.Retired:
				version.Retired = append(version.Retired, t.Code)
			case allowed:
				version.CoreTypes = append(version.CoreTypes, t.Code)
			case !t.Retired:
				version.AnyCoreType = false
			}
		}
		out.Versions = append(out.Versions, version)
		out.MustBeRequested = out.MustBeRequested && v.MustBeRequested
	}
	return out
}

// Text writes one line for each analysis; one that is alone is shown with its versions.
func (a Analyses) Text(w io.Writer) {
	switch {
	case len(a.List) == 0:
		a.filter.none(w, "analysis", "analyses")
	case len(a.List) == 1:
		a.List[0].text(w)
	default:
		var rows [][]string
		for _, one := range a.List {
			rows = append(rows, []string{one.Code, orDash(one.Name), orDash(one.Vendor), one.newest(), humanize.Plural(len(one.Versions), "version"), one.notes()})
		}
		table(w, "CODE|NAME|VENDOR|NEWEST||", rows)
	}
}

// newest is the code of the version that a job gets when it names none.
func (a Analysis) newest() string {
	if len(a.Versions) == 0 {
		return "-"
	}
	return a.Versions[0].Code
}

func (a Analysis) notes() string {
	var words []string
	if a.MustBeRequested {
		words = append(words, "on request")
	}
	if a.RescaleLicense {
		words = append(words, "license: rescale")
	}
	if len(a.LicenseVariables) > 0 {
		words = append(words, "license server in "+strings.Join(a.LicenseVariables, ", "))
	}
	return strings.Join(words, "; ")
}

func (a Analysis) text(w io.Writer) {
	show.Table(w, [][]string{{a.Code, orDash(a.Name), orDash(a.Vendor), a.notes()}})
	fmt.Fprintln(w)
	var rows [][]string
	for _, v := range a.Versions {
		rows = append(rows, []string{v.Code, orDash(v.Version), v.hardware()})
	}
	if len(rows) == 0 {
		fmt.Fprintln(w, "  It has no version on this platform.")
		return
	}
	table(w, "VERSION|CALLED|CORE TYPES, THE CHEAPEST FIRST", rows)
}

// hardware is where a version runs.
func (v Version) hardware() string {
	text := strings.Join(v.CoreTypes, ", ")
	switch {
	case len(v.CoreTypes) == 0 && len(v.Retired) > 0:
		text = "only retired ones: " + strings.Join(v.Retired, ", ")
	case len(v.CoreTypes) == 0:
		text = "-"
	case v.AnyCoreType:
		text = "any"
	}
	if v.MustBeRequested {
		text += " (on request)"
	}
	return text
}

// JSON writes {"formatVersion", "analyses": […]}, always with versions.
func (a Analyses) JSON(w io.Writer) error {
	return show.WriteJSON(w, struct {
		FormatVersion int        `json:"formatVersion"`
		Analyses      []Analysis `json:"analyses"`
	}{show.FormatVersion, append([]Analysis{}, a.List...)})
}
