package source

import (
	"encoding/json"
	"fmt"
	"strings"
)

// maxSize is the most bytes of an encoded source: it stands beside a job's own variables.
const maxSize = 1024

// Encode writes the source as compact JSON of at most 1 KB in plain ASCII, which no shell
// on the way reads as anything but text between single quotes. What is too long loses its
// least members first: the names of files (their number stays) and of variables, who, the pipeline, the
// ref, the path, the repository. A source without a commit and a repository is empty.
func (s Source) Encode() string {
	if s.IsZero() {
		return ""
	}
	short := s
	short.Version = version
	cuts := []func(*Source){
		func(*Source) {},
		func(it *Source) { it.Dirty, it.More = nil, it.Differ() },
		func(it *Source) { it.Vars = shortest(it.Vars) },
		func(it *Source) { it.Actor = "" },
		func(it *Source) { it.Run = "" },
		func(it *Source) { it.Ref = "" },
		func(it *Source) { it.Path = "" },
		func(it *Source) { it.Repo = "" },
		func(it *Source) { it.Commit = "" },
	}
	for _, cut := range cuts {
		cut(&short)
		if text := short.plain(); len(text) <= maxSize {
			return text
		}
	}
	return ""
}

// shortest says only that there are names.
func shortest(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return []string{"..."}
}

// plain escapes whatever is no letter of plain JSON.
func (s Source) plain() string {
	text, err := json.Marshal(s)
	if err != nil {
		return "" // texts and numbers can always be written
	}
	var out strings.Builder
	for _, r := range string(text) {
		switch {
		case r > 0xffff:
			high, low := (r-0x10000)>>10+0xd800, (r-0x10000)&0x3ff+0xdc00
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		case r < ' ', r > '~', strings.ContainsRune("'$`", r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
