package rescale

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMe(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want User
	}{
		"full": {
			`{"email":"ada@example.com","fullName":"Ada","maxJobHours":48,"company":{"code":"acme","name":"Acme Inc.","projects":[{"id":"pRoJa","name":"CFD"}]}}`,
			User{Email: "ada@example.com", FullName: "Ada", MaxJobHours: 48, CompanyCode: "acme", CompanyName: "Acme Inc.", Projects: []Project{{ID: "pRoJa", Name: "CFD"}}},
		},
		"nulls": {`{"email":"ada@example.com","maxJobHours":null,"company":null}`, User{Email: "ada@example.com"}},
	} {
		p := newPlatform(t, reply(200, tc.body))
		got, err := p.client(t).Me(t.Context())
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestProjects(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, `{"count":1,"next":null,"previous":null,"results":[{"id":"pRoJa","name":"CFD","isDefault":true,"remainingAmounts":["(no budget)"]}]}`))
	got, err := p.client(t).Projects(t.Context())
	want := []Project{{ID: "pRoJa", Name: "CFD", Default: true, Remaining: []string{"(no budget)"}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestAnalyses(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, answers(
		reply(200, fixture(t, "sample-analyses")),
		reply(200, `[{"code":"x","vendorName":null,"licenseSettings":[{"name":"LM_LICENSE_FILE","label":"Server","isServer":true}],"versions":null}]`),
	))
	c := p.client(t)
	got, err := c.Analyses(t.Context())
	want := []Analysis{{
		Code: "user_included", Name: "Bring Your Own Software",
		Versions: []Version{{Version: "CPU", VersionCode: "0", AllowedCoreTypes: []string{"emerald", "granite"}}},
	}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err = c.Analyses(t.Context())
	want = []Analysis{{Code: "x", LicenseSettings: []LicenseSetting{{Name: "LM_LICENSE_FILE", Label: "Server"}}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestCoreTypes(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, answers(
		reply(200, fixture(t, "sample-coretypes")),
		reply(200, `{"count":12,"next":null,"results":[
			{"code":"a","io":35.0,"price":"0.5","lowPriorityPrice":null,"gpuCounts":[0.0, 1.0],"isActive":false,"isDeprecated":true,"memory":null,"processorInfo":null},
			{"code":"b","isActive":true,"mustBeRequested":true,"walltimeRequired":true,"displayOrder":null}]}`),
	))
	got, err := p.client(t).CoreTypes(t.Context())
	want := []CoreType{
		{Code: "granite", Name: "Granite", Processor: "Example CPU 3.0 GHz", Cores: []int{2, 4, 8, 16}, GPUCounts: []int{0, 0, 0, 0}, Memory: 4000, Storage: 20, Price: 0.11, LowPriorityPrice: 0.042, Active: true},
		{Code: "a", GPUCounts: []int{0, 1}, Price: 0.5, Deprecated: true},
		{Code: "b", Active: true, MustBeRequested: true, WalltimeRequired: true},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if seen := p.arrivals(); seen[1].Path != "/api/v2/coretypes/" || seen[1].Query != "page=2&page_size=200" {
		t.Errorf("got %+v", seen[1])
	}
}

func TestComputePrices(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, `[
		{"coreType":"granite","os":"linux","planType":"on-demand","isActive":true,"value":{"amount":"0.1100"}},
		{"coreType":{"code":"onyx"},"os":null,"planType":"low-on-demand","isActive":false,"value":{"amount":0.2}},
		{"coreType":"opal","value":null}]`))
	got, err := p.client(t).ComputePrices(t.Context())
	want := []Price{
		{CoreType: "granite", OS: "linux", PlanType: "on-demand", Active: true, Amount: 0.11},
		{CoreType: "onyx", PlanType: "low-on-demand", Amount: 0.2},
		{CoreType: "opal"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestWorkspace reads the undocumented answer as far as it goes.
func TestWorkspace(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want Workspace
	}{
		"full":   {`{"email":"a@b","company":{"code":"acme"},"workspace":{"id":"04-1","name":"Aero"}}`, Workspace{ID: "04-1", Name: "Aero", CompanyCode: "acme"}},
		"absent": {`{"email":"a@b"}`, Workspace{}},
		"nulls":  {`{"company":null,"workspace":null}`, Workspace{}},
		"other":  {`{"company":"acme","workspace":{"id":7,"name":null}}`, Workspace{ID: "7"}},
	} {
		p := newPlatform(t, reply(200, tc.body))
		got, err := p.client(t).Workspace(t.Context())
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// TestBill asks for one month, by UTC, of the workspace.
func TestBill(t *testing.T) {
	t.Parallel()
	month := time.Date(2026, 12, 1, 0, 30, 0, 0, time.FixedZone("east", 3600))
	for name, tc := range map[string]struct {
		body string
		want Bill
	}{
		"full": {
			`{"id":"04-1","label":"Aero","activeUsers":3,"jobs":12,"hardwareUsage":"40.5","hardwareCharge":12.25,"softwareCharge":"3","totalCharge":20}`,
			Bill{Jobs: 12, CoreHours: 40.5, Hardware: 12.25, Software: 3, Total: 20},
		},
		"nulls": {`{"jobs":null,"totalCharge":null}`, Bill{}},
	} {
		p := newPlatform(t, reply(200, tc.body))
		got, err := p.client(t).Bill(t.Context(), Workspace{ID: "04-1", CompanyCode: "acme"}, month)
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		asked := p.arrivals()[0]
		if asked.Path != "/api/v2/organizations/acme/workspaces/04-1/billing/" || asked.Query != "endMonth=11&endYear=2026&startMonth=11&startYear=2026" {
			t.Errorf("%s: asked for %s?%s", name, asked.Path, asked.Query)
		}
	}
	p := newPlatform(t, reply(403, `{"detail":"You do not have permission to perform this action."}`))
	if _, err := p.client(t).Bill(t.Context(), Workspace{"w", "", "o"}, month); !IsRefusal(err) {
		t.Errorf("got %v", err)
	}
}

// TestWorkspaceFields reads what a workspace has added to its jobs, as far as it can be
// understood.
func TestWorkspaceFields(t *testing.T) {
	t.Parallel()
	fields := func(list string) string {
		return `{"fields":{"compute":{"Inputs":[` + list + `],"Context":[{"name":"Team"}]}},"isEnabled":true}`
	}
	team := CustomField{Name: "Team"}
	for name, tc := range map[string]struct {
		body string
		want []CustomField
	}{
		"full": {
			fields(`{"name":"Cost center","valueType":"select","enumOptions":["A-17","B-2"],"isRequired":true,"order":1},{"name":"Level","valueType":"number","enumOptions":[1,2]}`),
			[]CustomField{team, {Name: "Cost center", Type: "select", Options: []string{"A-17", "B-2"}, Required: true}, {Name: "Level", Type: "number", Options: []string{"1", "2"}}},
		},
		"options of another shape": {fields(`{"name":"A","enumOptions":["x",{"value":"y"}]},{"name":"B","enumOptions":{}}`), []CustomField{team, {Name: "A"}, {Name: "B"}}},
		"nulls and no name":        {fields(`{"name":"A","valueType":null,"enumOptions":null,"isRequired":null},{"valueType":"text"}`), []CustomField{team, {Name: "A"}}},
		"not enabled":              {`{"fields":{"compute":{"Context":[{"name":"Team","isRequired":true}]}},"isEnabled":false}`, nil},
		"no word of enabled":       {`{"fields":{"compute":{"Context":[{"name":"Team"}]}}}`, []CustomField{team}},
		"another shape":            {`{"fields":[1,2]}`, nil},
		"a section that is none":   {`{"fields":{"compute":{"Context":"x","Inputs":[{"name":"Team"}]}}}`, []CustomField{team}},
	} {
		p := newPlatform(t, reply(200, tc.body))
		got, err := p.client(t).WorkspaceFields(t.Context(), Workspace{ID: "04-1", CompanyCode: "acme"})
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		if asked := p.arrivals()[0].Path; asked != "/api/v2/organizations/acme/workspaces/04-1/custom-fields/" {
			t.Errorf("%s: asked for %s", name, asked)
		}
	}
}

// TestAutomations reads both forms of the list.
func TestAutomations(t *testing.T) {
	t.Parallel()
	want := []Automation{{ID: "AuToA", Name: "Post", Description: "sends a report"}, {ID: "AuToB"}}
	const list = `[{"id":"AuToA","name":"Post","description":"sends a report"},{"id":"AuToB","name":null}]`
	for name, body := range map[string]string{"array": list, "envelope": `{"count":2,"next":null,"results":` + list + `}`} {
		p := newPlatform(t, reply(200, body))
		got, err := p.client(t).Automations(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}
