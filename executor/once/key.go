package once

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// KeyVariable is the environment variable of every tile that carries the whole
// key. RESCALE_* names are refused in manifests, so no user sets it.
const KeyVariable = "RESCALE_APPLY_KEY"

// UpstreamVariable is the environment variable of every tile that tells which runs of
// other jobs this one builds on, for a process that has lost its journal.
const UpstreamVariable = "RESCALE_APPLY_UPSTREAM"

// Key identifies one run for ever: the same key is never billed twice.
type Key struct {
	Digest     string // of everything that can change the result, hex
	Name       string // of the job in its manifest
	Generation int    // from 1; bumped in the manifest to force a new run
	Attempt    int    // from 1; bumped when a failed run is started again
}

// keyFormat is the first field of a key as text.
const keyFormat = "1"

// String is the key as it stands in the journal and in KeyVariable:
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
	generation, attempt, dotted := strings.Cut(fields[2], ".")
	k = Key{Digest: fields[1], Name: fields[3]}
	var err1, err2 error
	k.Generation, err1 = strconv.Atoi(generation)
	k.Attempt, err2 = strconv.Atoi(attempt)
	return k, dotted && err1 == nil && err2 == nil
}

// Marker ends the job's name on the platform, which has no idempotency keys and
// no search: the listing shows names, so a name can be found again.
func (k Key) Marker() string {
	return fmt.Sprintf("%s%s.%d.%d]", markerStart, k.fingerprint(), k.Generation, k.Attempt)
}

// markerStart begins every marker.
const markerStart = "[ra:"

// Sign puts the marker into a job's name and the key into every tile.
func (k Key) Sign(request rescale.JobRequest) rescale.JobRequest {
	signed := request
	signed.Name += " " + k.Marker()
	signed.JobAnalyses = make([]rescale.JobAnalysis, len(request.JobAnalyses))
	for i, tile := range request.JobAnalyses {
		env := maps.Clone(tile.EnvVars)
		if env == nil {
			env = make(map[string]string)
		}
		env[KeyVariable] = k.String()
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

// parseMarker reads the fingerprint in the marker at the end of a job's name on
// the platform. The generation and the attempt are read from the whole key.
func parseMarker(name string) (fingerprint string, ok bool) {
	start := strings.LastIndex(name, markerStart)
	if start < 0 || !strings.HasSuffix(name, "]") {
		return "", false
	}
	fields := strings.Split(name[start+len(markerStart):len(name)-1], ".")
	return fields[0], len(fields) == 3
}

// hasMarker tells that a job's name ends in the marker of exactly this key.
func hasMarker(name string, k Key) bool { return strings.HasSuffix(name, k.Marker()) }
