// Package mistake recognizes what people get wrong in YAML, from the lines of a
// text that cannot be read and the words of the YAML library about it.
//
// It knows what lines look like, not how YAML is really parsed: it is asked only when
// parsing has failed, and its answer may be a guess.
package mistake
