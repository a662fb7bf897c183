// Package advice writes what people mean in the manner of manifests. It decides nothing.
package advice

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// clock is a time as schedulers write it: 08:00:00, 8:30, 1-12:00:00.
var clock = regexp.MustCompile(`^(?:(\d{1,3})-)?(\d{1,4}):([0-5]?\d)(?::([0-5]?\d))?$`)

// fraction is a time with a part of its unit: 1.5h, 0,5 d.
var fraction = regexp.MustCompile(`^(\d{1,4})[.,](\d{1,3})\s*([dhm])$`)

// Walltime writes a walltime of another notation in ours; "" for what it does not know.
func Walltime(text string) string {
	text = strings.TrimSpace(text)
	if m := clock.FindStringSubmatch(text); m != nil {
		seconds := 0
		if m[4] != "" {
			seconds = number(m[4])
		}
		minutes := 24*60*number(m[1]) + 60*number(m[2]) + number(m[3]) + (seconds+59)/60
		return written(minutes)
	}
	if m := fraction.FindStringSubmatch(text); m != nil {
		unit := map[string]float64{"d": 24 * 60, "h": 60, "m": 1}[m[3]]
		value, err := strconv.ParseFloat(m[1]+"."+m[2], 64)
		if err != nil {
			return ""
		}
		return written(int(value*unit + 0.999))
	}
	return ""
}

// number is a text of a few digits; 0 without any.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// written is the line for so many minutes; "" for none, which is no walltime.
func written(minutes int) string {
	if minutes == 0 {
		return ""
	}
	days, hours, rest := minutes/(24*60), minutes/60%24, minutes%60
	var text strings.Builder
	for _, part := range []struct {
		n    int
		unit string
	}{{days, "d"}, {hours, "h"}, {rest, "m"}} {
		if part.n > 0 {
			fmt.Fprintf(&text, "%d%s", part.n, part.unit)
		}
	}
	return "write walltime: " + text.String()
}

// Name gives a name that is like the written one, and where the written one can
// stand as it is; "" when nothing is left of it.
func Name(text string) string {
	slug := strings.Trim(noSlug.ReplaceAllString(strings.ToLower(text), "-"), "-._")
	if len(slug) > longestSlug {
		slug = strings.TrimRight(slug[:longestSlug], "-._")
	}
	if slug == "" {
		return ""
	}
	return fmt.Sprintf("write name: %s, and for people title: %s; ", slug, strconv.Quote(text))
}

const longestSlug = 63 // as the schema says

var noSlug = regexp.MustCompile(`[^a-z0-9._-]+`)
