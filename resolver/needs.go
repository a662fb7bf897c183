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
	at := make(map[string]int, len(jobs))
	for i, job := range jobs {
		order[i], at[job.Name] = i, i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(jobs[a].Rank, jobs[b].Rank) })
	whole := make(map[string]string) // by the name of a need
	for _, i := range order {
		job := &jobs[i]
		var upstream []Part
		for _, need := range job.Needs {
			if whole[need.Name.V] == "" {
				whole[need.Name.V] = together(need, jobs, at)
			}
			upstream = append(upstream, Part{"upstream " + need.Name.V, whole[need.Name.V]})
		}
		slices.SortFunc(upstream, byField)
		job.Parts = slices.Concat(job.Parts, upstream, taken(job.From))
		job.Digest = DigestOf(job.Parts)
	}
}

// together returns the digest of all jobs that a need means.
func together(need spec.Need, jobs []Job, at map[string]int) string {
	if len(need.Jobs) == 1 && need.Jobs[0] == need.Name.V {
		return "sha256:" + jobs[at[need.Name.V]].Digest
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(slices.Values(need.Jobs)) {
		sum.Write([]byte(name + " " + jobs[at[name]].Digest + "\n"))
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
