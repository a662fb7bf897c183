package schema_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/schema"
)

func entry(t *testing.T, key string) schema.Entry {
	t.Helper()
	all := schema.Reference()
	i := slices.IndexFunc(all, func(e schema.Entry) bool { return e.Key == key })
	if i < 0 {
		t.Fatalf("the reference has no key %q", key)
	}
	return all[i]
}

func TestReference(t *testing.T) {
	t.Parallel()
	cores := entry(t, "hardware.coresPerSlot")
	cores.Description = ""
	want := schema.Entry{
		Key: "hardware.coresPerSlot", Title: "Cores", Type: "a whole number from 1 to 1000000; or a reference", Required: true,
		Example: "4", Samples: []string{"hardware: {coreType: emerald, coresPerSlot: 18, walltime: \"8h\"}", "hardware: {coresPerSlot: 36}"},
		Effect: schema.InDigest, Platform: []string{"jobanalyses.hardware.coresPerSlot"},
	}
	if diff := cmp.Diff(want, cores); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"path", "id", "from", "files", "exclude", "pack", "as", "into", "template", "decompress"}, entry(t, "inputs").Keys); diff != "" {
		t.Errorf("keys of inputs (-want +got)\n%s", diff)
	}
	for key, want := range map[string]string{
		"priority": "on-demand, economy or reserved; or a reference", "matrix.NAME": "a list, or a mapping", "version": "1", "license": "rescale, or a mapping",
		"vars.NAME": "a number, a text or true or false", "matrix.csv": "a text, or a mapping", "hardware.walltime": "a text; or a reference",
	} {
		if got := entry(t, key).Type; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if got := entry(t, "priority").Default; got != "on-demand" {
		t.Errorf("default %q", got)
	}
}

// What people copy is YAML, and right as far as it goes.
func TestEverySampleIsRight(t *testing.T) {
	t.Parallel()
	for _, e := range schema.Reference() {
		if len(e.Samples) == 0 || e.Type == "" || e.Title == "" || e.Description == "" {
			t.Errorf("%s is not described", e.Key)
		}
		for _, sample := range e.Samples {
			docs, list := yamlsrc.Parse(diag.Source{Name: e.Key, Text: []byte(sample + "\n")})
			if len(list) > 0 || len(docs) != 1 {
				t.Errorf("%s: %v\n%s", e.Key, list, sample)
				continue
			}
			for _, v := range schema.ValidateDefaults(docs[0].Value) {
				partial := v.Kind == schema.MissingKey || v.Kind == schema.BadChoice
				if !partial {
					t.Errorf("%s: %s\n%s", e.Key, v.Message, sample)
				}
			}
		}
	}
}

// fieldsNamed finds the fields of the platform in a description.
var fieldsNamed = regexp.MustCompile(`\(platform fields?: ([^)]*)\)`)

// What people read and what the test of the body goes by is the same; a key that is
// sent as nothing says so, itself or above.
func TestEveryKeyTellsItsFieldOfThePlatform(t *testing.T) {
	t.Parallel()
	silent := make(map[string]bool) // keys that say that they are not sent
	for _, e := range schema.Reference() {
		named := fieldsNamed.FindStringSubmatch(e.Description)
		told := strings.Join(e.Platform, ", ")
		switch {
		case e.Same != "":
		case named != nil && named[1] != strings.ReplaceAll(told, "*", "all without a key here"):
			t.Errorf("%s names %s, and x-platform is %s", e.Key, named[1], told)
		case silent[e.Above()], strings.Contains(strings.ToLower(e.Description), "not sent"):
			silent[e.Key] = true
		case told != "", len(e.Keys) > 0:
		default:
			t.Errorf("%s tells neither its field of the platform nor that it is not sent", e.Key)
		}
	}
}

// A key of which nobody has decided whether it changes the digest would buy runs, or
// keep old results, by accident. resolver tests that each does what is said here.
func TestEveryKeyHasAnEffect(t *testing.T) {
	t.Parallel()
	for _, e := range schema.Reference() {
		switch e.Effect {
		case schema.InDigest, schema.InKey, schema.Through, schema.Outside:
		case "":
			if len(e.Keys) == 0 && e.Same == "" {
				t.Errorf("%s has no x-digest, nor has a key above it", e.Key)
			}
		default:
			t.Errorf("%s has x-digest %q", e.Key, e.Effect)
		}
	}
}
