package sge

import (
	"regexp"
	"strings"
	"sync"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// fallback is what the options of SGE and the commands say where no directive does.
type fallback struct {
	name, code, version, coreType string
	cores, walltime               string
	at                            diag.Position // of the walltime
	module                        bool          // the code is that of a module
}

// fallbacks reads the options of SGE. Those that the clients do not read are said.
func (r *reader) fallbacks() (f fallback) {
	for _, o := range r.options {
		switch {
		case o.name == "-N" && len(o.args) == 1:
			r.fallback(&f.name, o.args[0], o, "RESCALE_NAME")
		case o.name == "-pe" && len(o.args) == 2:
			r.fallback(&f.cores, o.args[1], o, "RESCALE_CORES=", "RESCALE_CORES_PER_SLOT")
		case o.name == "-l" && len(o.args) > 0:
			r.resources(&f, o)
		default:
			r.found.Warn(o.pos, "", "%s is left out: Rescale's clients do not read this option of SGE", o)
		}
	}
	for _, l := range r.commands {
		m := module().FindStringSubmatch(l.text)
		if m != nil && f.code == "" && len(r.all("RESCALE_ANALYSIS")) == 0 {
			f.code, f.version, _ = strings.Cut(m[1], "/")
			f.module = true
		}
	}
	return f
}

// fallback takes what an option says, unless a directive says it: then the option is left
// out. Names of directives may end with their separator (see [directive.is]).
func (r *reader) fallback(into *string, value string, o option, directives ...string) {
	for _, d := range r.directives {
		for _, name := range directives {
			if d.is(name) && d.value != "" {
				if d.value != value {
					r.found.Warn(o.pos, "", "%s is left out: %s of line %d counts", o, d.name, d.pos.Line)
				}
				return
			}
		}
	}
	if *into != "" && *into != value {
		r.found.Warn(o.pos, "", "%s counts, and not the earlier %s", o, diag.Short(*into))
	}
	*into = value
}

var module = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*module\s+load\s+(\S+)`) })

// resources reads the values of -l.
func (r *reader) resources(f *fallback, o option) {
	for _, pair := range items(strings.Join(o.args, ",")) {
		key, value, _ := strings.Cut(pair, "=")
		o.args = []string{pair}
		switch key {
		case "rescale_code":
			r.fallback(&f.code, value, o, "RESCALE_ANALYSIS")
		case "rescale_coretype":
			r.fallback(&f.coreType, value, o, "RESCALE_CORE_TYPE", "RESCALE_CORES ")
		case "rescale_cores":
			r.fallback(&f.cores, value, o, "RESCALE_CORES=", "RESCALE_CORES_PER_SLOT")
		case "rescale_walltime":
			f.at = o.pos
			r.fallback(&f.walltime, value, o, "RESCALE_WALLTIME")
		case "rescale_name":
			r.fallback(&f.name, value, o, "RESCALE_NAME")
		default:
			r.found.Warn(o.pos, "", "%s is left out: Rescale's clients do not read this resource", o)
		}
	}
}
