// Package partial writes files that come from elsewhere so that each is complete and
// verified in its place, or absent.
//
// [Write] writes a small one in one go. A large one is a [File]: it takes pieces in any
// order, from several readers at a time, and what has arrived outlives the process that
// received it. Beside its place stand .NAME.partial, with the bytes, and
// .NAME.partial.json, a note that says which file they belong to and which of them have
// arrived, so that only the very same file is ever continued. Either way the whole file
// is verified.
//
// The package knows no HTTP and decides nothing about paths: see content.LocalPath.
package partial
