package account

import (
	"io"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// Text writes one line for each thing that the platform says.
func (a Account) Text(w io.Writer) {
	rows := [][]string{
		{"account", humanize.Named(a.Email, a.FullName)},
		{"platform", a.place()},
		{"company", humanize.Named(a.CompanyCode, a.CompanyName)},
		{"workspace", humanize.Named(a.Workspace.ID, a.Workspace.Name)},
		{"key from", a.KeyFrom},
	}
	if a.MaxJobHours > 0 {
		rows = append(rows, []string{"walltime", "at most " + humanize.Plural(a.MaxJobHours, "hour")})
	}
	for _, p := range a.Projects {
		text := humanize.Named(p.ID, p.Name)
		if p.Default {
			text += ", the default"
		}
		if len(p.Remaining) > 0 {
			text += "; budget left: " + strings.Join(p.Remaining, "; ")
		}
		rows = append(rows, []string{"project", text})
	}
	var kept [][]string
	for _, row := range rows {
		if row[1] != "" {
			kept = append(kept, row)
		}
	}
	show.Table(w, kept)
}

func (a Account) place() string {
	if a.Embedded {
		return a.Platform + " (embedded, on this machine: no key, no cost)"
	}
	return a.Platform
}

// objectJSON is whoami -o json: one object.
type objectJSON struct {
	FormatVersion int           `json:"formatVersion"`
	Email         string        `json:"email"`
	Name          string        `json:"name,omitempty"`
	Platform      string        `json:"platform"`
	Company       *placeJSON    `json:"company,omitempty"`
	Workspace     *placeJSON    `json:"workspace,omitempty"`
	MaxJobHours   int           `json:"maxJobHours,omitempty"` // longest walltime
	KeyFrom       string        `json:"keyFrom,omitempty"`     // in words
	Projects      []projectJSON `json:"projects"`
}

type placeJSON struct {
	ID   string `json:"id"` // of a company: its code
	Name string `json:"name,omitempty"`
}

type projectJSON struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Default   bool     `json:"default"`
	Remaining []string `json:"remaining"` // of its budgets, in the platform's words
}

// JSON writes one object.
func (a Account) JSON(w io.Writer) error {
	out := objectJSON{
		FormatVersion: show.FormatVersion, Email: a.Email, Name: a.FullName, Platform: a.Platform,
		Company: place(a.CompanyCode, a.CompanyName), Workspace: place(a.Workspace.ID, a.Workspace.Name),
		MaxJobHours: a.MaxJobHours, KeyFrom: a.KeyFrom, Projects: []projectJSON{},
	}
	for _, p := range a.Projects {
		out.Projects = append(out.Projects, projectJSON{p.ID, p.Name, p.Default, append([]string{}, p.Remaining...)})
	}
	return show.WriteJSON(w, out)
}

// place is nil where the platform says nothing.
func place(id, name string) *placeJSON {
	if id == "" && name == "" {
		return nil
	}
	return &placeJSON{id, name}
}
