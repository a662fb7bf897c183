// Package span reads spans of time as people write them in manifests and on the command
// line. It knows neither.
package span

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
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

// Hours reads hours with a fraction, such as 1.5h, as tables have them: in whole minutes,
// rounded up. What does not fit is the longest span there is.
func Hours(text string) (time.Duration, bool) {
	number, unit := strings.CutSuffix(text, "h")
	if !unit || !strings.Contains(number, ".") || strings.Trim(number, "0123456789.") != "" {
		return 0, false
	}
	hours, err := strconv.ParseFloat(number, 64)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		return 0, false
	case err != nil || hours > math.MaxInt64/float64(2*time.Hour):
		return math.MaxInt64, true
	}
	const slack = 1e-6 // of a minute: 1.1 is not a number of the machine
	return time.Duration(math.Ceil(hours*60-slack)) * time.Minute, true
}

// Error says why a text is no span.
type Error struct{ Text, Why string }

// Error quotes the text.
func (e *Error) Error() string { return fmt.Sprintf("%.40q %s", e.Text, e.Why) }

// Hint shows the form.
func (e *Error) Hint() string { return "write d days, h hours and m minutes, such as 7d, 36h or 1d12h" }
