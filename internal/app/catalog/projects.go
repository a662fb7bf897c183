package catalog

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// Project is something that a job's cost can be assigned to.
type Project struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Default   bool     `json:"default"`
	Remaining []string `json:"remaining"` // of its budgets, in the platform's words
}

// Projects is what the account can bill, in the platform's order.
type Projects struct {
	List   []Project
	filter filter
}

func readProjects(ctx context.Context, p Offer, word string) (Projects, error) {
	out := Projects{filter: filter(word)}
	all, err := p.Projects(ctx)
	if err != nil {
		return out, fmt.Errorf("reading the platform's projects: %w", err)
	}
	for _, project := range all {
		if out.filter.keeps(project.ID, project.Name) {
			out.List = append(out.List, Project{project.ID, project.Name, project.Default, append([]string{}, project.Remaining...)})
		}
	}
	return out, nil
}

// Text writes one line for each project.
func (p Projects) Text(w io.Writer) {
	if len(p.List) == 0 {
		p.filter.none(w, "project", "projects")
		return
	}
	var rows [][]string
	for _, one := range p.List {
		row := []string{one.ID, orDash(one.Name), orDash(strings.Join(one.Remaining, "; ")), ""}
		if one.Default {
			row[3] = "default"
		}
		rows = append(rows, row)
	}
	table(w, "ID|NAME|BUDGET|", rows)
}

// JSON writes {"formatVersion", "projects": […]}.
func (p Projects) JSON(w io.Writer) error {
	return show.WriteJSON(w, struct {
		FormatVersion int       `json:"formatVersion"`
		Projects      []Project `json:"projects"`
	}{show.FormatVersion, append([]Project{}, p.List...)})
}

// Automation is a script of the organization.
type Automation struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// Automations is what jobs can be given, in the platform's order.
type Automations struct {
	List   []Automation
	filter filter
}

func readAutomations(ctx context.Context, p Offer, word string) (Automations, error) {
	out := Automations{filter: filter(word)}
	all, err := p.Automations(ctx)
	if err != nil {
		return out, fmt.Errorf("reading the platform's automations: %w", err)
	}
	for _, one := range all {
		if out.filter.keeps(one.ID, one.Name) {
			out.List = append(out.List, Automation(one))
		}
	}
	return out, nil
}

// Text writes one line for each automation.
func (a Automations) Text(w io.Writer) {
	if len(a.List) == 0 {
		a.filter.none(w, "automation", "automations")
		return
	}
	var rows [][]string
	for _, one := range a.List {
		rows = append(rows, []string{one.ID, orDash(one.Name), one.Description})
	}
	table(w, "ID|NAME|DESCRIPTION", rows)
}

// JSON writes {"formatVersion", "automations": […]}.
func (a Automations) JSON(w io.Writer) error {
	return show.WriteJSON(w, struct {
		FormatVersion int          `json:"formatVersion"`
		Automations   []Automation `json:"automations"`
	}{show.FormatVersion, append([]Automation{}, a.List...)})
}
