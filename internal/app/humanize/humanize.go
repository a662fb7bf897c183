// Package humanize says numbers as people do: spans of time, times of day, counts and
// amounts. It knows nothing else. Sizes are said by content.Bytes, which layers below need too.
package humanize

import (
	"fmt"
	"time"
)

// Duration writes a time span as people say it: 0.4s, 14m02s, 3h05m, 2d04h.
func Duration(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
}

// Forecast is Duration without tenths, of a second at the least: a forecast is not that good.
func Forecast(d time.Duration) string {
	d = max(d, time.Second).Round(time.Second)
	if d < 10*time.Second {
		return fmt.Sprintf("%.0fs", d.Seconds())
	}
	return Duration(d)
}

// Clock writes the time of day where the reader is: 12:40:03.
func Clock(t time.Time) string { return t.Local().Format("15:04:05") }

// Plural writes a count with its noun.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Others names the first of some jobs, at least one, and counts the rest.
func Others(jobs []string) string {
	if others := len(jobs) - 1; others > 0 {
		return jobs[0] + " and " + Plural(others, "other job")
	}
	return jobs[0]
}

// Money writes US dollars in cents.
func Money(usd float64) string { return fmt.Sprintf("%.2f USD", usd) }

// CoreHours writes few digits for small numbers and none for large ones.
func CoreHours(h float64) string {
	if h >= 100 || h == float64(int(h)) {
		return fmt.Sprintf("%.0f core-h", h)
	}
	return fmt.Sprintf("%.1f core-h", h)
}

// Named is what programs call something, with what people call it. Either may be empty.
func Named(id, name string) string {
	switch {
	case name == "" || name == id:
		return id
	case id == "":
		return name
	}
	return fmt.Sprintf("%s (%s)", id, name)
}
