package release

// The linker sets these in a release, as .goreleaser.yaml says.
var version, commit, date string
