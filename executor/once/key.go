package once

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// KeyVariable is the environment variable of every tile that carries the whole
// key. RESCALE_* names are refused in manifests, so no user sets it.
const KeyVariable = "RESCALE_APPLY_KEY"

// NamespaceVariable is the environment variable of every tile that carries the
// namespace of the job's name: a marker holds only a part of its hash.
const NamespaceVariable = "RESCALE_APPLY_NAMESPACE"

// UpstreamVariable is the environment variable of every tile that names the runs of
// other jobs that this one builds on, for a process that has lost its journal.
const UpstreamVariable = "RESCALE_APPLY_UPSTREAM"

// Key identifies one run forever: the same key is never billed twice.
type Key struct {
	Digest     string // of everything that can change the result, hex
	Name       string // of the job in its manifest
	Generation int    // from 1; bumped in the manifest to force a new run
	Attempt    int    // from 1; bumped when a failed run is started again
}

// keyFormat is the first field of a key as text.
const keyFormat = "1"

// String returns the key as written in the journal and in KeyVariable:
// 1:DIGEST:GENERATION.ATTEMPT:NAME.
func (k Key) String() string {
	return fmt.Sprintf("%s:%s:%d.%d:%s", keyFormat, k.Digest, k.Generation, k.Attempt, k.Name)
}

// ParseKey reads what String wrote; ok is false for anything else.
func ParseKey(s string) (k Key, ok bool) {
	fields := strings.SplitN(s, ":", 4)
	if len(fields) != 4 || fields[0] != keyFormat {
		return Key{}, false
	}
	generation, attempt, _ := strings.Cut(fields[2], ".")
	k = Key{Digest: fields[1], Name: fields[3]}
	var err1, err2 error
	k.Generation, err1 = strconv.Atoi(generation)
	k.Attempt, err2 = strconv.Atoi(attempt)
	return k, err1 == nil && err2 == nil
}

// In returns the job of the key in a namespace.
func (k Key) In(namespace string) Job { return Job{Namespace: namespace, Name: k.Name} }

// Job is a name, and the namespace that keeps it apart from jobs of that name in other
// repositories. At most one run of it is active, whatever its content.
type Job struct{ Namespace, Name string }

// Code is the part of a marker that all runs of a job share.
func (j Job) Code() string {
	sum := sha256.Sum256([]byte(j.Namespace + "\n" + j.Name))
	return hex.EncodeToString(sum[:])[:8]
}

// Sign puts the marker into a job's name, and the key and the namespace into every tile.
func (k Key) Sign(request rescale.JobRequest, namespace string) rescale.JobRequest {
	signed := request
	signed.Name += " " + k.Marker(namespace)
	signed.JobAnalyses = make([]rescale.JobAnalysis, len(request.JobAnalyses))
	for i, tile := range request.JobAnalyses {
		env := maps.Clone(tile.EnvVars)
		if env == nil {
			env = make(map[string]string)
		}
		env[KeyVariable] = k.String()
		if namespace != "" {
			env[NamespaceVariable] = namespace
		}
		tile.EnvVars = env
		signed.JobAnalyses[i] = tile
	}
	return signed
}

// fingerprint is the part of the marker that all runs of one job content share.
func (k Key) fingerprint() string {
	sum := sha256.Sum256([]byte(k.Digest + "\n" + k.Name))
	return hex.EncodeToString(sum[:])[:10]
}

// markerStart begins every marker.
const markerStart = "[ra:"

// Marker ends the job's name on the platform, which has no idempotency keys and no
// search: a list shows names, so that a run can be found again. It is
// [ra:NNNNNNNN.FFFFFFFFFF.G.A]: 8 hex digits of the job, 10 of its content, the
// generation and the attempt.
func (k Key) Marker(namespace string) string {
	return markerStart + k.In(namespace).Code() + "." + k.tail() + "]"
}

// in returns the key, and what it is in other digests.
func (k Key) in(digests []string) []Key {
	keys := []Key{k}
	for _, digest := range digests {
		if other := k; digest != k.Digest {
			other.Digest = digest
			keys = append(keys, other)
		}
	}
	return keys
}

// tail is the part of a marker that is the same in every namespace.
func (k Key) tail() string { return fmt.Sprintf("%s.%d.%d", k.fingerprint(), k.Generation, k.Attempt) }

// markers matches a marker anywhere in a name, because people add words to names. Old
// markers lack the first field, the job.
var markers = regexp.MustCompile(`\[ra:(?:([0-9a-f]{8})\.)?(([0-9a-f]{10})\.\d+\.\d+)\]`)

// mark is a marker that was read.
type mark struct {
	job     string // Job.Code; empty in the old form
	tail    string // Key.tail
	content string // Key.fingerprint
}

// readMark reads the last marker in a job's name on the platform.
func readMark(name string) (m mark, ok bool) {
	start := strings.LastIndex(name, markerStart)
	if start < 0 {
		return mark{}, false
	}
	fields := markers.FindStringSubmatch(name[start:])
	if fields == nil {
		return mark{}, false
	}
	return mark{job: fields[1], tail: fields[2], content: fields[3]}, true
}

// Fits reports whether the last marker in a job's name is the one of the key. Runs of
// before there were namespaces name none, and the markers of their time name no job:
// then the rest of the marker decides.
func (k Key) Fits(name, namespace string) bool {
	m, _ := readMark(name)
	return m.tail == k.tail() && (m.job == "" || namespace == "" || m.job == k.In(namespace).Code())
}

// Title is a job's name on the platform without what a marker has put into it. Marked is
// false for a job that carries no marker, and so is none of ours; one that does carry one
// can still be a copy that a person made.
func Title(name string) (title string, marked bool) {
	if _, marked = readMark(name); !marked {
		return name, false
	}
	return strings.Join(strings.Fields(markers.ReplaceAllString(name, " ")), " "), true
}

// CodeOf is the [Job.Code] in the marker of a name on the platform; empty without one.
func CodeOf(name string) string {
	m, _ := readMark(name)
	return m.job
}
