// Package spec is the manifest language: it turns YAML texts into jobs in which
// every value knows its place, and tells everything that is wrong with them.
//
// It is pure. It refuses to read files and to know the platform: whether an
// input exists and whether a core type is offered is the business of package
// resolver.
package spec
