// Package sge reads job scripts with directives for Rescale: those of rescale-cli, written
// #RESCALE_X=value, and those of Interlink, written #RESCALE_X value. The separator decides
// line by line what a directive means.
package sge

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Read reads a script (see [convert.Reader]). The job runs the script itself, which is its
// first input.
func Read(file string, text []byte) (convert.Found, error) {
	content, list := convert.Text(file, text)
	if list != nil {
		return convert.Found{}, list
	}
	r := &reader{script: split(file, content), file: file, top: diag.Position{File: file, Line: 1, Col: 1}}
	r.found.From = r.kind()
	if len(r.directives) == 0 && len(r.options) == 0 {
		r.list.Add(r.top, diag.EmptyFile, "a directive is a line such as #RESCALE_NAME=wing", "the script has no directives")
		return convert.Found{}, r.list
	}
	r.known()
	job := r.job()
	slices.SortStableFunc(r.found.Warnings, func(a, b convert.Warning) int { return a.Pos.Line - b.Pos.Line })
	if err := r.list.Sort().Err(); err != nil {
		return convert.Found{Warnings: r.found.Warnings}, err
	}
	r.found.Jobs = []convert.Job{job}
	return r.found, nil
}

// reader makes a job of a script.
type reader struct {
	script
	file  string
	top   diag.Position
	found convert.Found
	list  diag.List
}

// kind is which client the script is for.
func (r *reader) kind() string {
	equals, blanks := 0, 0
	for _, d := range r.directives {
		switch {
		case d.equals:
			equals++
		case !d.bare:
			blanks++
		}
	}
	switch {
	case equals > 0 && blanks > 0:
		return "a script of rescale-cli and Interlink"
	case blanks > 0:
		return "a script of Rescale Interlink"
	case equals > 0:
		return "a script of rescale-cli"
	}
	return "an SGE script"
}

// names are the directives that mean something.
func names() []string {
	return strings.Fields("RESCALE_NAME RESCALE_ANALYSIS RESCALE_ANALYSIS_VERSION RESCALE_CORES RESCALE_CORE_TYPE RESCALE_CORES_PER_SLOT RESCALE_SLOTS " +
		"RESCALE_WALLTIME RESCALE_LOW_PRIORITY RESCALE_PRIORITY USE_RESCALE_LICENSE RESCALE_USER_DEFINED_LICENSE_SETTINGS RESCALE_ONDEMAND_LICENSE " +
		"RESCALE_EXISTING_FILES RESCALE_TAGS RESCALE_PROJECT_ID RESCALE_INBOUND_SSH_CIDR RESCALE_PUBLIC_KEY RESCALE_AUTOMATION RESCALE_COMMAND " +
		"RESCALE_AUTO_TERMINATE_CLUSTER RESCALE_START_JOB_ON_HOUR RESCALE_CORE_TYPE_SET")
}

// known names the directives that mean nothing to a client or cannot be said.
func (r *reader) known() {
	for _, d := range r.almost {
		r.found.Warn(d.pos, "write #NAME=VALUE, with no blank behind #", "%s is left out: this line is a comment to every client", diag.Short(d.name))
	}
	for _, d := range r.directives {
		if !d.equals && strings.HasPrefix(d.value, "=") {
			r.found.Warn(d.pos, "write #"+d.name+d.value[:1]+strings.TrimSpace(d.value[1:]), "a blank stands before the = of %s, so the value begins with =, as it does for the clients", diag.Short(d.name))
		}
		switch d.name {
		case "RESCALE_AUTO_TERMINATE_CLUSTER":
			r.found.Warn(d.pos, "", "%s is left out: the platform no longer reads it", d.name)
		case "RESCALE_START_JOB_ON_HOUR":
			r.found.Warn(d.pos, "start the apply at that hour, for example with cron", "%s is left out: a manifest has no time of day", d.name)
		case "RESCALE_CORE_TYPE_SET":
			r.list.Add(d.pos, convert.NotSaid, "write one type as #RESCALE_CORE_TYPE=emerald; the manifest can then list more, as coreType: [emerald, granite]",
				"a manifest has no sets of core types")
		case "RESCALE_CORES", "RESCALE_ANALYSIS", "RESCALE_AUTOMATION":
			if d.value == "" {
				r.found.Warn(d.pos, "", "%s is left out: it has no value", d.name)
			}
		default:
			if !strings.HasPrefix(d.name, "RESCALE_ENV_") && !slices.Contains(names(), d.name) {
				r.found.Warn(d.pos, diag.DidYouMean(d.name, names()), "%s is left out: no client knows this directive", diag.Short(d.name))
			}
		}
	}
}

// one returns the directive of a name that counts: the first of those with =, else the last
// of those with a blank. A blank value sets nothing. What does not count is said.
func (r *reader) one(name string) (found directive, ok bool) {
	for _, d := range r.directives {
		switch {
		case d.name != name:
		case d.value == "":
			r.found.Warn(d.pos, "", "%s is left out: it has no value", name)
		case !ok:
			found, ok = d, true
		case !d.equals && !found.equals:
			r.repeated(found, d)
			found = d
		case d.equals && !found.equals:
			r.repeated(found, d)
			found = d
		default:
			r.repeated(d, found)
		}
	}
	return found, ok
}

// repeated says which of two directives counts.
func (r *reader) repeated(lost, counts directive) {
	if lost.value != counts.value {
		r.found.Warn(lost.pos, "", "%s is left out: the one of line %d counts", lost.name, counts.pos.Line)
	}
}

// text returns the value of a directive; empty without it.
func (r *reader) text(name string) string {
	d, _ := r.one(name)
	return d.value
}

// all returns the directives of a name that have a value.
func (r *reader) all(name string) (list []directive) {
	for _, d := range r.directives {
		if d.name == name && d.value != "" {
			list = append(list, d)
		}
	}
	return list
}

func (r *reader) job() convert.Job {
	sge := r.fallbacks()
	job := convert.Job{
		Title: r.text("RESCALE_NAME"), Tags: items(r.text("RESCALE_TAGS")), Project: r.text("RESCALE_PROJECT_ID"),
		Priority: r.priority(), SSH: r.access(),
	}
	r.name(&job, sge)
	for _, d := range r.all("RESCALE_AUTOMATION") {
		if !convert.IsID(d.value) {
			r.list.Add(d.at, diag.BadValue, "an id has letters and digits only", "RESCALE_AUTOMATION cannot be %q", diag.Short(d.value))
		}
		job.Automations = append(job.Automations, convert.Automation{ID: d.value})
	}
	tile := convert.Tile{}
	r.hardware(&tile, sge)
	r.license(&tile)
	r.environment(&job, &tile)
	r.inputs(&tile)
	r.run(&tile)
	job.Tiles = r.analyses(tile, sge)
	return job
}

// name takes the title from the script, or what the clients take without one.
func (r *reader) name(job *convert.Job, sge fallback) {
	if job.Title == "" {
		job.Title = sge.name
	}
	if job.Title == "" {
		base := filepath.Base(r.file)
		job.Name = convert.Slug(strings.TrimSuffix(base, filepath.Ext(base)))
		job.Title = "Unnamed Job"
		job.Notes = job.Notes.Note("title", "the script names none; clients call it this")
	}
}

// items splits a list at commas.
func items(text string) (all []string) {
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}
