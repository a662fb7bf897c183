package validate

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// design reads what makes a job a design of experiments: a table of runs and templates (rescale-api.md §6.1). Runs that
// the platform would make up itself are refused, as they would not be made here.
func (w World) design(top form, spec *disk.Spec) {
	spec.ParamFile = w.typed(top, "paramFile", disk.TypeParam)
	spec.CaseFile = w.typed(top, "caseFile", disk.TypeCase)
	spec.RenderOnly = top.flag("isTemplateDryRun")
	if spec.ParamFile != "" && spec.CaseFile != "" {
		top.at.field("caseFile").add("A job has a paramFile or a caseFile, not both.")
	}
	table := spec.Table() != ""
	if !table {
		spec.Ranges = ranges(top)
	}
	designed := table || len(top.list("jobvariables")) > 0
	for i := range spec.Tiles {
		if len(spec.Tiles[i].Templates) > 0 && !designed && top.at.field("paramFile").empty() {
			top.at.field("paramFile").add("This field is required by templateTasks.")
		}
	}
	for _, name := range []string{"monteCarloIterations", "optimizer"} {
		if raw, ok := top.optional(name); ok && !bytes.Equal(raw, []byte("0")) {
			top.at.field(name).add(generated)
		}
	}
	if top.flag("includeNominalRun") && table {
		top.at.field("includeNominalRun").add("A run of nominal values is not emulated.")
	}
}

// fileMember reads a member that names a file, or null.
func (w World) fileMember(f form, name string) string {
	raw, ok := f.optional(name)
	if !ok {
		return ""
	}
	in, ok := openForm(raw, f.at.field(name))
	if !ok {
		return ""
	}
	return w.fileID(in)
}

// typed reads a member that names a file of a type, or null.
func (w World) typed(f form, name string, typeID int) string {
	id := w.fileMember(f, name)
	if at := f.at.field(name); id != "" && at.empty() && !w.IsOf(id, typeID) {
		what := map[int]string{disk.TypeScript: "script", disk.TypeParam: "parameter file", disk.TypeCase: "case file", disk.TypeTemplate: "template"}
		at.field("id").add(fmt.Sprintf("File %q is not a %s.", id, what[typeID]))
	}
	return id
}

func (w World) templates(f form) []disk.TemplateTask {
	var out []disk.TemplateTask
	items := f.list("templateTasks")
	for i, at := range f.at.field("templateTasks").list(len(items)) {
		if task, ok := openForm(items[i], at); ok {
			out = append(out, w.template(task))
		}
	}
	return out
}

func (w World) template(f form) disk.TemplateTask {
	task := disk.TemplateTask{Path: f.requiredText("processedFilename")}
	if _, ok := f.required("templateFile"); ok {
		task.ID = w.typed(f, "templateFile", disk.TypeTemplate)
	}
	if f.at.empty() && !filepath.IsLocal(filepath.FromSlash(task.Path)) {
		f.at.field("processedFilename").add("The path leaves the work folder.")
	}
	return task
}
