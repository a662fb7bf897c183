// Package partial writes files that come from elsewhere so that each is whole and
// verified in its place, or not there.
//
// A small one is written by [Write], in one go. A large one is a [File]: it takes
// pieces in any order, from several readers at a time, and what has arrived outlives
// the process that received it. Beside its place stand .NAME.partial, with the bytes,
// and .NAME.partial.json, a note that says of what file they are and which of them have
// arrived, so that only the very same file is ever gone on with. Whatever way it came,
// it is verified as a whole.
//
// The package knows no HTTP and decides nothing about paths: see content.LocalPath.
package partial
