package rescale

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// User is the account that a key belongs to (rescale-api.md §1.4).
type User struct {
	Email       string
	FullName    string // "" when the platform does not say
	MaxJobHours int    // longest walltime that the account may ask for, in hours; 0 when there is no such limit
	CompanyCode string // "" when the platform does not say
	CompanyName string // as above
	Projects    []Project
}

// Workspace is where an account works: a key belongs to exactly one (rescale-api.md §1.2).
// All of it is empty where the platform does not say.
type Workspace struct {
	ID          string
	Name        string
	CompanyCode string
}

// CustomField is a field that a workspace has added to its jobs (rescale-api.md §7.7).
type CustomField struct {
	Name     string   // as jobs show it
	Type     string   // text, select, number, date, file or user; may be one that nobody knows
	Options  []string // texts that it takes; nil when it takes any, or when they cannot be read
	Required bool     // a job without it cannot be submitted (rescale-api.md §14, A4)
}

// Project is something that a job's cost can be assigned to. Names need not be unique.
type Project struct {
	ID        string
	Name      string
	Default   bool
	Remaining []string // of the budget, as lines to show, such as "(no budget)"
}

// Analysis is a software that jobs can run (rescale-api.md §4).
type Analysis struct {
	Code              string
	Name              string
	Vendor            string
	HasRescaleLicense bool
	LicenseSettings   []LicenseSetting
	Versions          []Version // the newest first
}

// LicenseSetting is an environment variable that names a license server.
type LicenseSetting struct {
	Name  string // of the variable, e.g. LM_LICENSE_FILE
	Label string
}

// Version is one version of an analysis.
type Version struct {
	Version          string   // as people say it, e.g. R9.0.0
	VersionCode      string   // as jobs say it, e.g. 9.0.0
	AllowedCoreTypes []string // codes of core types
	MustBeRequested  bool     // not usable until Rescale grants it
}

// CoreType is a kind of hardware (rescale-api.md §5).
type CoreType struct {
	Code             string
	Name             string
	Processor        string // for people, such as "Example CPU 3.0 GHz"
	Cores            []int  // of the machine sizes, which are the allowed cores per slot
	GPUCounts        []int  // beside Cores; all 0 without GPUs
	Memory           int    // MB per core; 0 means unknown
	Storage          int    // GB per core; 0 means unknown
	Price            float64
	LowPriorityPrice float64 // both in USD per core and hour; 0 means unknown
	WalltimeRequired bool
	Deprecated       bool // jobs with it are refused
	Active           bool
	MustBeRequested  bool
}

// Price is what a core hour costs under a plan (rescale-api.md §5).
type Price struct {
	CoreType string
	OS       string
	PlanType string
	Active   bool
	Amount   float64 // USD per core and hour; 0 means unknown
}

// Automation is a script of an organization that jobs can be given. It is named by its
// id in jobs (rescale-api.md §6.1).
type Automation struct {
	ID          string
	Name        string
	Description string
}

// Bill is what a workspace was charged for a month, whoever ran what, in USD. The platform
// bills by UTC.
type Bill struct {
	Jobs      int
	CoreHours float64
	Hardware  float64
	Software  float64
	Total     float64 // with storage, transfers and all else
}

// Bill reads the bill of the month that a date is in. Only administrators of the workspace
// may see it: to others it is a refusal, see [IsRefusal] (rescale-api.md §14, A5).
func (c *Client) Bill(ctx context.Context, w Workspace, month time.Time) (Bill, error) {
	year, in := strconv.Itoa(month.UTC().Year()), strconv.Itoa(int(month.UTC().Month()))
	query := url.Values{"startYear": {year}, "startMonth": {in}, "endYear": {year}, "endMonth": {in}}
	var bill struct {
		Jobs           number `json:"jobs"`
		HardwareUsage  number `json:"hardwareUsage"`
		HardwareCharge number `json:"hardwareCharge"`
		SoftwareCharge number `json:"softwareCharge"`
		TotalCharge    number `json:"totalCharge"`
	}
	path := "/api/v2/organizations/" + url.PathEscape(w.CompanyCode) + "/workspaces/" + url.PathEscape(w.ID) + "/billing/"
	if _, err := c.get(ctx, path, query, &bill); err != nil {
		return Bill{}, err
	}
	return Bill{
		Jobs: bill.Jobs.whole(), CoreHours: float64(bill.HardwareUsage), Hardware: float64(bill.HardwareCharge),
		Software: float64(bill.SoftwareCharge), Total: float64(bill.TotalCharge),
	}, nil
}

type wireProject struct {
	ID               string   `json:"id"`
	Name             string   `json:"name"`
	IsDefault        bool     `json:"isDefault"`
	RemainingAmounts []string `json:"remainingAmounts"`
}

func (w wireProject) project() Project {
	return Project{ID: w.ID, Name: w.Name, Default: w.IsDefault, Remaining: w.RemainingAmounts}
}

// Me is the account that the key belongs to. It is the cheapest call that needs a
// valid key (rescale-api.md §1.2).
func (c *Client) Me(ctx context.Context) (User, error) {
	var w struct {
		Email       string `json:"email"`
		FullName    text   `json:"fullName"`
		MaxJobHours number `json:"maxJobHours"`
		Company     *struct {
			Code     string        `json:"code"`
			Name     text          `json:"name"`
			Projects []wireProject `json:"projects"`
		} `json:"company"`
	}
	r := request{method: "GET", path: "/api/v2/users/me/"}
	if _, err := c.get(ctx, r.path, nil, &w); err != nil {
		return User{}, err
	}
	if w.Email == "" {
		return User{}, c.unexpected(r, 200, "an account without e-mail address")
	}
	u := User{Email: w.Email, FullName: string(w.FullName), MaxJobHours: w.MaxJobHours.whole()}
	if w.Company != nil {
		u.CompanyCode, u.CompanyName = w.Company.Code, string(w.Company.Name)
		u.Projects = convert(w.Company.Projects, wireProject.project)
	}
	return u, nil
}

// Workspace is the workspace of the key. Only v3 knows it, which is not documented: what
// cannot be read of the answer is left empty (rescale-api.md §1.4, §2.1).
func (c *Client) Workspace(ctx context.Context) (Workspace, error) {
	var w struct {
		Workspace hint[struct {
			ID   text `json:"id"`
			Name text `json:"name"`
		}] `json:"workspace"`
		Company hint[struct {
			Code text `json:"code"`
		}] `json:"company"`
	}
	_, err := c.get(ctx, "/api/v3/users/me/", nil, &w)
	place, company := w.Workspace.value, w.Company.value
	return Workspace{ID: string(place.ID), Name: string(place.Name), CompanyCode: string(company.Code)}, err
}

type wireCustomField struct {
	Name        text         `json:"name"`
	ValueType   text         `json:"valueType"`
	EnumOptions hint[[]text] `json:"enumOptions"`
	IsRequired  hint[bool]   `json:"isRequired"`
}

func (w wireCustomField) field() CustomField {
	field := CustomField{Name: string(w.Name), Type: string(w.ValueType), Required: w.IsRequired.value}
	for _, option := range w.EnumOptions.value {
		if option == "" || option[0] == '{' || option[0] == '[' {
			field.Options = nil // nobody knows which of its members a job is to name
			break
		}
		field.Options = append(field.Options, string(option))
	}
	return field
}

// WorkspaceFields lists the fields that a workspace has added to its jobs, by section. The
// call is not documented: what cannot be read of the answer is left out, and some accounts
// may not make it, see [IsRefusal].
func (c *Client) WorkspaceFields(ctx context.Context, w Workspace) ([]CustomField, error) {
	type sections struct {
		Compute hint[map[string]hint[[]wireCustomField]] `json:"compute"`
	}
	var found struct {
		Fields    hint[sections] `json:"fields"`
		IsEnabled hint[*bool]    `json:"isEnabled"`
	}
	path := "/api/v2/organizations/" + url.PathEscape(w.CompanyCode) + "/workspaces/" + url.PathEscape(w.ID) + "/custom-fields/"
	if _, err := c.get(ctx, path, nil, &found); err != nil {
		return nil, err
	}
	if enabled := found.IsEnabled.value; enabled != nil && !*enabled {
		return nil, nil
	}
	var fields []CustomField
	compute := found.Fields.value.Compute.value
	for _, section := range slices.Sorted(maps.Keys(compute)) {
		fields = append(fields, convert(compute[section].value, wireCustomField.field)...)
	}
	return slices.DeleteFunc(fields, func(f CustomField) bool { return f.Name == "" }), nil
}

// Projects lists the projects that the account can bill.
func (c *Client) Projects(ctx context.Context) ([]Project, error) {
	found, err := all[wireProject](ctx, c, listing{path: "/api/v2/users/me/projects/", size: catalogPageSize})
	return convert(found, wireProject.project), err
}

type wireAnalysis struct {
	Code              string `json:"code"`
	Name              string `json:"name"`
	VendorName        text   `json:"vendorName"`
	HasRescaleLicense bool   `json:"hasRescaleLicense"`
	LicenseSettings   []struct {
		Name  string `json:"name"`
		Label text   `json:"label"`
	} `json:"licenseSettings"`
	Versions []struct {
		Version          string   `json:"version"`
		VersionCode      string   `json:"versionCode"`
		AllowedCoreTypes []string `json:"allowedCoreTypes"`
		MustBeRequested  bool     `json:"mustBeRequested"`
	} `json:"versions"`
}

func (w wireAnalysis) analysis() Analysis {
	a := Analysis{Code: w.Code, Name: w.Name, Vendor: string(w.VendorName), HasRescaleLicense: w.HasRescaleLicense}
	for _, s := range w.LicenseSettings {
		a.LicenseSettings = append(a.LicenseSettings, LicenseSetting{Name: s.Name, Label: string(s.Label)})
	}
	for _, v := range w.Versions {
		a.Versions = append(a.Versions, Version(v))
	}
	return a
}

// Analyses lists the software that the account can use.
func (c *Client) Analyses(ctx context.Context) ([]Analysis, error) {
	found, err := all[wireAnalysis](ctx, c, listing{path: "/api/v2/analyses/", size: catalogPageSize})
	return convert(found, wireAnalysis.analysis), err
}

type wireCoreType struct {
	Code             string   `json:"code"`
	Name             string   `json:"name"`
	ProcessorInfo    text     `json:"processorInfo"`
	Cores            []number `json:"cores"`
	GPUCounts        []number `json:"gpuCounts"`
	Memory           number   `json:"memory"`
	Storage          number   `json:"storage"`
	Price            number   `json:"price"`
	LowPriorityPrice number   `json:"lowPriorityPrice"`
	WalltimeRequired bool     `json:"walltimeRequired"`
	IsDeprecated     bool     `json:"isDeprecated"`
	IsActive         *bool    `json:"isActive"` // newer than the other fields: absent means active
	MustBeRequested  bool     `json:"mustBeRequested"`
}

func (w wireCoreType) coreType() CoreType {
	return CoreType{
		Code: w.Code, Name: w.Name, Processor: string(w.ProcessorInfo), Cores: wholes(w.Cores), GPUCounts: wholes(w.GPUCounts),
		Memory: w.Memory.whole(), Storage: w.Storage.whole(),
		Price: float64(w.Price), LowPriorityPrice: float64(w.LowPriorityPrice),
		WalltimeRequired: w.WalltimeRequired, Deprecated: w.IsDeprecated,
		Active: w.IsActive == nil || *w.IsActive, MustBeRequested: w.MustBeRequested,
	}
}

// CoreTypes lists the hardware, inactive and deprecated types included, so that a
// caller can say why one is not usable.
func (c *Client) CoreTypes(ctx context.Context) ([]CoreType, error) {
	found, err := all[wireCoreType](ctx, c, listing{path: "/api/v2/coretypes/", size: catalogPageSize})
	return convert(found, wireCoreType.coreType), err
}

type wirePrice struct {
	CoreType reference `json:"coreType"`
	OS       text      `json:"os"`
	PlanType text      `json:"planType"`
	IsActive bool      `json:"isActive"`
	Value    *struct {
		Amount number `json:"amount"`
	} `json:"value"`
}

func (w wirePrice) price() Price {
	p := Price{CoreType: string(w.CoreType), OS: string(w.OS), PlanType: string(w.PlanType), Active: w.IsActive}
	if w.Value != nil {
		p.Amount = float64(w.Value.Amount)
	}
	return p
}

// ComputePrices lists prices by core type and plan. They change during the day.
func (c *Client) ComputePrices(ctx context.Context) ([]Price, error) {
	found, err := all[wirePrice](ctx, c, listing{path: "/api/v2/billing/computeprices/", size: catalogPageSize})
	return convert(found, wirePrice.price), err
}

type wireCatalogAutomation struct {
	ID          reference `json:"id"`
	Name        text      `json:"name"`
	Description text      `json:"description"`
}

func (w wireCatalogAutomation) automation() Automation {
	return Automation{ID: string(w.ID), Name: string(w.Name), Description: string(w.Description)}
}

// Automations lists the scripts that the account can give to jobs. Only v3 has this call
// (rescale-api.md §2.7).
func (c *Client) Automations(ctx context.Context) ([]Automation, error) {
	found, err := all[wireCatalogAutomation](ctx, c, listing{path: "/api/v3/automations/", size: catalogPageSize})
	return convert(found, wireCatalogAutomation.automation), err
}

// StorageStarted is the status of high-performance storage that jobs can use.
const StorageStarted = "Started"

// StorageStatus is the newest status of high-performance storage; empty before it is
// started for the first time (rescale-api.md §14 A7). 404 is an *Error.
func (c *Client) StorageStatus(ctx context.Context, id string) (string, error) {
	if err := checkID(id); err != nil {
		return "", err
	}
	path := "/api/v2/storage-devices/" + id + "/"
	found, err := all[wireStatus](ctx, c, listing{path: path + "statuses/", size: catalogPageSize})
	if isNotFound(err) { // there may be no history of what was never started
		_, err = c.get(ctx, path, nil, &struct{}{})
		return "", err
	}
	if err != nil || len(found) == 0 {
		return "", err
	}
	newest := found[0]
	for _, status := range found[1:] {
		if status.StatusDate.After(newest.StatusDate.Time) {
			newest = status
		}
	}
	return newest.Status, nil
}

// convert turns what was decoded into what callers see, in the same order.
func convert[W, T any](in []W, f func(W) T) []T {
	var out []T
	for _, w := range in {
		out = append(out, f(w))
	}
	return out
}
