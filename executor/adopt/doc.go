// Package adopt compares a job that is stored on the platform, whoever made it, with what
// a manifest would send. A job that agrees in everything that is in the digest is a run of
// that manifest: its result is the result.
//
// When in doubt, they differ: what a stored job does not show, such as the checksum of a
// file, is a difference that says so. Names, tags, priority, project, walltime, licenses,
// the variables of the platform and of this tool, and the values of secrets do not count.
// The package is pure, and asks no platform.
package adopt

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
)

// Difference is one part in which a stored job is not what the manifest asks for. Field
// and the values are in the words of [resolver.Part].
type Difference struct {
	Field string
	Was   string // in the stored job; empty when it has no such part
	Now   string // in the manifest; empty when it has no such part
	Why   string // in words, where the values do not tell it
}

// Words says what differs, for a person.
func (d Difference) Words() string {
	switch {
	case d.Why != "":
		return d.Field + ": " + d.Why
	case d.Was == "":
		return d.Field + " is not in it"
	case d.Now == "":
		return d.Field + " is only in it"
	case hashed(d.Was), hashed(d.Now):
		return d.Field + " differs"
	}
	return fmt.Sprintf("%s is %s in it, and %s here", d.Field, d.Was, d.Now)
}

func hashed(value string) bool {
	return strings.HasPrefix(value, "sha256:") || strings.HasPrefix(value, "sha512:")
}

// Unclear returns the ids of the stored job's files whose name or checksum its body does
// not tell, each once: their own records may.
func Unclear(stored rescale.Job) (ids []string) {
	ids = unclear(stored.Params.File)
	for _, tile := range stored.Tiles {
		for _, in := range tile.InputFiles {
			ids = append(ids, unclear(in.File)...)
		}
		for _, t := range tile.Templates {
			ids = append(ids, unclear(t.File)...)
		}
		ids = append(ids, unclear(tile.PreProcess.File)...)
		ids = append(ids, unclear(tile.PostProcess.File)...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func unclear(f rescale.File) []string {
	if f.ID == "" || f.Name != "" && f.SHA512 != "" {
		return nil
	}
	return []string{f.ID}
}

// Compare returns in what a stored job differs from what the manifest would send; nothing
// when it is a run of that content. files are the records of files whose bodies are
// [Unclear], as far as there are any.
func Compare(stored rescale.Job, job resolver.Job, files map[string]rescale.File) []Difference {
	c := &comparison{job: job, files: files, written: make(map[string]string, len(job.Parts))}
	for _, part := range job.Parts {
		c.written[part.Field] = part.Value
	}
	_ = json.Unmarshal(stored.Raw, &c.body) // a body that is not told has no further fields
	object, err := job.Request.Object()
	if err != nil {
		panic("adopt: the body of a resolved job always marshals: " + err.Error())
	}
	for i := range max(len(stored.Tiles), len(job.Request.JobAnalyses)) {
		c.tileAt(stored, i)
	}
	c.secrets(stored)
	c.automations(stored)
	c.sweep(stored, object)
	c.further(object)
	return c.found
}

// comparison is the work on one pair.
type comparison struct {
	job     resolver.Job
	files   map[string]rescale.File
	written map[string]string // the parts of the manifest, by field
	body    map[string]any    // of the stored job
	found   []Difference
}

func (c *comparison) differs(field, was, now string) {
	if was != now {
		c.found = append(c.found, Difference{Field: field, Was: was, Now: now})
	}
}

func (c *comparison) unknown(field, format string, args ...any) {
	c.found = append(c.found, Difference{Field: field, Was: "?", Now: c.written[field], Why: fmt.Sprintf(format, args...)})
}

// tileAt compares one software of both, which one of them may lack.
func (c *comparison) tileAt(stored rescale.Job, i int) {
	at := prefix(i)
	switch {
	case i >= len(stored.Tiles):
		c.differs(at+"analysis", "", c.job.Tiles[i].Analysis)
		return
	case i >= len(c.job.Request.JobAnalyses):
		c.differs(at+"analysis", stored.Tiles[i].AnalysisCode, "")
		return
	}
	t := tile{comparison: c, at: at, index: i, was: stored.Tiles[i], now: c.job.Request.JobAnalyses[i]}
	t.codes()
	t.variables()
	t.inputs()
	t.scripts()
}

// prefix begins the fields of a tile, as in [resolver.Job.Parts].
func prefix(i int) string {
	if i == 0 {
		return ""
	}
	return fmt.Sprintf("analyses[%d].", i)
}

// secrets compares their names: a run with another value is the same content. One that
// some tile has counts, as in the digest.
func (c *comparison) secrets(stored rescale.Job) {
	for _, name := range slices.Sorted(slices.Values(c.job.Secrets)) {
		has := slices.ContainsFunc(stored.Tiles, func(t rescale.Tile) bool { _, set := t.EnvVars[name]; return set })
		if field := "secret " + name; !has {
			c.differs(field, "", cmp.Or(c.written[field], "the environment's"))
		}
	}
}

func (c *comparison) automations(stored rescale.Job) {
	was, now := make(map[string]map[string]string), make(map[string]map[string]string)
	for _, a := range stored.Automations {
		was[a.Automation.ID] = a.Environment
	}
	for _, a := range c.job.Request.Automations {
		now[a.Automation.ID] = a.Environment
	}
	ids := slices.Sorted(maps.Keys(now))
	for _, id := range slices.Sorted(maps.Keys(was)) {
		if _, wanted := now[id]; !wanted {
			c.differs("automation "+id, undisclosed, "")
		}
	}
	for _, id := range ids {
		field := "automation " + id
		environment, there := was[id]
		switch {
		case stored.Automations == nil:
			c.unknown(field, "the platform does not say which automations it has")
		case !there:
			c.differs(field, "", c.written[field])
		case !maps.Equal(environment, now[id]):
			c.differs(field, undisclosed, c.written[field])
		}
	}
}

// undisclosed stands for the hash of anything other than what the manifest asks for: it
// may have been a secret in that run.
const undisclosed = "sha256:"
