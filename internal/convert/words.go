package convert

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// longestName is the most characters of a name (schema: name).
const longestName = 63

// Slug returns a text as the name of a job: lower case, with dashes for all that a name
// cannot hold. It is "job" where nothing is left.
func Slug(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(text) {
		r = unicode.ToLower(r)
		kept := r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._", r))
		switch {
		case unicode.Is(unicode.Mn, r): // the accent of the letter before
		case !kept:
			gap = b.Len() > 0
		default:
			if gap {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		}
	}
	slug := strings.Trim(b.String(), "._-")
	slug = strings.TrimRight(slug[:min(len(slug), longestName)], "._-")
	if slug == "" {
		return "job"
	}
	return slug
}

// IsID reports whether a text can be an id of the platform: letters and digits.
func IsID(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// Names gives each job a name that no other job of one text has.
type Names map[string]bool

// Unique returns the slug of a text, with a number behind it where the slug is taken.
func (n Names) Unique(text string) string {
	slug := Slug(text)
	name := slug
	for i := 2; n[name]; i++ {
		end := "-" + strconv.Itoa(i)
		name = strings.TrimRight(slug[:min(len(slug), longestName-len(end))], "._-") + end
	}
	n[name] = true
	return name
}

// Hours returns a walltime of hours in whole minutes, rounded up, as a manifest writes it:
// 1.5 is 90m, 12 is 12h, 96.5 is 96h30m. What is not more than 0 is empty.
func Hours(hours float64) string {
	minutes := math.Ceil(math.Round(hours*60*1e6) / 1e6)
	whole, rest := math.Floor(minutes/60), math.Mod(minutes, 60)
	switch {
	case !(hours > 0) || minutes > 1e9:
		return ""
	case rest == 0:
		return fmt.Sprintf("%.0fh", whole)
	case minutes <= 120:
		return fmt.Sprintf("%.0fm", minutes)
	default:
		return fmt.Sprintf("%.0fh%.0fm", whole, rest)
	}
}
