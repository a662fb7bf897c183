// Package proof has no code but tests. They enumerate what can go wrong between a
// manifest and a billed run, and count what was billed:
//
//   - TestCrash stops an apply of three jobs, and one of a chain, at every request and at every journal
//     write, with the state kept and with the state lost, and applies again.
//   - TestRace lets two and three runners without any state in common apply one job,
//     in every order of their requests, with job lists that are old, and with one of
//     them dying at every point.
//   - TestChainStories lets machines apply a chain at random, two at a time, with their
//     states or none, and compares what they believe with what the platform has.
//   - TestMutants shows that the races are caught when the protocol is broken.
//
// go test -v ./executor/proof prints the number of points. What the tests rest on is
// said in package once.
package proof
