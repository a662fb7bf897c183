package files

import (
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Notice is what a person should know about a valid entry of inputs.
type Notice struct {
	Job     string
	Kind    Kind
	Pos     diag.Position
	Message string
}

// Kind is what a notice is about.
type Kind string

// The kinds of notices.
const (
	LeftOut     Kind = "left out"     // files that a pattern does not mean
	Elsewhere   Kind = "elsewhere"    // results that land outside the repository
	IdleExclude Kind = "idle exclude" // a pattern of exclude that left nothing out
	Replaced    Kind = "replaced"     // a packed file whose place another input takes
	Unordered   Kind = "unordered"    // an archive of others that may hold what another input brings
)

// at returns the same notice about another entry.
func (n Notice) at(in spec.Input) Notice {
	n.Pos = in.Path.Pos
	if n.Kind != IdleExclude {
		return n
	}
	if i := slices.IndexFunc(in.Exclude, func(v spec.Value[string]) bool { return v.V == n.Message }); i >= 0 {
		n.Pos = in.Exclude[i].Pos
	}
	n.Message = fmt.Sprintf("exclude %q leaves nothing out of %q", n.Message, in.Path.V)
	return n
}

// tell passes on a notice whose job is known.
func (r Reading) tell(notice Notice) {
	if r.Notice != nil {
		r.Notice(notice)
	}
}

// about passes on notices about a job.
func (r Reading) about(job string) func(Notice) {
	return func(notice Notice) {
		notice.Job = job
		r.tell(notice)
	}
}
