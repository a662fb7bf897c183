//go:build race

package proof_test

// underRace tells that the race detector looks: at memory, not at orders.
const underRace = true
