// Package sarif writes the problems of a report as SARIF 2.1.0, which GitHub's code
// scanning and editors read.
package sarif

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
)

// most is how many results GitHub takes of one run; more make it refuse the file.
const most = 25_000

// root is the base of all paths: that of the repository.
const root = "%SRCROOT%"

type log struct {
	Schema  string `json:"$schema"`
	Version string `json:"version"`
	Runs    []run  `json:"runs"`
}

type run struct {
	Tool        tool         `json:"tool"`
	Column      string       `json:"columnKind"`
	Results     []result     `json:"results"`
	Invocations []invocation `json:"invocations"`
}

type tool struct {
	Driver driver `json:"driver"`
}

type driver struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	URI     string `json:"informationUri"`
	Rules   []rule `json:"rules"`
}

type rule struct {
	ID string `json:"id"`
}

type result struct {
	Rule         string            `json:"ruleId"`
	Index        int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      message           `json:"message"`
	Locations    []location        `json:"locations,omitempty"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type message struct {
	Text string `json:"text"`
}

type location struct {
	Physical physical `json:"physicalLocation"`
}

type physical struct {
	Artifact artifact `json:"artifactLocation"`
	Region   *region  `json:"region,omitempty"`
}

type artifact struct {
	URI  string `json:"uri"`
	Base string `json:"uriBaseId,omitempty"`
}

type region struct {
	Line   int `json:"startLine"`
	Col    int `json:"startColumn,omitempty"`
	EndCol int `json:"endColumn,omitempty"`
}

type invocation struct {
	OK            bool           `json:"executionSuccessful"`
	Notifications []notification `json:"toolExecutionNotifications,omitempty"`
}

type notification struct {
	Level   string  `json:"level"`
	Message message `json:"message"`
}

// fingerprint names how Problem.Identity is made; a change of that raises its number.
const fingerprint = "rescaleApply/v1"

// Write gives the report as SARIF.
func Write(r report.Report) ([]byte, error) {
	one := run{
		Column:      "unicodeCodePoints",
		Results:     []result{},
		Invocations: []invocation{{OK: len(r.Troubles) == 0}},
		Tool:        tool{driver{Name: r.Tool, Version: r.Version, URI: "https://github.com/rescale-apply/rescale-apply", Rules: rules(r)}},
	}
	for _, t := range r.Troubles {
		one.Invocations[0].Notifications = append(one.Invocations[0].Notifications, notification{"error", message{t.Message}})
	}
	for _, p := range r.Problems[:min(most, len(r.Problems))] {
		found := result{
			Rule: p.Rule, Index: slices.Index(one.Tool.Driver.Rules, rule{p.Rule}), Level: "error",
			Message: message{p.Message}, Fingerprints: map[string]string{fingerprint: p.Identity},
		}
		if p.Hint != "" {
			found.Message.Text += "\n" + p.Hint
		}
		if p.File != "" {
			found.Locations = []location{{physical{at(p.File), lines(p.Place)}}}
		}
		one.Results = append(one.Results, found)
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(log{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []run{one}}); err != nil {
		return nil, fmt.Errorf("writing SARIF: %w", err)
	}
	return text.Bytes(), nil
}

// rules are those of the problems, each once.
func rules(r report.Report) []rule {
	list := []rule{}
	for _, p := range r.Problems {
		if !slices.Contains(list, rule{p.Rule}) {
			list = append(list, rule{p.Rule})
		}
	}
	return list
}

// at is a path below the root, percent-encoded.
func at(path string) artifact {
	return artifact{(&url.URL{Path: path}).String(), root}
}

// lines are those of a place; nil for a file as a whole.
func lines(p report.Place) *region {
	if p.Line < 1 {
		return nil
	}
	found := &region{Line: p.Line, Col: p.Col}
	if p.Col > 0 && p.EndCol > p.Col {
		found.EndCol = p.EndCol
	}
	return found
}
