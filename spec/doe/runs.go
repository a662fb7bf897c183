package doe

import (
	"regexp"
	"sync"
)

var runFolder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^run(?:[0-9]+|\*|\?+|\[[^/]*\])/(.+)$`) })

// WithoutRun returns what a pattern means within the folder of a run, if it begins with
// one, as run3/forces.csv. That is where a result lands here; patterns start below it.
func WithoutRun(pattern string) (inner string, ok bool) {
	m := runFolder().FindStringSubmatch(pattern)
	if m == nil {
		return "", false
	}
	return m[1], true
}
