// Package spec is the manifest language: it turns YAML texts into jobs in which
// every value knows its place, and tells everything that is wrong with them.
//
// A document is one job, or one for each point of its matrix. It is read in three
// steps: put over the defaults of its text, its references filled in for a point,
// then checked and decoded, always with the places of the text at hand.
//
// The package is pure. It refuses to read files by itself and to know the
// platform: whether an input exists and whether a core type is offered is the
// business of package resolver.
package spec
