package spec

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// missingKeys are those of the keys by which a manifest is known that a document lacks.
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

// isForeign tells the YAML of another program that lies among manifests: every key of
// it would be a problem. A text with one job in it is a manifest.
func isForeign(documents []*yamlsrc.Document) bool {
	return len(documents) > 0 && !slices.ContainsFunc(documents, func(doc *yamlsrc.Document) bool {
		missing := missingKeys(doc)
		return !slices.Contains(missing, "version") || !slices.Contains(missing, "analysis")
	})
}

// foreign is the one problem of a text that is no manifest.
func foreign(first *yamlsrc.Document) (list diag.List) {
	missing := missingKeys(first)
	list.Add(first.At(""), diag.MissingKey, "name the manifests with -f one by one, or move this file; a manifest begins with version: 1",
		"key %q is missing, and so are %s: this is no manifest", missing[0], strings.Join(missing[1:], ", "))
	return list
}
