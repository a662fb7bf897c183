package api

import (
	"net/http"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/emulator/catalog"
	"github.com/rescale-apply/rescale-apply/internal/emulator/wire"
)

func index(_ *API, r *Request) (Answer, error) {
	return ok(map[string]string{"jobs": r.Base + "/api/v2/jobs/", "files": r.Base + "/api/v2/files/"})
}

// me answers the profile (rescale-api.md §1.4).
func me(_ *API, r *Request) (Answer, error) {
	account := r.Account
	company := map[string]any{"code": account.CompanyCode, "name": account.CompanyCode}
	out := map[string]any{"email": account.Email, "fullName": account.Name, "company": company}
	if r.V3 {
		out["workspace"] = map[string]string{"id": account.CompanyCode, "name": account.CompanyCode}
		out["defaultStorage"] = wire.Storage()
		return ok(out)
	}
	list := make([]any, len(account.Projects))
	for i, project := range account.Projects {
		list[i] = map[string]string{"id": project.ID, "name": project.Name}
	}
	company["projects"] = list
	out["maxJobHours"] = account.MaxJobHours
	return ok(out)
}

func projects(_ *API, r *Request) (Answer, error) {
	return paged(r, r.Account.Projects, func(p Project) any {
		return map[string]any{
			"id": p.ID, "name": p.Name, "isDefault": p.Default, "remainingAmounts": []string{"(no budget)"},
		}
	})
}

func coreTypes(a *API, r *Request) (Answer, error) {
	var list []*catalog.CoreType
	wanted := r.URL.Query().Get("isActive")
	for i := range a.Catalog.CoreTypes {
		if c := &a.Catalog.CoreTypes[i]; wanted != "true" || c.IsActive {
			list = append(list, c)
		}
	}
	style := a.style(r)
	return paged(r, list, func(c *catalog.CoreType) any { return style.CoreType(c) })
}

func analyses(a *API, r *Request) (Answer, error) {
	style := a.style(r)
	return paged(r, a.Catalog.Analyses, func(s catalog.Analysis) any { return style.Analysis(&s) })
}

func analysis(a *API, r *Request) (Answer, error) {
	software, known := a.Catalog.Analysis(r.vars["code"])
	if !known {
		return Answer{}, notFound()
	}
	return Answer{Status: http.StatusOK, Body: a.style(r).Analysis(software)}, nil
}

// automations answers a bare array in version 3 (rescale-api.md §2.2).
func automations(a *API, r *Request) (Answer, error) {
	if r.V3 {
		return ok(slices.Concat([]Automation{}, a.Automations))
	}
	return paged(r, a.Automations, func(one Automation) any { return one })
}

func computePrices(a *API, _ *Request) (Answer, error) { return ok(wire.Prices(a.Catalog.CoreTypes)) }
