package manifest

import (
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
)

// opened puts references to variables in place of values that are left open, and adds the
// variables with those values.
func (n *node) opened(all []convert.Open) *node {
	vars := object()
	for _, open := range all {
		at := n
		for _, name := range strings.Split(open.Key, ".") {
			if at = at.member(name); at == nil {
				break
			}
		}
		if at == nil || at.kind == mapping || at.kind == sequence {
			continue
		}
		if vars.member(open.Variable) == nil {
			preset := *at
			preset.usual, preset.note = false, ""
			vars.with(open.Variable, &preset)
		}
		at.value, at.filled, at.usual = "${{ vars."+open.Variable+" }}", true, false
	}
	return n.with("vars", vars.orNil())
}
