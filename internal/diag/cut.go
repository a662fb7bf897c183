package diag

import "fmt"

// maxAlike is how many problems of one rule in one file people read. More say nothing
// new: they have one cause, such as a missing folder.
const maxAlike = 20

// Cut keeps the first problems of each rule in each file. The last kept one says how
// many more there are.
func Cut(l List) List {
	type kind struct {
		file string
		rule Rule
	}
	count := make(map[kind]int)
	last := make(map[kind]int) // index in short
	var short List
	for _, d := range l {
		k := kind{d.Pos.File, d.Rule}
		if count[k]++; count[k] <= maxAlike {
			last[k] = len(short)
			short = append(short, d)
		}
	}
	for k, n := range count {
		if more := n - maxAlike; more > 0 {
			short[last[k]].Message += fmt.Sprintf(" (and %s more of this kind)", thousands(more))
		}
	}
	return short
}
