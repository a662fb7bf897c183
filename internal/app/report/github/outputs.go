package github

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/report"
)

// Outputs gives the lines for the file that GITHUB_OUTPUT names. An amount without a bound
// is empty.
func Outputs(r report.Report) string {
	cost := ""
	if r.Totals.MaxCost != nil {
		cost = strconv.FormatFloat(*r.Totals.MaxCost, 'f', -1, 64)
	}
	return output("exitcode", strconv.Itoa(r.Totals.Code)) +
		output("pending", strconv.FormatBool(r.Totals.Pending)) +
		output("spends", strconv.Itoa(r.Totals.Spends)) +
		output("max-cost", cost) +
		saved(r.Totals.PlanFile)
}

// saved is the file of a plan that was saved.
func saved(file string) string {
	if file == "" {
		return ""
	}
	return output("plan-file", file)
}

// output is one value. One of several lines stands between two lines that are not in it.
func output(name, value string) string {
	if !strings.ContainsAny(value, "\r\n") {
		return name + "=" + value + "\n"
	}
	sum := sha256.Sum256([]byte(value))
	mark := "end-" + hex.EncodeToString(sum[:8])
	return fmt.Sprintf("%s<<%s\n%s\n%s\n", name, mark, value, mark)
}
