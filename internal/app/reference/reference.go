// Package reference explains the keys of a manifest, from the schema.
package reference

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/schema"
)

// Explain writes what a key means. Several keys can end in the same word.
func Explain(w io.Writer, name string) error {
	all := schema.Reference()
	found := meant(all, name)
	if len(found) == 0 {
		var names []string
		for _, e := range all {
			names = append(names, e.Key, e.Key[strings.LastIndexByte(e.Key, '.')+1:])
		}
		hint := diag.DidYouMean(name, names)
		return options.Usage(fmt.Sprintf("a manifest has no key %q", name), cmp.Or(hint, "rescale-apply explain lists the keys that there are"))
	}
	for i, e := range found {
		if i > 0 {
			fmt.Fprintln(w)
		}
		explainKey(w, e, all)
	}
	return nil
}

// List writes the keys of the top level.
func List(w io.Writer) {
	var rows [][]string
	for _, e := range schema.Reference() {
		if !strings.Contains(e.Key, ".") {
			rows = append(rows, []string{e.Key, e.Title})
		}
	}
	show.Table(w, rows)
	fmt.Fprintln(w, `"rescale-apply explain KEY" tells more, as of hardware.walltime.`)
}

var index = regexp.MustCompile(`\[[0-9]*\]`)

// meant finds a key by its whole path, else by its last part. Which item of a
// list it is does not matter, nor a name that a person chooses.
func meant(all []schema.Entry, name string) []schema.Entry {
	wanted := strings.Split(strings.Trim(index.ReplaceAllString(name, ""), "."), ".")
	for _, same := range []func(part, wanted string) bool{
		strings.EqualFold,
		func(part, wanted string) bool { return part == "NAME" || strings.EqualFold(part, wanted) },
	} {
		for i, e := range all {
			if slices.EqualFunc(path(e), wanted, same) {
				return all[i : i+1]
			}
		}
	}
	var found []schema.Entry
	for _, e := range all {
		if parts := path(e); len(parts) > len(wanted) && slices.EqualFunc(parts[len(parts)-len(wanted):], wanted, strings.EqualFold) {
			found = append(found, e)
		}
	}
	return found
}

// path is a key in parts, lists left out.
func path(e schema.Entry) []string { return strings.Split(strings.ReplaceAll(e.Key, "[]", ""), ".") }

func explainKey(w io.Writer, e schema.Entry, all []schema.Entry) {
	fmt.Fprintf(w, "%s: %s\n", e.Key, e.Title)
	facts := e.Type
	if e.Required {
		facts += "; required"
	}
	if e.Default != "" {
		facts += "; default: " + e.Default
	}
	if words := e.Effect.Words(); words != "" {
		facts += "; " + words
	}
	fmt.Fprintf(w, "  %s\n\n", facts)
	for _, line := range wrapped(e.Description, 78) {
		fmt.Fprintf(w, "  %s\n", line)
	}
	fmt.Fprintf(w, "\nExample:\n")
	for _, sample := range e.Samples {
		fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(sample, "\n", "\n  "))
	}
	if look := offers(e.Key); look != "" {
		fmt.Fprintf(w, "\nWhat the platform offers: %s %s\n", options.Program, look)
	}
	if len(e.Keys) == 0 {
		return
	}
	fmt.Fprintf(w, "\nKeys:\n")
	var rows [][]string
	for _, name := range e.Keys {
		i := slices.IndexFunc(all, func(below schema.Entry) bool { return below.Key == e.Key+"."+name || below.Key == e.Key+"[]."+name })
		rows = append(rows, []string{name, all[max(0, i)].Title})
	}
	show.Table(w, rows)
}

// offers is the command that lists what a key can have; empty for most.
func offers(key string) string {
	for end, command := range map[string]string{
		"hardware.coreType": "catalog coretypes", "hardware.coresPerSlot": "catalog coretypes",
		"analysis": "catalog analyses", "analysis.code": "catalog analyses", "analysis.version": "catalog analyses CODE",
		"project": "catalog projects", "automations": "catalog automations", "automations[].id": "catalog automations",
	} {
		if key == end || strings.HasSuffix(key, "."+end) {
			return command
		}
	}
	return ""
}

// wrapped breaks a text into lines of at most width characters.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
