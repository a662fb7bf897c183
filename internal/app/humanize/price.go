package humanize

import (
	"strconv"
	"strings"
)

// Price writes USD per core-hour to the hundredth of a cent, with two digits at the
// least; "-" for 0, which means that nobody says.
func Price(usd float64) string {
	if usd == 0 {
		return "-"
	}
	text := strings.TrimRight(strconv.FormatFloat(usd, 'f', 4, 64), "0")
	whole, part, _ := strings.Cut(text, ".")
	return whole + "." + part + strings.Repeat("0", max(0, 2-len(part)))
}
