// Package codequality writes the problems of a report in the form of GitLab's code
// quality, a JSON list that a merge request shows beside the lines.
package codequality

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
)

type issue struct {
	Description string   `json:"description"`
	Check       string   `json:"check_name"`
	Fingerprint string   `json:"fingerprint"`
	Severity    string   `json:"severity"`
	Location    location `json:"location"`
}

type location struct {
	Path  string `json:"path"` // in the repository, without ./
	Lines struct {
		Begin int `json:"begin"`
	} `json:"lines"`
}

// Write gives the problems as a JSON list, which is empty where there are none: GitLab
// compares it with that of the target branch. Problems that are in no file are left out,
// as GitLab has no place for them.
func Write(r report.Report) ([]byte, error) {
	list := []issue{}
	for _, p := range r.Problems {
		if p.File == "" {
			continue
		}
		found := issue{Description: p.Message, Check: p.Rule, Fingerprint: p.Identity, Severity: "major", Location: location{Path: p.File}}
		if p.Hint != "" {
			found.Description += " (" + p.Hint + ")"
		}
		found.Location.Lines.Begin = max(1, p.Line)
		list = append(list, found)
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(list); err != nil {
		return nil, fmt.Errorf("writing code quality: %w", err)
	}
	return text.Bytes(), nil
}
