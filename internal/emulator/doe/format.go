package doe

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// format is a number format as Java's DecimalFormat reads it, which is what FreeMarker's ?string uses.
type format struct {
	prefix, suffix   string
	minWhole         int // digits before the point
	maxWhole         int // with an exponent only: a larger one than minWhole makes the exponent a multiple of it
	minPart, maxPart int // digits behind the point
	group            int // digits of a group; 0: none
	exponent         int // least digits of the exponent; 0: no exponent
	scale            float64
}

var formatText = regexp.MustCompile(`^([^#0.,;%']*)([#,]*)([0,]*)(?:(\.)(0*)(#*))?(?:E(0+))?([^#0.,;']*)$`)

func parseFormat(pattern string) (format, error) {
	found := formatText.FindStringSubmatch(pattern)
	if found == nil || found[2]+found[3]+found[5]+found[6] == "" {
		return format{}, fmt.Errorf("the number format %q is not known here", pattern)
	}
	left, zeros := digits(found[2]), digits(found[3])
	f := format{
		prefix: found[1], suffix: found[8], minWhole: zeros, maxWhole: left + zeros,
		minPart: len(found[5]), maxPart: len(found[5]) + len(found[6]), exponent: len(found[7]), scale: 1,
	}
	// Without any 0 there is one all the same: before the point, or right behind it when nothing stands before.
	if zeros+len(found[5]) == 0 && found[4] != "" {
		if left > 0 {
			f.minWhole = 1
		} else {
			f.minPart = 1
		}
	}
	if whole := found[2] + found[3]; strings.Contains(whole, ",") {
		f.group = len(whole) - strings.LastIndex(whole, ",") - 1
	}
	if strings.Contains(f.suffix, "%") {
		f.scale = 100
	}
	return f, nil
}

func digits(text string) int { return len(text) - strings.Count(text, ",") }

// apply rounds to the nearest, ties to even, as Java does.
func (f format) apply(value float64) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return strconv.FormatFloat(value, 'g', -1, 64) // no deck can mean it
	}
	sign := ""
	if math.Signbit(value) {
		sign = "-"
	}
	value = math.Abs(value * f.scale)
	if f.exponent > 0 {
		return sign + f.prefix + f.scientific(value) + f.suffix
	}
	return sign + f.prefix + f.plain(value) + f.suffix
}

func (f format) plain(value float64) string {
	whole, part, _ := strings.Cut(strconv.FormatFloat(value, 'f', f.maxPart, 64), ".")
	return f.join(strings.TrimLeft(whole, "0"), part)
}

// join cuts and fills the digits to what the format shows.
func (f format) join(whole, part string) string {
	part = trimZeros(part, f.minPart)
	whole = strings.Repeat("0", max(0, f.minWhole-len(whole))) + whole
	if whole == "" && part == "" {
		whole = "0"
	}
	if f.group > 0 {
		whole = grouped(whole, f.group)
	}
	if part == "" {
		return whole
	}
	return whole + "." + part
}

func trimZeros(part string, least int) string {
	for len(part) > least && strings.HasSuffix(part, "0") {
		part = part[:len(part)-1]
	}
	return part
}

func grouped(whole string, size int) string {
	var out []string
	for len(whole) > size {
		out = append([]string{whole[len(whole)-size:]}, out...)
		whole = whole[:len(whole)-size]
	}
	return strings.Join(append([]string{whole}, out...), ",")
}

// scientific shows minWhole digits before the point, or with more # before it an exponent that is a multiple.
func (f format) scientific(value float64) string {
	multiple := f.maxWhole > f.minWhole && f.maxWhole > 1
	whole := f.minWhole
	if multiple {
		whole = 1
	}
	mantissa, power := shortest(value, max(1, f.minWhole+f.maxPart))
	exponent := power - whole + 1
	if multiple {
		exponent = int(math.Floor(float64(power)/float64(f.maxWhole))) * f.maxWhole
		whole = power - exponent + 1
	}
	if value == 0 {
		exponent = 0
	}
	mantissa += strings.Repeat("0", max(0, whole+f.minPart-len(mantissa)))
	g := f
	g.minWhole, g.group = 0, 0
	sign := ""
	if exponent < 0 {
		sign, exponent = "-", -exponent
	}
	return g.join(mantissa[:whole], mantissa[whole:]) + "E" + sign + fmt.Sprintf("%0*d", f.exponent, exponent)
}

// shortest returns so many significant digits without zeros at the end, and the power of ten of the first.
func shortest(value float64, count int) (mantissa string, power int) {
	text, exponent, _ := strings.Cut(strconv.FormatFloat(value, 'e', count-1, 64), "e")
	power, _ = strconv.Atoi(exponent) // strconv wrote it
	return trimZeros(strings.Replace(text, ".", "", 1), 1), power
}
