package sge

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// What the clients take where a script says nothing.
const (
	usualCode     = "user_included"
	usualCoreType = "emerald"
	usualHours    = 48
	mostHours     = 336
)

// hardware reads the core type, the cores, the slots and the walltime.
func (r *reader) hardware(tile *convert.Tile, sge fallback) {
	types, cores := r.cores()
	named, perSlot := r.text("RESCALE_CORE_TYPE"), r.count("RESCALE_CORES_PER_SLOT")
	if named != "" && types != "" && !strings.EqualFold(named, types) {
		r.beaten("RESCALE_CORES ", "RESCALE_CORE_TYPE")
	}
	if cores > 0 && perSlot > 0 && cores != perSlot {
		r.beaten("RESCALE_CORES_PER_SLOT", "RESCALE_CORES=")
	}
	hardware := convert.Hardware{CoreType: cmp.Or(named, types, sge.coreType), Slots: r.count("RESCALE_SLOTS")}
	if hardware.CoreType == "" {
		hardware.CoreType = usualCoreType
		tile.Notes = tile.Notes.Note("hardware.coreType", "the script names none; clients take this one")
	}
	hardware.CoresPerSlot = cmp.Or(cores, perSlot, leading(sge.cores))
	if hardware.CoresPerSlot == 0 {
		hardware.CoresPerSlot = 1
		tile.Notes = tile.Notes.Note("hardware.coresPerSlot", "the script names none; take the smallest size of the core type")
	}
	hours := r.hours(sge)
	if hours == 0 {
		hours = usualHours
		tile.Notes = tile.Notes.Note("hardware.walltime", "the script has none; clients take this one")
	}
	hardware.Walltime = convert.Hours(hours)
	tile.Hardware = hardware
}

// beaten says that the lines of one directive do not count beside another's. A name may end
// with its separator (see [directive.is]).
func (r *reader) beaten(name, counts string) {
	for _, d := range r.directives {
		if d.is(name) && d.value != "" {
			r.found.Warn(d.pos, "", "%s is left out: %s counts", d.name, strings.TrimRight(counts, "= "))
		}
	}
}

// cores reads RESCALE_CORES, which is a number of cores with = and a core type with a blank.
func (r *reader) cores() (coreType string, cores int) {
	var wrong []directive
	for _, d := range r.all("RESCALE_CORES") {
		n := leading(d.value)
		switch {
		case d.equals && n == 0, !d.equals && strings.Trim(d.value, "0123456789") == "":
			wrong = append(wrong, d)
		case d.equals && cores == 0:
			cores = n
		case d.equals && n != cores:
			r.found.Warn(d.pos, "", "RESCALE_CORES is left out: an earlier line says %d", cores)
		case !d.equals:
			if coreType != "" && coreType != d.value {
				r.found.Warn(d.pos, "", "RESCALE_CORES counts here, and not the line before it with %s", diag.Short(coreType))
			}
			coreType = d.value
		}
	}
	r.noCores(wrong, cores)
	return coreType, cores
}

// noCores says what is wrong with lines of RESCALE_CORES, beside the number of cores that
// another line gives.
func (r *reader) noCores(wrong []directive, cores int) {
	for _, d := range wrong {
		switch {
		case d.equals && cores > 0:
			r.found.Warn(d.pos, "", "RESCALE_CORES is left out: %q is no number of cores", diag.Short(d.value))
		case d.equals:
			r.list.Add(d.at, diag.BadValue, "#RESCALE_CORE_TYPE="+d.value, "RESCALE_CORES= is a number of cores, and %q is none", diag.Short(d.value))
		default:
			r.list.Add(d.at, diag.BadValue, "#RESCALE_CORES_PER_SLOT "+d.value, "RESCALE_CORES with a blank names a core type, and %q is none", d.value)
		}
	}
}

// count reads a number of 1 or more; 0 without it.
func (r *reader) count(name string) int {
	d, ok := r.one(name)
	if !ok {
		return 0
	}
	n := leading(d.value)
	if n == 0 {
		r.list.Add(d.at, diag.BadValue, "write a number of 1 or more", "%s cannot be %q", name, diag.Short(d.value))
	}
	return n
}

var digits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*([0-9]{1,7})`) })

// leading returns the number that a text begins with; 0 for none, and for more than there
// is of anything.
func leading(text string) int {
	m := digits().FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1]) // nothing but digits
	if n > 1_000_000 {
		return 0
	}
	return n
}

var clock = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*([0-9]{1,7})(?::([0-9]{1,2})(?::([0-9]{1,2}))?|(\.[0-9]+))?`)
})

// hours reads the walltime, also as HH:MM; 0 without it. What can only be seconds, as older
// clients took them, is refused.
func (r *reader) hours(sge fallback) float64 {
	d, given := r.one("RESCALE_WALLTIME")
	if !given && sge.walltime == "" {
		return 0
	}
	if !given {
		d = directive{name: "-l rescale_walltime", value: sge.walltime, equals: true, at: sge.at}
	}
	m := clock().FindStringSubmatch(d.value)
	if m == nil {
		r.list.Add(d.at, diag.BadWalltime, "write a number of hours", "the walltime cannot be %q", diag.Short(d.value))
		return 1
	}
	whole, _ := strconv.ParseFloat(m[1]+m[4], 64)
	minutes, _ := strconv.ParseFloat(cmp.Or(m[2], "0"), 64)
	seconds, _ := strconv.ParseFloat(cmp.Or(m[3], "0"), 64)
	hours := whole + minutes/60 + seconds/3600
	switch {
	case hours > mostHours:
		r.list.Add(d.at, diag.BadWalltime, r.inHours(d, hours), "the walltime is in hours, of which a job has at most %d; %s looks like seconds, as clients took them once", mostHours, diag.Short(d.value))
	case hours == 0:
		r.list.Add(d.at, diag.BadWalltime, "write a number of hours", "the walltime is 0")
	case hours != math.Trunc(hours):
		r.found.Warn(d.at, "", "the platform counts whole hours: a walltime of %s is sent as %s", d.value, convert.Hours(math.Ceil(hours)))
	}
	return hours
}

// inHours is the line with a number of seconds as hours.
func (r *reader) inHours(d directive, seconds float64) string {
	separator := " "
	if d.equals {
		separator = "="
	}
	sign := "#"
	if strings.HasPrefix(d.name, "-") {
		sign = "#$ "
	}
	return fmt.Sprintf("%s%s%s%.0f", sign, d.name, separator, math.Max(1, math.Ceil(seconds/3600)))
}
