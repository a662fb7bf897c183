//go:build !race

package yamlsrc_test

// underRace tells that memory and time are those of the race detector.
const underRace = false
