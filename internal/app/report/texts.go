package report

import "slices"

// Through gives the report with every text of somebody else passed through change, such
// as one that hides secrets.
func (r Report) Through(change func(string) string) Report {
	r.Account, r.Summary = change(r.Account), change(r.Summary)
	r.Totals.PlanFile = change(r.Totals.PlanFile)
	r.Asked, r.Manifests, r.Notes = each(r.Asked, change), each(r.Manifests, change), each(r.Notes, change)
	r.Problems = slices.Clone(r.Problems)
	for i := range r.Problems {
		p := &r.Problems[i]
		p.File, p.Message, p.Hint = change(p.File), change(p.Message), change(p.Hint)
	}
	r.Cases = slices.Clone(r.Cases)
	for i := range r.Cases {
		c := &r.Cases[i]
		c.Name, c.Manifest, c.Place.File, c.Why = change(c.Name), change(c.Manifest), change(c.Place.File), change(c.Why)
		c.Word = change(c.Word)
		c.URL, c.Log = change(c.URL), each(c.Log, change)
	}
	r.Rows = slices.Clone(r.Rows)
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Name, row.Word, row.Why = change(row.Name), change(row.Word), change(row.Why)
	}
	r.Troubles = slices.Clone(r.Troubles)
	for i := range r.Troubles {
		t := &r.Troubles[i]
		t.Message, t.Hints = change(t.Message), each(t.Hints, change)
	}
	return r
}

func each(list []string, change func(string) string) []string {
	changed := make([]string, len(list))
	for i, text := range list {
		changed[i] = change(text)
	}
	return changed
}
