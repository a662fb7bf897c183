package files

import (
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Remark is what a person should know of an entry of inputs that is in order.
type Remark struct {
	Job     string
	Kind    Kind
	Pos     diag.Position
	Message string
}

// Kind is what a remark is about.
type Kind string

// The kinds of remarks.
const (
	LeftOut     Kind = "left out"     // files that a pattern does not mean
	Elsewhere   Kind = "elsewhere"    // results that land outside of the repository
	IdleExclude Kind = "idle exclude" // a pattern of exclude that left nothing out
)

// at is a remark about another entry that says the same.
func (r Remark) at(in spec.Input) Remark {
	r.Pos = in.Path.Pos
	if r.Kind != IdleExclude {
		return r
	}
	if i := slices.IndexFunc(in.Exclude, func(v spec.Value[string]) bool { return v.V == r.Message }); i >= 0 {
		r.Pos = in.Exclude[i].Pos
	}
	r.Message = fmt.Sprintf("exclude %q leaves nothing out of %q", r.Message, in.Path.V)
	return r
}

// tell passes on a remark of which the job is known.
func (r Reading) tell(remark Remark) {
	if r.Remark != nil {
		r.Remark(remark)
	}
}

// about passes on what is said of a job.
func (r Reading) about(job string) func(Remark) {
	return func(remark Remark) {
		remark.Job = job
		r.tell(remark)
	}
}
