package resolver

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// parts lists everything that can change the result, in one fixed order. Other keys
// are not in it: changing them must not buy a second run (design.md §3, Digest). Which
// is which, the schema says as x-digest, and a test compares both. What it takes of
// other jobs comes after them, see digest.
func parts(s spec.Job, job Job) []Part {
	list := []Part{
		{"analysis", job.Analysis},
		{"version", job.Version},
		{"coreType", job.CoreType},
		{"coresPerSlot", strconv.Itoa(job.Cores)},
		{"slots", strconv.Itoa(job.Slots)},
		{"command", hashText(s.Command.V)},
	}
	var env, inputs []Part
	for _, v := range s.Env {
		env = append(env, Part{"env " + v.Name.V, hashText(v.Value.V)})
	}
	for _, in := range job.Inputs {
		inputs = append(inputs, Part{"input " + in.Name, in.Identity()})
	}
	slices.SortFunc(env, byField)
	slices.SortFunc(inputs, byField)
	return append(append(list, env...), inputs...)
}

func byField(a, b Part) int {
	return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Value, b.Value))
}

// DigestOf is the SHA-256, in hex, of the canonical form of parts: a JSON list
// of [field, value] pairs. A later part must not be added for manifests that do
// not use it, or every job of every user would look changed.
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

func hashText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:])
}
