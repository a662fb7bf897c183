// Package catalog is the software and hardware that the emulated platform offers.
//
// The names follow the platform's where they are publicly known. Prices, sizes, version lists and which version runs
// where are plausible inventions for the emulator; they are not Rescale's offer and must not be used to estimate real
// cost.
package catalog

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// Analysis is one software package (rescale-api.md §4).
type Analysis struct {
	Code                string           `json:"code"`
	Name                string           `json:"name"`
	VendorName          string           `json:"vendorName"`
	Description         string           `json:"description"`
	Pricing             string           `json:"pricing"`
	DisplayOrder        int              `json:"displayOrder"`
	Industries          []string         `json:"industries"`
	HasRescaleLicense   bool             `json:"hasRescaleLicense"`
	HasShortTermLicense bool             `json:"hasShortTermLicense"`
	HasOnDemandLicense  bool             `json:"hasOnDemandLicense"`
	LicenseSettings     []LicenseSetting `json:"licenseSettings"`
	Versions            []Version        `json:"versions"` // newest first

	Given map[string]json.RawMessage `json:"-"` // the API's own members, when they were read: see Read
}

// LicenseSetting names an environment variable that points to a license server.
type LicenseSetting struct {
	Name                 string `json:"name"`
	Label                string `json:"label"`
	LicenseType          string `json:"licenseType"`
	IsServer             bool   `json:"isServer"`
	HelpText             string `json:"helpText"`
	Required             bool   `json:"required"`
	CanCheckAvailability bool   `json:"canCheckAvailability"`
}

// Version is one release of an analysis.
type Version struct {
	Display         string   `json:"version"`
	Code            string   `json:"versionCode"`
	CoreTypes       []string `json:"coreTypes"` // codes; in the source also the groups "cpu" and "gpu"
	MustBeRequested bool     `json:"mustBeRequested"`
	StdCommand      string   `json:"stdCommand"`
}

// CoreType is one kind of hardware (rescale-api.md §5).
type CoreType struct {
	Code             string   `json:"code"`
	Name             string   `json:"name"`
	Description      string   `json:"description"`
	ProcessorInfo    string   `json:"processorInfo"`
	Cores            []int    `json:"cores"`     // sizes, ascending
	GPUCounts        []int    `json:"gpuCounts"` // parallel to Cores
	Memory           int      `json:"memory"`    // MB per core
	Storage          int      `json:"storage"`   // GB per core
	IO               string   `json:"io"`
	StorageIO        string   `json:"storageIo"`
	Compute          *string  `json:"compute"`
	Price            float64  `json:"price"`            // per core-hour, on demand
	LowPriorityPrice *string  `json:"lowPriorityPrice"` // per core-hour, decimal; nil: not offered
	WalltimeRequired bool     `json:"walltimeRequired"`
	RemoteVizAllowed bool     `json:"remoteVizAllowed"`
	HasSSD           bool     `json:"hasSsd"`
	IsPrimary        bool     `json:"isPrimary"`
	IsDeprecated     bool     `json:"isDeprecated"`
	IsActive         bool     `json:"isActive"`
	IsDefault        bool     `json:"isDefault"`
	MustBeRequested  bool     `json:"mustBeRequested"`
	DisplayOrder     int      `json:"displayOrder"`
	CategoryCodes    []string `json:"categoryCodes"`

	Given map[string]json.RawMessage `json:"-"` // as in Analysis
}

// Allows reports whether a slot may have that many cores: one of the sizes, or several whole nodes of the largest.
func (c *CoreType) Allows(cores int) bool {
	largest := slices.Max(c.Cores)
	return slices.Contains(c.Cores, cores) || cores > largest && cores%largest == 0
}

// Node returns the cores and GPUs of one node of a slot with that many cores.
func (c *CoreType) Node(cores int) (nodeCores, gpus int) {
	i := slices.Index(c.Cores, cores)
	if i < 0 {
		i = len(c.Cores) - 1
	}
	return c.Cores[i], c.GPUCounts[i]
}

// Catalog holds everything on offer. It must not be changed.
type Catalog struct {
	Analyses  []Analysis
	CoreTypes []CoreType
}

// Analysis returns the software with the code.
func (c *Catalog) Analysis(code string) (*Analysis, bool) {
	i := slices.IndexFunc(c.Analyses, func(a Analysis) bool { return a.Code == code })
	if i < 0 {
		return nil, false
	}
	return &c.Analyses[i], true
}

// CoreType returns the hardware with the code.
func (c *Catalog) CoreType(code string) (*CoreType, bool) {
	i := slices.IndexFunc(c.CoreTypes, func(t CoreType) bool { return t.Code == code })
	if i < 0 {
		return nil, false
	}
	return &c.CoreTypes[i], true
}

// Version returns the release with the version code.
func (a *Analysis) Version(code string) (*Version, bool) {
	i := slices.IndexFunc(a.Versions, func(v Version) bool { return v.Code == code })
	if i < 0 {
		return nil, false
	}
	return &a.Versions[i], true
}

//go:embed analyses.json
var analysesJSON []byte

//go:embed coretypes.json
var coreTypesJSON []byte

// Parsed at first use: programs that embed the emulator start without paying for it.
var parsed = sync.OnceValues(parse)

// Load returns the catalog, which all callers share.
func Load() (*Catalog, error) { return parsed() }

func parse() (*Catalog, error) {
	var c Catalog
	if err := json.Unmarshal(coreTypesJSON, &c.CoreTypes); err != nil {
		return nil, fmt.Errorf("reading core types: %w", err)
	}
	return &c, c.takeAnalyses()
}

// takeAnalyses takes the built-in analyses, on what core types there are.
func (c *Catalog) takeAnalyses() error {
	if err := json.Unmarshal(analysesJSON, &c.Analyses); err != nil {
		return fmt.Errorf("reading analyses: %w", err)
	}
	c.eachVersion(func(v *Version) { v.CoreTypes = c.expand(v.CoreTypes) })
	return nil
}

func (c *Catalog) eachVersion(visit func(*Version)) {
	for i := range c.Analyses {
		for j := range c.Analyses[i].Versions {
			visit(&c.Analyses[i].Versions[j])
		}
	}
}

// expand replaces groups by the codes of their members, in the order of the catalog.
func (c *Catalog) expand(names []string) []string {
	var out []string
	for i := range c.CoreTypes {
		t := &c.CoreTypes[i]
		group := "cpu"
		if slices.Max(t.GPUCounts) > 0 {
			group = "gpu"
		}
		if slices.Contains(names, t.Code) || slices.Contains(names, group) {
			out = append(out, t.Code)
		}
	}
	return out
}
