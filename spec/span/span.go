// Package span reads spans of time as people write them in manifests and on the command
// line. It knows neither.
package span

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// form is a number with a unit, once or several times, the longest unit first.
var form = regexp.MustCompile(`^(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?$`)

// Parse reads days, hours and minutes, such as 7d, 36h, 90m or 1d12h. Any other text
// is an *Error; what does not fit is one too, with the longest span there is.
func Parse(text string) (time.Duration, error) {
	fields := form.FindStringSubmatch(text)
	if text == "" || fields == nil {
		return 0, &Error{text, "is no number with a unit"}
	}
	var total time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute} {
		if fields[i+1] == "" {
			continue
		}
		n, err := strconv.ParseInt(fields[i+1], 10, 64)
		if err != nil || n > int64((math.MaxInt64-total)/unit) {
			return math.MaxInt64, &Error{text, "is too long"}
		}
		total += time.Duration(n) * unit
	}
	return total, nil
}

// Error says why a text is no span.
type Error struct{ Text, Why string }

// Error quotes the text.
func (e *Error) Error() string { return fmt.Sprintf("%.40q %s", e.Text, e.Why) }

// Hint shows the form.
func (e *Error) Hint() string { return "write d days, h hours and m minutes, such as 7d, 36h or 1d12h" }
