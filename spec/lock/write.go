package lock

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// header says what wrote the file, for who meets it in a review.
const header = `# What the platform's catalog gave to the manifests here. It belongs into git.
# rescale-apply catalog lock wrote it; rescale-apply catalog update takes what the catalog gives now.
`

// Text is the lock as a file. Equal locks have equal texts, and one entry that changes
// changes only its own lines.
func (l *Lock) Text() []byte {
	var out strings.Builder
	out.WriteString(header + "formatVersion: 1\n")
	if len(l.Analyses) > 0 {
		out.WriteString("analyses:\n")
	}
	for _, a := range l.Analyses {
		entry(&out, a.Code)
		if a.Wanted != "" {
			member(&out, "wanted", scalar(a.Wanted))
		}
		member(&out, "version", scalar(a.Version))
		member(&out, "since", scalar(a.Since))
	}
	if len(l.CoreTypes) > 0 {
		out.WriteString("coreTypes:\n")
	}
	for _, t := range l.CoreTypes {
		entry(&out, t.Code)
		if len(t.Cores) > 0 {
			member(&out, coresKey, "["+sizes(t.Cores)+"]")
		}
		for _, value := range []struct {
			key    string
			amount float64
		}{{memoryKey, float64(t.Memory)}, {onDemandKey, t.OnDemand}, {economyKey, t.Economy}} {
			if value.amount > 0 {
				member(&out, value.key, amount(value.amount))
			}
		}
		member(&out, "since", scalar(t.Since))
	}
	return []byte(out.String())
}

func entry(out *strings.Builder, code string) { fmt.Fprintf(out, "  - code: %s\n", scalar(code)) }

func member(out *strings.Builder, key, value string) { fmt.Fprintf(out, "    %s: %s\n", key, value) }

func sizes(cores []int) string {
	words := make([]string, len(cores))
	for i, n := range cores {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}

// amount writes a number without an exponent, as prices are read.
func amount(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

var (
	plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.+-]*$`)
	day   = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

// scalar writes a text in quotes unless every reader of YAML takes it for a text. A day
// is one for ours, and nicer to read.
func scalar(text string) string {
	words := []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
	if day.MatchString(text) || plain.MatchString(text) && !slices.Contains(words, strings.ToLower(text)) {
		return text
	}
	return strconv.QuoteToASCII(text) // its escapes are those of YAML
}
