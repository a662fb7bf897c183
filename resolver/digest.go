package resolver

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

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
