package resolver

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/choice"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Part is one thing that can change the result of a run. Field is in the words
// of the manifest. Value is literal for codes and numbers; commands, variables
// and contents stand as a hash, so that a journal of parts holds no secret.
type Part struct {
	Field string
	Value string
}

// parts lists everything that can change the result, in a fixed order. Other keys are
// left out: changing them must not buy a second run (design.md §3, Digest). The schema
// says as x-digest which keys count, and a test compares both. What the job takes from
// others comes last, see digest.
func parts(s spec.Job, job Job) []Part {
	var list []Part
	for i := range s.Tiles {
		list = append(list, tileParts(s, job, i)...)
	}
	var whole []Part
	for _, secret := range s.Secrets {
		whole = append(whole, Part{"secret " + secret.V, "the environment's"})
	}
	for _, a := range s.Automations {
		whole = append(whole, Part{"automation " + a.ID.V, hashJSON(variables(a.Env))})
	}
	for _, field := range s.Extra {
		whole = append(whole, Part{"extra " + field.Name.V, hashJSON(field.Value.V)})
	}
	slices.SortFunc(whole, byField)
	return append(list, whole...)
}

// tileParts returns those of one tile. A job whose only analysis is written as a list
// has the same parts as one without the list.
func tileParts(s spec.Job, job Job, i int) []Part {
	tile, written := job.Tiles[i], s.Tiles[i]
	at := tilePrefix(i)
	list := []Part{
		{at + "analysis", tile.Analysis},
		{at + "version", tile.Version},
		{at + "coreType", tile.CoreType},
		{at + "coresPerSlot", strconv.Itoa(tile.Cores)},
		{at + "slots", strconv.Itoa(tile.Slots)},
		{at + "command", hashText(written.Command.V)},
	}
	if written.Interactive.V {
		list = append(list, Part{at + "interactive", "true"})
	}
	var env, inputs, rest []Part
	for _, v := range written.Env {
		env = append(env, Part{at + "env " + v.Name.V, hashText(v.Value.V)})
	}
	for _, in := range job.Inputs {
		switch {
		case in.Tile != i:
		case in.Use == spec.ForCommand:
			inputs = append(inputs, Part{at + "input " + in.Called(), in.Identity()})
		default:
			rest = append(rest, Part{at + string(in.Use) + " " + in.Called(), in.Identity()})
		}
	}
	for use, script := range map[spec.Use]spec.Script{spec.Before: written.PreProcess, spec.After: written.PostProcess} {
		if script.Path.Written() || script.ID.Written() {
			rest = append(rest, Part{at + string(use) + ".command", hashText(script.Command.V)})
		}
	}
	for _, field := range written.Extra {
		rest = append(rest, Part{fmt.Sprintf("analyses[%d].extra %s", i, field.Name.V), hashJSON(field.Value.V)})
	}
	for _, group := range [][]Part{env, inputs, rest} {
		slices.SortFunc(group, byField)
		list = append(list, group...)
	}
	return list
}

// tilePrefix begins the fields of a tile. It is empty for the first tile, and so for a
// single one.
func tilePrefix(i int) string {
	if i == 0 {
		return ""
	}
	return fmt.Sprintf("analyses[%d].", i)
}

func byField(a, b Part) int {
	return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value))
}

// DigestOf returns the SHA-256, in hex, of the canonical form of parts: a JSON list of
// [field, value] pairs. A new part must not be added for manifests that do not use it,
// or every job of every user would look changed.
func DigestOf(parts []Part) string {
	pairs := make([][2]string, len(parts))
	for i, p := range parts {
		pairs[i] = [2]string{p.Field, p.Value}
	}
	canonical, err := json.Marshal(pairs)
	if err != nil {
		panic("resolver: pairs of strings always marshal: " + err.Error())
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// hashJSON returns the hash of a value as JSON, with the names of mappings in order.
func hashJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("resolver: values of a manifest always marshal: " + err.Error())
	}
	return hashText(string(text))
}

func hashText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Ran is what a tile of a run has of what its manifest may leave open.
type Ran struct{ Version, CoreType string }

// RanOn returns what a stored job runs on.
func RanOn(stored rescale.Job) (ran []Ran) {
	for _, t := range stored.Tiles {
		ran = append(ran, Ran{t.VersionCode, t.CoreType})
	}
	return ran
}

// RanBy returns what the parts of a run say that it runs on; value gives the one of a
// field.
func (j Job) RanBy(value func(field string) string) (ran []Ran) {
	for i := range j.Tiles {
		ran = append(ran, Ran{value(tilePrefix(i) + "version"), value(tilePrefix(i) + "coreType")})
	}
	return ran
}

// Loose reports whether runs in several digests are runs of this content: the manifest
// leaves a version or a core type open.
func (j Job) Loose() bool {
	return slices.ContainsFunc(j.Tiles, func(t Tile) bool { return t.Open || len(t.Types) > 0 })
}

// Untold reports whether a run of this content can have a digest that is not among
// [Job.Digests]: in a version that the catalog no longer has.
func (j Job) Untold() bool {
	n := 1
	for _, t := range j.Tiles {
		n *= len(t.asEach())
	}
	return n > maxVariants || slices.ContainsFunc(j.Tiles, func(t Tile) bool { return t.Open })
}

// On returns the job as a run has it that runs on certain versions and core types; false
// when the manifest does not mean that run. The choice for a new run is another matter.
func (j Job) On(ran []Ran) (Job, bool) {
	if len(ran) != len(j.Tiles) {
		return j, false
	}
	tiles := slices.Clone(j.Tiles)
	for i, r := range ran {
		if !tiles[i].set(r) {
			return j, false
		}
	}
	return j.with(tiles), true
}

// set gives a tile the version and core type of a run.
func (t *Tile) set(r Ran) bool {
	if r.Version != t.Version && (!t.Open || r.Version == "") {
		return false
	}
	if r.CoreType != t.CoreType {
		i := slices.IndexFunc(t.Types, func(a Alternative) bool { return a.Code == r.CoreType })
		if i < 0 {
			return false
		}
		t.Estimate = t.Types[i].Estimate
		t.Rate = t.Estimate.Rate
	}
	t.Version, t.CoreType = r.Version, r.CoreType
	return true
}

// with returns the job on other tiles.
func (j Job) with(tiles []Tile) Job {
	values := make(map[string]string, 2*len(tiles))
	other := j
	other.Request.JobAnalyses = slices.Clone(j.Request.JobAnalyses)
	other.Newer = nil
	for i, t := range tiles {
		values[tilePrefix(i)+"version"], values[tilePrefix(i)+"coreType"] = t.Version, t.CoreType
		if i < len(other.Request.JobAnalyses) {
			a := &other.Request.JobAnalyses[i]
			a.Analysis.Version, a.Hardware.CoreType = t.Version, t.CoreType
		}
		if newest := j.Tiles[i].Version; newest != t.Version {
			other.Newer = append(other.Newer, fmt.Sprintf("version %s of %s is newer than %s, which ran; the next new run takes it", newest, t.Analysis, t.Version))
		}
	}
	other.Newer = distinct(other.Newer)
	other.Notes = slices.DeleteFunc(slices.Clone(j.Notes), func(note string) bool {
		return slices.ContainsFunc(j.Tiles, func(t Tile) bool { return note == t.why || note == t.whyVersion })
	})
	other.Tiles, other.Estimate = tiles, Sum(estimatesOf(tiles))
	other.Parts = slices.Clone(j.Parts)
	for i, p := range other.Parts {
		if value, is := values[p.Field]; is {
			other.Parts[i].Value = value
		}
	}
	other.Digest = DigestOf(other.Parts)
	return other
}

// maxVariants bounds what is tried for one job. Whoever knows what a run runs on need not
// try.
const maxVariants = 1000

// Digests returns the digests of the runs that are runs of this content, as far as the
// catalog knows their versions; nil unless there can be several.
func (j Job) Digests() (list []string) {
	if !j.Loose() {
		return nil
	}
	for tiles := range combined(j.Tiles, Tile.asEach) {
		list = append(list, j.with(tiles).Digest)
	}
	return list
}

// Variant returns the job as the run with a digest has it, see On. ran is what the run
// says itself that it runs on; a person may have changed that, and the digest decides.
func (j Job) Variant(digest string, ran []Ran) (Job, bool) {
	if digest == j.Digest {
		return j, true
	}
	if !j.Loose() {
		return j, false
	}
	if other, is := j.On(ran); is && other.Digest == digest {
		return other, true
	}
	for tiles := range combined(j.Tiles, Tile.asEach) {
		if other := j.with(tiles); other.Digest == digest {
			return other, true
		}
	}
	return j, false
}

// picks returns the tiles on each of their core types, in the order of the lists.
func picks(tiles []Tile) iter.Seq[[]Tile] { return combined(tiles, Tile.onEach) }

// onEach returns the tile on each of its core types.
func (t Tile) onEach() (list []Tile) {
	for _, a := range t.Types {
		on := t
		on.CoreType, on.Estimate, on.Rate = a.Code, a.Estimate, a.Estimate.Rate
		list = append(list, on)
	}
	if len(list) == 0 {
		return []Tile{t}
	}
	return list
}

// asEach returns the tile in each of its versions, on each of its core types.
func (t Tile) asEach() (list []Tile) {
	for _, version := range t.Versions {
		in := t
		in.Version = version
		list = append(list, in.onEach()...)
	}
	if len(list) == 0 {
		return t.onEach()
	}
	return list
}

// combined returns the combinations of what tiles can be, the first of very many.
func combined(tiles []Tile, each func(Tile) []Tile) iter.Seq[[]Tile] {
	lists := make([][]Tile, len(tiles))
	for i, t := range tiles {
		lists[i] = each(t)
	}
	return func(yield func([]Tile) bool) {
		n := 0
		for tiles := range choice.Combinations(lists) {
			if n++; n > maxVariants || !yield(tiles) {
				return
			}
		}
	}
}
