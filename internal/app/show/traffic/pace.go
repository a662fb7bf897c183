package traffic

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/content"
)

// pace is how fast bytes move, seen over the last seconds: long enough to be calm,
// short enough to notice a line that became slow.
type pace struct{ marks []mark }

type mark struct {
	at   time.Time
	sent int64
}

const (
	paceWindow = 10 * time.Second
	paceLeast  = time.Second // what was watched for less has no rate yet
)

// note takes how far a transfer is. One that starts over is watched anew.
func (p *pace) note(at time.Time, sent int64) {
	if n := len(p.marks); n > 0 && sent < p.marks[n-1].sent {
		p.marks = nil
	}
	p.marks = append(p.marks, mark{at, sent})
	p.forget(at)
}

// forget keeps one mark that is older than the window, to count from.
func (p *pace) forget(now time.Time) {
	for len(p.marks) > 1 && now.Sub(p.marks[1].at) >= paceWindow {
		p.marks = p.marks[1:]
	}
}

// rate is bytes per second; false while nothing can be said.
func (p *pace) rate(now time.Time) (float64, bool) {
	p.forget(now)
	if len(p.marks) == 0 {
		return 0, false
	}
	first, last := p.marks[0], p.marks[len(p.marks)-1]
	span := now.Sub(first.at)
	if span < paceLeast {
		return 0, false
	}
	if now.Sub(last.at) >= paceWindow {
		return 0, true
	}
	return float64(last.sent-first.sent) / span.Seconds(), true
}

// progress is what one line says about bytes on their way.
type progress struct {
	sent, size int64 // size is 0 when it is not known
	rate       float64
	rated      bool
	least      time.Duration // that it takes still, whatever the rate says
}

func (p progress) percent() string {
	if p.size <= 0 {
		return ""
	}
	return fmt.Sprintf("%d %%", min(100, 100*p.sent/p.size))
}

// share writes the two sizes with their unit once, where it is the same.
func (p progress) share() string {
	sent, size := content.Bytes(p.sent), content.Bytes(p.size)
	if p.size <= 0 {
		return sent
	}
	if number, unit, _ := strings.Cut(sent, " "); strings.HasSuffix(size, " "+unit) {
		sent = number
	}
	return sent + " of " + size
}

func (p progress) speed() string {
	if !p.rated || p.waits() {
		return ""
	}
	return content.Bytes(int64(p.rate)) + "/s"
}

// left is how long it takes still, in words.
func (p progress) left() string {
	switch {
	case p.waits():
		return "finishing"
	case !p.rated || p.size <= 0:
		return ""
	case p.rate < 1:
		return "stalled"
	}
	left := max(p.time(), p.least)
	if left >= longestLeft {
		return "days left"
	}
	return humanize.Forecast(left) + " left"
}

// time is how long the rest takes at this rate.
func (p progress) time() time.Duration {
	if !p.rated || p.rate < 1 {
		return 0
	}
	seconds := float64(p.size-p.sent) / p.rate
	return time.Duration(min(seconds, longestLeft.Seconds()) * float64(time.Second))
}

// waits reports whether every byte is out and the platform has not answered yet: it
// stores what it got.
func (p progress) waits() bool { return p.size > 0 && p.sent >= p.size }

// longestLeft is where a forecast says nothing any more.
const longestLeft = 4 * 24 * time.Hour

// words is the progress in a sentence, for a line of its own.
func (p progress) words() string {
	parts := []string{p.percent() + " of " + content.Bytes(p.size), p.speed(), p.left()}
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return part == "" }), ", ")
}
