package resolver

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// PartsOf compares a stored job with what a manifest asks for now, for a run that no journal
// knows: was and now are the parts of both, in the order and the words of [Job.Parts]. needs are
// the names of what the stored job builds on.
//
// A part that the body does not show is in neither list, so that it never looks like a change:
// extra, the content that another job had, a file without a checksum, a license server. A
// variable that differs has no hash of its value here, because it may have been a secret in that
// run.
func PartsOf(stored rescale.Job, like Job, needs []string) (was, now []Part) {
	if len(stored.Tiles) == 0 || len(like.Request.JobAnalyses) == 0 {
		return nil, nil
	}
	c := comparison{like: like, stored: stored, needs: needs, written: make(map[string]string)}
	for _, part := range like.Parts {
		c.written[part.Field] = part.Value
	}
	for i := range max(len(stored.Tiles), len(like.Request.JobAnalyses)) {
		t := tileComparison{comparison: &c, tile: i, was: storedTile(stored, i), now: wantedTile(like, i)}
		t.compare()
	}
	c.sorted(c.whole(stored))
	c.others()
	return c.before, c.after
}

// undisclosed stands for the hash of anything other than what the manifest asks for now.
const undisclosed = "sha256:"

// comparison gathers the parts of two jobs, each only when both sides show it.
type comparison struct {
	like          Job
	stored        rescale.Job
	needs         []string
	written       map[string]string // the parts of the manifest, by field
	before, after []Part
}

// side is what one of the jobs shows: values by field. An empty value is unknown; a field without
// a value is not in that job.
type side map[string]string

// add takes the fields in the given order.
func (c *comparison) add(order []string, was, now side) {
	for _, field := range order {
		before, inBefore := was[field]
		after, inAfter := now[field]
		if inBefore && before == "" || inAfter && after == "" {
			continue
		}
		if inBefore {
			c.before = append(c.before, Part{field, before})
		}
		if inAfter {
			c.after = append(c.after, Part{field, after})
		}
	}
}

// sorted takes all fields in the order of their names.
func (c *comparison) sorted(was, now side) {
	fields := slices.AppendSeq(slices.Collect(maps.Keys(was)), maps.Keys(now))
	slices.Sort(fields)
	c.add(slices.Compact(fields), was, now)
}

// whole returns both sides of what belongs to no single tile: the names of secrets and the automations.
func (c *comparison) whole(stored rescale.Job) (was, now side) {
	was, now = make(side), make(side)
	for _, name := range c.like.Secrets {
		field := "secret " + name
		now[field] = c.written[field]
		if !slices.ContainsFunc(stored.Tiles, tellsVariables) {
			was[field] = ""
		} else if slices.ContainsFunc(stored.Tiles, func(t rescale.Tile) bool { _, set := t.EnvVars[name]; return set }) {
			was[field] = c.written[field]
		}
	}
	for _, a := range c.like.Request.Automations {
		now["automation "+a.Automation.ID] = hashJSON(a.Environment)
		if stored.Automations == nil {
			was["automation "+a.Automation.ID] = ""
		}
	}
	for _, a := range stored.Automations {
		was["automation "+a.Automation.ID] = ""
		if a.Environment != nil {
			was["automation "+a.Automation.ID] = hashJSON(a.Environment)
		}
	}
	return was, now
}

// tellsVariables reports whether a body has the variables of a tile: this tool sets some in every
// one.
func tellsVariables(t rescale.Tile) bool { return len(t.EnvVars) > 0 }

// others compares the parts about jobs that this one builds on. Their names are known, but
// neither their content nor which of their results were taken.
func (c *comparison) others() {
	for _, kind := range []string{"upstream ", "input from "} {
		was, now := make(side), make(side)
		for _, need := range c.like.Needs {
			if value, ok := c.written[kind+need.Name.V]; ok {
				now[kind+need.Name.V] = value
			}
		}
		for _, name := range c.needs {
			if _, both := now[kind+name]; both {
				was[kind+name] = ""
			} else if kind == "upstream " {
				was[kind+name] = undisclosed
			}
		}
		c.sorted(was, now)
	}
}

func storedTile(job rescale.Job, i int) *rescale.Tile {
	if i >= len(job.Tiles) {
		return nil
	}
	return &job.Tiles[i]
}

// wantedTile returns a tile of the request as it would be stored, without its files. extra cannot
// set any of its fields.
func wantedTile(job Job, i int) *rescale.Tile {
	if i >= len(job.Request.JobAnalyses) {
		return nil
	}
	a := job.Request.JobAnalyses[i]
	return &rescale.Tile{
		AnalysisCode: a.Analysis.Code, VersionCode: a.Analysis.Version, Command: a.Command, EnvVars: a.EnvVars,
		CoreType: a.Hardware.CoreType, CoresPerSlot: a.Hardware.CoresPerSlot, Slots: a.Hardware.Slots,
		PreProcess:  rescale.Script{Command: a.PreProcessScriptCommand},
		PostProcess: rescale.Script{Command: a.PostProcessScriptCommand},
	}
}

// tileComparison is the work on one tile, which one of the jobs may lack.
type tileComparison struct {
	*comparison
	tile     int
	was, now *rescale.Tile
}

func (t tileComparison) at() string { return tilePrefix(t.tile) }

func (t tileComparison) compare() {
	order, was := t.codes(t.was)
	_, now := t.codes(t.now)
	t.add(order, was, now)
	t.sorted(t.variables())
	t.sorted(t.inputs())
	was, now = t.scripts()
	runs, wanted := t.sweep()
	maps.Copy(was, runs)
	maps.Copy(now, wanted)
	t.sorted(was, now)
}

// codes returns the fields that every tile has, in the order of tileParts.
func (t tileComparison) codes(tile *rescale.Tile) (order []string, codes side) {
	for _, field := range []string{"analysis", "version", "coreType", "coresPerSlot", "slots", "command"} {
		order = append(order, t.at()+field)
	}
	if tile == nil {
		return order, nil
	}
	values := []string{
		tile.AnalysisCode, tile.VersionCode, tile.CoreType, digits(tile.CoresPerSlot), digits(tile.Slots),
		t.text(tile.Command, func(now *rescale.Tile) string { return now.Command }),
	}
	codes = make(side, len(values))
	for i, value := range values {
		codes[order[i]] = value
	}
	return order, codes
}

// text returns the hash of a command; empty for a blank one, which no manifest has. Blanks around
// it count as the manifest has them, because the platform may drop them.
func (t tileComparison) text(stored string, wanted func(*rescale.Tile) string) string {
	switch {
	case strings.TrimSpace(stored) == "":
		return ""
	case t.now != nil && alike(stored, wanted(t.now)):
		return hashText(wanted(t.now))
	}
	return hashText(stored)
}

// alike compares texts that the platform may have trimmed.
func alike(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }

// digits writes a number; empty for 0, which the platform leaves out.
func digits(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
