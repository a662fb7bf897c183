// Package foreign recognizes the YAML of other programs, which lies among manifests in a folder.
package foreign

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// Text returns the only problem of another program's text, in which every key would be a
// problem; none for a manifest, which is a text with at least one job.
func Text(documents []*yamlsrc.Document) (list diag.List) {
	isJob := func(doc *yamlsrc.Document) bool {
		missing := missingKeys(doc)
		return !slices.Contains(missing, "version") || !slices.Contains(missing, "analysis")
	}
	if len(documents) == 0 || slices.ContainsFunc(documents, isJob) {
		return nil
	}
	missing := missingKeys(documents[0])
	list.Add(documents[0].At(""), diag.MissingKey, "name the manifests with -f one by one, or move this file; a manifest begins with version: 1",
		"key %q is missing, and so are %s: this is no manifest", missing[0], strings.Join(missing[1:], ", "))
	return list
}

// missingKeys returns which of the keys that identify a manifest a document lacks.
func missingKeys(doc *yamlsrc.Document) []string {
	mapping, ok := doc.Value.(map[string]any)
	if !ok || len(mapping) == 0 || mapping["analyses"] != nil {
		return nil
	}
	return slices.DeleteFunc([]string{"name", "version", "analysis"}, func(key string) bool {
		_, there := mapping[key]
		return there
	})
}
