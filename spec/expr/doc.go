// Package expr is the small language inside of ${{ }}: a value by its name. It
// reads texts with references and fills them in.
//
// It refuses to know manifests and YAML: which names there are, and where a text
// stands, is the business of package spec.
package expr
