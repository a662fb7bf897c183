// Package junit writes a report as JUnit XML, which Jenkins, GitLab, Azure DevOps and
// Buildkite read: a suite for each manifest, a case for each job.
package junit

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
)

// Limits of what a job printed: readers of reports load them as a whole.
const (
	mostLines = 50
	longest   = 2000 // characters of a line
)

type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	counts
	Suites []suite `xml:"testsuite"`
}

type counts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

type suite struct {
	Name string `xml:"name,attr"`
	counts
	Time  string     `xml:"time,attr"`
	Cases []testcase `xml:"testcase"`

	seconds float64
}

type testcase struct {
	Name       string      `xml:"name,attr"`
	Class      string      `xml:"classname,attr"`
	Time       string      `xml:"time,attr"`
	File       string      `xml:"file,attr,omitempty"`
	Line       int         `xml:"line,attr,omitempty"`
	Properties *properties `xml:"properties"`
	Skipped    *outcome    `xml:"skipped"`
	Failure    *outcome    `xml:"failure"`
	Error      *outcome    `xml:"error"`
}

type properties struct {
	List []property `xml:"property"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type outcome struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// Signature is what each file begins with, after the line that every XML file begins with.
const Signature = "<testsuites name=\"rescale-apply "

// Write gives the report as XML.
func Write(r report.Report) ([]byte, error) {
	all := suites{Name: "rescale-apply " + clean(r.Verb)}
	for _, one := range grouped(r) {
		all.put(*one)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing JUnit XML: %w", err)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}

// put adds a suite that has cases.
func (s *suites) put(one suite) {
	if len(one.Cases) == 0 {
		return
	}
	one.Time = seconds(one.seconds)
	s.Suites = append(s.Suites, one)
	s.Tests, s.Failures = s.Tests+one.Tests, s.Failures+one.Failures
	s.Errors, s.Skipped = s.Errors+one.Errors, s.Skipped+one.Skipped
}

func (s *suite) put(c testcase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// grouped are the suites of the manifests, and last that of the tool. That of a manifest has
// a case for each job, and one for each problem: a manifest with problems has no jobs.
func grouped(r report.Report) []*suite {
	tool := ofTool(r)
	var list []*suite
	byName := make(map[string]*suite, len(r.Manifests))
	for _, name := range r.Manifests {
		byName[name] = &suite{Name: clean(name)}
		list = append(list, byName[name])
	}
	of := func(manifest string) *suite { return cmp.Or(byName[manifest], tool) }
	for _, p := range r.Problems {
		s := of(p.File)
		s.put(ofProblem(p, s.Name))
	}
	for _, c := range r.Cases {
		s := of(c.Manifest)
		s.seconds += c.Seconds
		s.put(ofJob(c))
	}
	return append(list, tool)
}

// ofTool has a case for each error of the tool, and is for what is in no manifest.
func ofTool(r report.Report) *suite {
	s := &suite{Name: "rescale-apply"}
	for i, t := range r.Troubles {
		name := r.Verb
		if i > 0 {
			name += " (" + strconv.Itoa(i+1) + ")"
		}
		lines := append([]string{t.Message}, t.Hints...)
		s.put(testcase{Name: clean(name), Class: "rescale-apply", Time: seconds(0), Error: &outcome{Type: "error", Message: clean(t.Message), Text: clean(strings.Join(lines, "\n"))}})
	}
	return s
}

func ofProblem(p report.Problem, class string) testcase {
	text := p.Message
	if p.Hint != "" {
		text += "\nhint: " + p.Hint
	}
	name := p.Rule
	if p.Line > 0 {
		name = fmt.Sprintf("%s:%d:%d %s", p.File, p.Line, p.Col, p.Rule)
	}
	return testcase{
		Name: clean(name), Class: clean(class), Time: seconds(0), File: clean(p.File), Line: p.Line,
		Failure: &outcome{Type: clean(p.Rule), Message: clean(p.Message), Text: clean(text)},
	}
}

func ofJob(c report.Case) testcase {
	out := testcase{Name: clean(c.Name), Class: clean(cmp.Or(c.Manifest, "rescale-apply")), Time: seconds(c.Seconds), File: clean(c.Place.File), Line: c.Place.Line, Properties: ofRun(c.Runs)}
	if c.State == report.Passed {
		return out
	}
	message := c.Word
	if c.Why != "" {
		message += ": " + c.Why
	}
	found := &outcome{Type: clean(c.Word), Message: clean(message), Text: clean(strings.Join(append([]string{message}, tail(c.Log)...), "\n"))}
	switch c.State {
	case report.Failed:
		out.Failure = found
	case report.Broken:
		out.Error = found
	case report.Skipped, report.Passed:
		out.Skipped = &outcome{Message: found.Message}
	}
	return out
}

// tail is the end of a log, in lines of a length that can be read.
func tail(log []string) (lines []string) {
	for _, line := range log[max(0, len(log)-mostLines):] {
		if runes := []rune(line); len(runes) > longest {
			line = string(runes[:longest]) + "…"
		}
		lines = append(lines, line)
	}
	return lines
}

func ofRun(r report.Runs) *properties {
	var list []property
	for _, p := range []property{
		{"id", r.ID},
		{"url", r.URL},
		{"digest", r.Digest},
		{"commit", r.Commit},
		{"coreHours", number(r.CoreHours)},
		{"cost", number(r.Cost)},
	} {
		if p.Value != "" {
			list = append(list, property{p.Name, clean(p.Value)})
		}
	}
	if len(list) == 0 {
		return nil
	}
	return &properties{list}
}

// number is an amount to 1e-4; empty for none.
func number(x float64) string {
	text := strconv.FormatFloat(x, 'f', 4, 64)
	if text == "0.0000" {
		return ""
	}
	return text
}

func seconds(s float64) string { return strconv.FormatFloat(max(0, s), 'f', 3, 64) }

// clean leaves out what XML 1.0 has no form for: control characters, halves of surrogates,
// and the last two of the basic plane. Bytes that are no text become U+FFFD.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return r
		case r < 0x20, r >= 0x7f && r < 0xa0, r == 0xfffe, r == 0xffff:
			return -1
		}
		return r
	}, text)
}
