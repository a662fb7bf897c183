// Package schema holds the JSON schema of a manifest and checks JSON-shaped
// values against it.
//
// It turns the findings of the JSON schema library into single facts in plain words. The words
// for a rule stand beside it in the schema, where editors find them too: patternErrorMessage and
// errorMessage are the keywords of the common YAML and JSON language servers. x-rule names a
// rule of its own, x-digest is the [Effect] of a change, x-platform names the fields of the body
// that a key is sent as.
//
// The package knows neither YAML nor positions in a text nor what a job is.
package schema

import _ "embed"

//go:embed job.schema.json
var job []byte

// JSON returns the schema as published, for editors and other tools.
func JSON() []byte { return append([]byte(nil), job...) }
