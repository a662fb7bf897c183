package reporting

import (
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// trace is how a file is known by whatever name.
type trace struct {
	path string      // free of links
	info fs.FileInfo // nil where it is not there
}

func traceOf(path string) trace {
	info, err := os.Stat(path)
	if err != nil {
		return trace{path, nil}
	}
	return trace{path, info}
}

func (t trace) same(other trace) bool {
	return t.path == other.path || t.info != nil && other.info != nil && os.SameFile(t.info, other.info)
}

// apart holds what is known of the files of reports, which a command looks at once: the
// jobs of a sweep share their inputs.
type apart struct {
	reports map[order]trace
	paths   map[string]bool // of inputs that are no report
}

// Apart refuses a report that is an input of a job: the job would be another one with each
// report. That report is not written.
func (c *Clerk) Apart(inputs []files.Input) error {
	if len(c.orders) == 0 {
		return nil
	}
	for _, in := range inputs {
		if in.Path == "" || c.apart.paths[in.Path] {
			continue
		}
		if o, ordered := c.drop(traceOf(in.Path)); ordered {
			return options.Usage(fmt.Sprintf("--report %s: %s is an input of a job", o, o.file), "name another file, or exclude that one from the inputs")
		}
		c.apart.paths[in.Path] = true
	}
	return nil
}

// Beside refuses a report to a file that another flag writes. That report is not written.
func (c *Clerk) Beside(named []files.Given) error {
	for _, other := range named {
		if o, ordered := c.drop(traceOf(reach.Real(other.Path))); ordered {
			return options.Usage(fmt.Sprintf("--report %s and %s %s are one file", o, other.Flag, other.Path), "give each a file of its own")
		}
	}
	return nil
}

// drop leaves out the report that a file is.
func (c *Clerk) drop(file trace) (o order, ordered bool) {
	i := slices.IndexFunc(c.orders, func(o order) bool { return o.file != "" && c.traced(o).same(file) })
	if i < 0 {
		return order{}, false
	}
	o = c.orders[i]
	c.orders = slices.Delete(c.orders, i, i+1)
	return o, true
}

func (c *Clerk) traced(o order) trace {
	t, known := c.apart.reports[o]
	if !known {
		t = traceOf(reach.Real(o.file))
		c.apart.reports[o] = t
	}
	return t
}
