package validate

import (
	"fmt"
	"math"
	"strconv"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

const (
	generated = "Runs of generated values are not emulated. Use a paramFile."
	maxRuns   = 10000 // more than anybody tries out on one machine
)

// ranges reads the variables of a design without a table (rescale-api.md §6.1). Those of type FixedRange, which the
// platform's old library sends, are known well enough to be run through; results are named for the display only.
func ranges(top form) []disk.Range {
	items := top.list("jobvariables")
	if len(items) == 0 {
		return nil
	}
	at := top.at.field("jobvariables")
	var out []disk.Range
	runs := 1
	for i, place := range at.list(len(items)) {
		in, ok := openForm(items[i], place)
		if !ok || in.text("variableType", "Param") == "Output" {
			continue
		}
		if in.text("valueGeneratorType", "") != "FixedRange" {
			at.add(generated)
			return nil
		}
		one := fixedRange(in)
		runs *= max(1, one.Count)
		if runs > maxRuns {
			at.add(fmt.Sprintf("The variables make more than %d runs.", maxRuns))
			return nil
		}
		out = append(out, one)
	}
	return out
}

func fixedRange(in form) disk.Range {
	out := disk.Range{Name: in.requiredText("name")}
	raw, ok := in.required("valueGeneratorSettings")
	if !ok {
		return out
	}
	settings, ok := openForm(raw, in.at.field("valueGeneratorSettings"))
	if !ok {
		return out
	}
	out.First, out.Step = settings.float("minvalue"), settings.float("increment")
	last := settings.float("maxvalue")
	switch steps := (last - out.First) / out.Step; {
	case !settings.at.empty():
	case out.Step <= 0:
		settings.at.field("increment").add("Ensure this value is greater than 0.")
	case steps < 0:
		settings.at.field("maxvalue").add("Ensure this value is not less than minvalue.")
	default: // the last value may be missed by a hair
		out.Count = int(math.Min(math.Floor(steps*(1+1e-9)+1e-9), maxRuns)) + 1
	}
	return out
}

// float reads a number that must be there, also as a string.
func (f form) float(name string) float64 {
	raw, ok := f.required(name)
	if !ok {
		return 0
	}
	value, err := strconv.ParseFloat(scalar(raw), 64)
	if err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		f.at.field(name).add("A valid number is required.")
	}
	return value
}
