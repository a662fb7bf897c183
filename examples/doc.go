// Package examples holds jobs that run as they are, one folder each. It has no
// code; its tests run what the manifests say and compare the results with exact
// solutions.
package examples
