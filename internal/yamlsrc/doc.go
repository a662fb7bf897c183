// Package yamlsrc turns YAML text into JSON values, and keeps the position of every key
// and value.
//
// It knows YAML and its traps, and not what a manifest means: keys, types and rules are
// the business of packages schema and spec. It is the only package that imports the
// YAML library.
package yamlsrc
