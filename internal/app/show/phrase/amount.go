package phrase

import (
	"fmt"
	"strconv"
	"strings"
)

// Money writes US dollars.
func Money(usd float64) string { return fmt.Sprintf("%.2f USD", usd) }

// CoreHours writes few digits for small numbers and none for large ones.
func CoreHours(h float64) string {
	if h >= 100 || h == float64(int(h)) {
		return fmt.Sprintf("%.0f core-h", h)
	}
	return fmt.Sprintf("%.1f core-h", h)
}

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
