package success

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/verdict"
)

// TagPrefix begins the tag that an apply leaves on a run that it has judged.
const TagPrefix = "ra:"

// Tag returns the tag from which a process without a journal knows the verdict of the
// checks, so that it need not read the run's logs again: ra:VERDICT:CHECKS, with 8 hex
// digits of the checks' hash. It is empty when there are no checks: the platform's
// verdict is enough.
func (c Checks) Tag(v verdict.Verdict) string {
	if c.None() {
		return ""
	}
	return TagPrefix + string(v) + ":" + c.digest()
}

func (c Checks) digest() string {
	sum := sha256.Sum256([]byte(c.String()))
	return hex.EncodeToString(sum[:])[:8]
}

// Mark is what the tags of a run say about its success.
type Mark struct {
	Verdict verdict.Verdict // empty when they say nothing, or contradict each other
	Current bool            // it was judged by the very checks that are asked for now
}

// Failed returns the checks that the run fails, in words: a tag has no room for which
// ones.
func (m Mark) Failed() []string {
	if m.Verdict != verdict.SuccessCheckFailed {
		return nil
	}
	return []string{"a success check failed, as its tag on the platform says"}
}

// ReadTags reads the mark of a run. Of several, which a crash can leave, one by the
// present checks counts.
func (c Checks) ReadTags(tags []string) Mark {
	var current, other []verdict.Verdict
	for _, tag := range tags {
		text, marked := strings.CutPrefix(tag, TagPrefix)
		word, checks, whole := strings.Cut(text, ":")
		v := verdict.Verdict(word)
		if !marked || !whole || v != verdict.Succeeded && v != verdict.SuccessCheckFailed {
			continue
		}
		if checks == c.digest() {
			current = append(current, v)
		} else {
			other = append(other, v)
		}
	}
	switch current, other = slices.Compact(current), slices.Compact(other); {
	case len(current) == 1:
		return Mark{current[0], true}
	case len(current) == 0 && len(other) == 1:
		return Mark{other[0], false}
	}
	return Mark{}
}
