// Package proof contains only tests. They enumerate what can go wrong between a
// manifest and a billed run, and count what was billed:
//
//   - TestCrash stops an apply of three jobs, of a chain, and of a job of which another
//     content is active or was left as a draft, at every request and at every journal
//     write, with the state kept and with the state lost, and applies again.
//   - TestRace lets two and three runners without any state in common apply one job, in
//     one content or in different ones, in every order of their requests: with job lists
//     that are old, with dates that are close or in the wrong order, with one of them
//     held up beyond the limit of a draft, and with one dying at every point.
//   - TestChainStories lets machines apply a chain at random, two at a time, with their
//     states or none, and compares what they believe with what the platform has.
//   - TestToxics, TestCuts, TestHalfOpenConnections and TestOutages do so to the TCP
//     connections of an apply: with each toxic of toxiproxy, with the k-th connection cut
//     in every phase or fallen silent, and with a platform that is away for ten minutes.
//   - TestASweepOverABadLine applies a hundred jobs over such connections at random.
//   - TestMutants shows that the races are caught when the protocol is broken.
//
// go test -v ./executor/proof prints the number of points. Package once says what the
// tests rest on.
package proof
