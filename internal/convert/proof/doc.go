// Package proof holds the tests that converted manifests are the jobs that they come from:
// the create body that an apply sends for them equals what the other client would have
// sent. It has no code.
package proof
