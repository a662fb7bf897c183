// Package sim contains only tests. They simulate a whole apply: machines with their
// journals and folders, the platform, the clock, and people in its web UI.
//
// A seed chooses a [story]: what the manifests say, who applies when, what people do, and
// which requests and writes go wrong. The platform is a lean model (platform_test.go,
// held against the emulator in model_test.go) behind the very interfaces that the client
// implements, the journal is the real one on a disk in memory, and the clock is that of a
// synctest bubble. Every random choice is a hash of the seed and of its subject, so a
// story can lose a part without changing the rest: that is how a failing story is
// shortened.
//
// check_test.go lists what must hold during a story and at its end.
//
//	go test ./executor/sim                          the kept stories, and a few new seeds
//	go test ./executor/sim -run Sim -seed 42        one seed, told in words
//	go test ./executor/sim -run Sim -for 2m         new seeds for two minutes
//	go test ./executor/sim -run Sim -from 1 -seeds 1000   a thousand seeds
//	go test ./executor/sim -run 'Pairs|Mutants' -pairs 1 -mutants    all pairs of faults, and the tool broken
package sim
