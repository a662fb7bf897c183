// Package yamlsrc turns YAML text into the values that JSON has, and remembers
// the place of every key and value.
//
// It knows YAML and its traps, and refuses to know what a manifest means: keys,
// types and rules are the business of packages schema and spec. It is the only
// package that imports the YAML library.
package yamlsrc
