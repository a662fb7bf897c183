package once_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

func TestKeyAndMarkerAreFinal(t *testing.T) {
	t.Parallel()
	// These texts are in state files and on the platform: they must never change. The
	// marker got its first field, the print of the job, before the tool had users. That
	// was its last change; what was written before is still read.
	key := once.Key{Digest: strings.Repeat("ab", 32), Name: "airfoil-aoa/aoa=4", Generation: 2, Attempt: 3}
	if got, want := key.String(), "1:"+strings.Repeat("ab", 32)+":2.3:airfoil-aoa/aoa=4"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if got, want := key.Marker("github.com/acme/sims/jobs/heat/job.yaml"), "[ra:ba3f09b0.eeeb2d878f.2.3]"; got != want {
		t.Errorf("Marker() = %q, want %q", got, want)
	}
}

func TestParseKeyRefusesWhatIsNoKey(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "1", "1:d:1.1", "2:d:1.1:n", "1:d:1:n", "1:d:x.1:n", "1:d:1.x:n"} {
		if key, ok := once.ParseKey(text); ok {
			t.Errorf("ParseKey(%q) = %v, want none", text, key)
		}
	}
}

func FuzzKey(f *testing.F) {
	f.Add("abc", "name", 1, 1)
	f.Add("", "a:b/c=d", 0, -1)
	f.Fuzz(func(t *testing.T, digest, name string, generation, attempt int) {
		if strings.Contains(digest, ":") {
			t.Skip("a digest is hex")
		}
		key := once.Key{Digest: digest, Name: name, Generation: generation, Attempt: attempt}
		if got, ok := once.ParseKey(key.String()); !ok || got != key {
			t.Errorf("ParseKey(%q) = %v, %v; want %v", key, got, ok, key)
		}
	})
}

func TestTitle(t *testing.T) {
	t.Parallel()
	type answer struct {
		Title  string
		Marked bool
	}
	signed := once.Key{Digest: "d", Name: "wing", Generation: 1, Attempt: 1}.Sign(rescale.JobRequest{Name: "My wing"}, "n").Name
	for name, want := range map[string]answer{
		signed:                        {"My wing", true},
		"Copy of " + signed + " (2)":  {"Copy of My wing (2)", true},
		"[ra:0123456789.1.1]":         {"", true},
		"My  wing":                    {"My  wing", false},
		"My wing [ra:012345678.1.1]":  {"My wing [ra:012345678.1.1]", false},
		"My wing [ra:0123456789.1.1 ": {"My wing [ra:0123456789.1.1 ", false},
	} {
		title, marked := once.Title(name)
		if diff := cmp.Diff(want, answer{title, marked}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestFits(t *testing.T) {
	t.Parallel()
	key := once.Key{Digest: strings.Repeat("ab", 32), Name: "airfoil-aoa/aoa=4", Generation: 2, Attempt: 3}
	const namespace = "github.com/acme/sims/jobs/heat/job.yaml"
	for name, tc := range map[string]struct {
		name, namespace string
		want            bool
	}{
		"its own":                    {"Wing " + key.Marker(namespace), namespace, true},
		"with words behind it":       {"Wing " + key.Marker(namespace) + " (old)", namespace, true},
		"of an old form":             {"Wing [ra:eeeb2d878f.2.3]", namespace, true},
		"without a namespace":        {"Wing [ra:00000000.eeeb2d878f.2.3]", "", true},
		"of another job":             {"Wing [ra:00000000.eeeb2d878f.2.3]", namespace, false},
		"of another content":         {"Wing [ra:ba3f09b0.0000000000.2.3]", namespace, false},
		"of another attempt":         {"Wing [ra:ba3f09b0.eeeb2d878f.2.4]", namespace, false},
		"none":                       {"Wing", namespace, false},
		"another one behind its own": {"Wing " + key.Marker(namespace) + " [ra:0000000000.1.1]", namespace, false},
	} {
		if got := key.Fits(tc.name, tc.namespace); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestBearing(t *testing.T) {
	t.Parallel()
	const key = "1:ab:1.1:wing"
	tiles := func(keys ...string) (list []rescale.Tile) {
		for _, k := range keys {
			list = append(list, rescale.Tile{EnvVars: map[string]string{once.KeyVariable: k}})
		}
		return list
	}
	for name, tc := range map[string]struct {
		job  rescale.Job
		want once.Bearing
	}{
		"nothing":               {rescale.Job{Name: "Wing [ra:0000000000.1.1]", Tiles: tiles("")}, once.Bare},
		"no tile":               {rescale.Job{}, once.Bare},
		"a key":                 {rescale.Job{Tiles: tiles(key, key)}, once.Whole},
		"a copy of a key":       {rescale.Job{ClonedFrom: "QwErTy", Tiles: tiles(key)}, once.Copied},
		"a copy of a marker":    {rescale.Job{ClonedFrom: "QwErTy", Name: "Wing [ra:0000000000.1.1]"}, once.Copied},
		"a copy of a plain job": {rescale.Job{ClonedFrom: "QwErTy", Name: "Wing"}, once.Bare},
		"an analysis without":   {rescale.Job{Tiles: tiles(key, "")}, once.Partial},
		"two keys":              {rescale.Job{Tiles: tiles(key, "1:ab:1.2:wing")}, once.Partial},
		"a key of tomorrow":     {rescale.Job{Tiles: tiles("2:ab", "2:ab")}, once.Foreign},
	} {
		if got := once.BearingOf(tc.job); got != tc.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
