package sge

import (
	"regexp"
	"strings"

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
			f.name = o.args[0]
		case o.name == "-pe" && len(o.args) == 2:
			f.cores = o.args[1]
		case o.name == "-l" && len(o.args) > 0:
			r.resources(&f, o)
		default:
			r.found.Warn(o.pos, "", "%s is left out: Rescale's clients do not read this option of SGE", diag.Short(strings.Join(append([]string{o.name}, o.args...), " ")))
		}
	}
	for _, l := range r.commands {
		m := module.FindStringSubmatch(l.text)
		if m != nil && f.code == "" && len(r.all("RESCALE_ANALYSIS")) == 0 {
			f.code, f.version, _ = strings.Cut(m[1], "/")
			f.module = true
		}
	}
	return f
}

var module = regexp.MustCompile(`^\s*module\s+load\s+(\S+)`)

// resources reads the values of -l.
func (r *reader) resources(f *fallback, o option) {
	for _, pair := range items(strings.Join(o.args, ",")) {
		key, value, _ := strings.Cut(pair, "=")
		switch key {
		case "rescale_code":
			f.code = value
		case "rescale_coretype":
			f.coreType = value
		case "rescale_cores":
			f.cores = value
		case "rescale_walltime":
			f.walltime, f.at = value, o.pos
		case "rescale_name":
			f.name = value
		default:
			r.found.Warn(o.pos, "", "-l %s is left out: Rescale's clients do not read this resource", diag.Short(pair))
		}
	}
}
