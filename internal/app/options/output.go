package options

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Output says how to print.
type Output struct {
	Formats []string // that the command can print, the default first; empty: it prints one thing
	Format  string
	noColor bool
}

// Formats makes an Output.
func Formats(names ...string) Output { return Output{Formats: names, Format: names[0]} }

// JSON reports whether a program reads what is printed.
func (o Output) JSON() bool { return o.Format == "json" }

// Flags are the flags of output.
func (o *Output) Flags() []Flag {
	plain := Flag{Name: "no-color", Into: &o.noColor, Usage: "no colours (also: NO_COLOR)"}
	if len(o.Formats) == 0 {
		return []Flag{plain}
	}
	return []Flag{{Name: "output", Alias: "o", Into: &o.Format, Complete: strings.Join(o.Formats, "|"), Usage: "`FORMAT`: " + strings.Join(o.Formats, ", ")}, plain}
}

// Check refuses a format that the command cannot print.
func (o *Output) Check(call Call) error {
	if len(o.Formats) > 0 && !slices.Contains(o.Formats, o.Format) {
		return Usage(fmt.Sprintf("%s cannot print %q", call.Verb, o.Format), "-o takes "+strings.Join(o.Formats, ", "))
	}
	return nil
}

// Waiting says whether and how long a command waits for jobs.
type Waiting struct {
	No       bool
	Timeout  time.Duration // 0: no bound
	Interval time.Duration // between two looks; 0: what suits the platform
	Parallel int
}

// Flags are the flags of waiting.
func (o *Waiting) Flags() []Flag {
	return []Flag{
		{Name: "no-wait", Into: &o.No, Usage: "return when everything is submitted"},
		o.Looking()[0],
		o.Looking()[1],
		{Name: "parallel", Into: &o.Parallel, Usage: "transfers and requests at once: `N`; not jobs that run, which limits.maxRunning bounds"},
	}
}

// Looking are the flags of a command that only waits.
func (o *Waiting) Looking() []Flag {
	return []Flag{
		{Name: "timeout", Into: &o.Timeout, Usage: "stop waiting after `TIME` (exit 101); the jobs run on"},
		{Name: "poll-interval", Into: &o.Interval, Usage: "`TIME` between two looks at the jobs", Default: "30s, for a platform on this machine 0.1s"},
	}
}

// Check has nothing to refuse.
func (*Waiting) Check(Call) error { return nil }

// How often the platform is asked for the state of jobs. An emulator on this machine
// needs no sparing.
const (
	usualInterval = 30 * time.Second
	localInterval = 100 * time.Millisecond
)

// Every is how often to look at jobs; near: the platform is on this machine.
func (o Waiting) Every(near func() bool) time.Duration {
	switch {
	case o.Interval > 0:
		return o.Interval
	case near():
		return localInterval
	}
	return usualInterval
}
