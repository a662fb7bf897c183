package spec

import (
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/schema"
)

// Load reads every document of every source, without touching the file system
// or the network. It gives all problems in the order of the sources and of
// their text: a mistake in one value does not hide those in others, and causes
// no second message. Jobs are given only when there is no problem at all.
func Load(sources []diag.Source) ([]Job, diag.List) {
	var jobs []Job
	var problems diag.List
	names := make(map[string]diag.Position)
	folders := make(map[string]diag.Position)
	for _, src := range sources {
		documents, list := yamlsrc.Parse(src)
		for _, doc := range documents {
			job, found := read(doc, src, list)
			found = append(found, checkName(job, names)...)
			found = append(found, checkFolder(job, folders)...)
			list = append(list, found...)
			jobs = append(jobs, job)
		}
		problems = append(problems, list.Sort()...)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return jobs, nil
}

// read turns one document into a job. Parts with a problem are left out of it,
// and places that have a problem already, known from reading the text, get no
// other.
func read(doc *yamlsrc.Document, src diag.Source, known diag.List) (Job, diag.List) {
	taken := make(map[diag.Position]bool)
	for _, d := range known {
		taken[d.Pos] = true
	}
	violations := schema.Validate(doc.Value)
	list := slices.DeleteFunc(shapeProblems(doc, violations), func(d diag.Diagnostic) bool { return taken[d.Pos] })

	bad := make(map[string]bool)
	for _, v := range violations {
		bad[about(v)] = true
	}
	job := decode(node{doc: doc, bad: bad, value: doc.Value}, src)
	checkReferences(doc, &list)
	for _, check := range checks() {
		check(&job, &list)
	}
	return job, list
}
