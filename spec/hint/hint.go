// Package hint writes what a person meant as a manifest would say it. It decides nothing.
package hint

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// clock matches a time as schedulers write it: 08:00:00, 8:30, 1-12:00:00.
var clock = regexp.MustCompile(`^(?:(\d{1,3})-)?(\d{1,4}):([0-5]?\d)(?::([0-5]?\d))?$`)

// quantity matches a time with a unit in another spelling, or a fraction of one: 1.5h,
// 0,5 d, 8 hours, 2w, 3600s.
var quantity = regexp.MustCompile(`(?i)^(\d{1,8})(?:[.,](\d{1,3}))?\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)$`)

// minutesOf returns the minutes of a unit, by its first letter.
var minutesOf = map[byte]float64{'s': 1.0 / 60, 'm': 1, 'h': 60, 'd': 24 * 60, 'w': 7 * 24 * 60}

// Walltime translates a walltime in another notation into ours; "" for what it does not
// know.
func Walltime(text string) string {
	text = strings.TrimSpace(text)
	if m := clock.FindStringSubmatch(text); m != nil {
		seconds := number(m[4])
		minutes := 24*60*number(m[1]) + 60*number(m[2]) + number(m[3]) + (seconds+59)/60
		return written(minutes)
	}
	if m := quantity.FindStringSubmatch(text); m != nil {
		value, err := strconv.ParseFloat(m[1]+"."+m[2], 64)
		if err != nil {
			return ""
		}
		return written(int(value*minutesOf[strings.ToLower(m[3])[0]] + 0.999))
	}
	return ""
}

// number reads a text of a few digits; 0 without any.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// written returns the line for so many minutes; "" for none, which is no walltime.
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

// Name returns a valid name like the written one, and says where the written one can
// stand; "" when nothing is left of it.
func Name(text string) string {
	slug := Slug(text)
	if slug == "" {
		return ""
	}
	return fmt.Sprintf("write name: %s, and for people title: %s; ", slug, strconv.Quote(text))
}

// Slug is the name of a job that is like a text; "" when nothing is left of it.
func Slug(text string) string {
	letters := strings.ToLower(accents.ReplaceAllString(norm.NFD.String(text), ""))
	slug := strings.Trim(noSlug.ReplaceAllString(letters, "-"), "-._")
	if len(slug) > longestSlug {
		slug = strings.TrimRight(slug[:longestSlug], "-._")
	}
	return slug
}

const longestSlug = 63 // as the schema says

// accents follow their letters in the decomposed form.
var accents = regexp.MustCompile(`\p{Mn}+`)

var noSlug = regexp.MustCompile(`[^a-z0-9._-]+`)
