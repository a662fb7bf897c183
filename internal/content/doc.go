// Package content is all that this tool knows about files on the local disk: which ones
// a pattern means, what is in them, and where an output may be written. Package partial
// writes them. It knows no HTTP, no manifest and no state.
//
// Patterns use "/" between folders on every system and the syntax of doublestar:
// * and ? within a name, ** for any number of folders, [classes] and {alternatives}.
// A leading dot of a name is an ordinary character: ** matches hidden files too,
// because a solver's hidden input is an input like any other.
package content
