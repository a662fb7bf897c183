// Package expr is the small language inside ${{ }}: a value by its name. It reads texts
// with references and fills them in.
//
// It knows neither manifests nor YAML: which names exist, and where a text stands, is
// the business of package spec.
package expr
