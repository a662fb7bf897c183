// Package schema holds the JSON schema of a manifest and checks JSON-shaped
// values against it.
//
// It turns the findings of the JSON schema library into single facts in plain
// words. The words for a rule stand in the schema beside the rule, where editors
// find them too: patternErrorMessage and errorMessage are the keywords of the
// common YAML and JSON language servers, x-rule names a rule of its own, and
// x-digest is the [Effect] of a change, x-platform the fields of the body that a key is sent as.
//
// The package refuses to know YAML, places in a text and what a job is.
package schema

import _ "embed"

//go:embed job.schema.json
var job []byte

// JSON returns the schema as it is published, for editors and other tools.
func JSON() []byte { return append([]byte(nil), job...) }
