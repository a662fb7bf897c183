// Package pur reads the jobs of the vendor's parallel client: its jobs.csv, the same as
// JSON, and the state that it keeps of them (§1.2, §2.1 and §2.2 of the formats).
package pur

import (
	"fmt"
	"math"
	"strconv"

	"github.com/rescale-apply/rescale-apply/internal/convert/sheet"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Job is one job as the client reads it. Texts are without blanks around them and without
// characters that show nothing.
type Job struct {
	Pos diag.Position

	Directory, Name, Code, Version, Command, CoreType sheet.Cell

	Cores, Slots Count
	Hours        Hours

	License []Variable // in the order of the text
	Feature sheet.Cell // license feature, of which every run takes Licenses
	Seller  sheet.Cell

	Licenses Count

	Project, Org sheet.Cell
	Tags         []sheet.Cell
	Automations  []sheet.Cell

	Files    []sheet.Cell // paths that take the place of Directory
	Inputs   []sheet.Cell // ids, where there is neither Directory nor Files
	Extra    []sheet.Cell // further ids
	SubPath  sheet.Cell   // the folder of Directory that alone is sent
	Packed   bool         // what is sent in place of Directory stays an archive
	Economy  bool
	CIDR     sheet.Cell
	Key      sheet.Cell
	Port     Count
	Mode     sheet.Cell
	Batch    []sheet.Cell // cells of columns that the client does not know
	Squeezed bool         // the command had runs of blanks or blank lines, which the client drops
	Cleaned  bool         // a text had characters that show nothing
}

// Count is a whole number and its place; 0 where the text has none.
type Count struct {
	N   int
	Pos diag.Position
}

// Hours is a span in hours.
type Hours struct {
	N   float64
	Pos diag.Position
}

// Sent returns the whole hours that the client sends: rounded up, and at least one.
func (h Hours) Sent() int { return max(1, int(math.Ceil(h.N))) }

// longestHours is far more than the platform takes, and fits into every span.
const longestHours = 1e5

// Walltime returns the span as a manifest says it, so that the platform gets Sent hours.
func (h Hours) Walltime() string {
	minutes := int(math.Round(h.N * 60))
	switch {
	case minutes%60 == 0 || (minutes+59)/60 != h.Sent():
		return strconv.Itoa(h.Sent()) + "h"
	case minutes < 120: //nolint:mnd // two hours: people write 90m, but 11h12m
		return strconv.Itoa(minutes) + "m"
	}
	return fmt.Sprintf("%dh%dm", minutes/60, minutes%60)
}

// Variable is an environment variable.
type Variable struct {
	Name, Value string
	Pos         diag.Position
	Changed     bool // the value was no text, and Value is what the client makes of it
}

// Mode is what the client does with a job.
type Mode int

// The modes.
const (
	Submits     Mode = iota // it creates the job and submits it
	Drafts                  // it creates the job only
	UnknownMode             // it does not know the word, and submits nothing
)

// Does returns what a text of the column Submit means (in any case).
func Does(mode string) Mode {
	switch mode {
	case "", "yes", "true", "submit", "create_and_submit":
		return Submits
	case "no", "false", "create_only", "draft":
		return Drafts
	}
	return UnknownMode
}

// yes is how the client reads a column that is true or false.
func yes(text string) bool { return text == "true" || text == "yes" || text == "1" }
