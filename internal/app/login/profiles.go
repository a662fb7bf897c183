package login

import (
	"slices"
	"strings"

	"gopkg.in/ini.v1"
)

// Profiles are the names that --profile takes, in the order of the file. There are none
// of a file that cannot be read: this is for completion, and the command itself says what
// is wrong.
func Profiles(getenv func(string) string) []string {
	for _, path := range profilePaths(getenv) {
		if file, err := ini.LoadSources(ini.LoadOptions{IgnoreInlineComment: true}, path); err == nil {
			return slices.DeleteFunc(sections(file), func(name string) bool { return couldBeKey(name) || strings.ContainsRune(name, 0) })
		}
	}
	return nil
}
