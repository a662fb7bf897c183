package mistake

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScan(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]shape{
		"":                       {quote: -1, after: -1},
		"   ":                    {indent: 3, end: 0, quote: -1, after: -1},
		"a: b":                   {end: 4, quote: -1, after: -1, colons: []int{1}, starts: []int{0, 3}},
		"  - a: b # c":           {indent: 2, end: 8, quote: -1, after: -1, colons: []int{5}, starts: []int{4, 7}},
		"a: b#c":                 {end: 6, quote: -1, after: -1, colons: []int{1}, starts: []int{0, 3}},
		"a: it's":                {end: 7, quote: -1, after: -1, colons: []int{1}, starts: []int{0, 3}},
		"a: 'it''s'":             {end: 10, quote: -1, after: -1, colons: []int{1}, starts: []int{0, 3}},
		`a: "b`:                  {end: 5, quote: 3, after: -1, colons: []int{1}, starts: []int{0, 3}},
		`a: "b\" # c`:            {end: 11, quote: 3, after: -1, colons: []int{1}, starts: []int{0, 3}},
		`a: "b" c`:               {end: 8, quote: -1, after: 7, colons: []int{1}, starts: []int{0, 3}},
		`"a" : "b"`:              {end: 9, quote: -1, after: -1, colons: []int{4}, starts: []int{0, 6}},
		"a: [b, {c: d}]":         {flow: true, end: 14, quote: -1, after: -1, colons: []int{1}, starts: []int{0, 3, 4, 7, 8, 11}},
		"a: [b, {c":              {flow: true, end: 9, quote: -1, after: -1, colons: []int{1}, starts: []int{0, 3, 4, 7, 8}, open: []int{3, 7}},
		"a: [b]]":                {flow: true, end: 7, quote: -1, after: -1, colons: []int{1}, starts: []int{0, 3, 4}, closed: []int{6}, stray: []int{6}},
		"a: [b}":                 {flow: true, end: 6, quote: -1, after: -1, colons: []int{1}, starts: []int{0, 3, 4}, closed: []int{5}, stray: []int{5}},
		"]":                      {end: 1, quote: -1, after: -1, closed: []int{0}, stray: []int{0}},
		"command: ls a[1] b]; }": {end: 22, quote: -1, after: -1, colons: []int{7}, starts: []int{0, 9}, closed: []int{15, 18, 21}},
		"a: b:c http://d":        {end: 15, quote: -1, after: -1, colons: []int{1}, starts: []int{0, 3}},
		"--- a":                  {end: 5, quote: -1, after: -1, starts: []int{4}},
		"--- 'a":                 {end: 6, quote: 4, after: -1, starts: []int{4}},
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, scan(line), cmp.AllowUnexported(shape{}), cmp.Transformer("empty", func(s []int) []int {
				if len(s) == 0 {
					return nil
				}
				return s
			})); diff != "" {
				t.Errorf("shape (-want +got):\n%s", diff)
			}
		})
	}
}
