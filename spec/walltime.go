package spec

import (
	"math"
	"strconv"
	"time"
)

// walltime reads a duration such as 1d12h or 90m, whose form the schema has
// checked. What does not fit is the longest duration there is.
func walltime(text string) time.Duration {
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute}
	var total time.Duration
	start := 0
	for i := range len(text) {
		unit, ok := units[text[i]]
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(text[start:i], 10, 64)
		if err != nil || n > int64((math.MaxInt64-total)/unit) {
			return math.MaxInt64
		}
		total += time.Duration(n) * unit
		start = i + 1
	}
	return total
}
