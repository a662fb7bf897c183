package manifest

import (
	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Problems returns why a manifest cannot say a job, at the place where the job is in its
// file: values that the platform or another client may take, and a manifest does not. A key
// that it does not have is none of them.
func Problems(job convert.Job, at diag.Position) diag.List {
	text := Write([]convert.Job{job}, Place{}).YAML
	_, all := spec.Load([]diag.Source{{Name: "job.yaml", Text: text}})
	var list diag.List
	for _, problem := range all {
		if problem.Rule == diag.UnknownKey {
			continue
		}
		problem.Pos = at
		list = append(list, problem)
	}
	return list
}
