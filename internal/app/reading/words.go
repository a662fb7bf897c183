package reading

import "github.com/rescale-apply/rescale-apply/executor/verdict"

// words are a verdict with its reason, where it has one.
func words(v verdict.Verdict, reason string) string {
	if v == verdict.Succeeded || reason == "" {
		return string(v)
	}
	return string(v) + ": " + reason
}
