package diag

import (
	"fmt"
	"strconv"
)

// Gathering collects the problems of many jobs from one text. A mistake in a line that
// thousands of jobs come from is one problem.
type Gathering struct {
	list  List
	same  map[fact]bool
	first map[spot]int // index in list
	more  map[int]int  // further jobs with another message, by index in list
}

// spot is a place with at most one problem.
type spot struct {
	pos  Position
	rule Rule
}

// fact is what one problem says.
type fact struct {
	spot
	message string
}

// Add adds the problems of one job. It only counts those that an earlier job has at the
// same place by the same rule.
func (g *Gathering) Add(job List) {
	if len(job) == 0 {
		return
	}
	if g.same == nil {
		g.same, g.first, g.more = make(map[fact]bool), make(map[spot]int), make(map[int]int)
	}
	earlier := len(g.list)
	for _, d := range job {
		at := spot{d.Pos, d.Rule}
		first, seen := g.first[at]
		switch {
		case g.same[fact{at, d.Message}] && seen && first < earlier:
		case seen && first < earlier && !d.Pos.IsZero():
			g.more[first]++
		default:
			if !seen {
				g.first[at] = len(g.list)
			}
			g.list = append(g.list, d)
		}
		g.same[fact{at, d.Message}] = true
	}
}

// List returns all problems, each once.
func (g *Gathering) List() List {
	list := append(List(nil), g.list...)
	for i, n := range g.more {
		list[i].Message += fmt.Sprintf(" (and %s more like this)", thousands(n))
	}
	return list
}

// thousands writes a number as 9,999.
func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
