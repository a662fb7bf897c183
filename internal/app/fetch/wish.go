package fetch

import (
	"path/filepath"
	"slices"

	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Options say which results, and where to.
type Options struct {
	To       string
	List     bool
	Parallel int
	all      bool
	include  []string
	exclude  []string
}

// Defaults are the options of a person who gives none.
func Defaults() Options { return Options{Parallel: 4} }

// Flags are the flags of results that are fetched.
func (o *Options) Flags() []options.Flag {
	return []options.Flag{
		{Name: "to", Into: &o.To, Default: "outputs.to of the manifest, or results/NAME", Usage: "`FOLDER` to write to; with several jobs, one folder for each in it"},
		{Name: "list", Into: &o.List, Usage: "only show what would be downloaded"},
		{Name: "all", Into: &o.all, Usage: "every file, not only those of outputs.download"},
		{Name: "include", Into: &o.include, Usage: "files that match `PATTERN`, not those of outputs.download; may be repeated"},
		{Name: "exclude", Into: &o.exclude, Usage: "leave out files that match `PATTERN`; may be repeated"},
		{Name: "parallel", Into: &o.Parallel, Usage: "transfers at once: `N`"},
	}
}

// Check refuses two wishes at once.
func (o *Options) Check(options.Call) error {
	if o.all && len(o.include) > 0 {
		return options.Usage("--all and --include contradict each other", "leave one of them out")
	}
	return nil
}

// OfID is what is wanted of a job that is known by its id only; alone: no other one is.
func (o Options) OfID(id string, others int) Order {
	wish := results.Wish{Include: []string{"**"}, To: "results/" + id, Dir: "."}
	if o.To != "" {
		wish.To = o.To
		if others > 0 {
			wish.To = filepath.Join(o.To, id)
		}
	}
	return Order{Name: id, ID: id, Wish: o.changed(wish)}
}

// OfJob is what is wanted of a manifest's job; others is how many more jobs there are in
// the manifests.
func (o Options) OfJob(job spec.Job, others int) results.Wish {
	wish := wishOf(job)
	if o.To != "" {
		wish.To, wish.Dir = o.To, "."
		if others > 0 {
			wish.To = filepath.Join(o.To, job.FolderName())
		}
	}
	return o.changed(wish)
}

// wishOf is what the manifest wants of a job; everything when it does not say.
func wishOf(job spec.Job) results.Wish {
	// Inputs that are not there now cannot be written over.
	inputs, _ := files.Find([]spec.Job{job})
	wish := results.Home{
		Job: job.Name.V, Dir: job.Dir, Manifest: filepath.Join(job.Dir, filepath.Base(job.File)), Table: job.Table,
		Folder: job.ResultsFolder(), Outputs: job.Outputs, Inputs: inputs[0],
	}.Wish()
	if len(wish.Include) == 0 {
		wish.Include = []string{"**"}
	}
	return wish
}

// changed is the wish as the flags change it.
func (o Options) changed(wish results.Wish) results.Wish {
	if o.all {
		wish.Include, wish.Exclude, wish.Whole = []string{"**"}, nil, false
	}
	if len(o.include) > 0 {
		wish.Include, wish.Exclude, wish.Whole = o.include, nil, false
	}
	if len(o.exclude) > 0 {
		wish.Exclude, wish.Whole = slices.Concat(wish.Exclude, o.exclude), false
	}
	return wish
}

// selects reports whether only some files are wanted.
func selects(wish results.Wish) bool {
	return len(wish.Exclude) > 0 || slices.ContainsFunc(wish.Include, func(pattern string) bool { return pattern != "**" })
}
