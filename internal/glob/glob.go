// Package glob estimates how much work a file pattern causes. It matches nothing, and
// knows no files and no manifest.
package glob

import (
	"fmt"
	"strings"
)

// Bounds of a pattern: each file is compared with every choice of its braces, and with
// every way to spread its folders over the ** in it.
const (
	mostChoices = 1000
	mostDeep    = 2
	longestText = 4096 // bytes
)

// Check refuses a valid pattern that would take minutes. The error is a reason without
// the pattern.
func Check(text string) error {
	deep := 0
	for name := range strings.SplitSeq(text, "/") {
		if strings.Contains(name, "**") {
			deep++
		}
	}
	switch {
	case len(text) > longestText:
		return fmt.Errorf("it is longer than %d bytes", longestText)
	case deep > mostDeep:
		return fmt.Errorf("it has ** in %d places, and more than %d take too long: one ** stands for any number of folders", deep, mostDeep)
	case choices(text) > mostChoices:
		return fmt.Errorf("its braces stand for more than %d patterns, which takes too long; write several patterns", mostChoices)
	}
	return nil
}

// choices returns how many patterns without braces a valid pattern stands for, or more
// than mostChoices. Braces side by side multiply, choices within one add up.
func choices(text string) int {
	type brace struct{ before, sum int }
	var open []brace
	count := 1
	for i := 0; i < len(text) && count <= mostChoices; i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '{':
			open, count = append(open, brace{before: count}), 1
		case c == ',' && len(open) > 0:
			open[len(open)-1].sum += count
			count = 1
		case c == '}' && len(open) > 0:
			last := open[len(open)-1]
			open, count = open[:len(open)-1], last.before*(last.sum+count)
		}
	}
	for _, b := range open {
		count = max(count, b.before)
	}
	return count
}
