package traffic

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var start = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// after is how far a transfer is after so many seconds.
type after struct {
	seconds float64
	sent    int64
}

func (a after) at() time.Time { return start.Add(time.Duration(a.seconds * float64(time.Second))) }

func TestPace(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		marks []after
		now   float64
		rate  float64
		rated bool
	}{
		"nothing yet":                          {nil, 5, 0, false},
		"too short to say":                     {[]after{{0, 0}, {0.9, 900}}, 0.9, 0, false},
		"steady":                               {[]after{{0, 0}, {1, 100}, {2, 200}}, 2, 100, true},
		"counted to now, not to the last mark": {[]after{{0, 0}, {2, 200}}, 4, 50, true},
		"only the last seconds count":          {[]after{{0, 0}, {1, 1_000_000}, {11, 1_000_000}, {21, 1_000_100}}, 21, 10, true},
		"stalled":                              {[]after{{0, 0}, {1, 100}}, 12, 0, true},
		"starts over":                          {[]after{{0, 0}, {10, 1000}, {11, 0}, {13, 20}}, 13, 10, true},
		"just started over":                    {[]after{{0, 0}, {10, 1000}, {11, 0}}, 11.5, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p pace
			for _, m := range tc.marks {
				p.note(m.at(), m.sent)
			}
			rate, rated := p.rate(after{seconds: tc.now}.at())
			if rate != tc.rate || rated != tc.rated {
				t.Errorf("%v, %v; want %v, %v", rate, rated, tc.rate, tc.rated)
			}
		})
	}
}

func TestPaceForgets(t *testing.T) {
	t.Parallel()
	var p pace
	for i := range 10_000 {
		p.note(after{seconds: float64(i) / 10}.at(), int64(i))
	}
	if n := len(p.marks); n > 110 {
		t.Errorf("%d marks after 1000 seconds", n)
	}
}

func TestProgressInWords(t *testing.T) {
	t.Parallel()
	const mb = 1_000_000
	at := func(sent, size int64, rate float64) progress {
		return progress{sent: sent, size: size, rate: rate, rated: true}
	}
	for name, tc := range map[string]struct {
		p                           progress
		percent, share, speed, left string
	}{
		"under way":          {at(1200*mb, 2900*mb, 85.2*mb), "41 %", "1.2 of 2.9 GB", "85 MB/s", "20s left"},
		"no rate yet":        {progress{sent: 5 * mb, size: 80 * mb}, "6 %", "5.0 of 80 MB", "", ""},
		"another unit":       {at(12*mb, 2900*mb, mb), "0 %", "12 MB of 2.9 GB", "1.0 MB/s", "48m08s left"},
		"nearly there":       {at(99*mb, 100*mb, 80*mb), "99 %", "99 of 100 MB", "80 MB/s", "1s left"},
		"less than a tenth":  {at(0, 50*mb, 11*mb), "0 %", "0 B of 50 MB", "11 MB/s", "5s left"},
		"hours":              {at(0, 1_000_000*mb, 50*mb), "0 %", "0 B of 1.0 TB", "50 MB/s", "5h33m left"},
		"too long to say":    {at(0, 1_000_000*mb, mb), "0 %", "0 B of 1.0 TB", "1.0 MB/s", "days left"},
		"stalled":            {at(5*mb, 80*mb, 0), "6 %", "5.0 of 80 MB", "0 B/s", "stalled"},
		"all is out":         {at(80*mb, 80*mb, 9*mb), "100 %", "80 of 80 MB", "", "finishing"},
		"grew":               {at(81*mb, 80*mb, 9*mb), "100 %", "81 of 80 MB", "", "finishing"},
		"the slowest counts": {progress{40 * mb, 80 * mb, 40 * mb, true, time.Minute}, "50 %", "40 of 80 MB", "40 MB/s", "1m00s left"},
		"size not known":     {at(81*mb, 0, 9*mb), "", "81 MB", "9.0 MB/s", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := []string{tc.p.percent(), tc.p.share(), tc.p.speed(), tc.p.left()}
			if diff := cmp.Diff([]string{tc.percent, tc.share, tc.speed, tc.left}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestBars(t *testing.T) {
	t.Parallel()
	const mb = 1_000_000
	at := func(sent, size int64, rate float64) progress {
		return progress{sent: sent * mb, size: size * mb, rate: rate * mb, rated: rate > 0}
	}
	b := bars{arrow: "↑"}
	b.add("mesh-of-the-wing.msh", at(1200, 2900, 85))
	b.add("deck.k", at(0, 80, 0))
	b.add("翼型.dat", at(80, 80, 9))
	b.add("3 files", at(80, 0, 9))
	for columns, want := range map[int][]string{
		119: {
			"  ↑ mesh-of-the-wing.msh  [===========>                ]   41 %  1.2 of 2.9 GB      85 MB/s  20s left",
			"  ↑ deck.k                [>                           ]    0 %  0 B of 80 MB",
			"  ↑ 翼型.dat              [============================]  100 %  80 of 80 MB                 finishing",
			"  ↑ 3 files               80 MB so far                                             9.0 MB/s",
		},
		79: {
			"  ↑ mesh-of-the-wing.msh  [========>            ]   41 %   85 MB/s  20s left",
			"  ↑ deck.k                [>                    ]    0 %",
			"  ↑ 翼型.dat              [=====================]  100 %            finishing",
			"  ↑ 3 files               80 MB so far                    9.0 MB/s",
		},
		59: {
			"  ↑ mesh-of-the-wing.msh   41 %   85 MB/s  20s left",
			"  ↑ deck.k                  0 %",
			"  ↑ 翼型.dat              100 %            finishing",
			"  ↑ 3 files                      9.0 MB/s",
		},
		39: {
			"  ↑ …f-the-wing.msh   41 %  20s left",
			"  ↑ deck.k             0 %",
			"  ↑ 翼型.dat         100 %  finishing",
			"  ↑ 3 files",
		},
		20: {
			"  ↑ …ing.msh   41 %  20s left",
			"  ↑ deck.k      0 %",
			"  ↑ 翼型.dat  100 %  finishing",
			"  ↑ 3 files",
		},
	} {
		if diff := cmp.Diff(want, b.lines(columns)); diff != "" {
			t.Errorf("%d columns (-want +got)\n%s", columns, diff)
		}
	}
}
