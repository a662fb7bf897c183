package content

import "fmt"

// Bytes writes a size as people read it: 12 KB, 1.4 GB.
func Bytes(n int64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, prefix := float64(n)/unit, 0
	for value >= 999.5 && prefix < len("KMGTP")-1 {
		value /= unit
		prefix++
	}
	if value < 10 {
		return fmt.Sprintf("%.1f %cB", value, "KMGTP"[prefix])
	}
	return fmt.Sprintf("%.0f %cB", value, "KMGTP"[prefix])
}
