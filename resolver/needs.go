package resolver

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// From is input files that other jobs make. The files are known once the others have
// run.
type From struct {
	Pos        diag.Position
	Name       string   // of a job, or of a matrix for all of its points
	Jobs       []string // that it means
	Include    []string // patterns
	Exclude    []string // patterns
	Decompress bool     // archives are unpacked before the command runs
	Tile       int      // which of the job's tiles they are for, from 0

	// As is the name of the one file of each job, Into the folder for all of them; both
	// as in [spec.Input]. At most one is not empty.
	As, Into string
}

// Copied reports whether the files cannot stay where they are: the platform names an
// input after its upload (rescale-api.md §3.2).
func (f From) Copied() bool { return f.As != "" || f.Into != "" }

func from(job spec.Job) []From {
	var list []From
	for _, in := range job.Inputs {
		i := slices.IndexFunc(job.Needs, func(n spec.Need) bool { return n.Name.V == in.From.V })
		if !in.From.Written() || i < 0 {
			continue
		}
		list = append(list, From{
			Pos: in.From.Pos, Name: in.From.V, Jobs: job.Needs[i].Jobs,
			Include: spec.Texts(in.Files), Exclude: spec.Texts(in.Exclude), Decompress: in.Decompress.V, Tile: in.Tile,
			As: in.As.V, Into: in.Into.V,
		})
	}
	return list
}

// copies reports results that pass through this machine because they change their
// names.
func copies(from []From) (notes []string) {
	for _, f := range from {
		if f.Copied() {
			notes = append(notes, "results of "+f.Name+" are downloaded and uploaded again: the platform names an input after its upload")
		}
	}
	return notes
}

// mostNamed is how many inputs that have ids a plan names.
const mostNamed = 8

// named says which files the ids among the inputs of a job mean.
func named(inputs []files.Input) (notes []string) {
	more := 0
	for _, in := range inputs {
		switch {
		case in.ID == "" || in.Name == "":
		case len(notes) == mostNamed:
			more++
		default:
			notes = append(notes, cmp.Or(string(in.Use), "input")+" "+in.ID+" is "+in.Name)
		}
	}
	if more > 0 {
		notes = append(notes, fmt.Sprintf("%d more inputs are on the platform already", more))
	}
	return notes
}

// choice returns, as text, which files are taken.
func (f From) choice() string {
	words := slices.Sorted(slices.Values(f.Include))
	for _, pattern := range slices.Sorted(slices.Values(f.Exclude)) {
		words = append(words, "!"+pattern)
	}
	if !f.Decompress {
		words = append(words, "(packed)")
	}
	if f.As != "" {
		words = append(words, "(as "+f.As+")")
	}
	if f.Into != "" {
		words = append(words, "(into "+f.Into+")")
	}
	return strings.Join(words, " ")
}

// digest completes the parts of every job with what it takes from others, and computes
// its digest. The needs of a job come first, because their digests are such parts.
func digest(jobs []Job) {
	order := make([]int, len(jobs))
	for i := range jobs {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(jobs[a].Rank, jobs[b].Rank) })
	stands := NewStanding()
	for _, i := range order {
		job := &jobs[i]
		for _, need := range job.Needs {
			job.Parts = append(job.Parts, Part{Field: upstreamField(need)})
		}
		slices.SortFunc(job.Parts[len(job.Parts)-len(job.Needs):], byField)
		job.Parts = append(job.Parts, taken(job.From)...)
		*job = stands.Under(*job)
		stands.Add(job.Name, job.Digest)
	}
}

func upstreamField(need spec.Need) string { return "upstream " + need.Name.V }

// Standing knows which content jobs have in the runs that stand for them.
type Standing struct {
	digests map[string]string // by job
	whole   map[string]string // by need
}

// NewStanding returns one that knows no job yet.
func NewStanding() *Standing {
	return &Standing{digests: make(map[string]string), whole: make(map[string]string)}
}

// Add takes the digest of a job's run. It must come before every job that needs it.
func (s *Standing) Add(job, digest string) { s.digests[job] = digest }

// Under returns a job with the digest that it has when it builds on these runs.
func (s *Standing) Under(job Job) Job {
	values := make(map[string]string, len(job.Needs))
	for _, need := range job.Needs {
		if s.whole[need.Name.V] == "" {
			s.whole[need.Name.V] = s.together(need)
		}
		if s.whole[need.Name.V] != "" {
			values[upstreamField(need)] = s.whole[need.Name.V]
		}
	}
	job.Parts = slices.Clone(job.Parts)
	for i, p := range job.Parts {
		if value, is := values[p.Field]; is {
			job.Parts[i].Value = value
		}
	}
	job.Digest = DigestOf(job.Parts)
	return job
}

// together returns the digest of all jobs that a need means; empty when one is not known.
func (s *Standing) together(need spec.Need) string {
	if slices.ContainsFunc(need.Jobs, func(name string) bool { return s.digests[name] == "" }) {
		return ""
	}
	if len(need.Jobs) == 1 && need.Jobs[0] == need.Name.V {
		return "sha256:" + s.digests[need.Name.V]
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(slices.Values(need.Jobs)) {
		sum.Write([]byte(name + " " + s.digests[name] + "\n"))
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// taken returns the parts that say which results are inputs.
func taken(from []From) []Part {
	choices := make(map[string][]string)
	for _, f := range from {
		choices[f.Name] = append(choices[f.Name], f.choice())
	}
	var list []Part
	for name, chosen := range choices {
		list = append(list, Part{"input from " + name, strings.Join(slices.Sorted(slices.Values(chosen)), "; ")})
	}
	slices.SortFunc(list, byField)
	return list
}
