package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Read makes a catalog of the bodies that the API answers for analyses and core types (rescale-api.md §4, §5): pages or
// plain lists, one after the other or as members of one object, in any order. What is not among them is that of Load.
func Read(source io.Reader) (*Catalog, error) {
	var in given
	for decoder := json.NewDecoder(source); ; {
		var body json.RawMessage
		err := decoder.Decode(&body)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = in.add(body)
		}
		if err != nil {
			return nil, err
		}
	}
	return in.catalog()
}

// given is what was read so far. The counts are those that pages promise.
type given struct {
	analyses      []Analysis
	types         []CoreType
	analysesCount int
	typesCount    int
}

type page struct {
	Count   int               `json:"count"`
	Results []json.RawMessage `json:"results"`
}

func (in *given) add(body json.RawMessage) error {
	var list []json.RawMessage
	if json.Unmarshal(body, &list) == nil {
		return in.addAll(page{Results: list})
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return fmt.Errorf("a body is neither a page nor a list: %w", err)
	}
	if _, paged := members["results"]; paged {
		var p page
		if err := json.Unmarshal(body, &p); err != nil {
			return fmt.Errorf("a page: %w", err)
		}
		return in.addAll(p)
	}
	if _, one := members["code"]; one {
		return in.addOne(body, members)
	}
	for name, member := range members {
		if err := in.add(member); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (in *given) addAll(p page) error {
	analyses, types := len(in.analyses), len(in.types)
	for _, item := range p.Results {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(item, &members); err != nil {
			return fmt.Errorf("an item of a list: %w", err)
		}
		if err := in.addOne(item, members); err != nil {
			return err
		}
	}
	if len(in.analyses) > analyses {
		in.analysesCount = max(in.analysesCount, p.Count)
	}
	if len(in.types) > types {
		in.typesCount = max(in.typesCount, p.Count)
	}
	return nil
}

func (in *given) addOne(item json.RawMessage, members map[string]json.RawMessage) error {
	if _, ok := members["versions"]; ok {
		software, err := readAnalysis(item, members)
		in.analyses = append(in.analyses, software)
		return err
	}
	if _, ok := members["cores"]; ok {
		hardware, err := readCoreType(item, members)
		in.types = append(in.types, hardware)
		return err
	}
	return fmt.Errorf("%s is neither an analysis (with versions) nor a core type (with cores)", members["code"])
}

func (in *given) catalog() (*Catalog, error) {
	switch {
	case len(in.analyses)+len(in.types) == 0:
		return nil, errors.New("it holds neither analyses nor core types")
	case in.analysesCount > len(in.analyses):
		return nil, fmt.Errorf("it holds %d of %d analyses: ask for them with ?page_size=1000", len(in.analyses), in.analysesCount)
	case in.typesCount > len(in.types):
		return nil, fmt.Errorf("it holds %d of %d core types: ask for them with ?page_size=1000", len(in.types), in.typesCount)
	}
	out := &Catalog{Analyses: in.analyses, CoreTypes: in.types}
	if len(out.CoreTypes) == 0 {
		return out, out.takeCoreTypes()
	}
	if len(out.Analyses) == 0 {
		return out, out.takeAnalyses()
	}
	return out, nil
}

// takeCoreTypes takes the built-in core types. A version that runs on none of them runs on all, else nothing could be
// tried.
func (c *Catalog) takeCoreTypes() error {
	if err := json.Unmarshal(coreTypesJSON, &c.CoreTypes); err != nil {
		return fmt.Errorf("reading core types: %w", err)
	}
	c.eachVersion(func(v *Version) {
		if len(c.expand(v.CoreTypes)) == 0 {
			v.CoreTypes = c.expand([]string{"cpu", "gpu"})
		}
	})
	return nil
}

func readAnalysis(item json.RawMessage, members map[string]json.RawMessage) (Analysis, error) {
	var in struct {
		Code                string `json:"code"`
		Name                string `json:"name"`
		HasRescaleLicense   bool   `json:"hasRescaleLicense"`
		HasShortTermLicense bool   `json:"hasShortTermLicense"`
		HasOnDemandLicense  bool   `json:"hasOnDemandLicense"`
		Versions            []struct {
			Display         string   `json:"version"`
			Code            string   `json:"versionCode"`
			CoreTypes       []string `json:"allowedCoreTypes"`
			MustBeRequested bool     `json:"mustBeRequested"`
		} `json:"versions"`
	}
	if err := json.Unmarshal(item, &in); err != nil {
		return Analysis{}, fmt.Errorf("analysis %s: %w", members["code"], err)
	}
	out := Analysis{
		Code: in.Code, Name: in.Name, HasRescaleLicense: in.HasRescaleLicense,
		HasShortTermLicense: in.HasShortTermLicense, HasOnDemandLicense: in.HasOnDemandLicense, Given: members,
	}
	for _, v := range in.Versions {
		out.Versions = append(out.Versions, Version{Display: v.Display, Code: v.Code, CoreTypes: v.CoreTypes, MustBeRequested: v.MustBeRequested})
	}
	return out, nil
}

func readCoreType(item json.RawMessage, members map[string]json.RawMessage) (CoreType, error) {
	var in struct {
		Code             string    `json:"code"`
		Name             string    `json:"name"`
		Cores            []int     `json:"cores"`
		GPUCounts        []float64 `json:"gpuCounts"`
		Memory           float64   `json:"memory"`
		Storage          float64   `json:"storage"`
		WalltimeRequired bool      `json:"walltimeRequired"`
		IsDeprecated     bool      `json:"isDeprecated"`
		IsActive         *bool     `json:"isActive"`
	}
	if err := json.Unmarshal(item, &in); err != nil {
		return CoreType{}, fmt.Errorf("core type %s: %w", members["code"], err)
	}
	if len(in.Cores) == 0 || slices.Min(in.Cores) < 1 {
		return CoreType{}, fmt.Errorf("core type %q has no cores", in.Code)
	}
	out := CoreType{
		Code: in.Code, Name: in.Name, Cores: in.Cores, GPUCounts: make([]int, len(in.Cores)),
		Memory: int(in.Memory), Storage: int(in.Storage), Given: members,
		WalltimeRequired: in.WalltimeRequired, IsDeprecated: in.IsDeprecated, IsActive: in.IsActive == nil || *in.IsActive,
	}
	for i := range min(len(in.GPUCounts), len(in.Cores)) {
		out.GPUCounts[i] = int(in.GPUCounts[i])
	}
	if price, ok := amount(members["price"]); ok {
		out.Price = price
	}
	if low, ok := amount(members["lowPriorityPrice"]); ok {
		text := strconv.FormatFloat(low, 'f', 4, 64)
		out.LowPriorityPrice = &text
	}
	return out, nil
}

// amount reads a number, also as a string; null and nothing are none.
func amount(raw json.RawMessage) (float64, bool) {
	var value json.Number
	if json.Unmarshal(raw, &value) != nil {
		return 0, false
	}
	number, err := value.Float64()
	return number, err == nil
}
