// Package pipeline holds the tests of the files that pipelines read: action.yml and its
// scripts, the component for GitLab, the hooks of pre-commit, and examples/ci. It has no
// code, and knows no platform: a stand-in takes the place of rescale-apply. The story from
// a branch to its results, with the real program, is a test of cmd/rescale-apply.
package pipeline
