package manifest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

// spread is a job with a text in all places that take any.
func spread(text string) convert.Job {
	return convert.Job{
		Name: "a", Title: text, Description: text, Tags: []string{text},
		CustomFields: convert.Map{{Name: "f" + text, Value: text}},
		Tiles: []convert.Tile{{
			Code: "c", Version: text, Hardware: convert.Hardware{CoreType: text, CoresPerSlot: 1},
			Env: []convert.Variable{{Name: "A", Value: text}}, Command: text, Notes: convert.Notes{"command": text, "hardware": text},
		}},
		Extra: convert.Map{{Name: "x", Value: []any{text, convert.Map{{Name: "y", Value: text}}}}},
	}
}

// FuzzWrite: whatever text a job has, the manifest is YAML and says that text.
func FuzzWrite(f *testing.F) {
	for _, text := range []string{
		"a b", "a: b", "a #b", "#", "- a", "? a", "yes", "NULL", "1.0", "1e3", ".5", "0x1F", "8h", "2024-01-01", "12:30", "\"q\"", "'", "\\", "a\nb", "a\nb\n", "a\n\n", "\n", "\na", " a\nb",
		"\ta\n b", "a\r\nb", "a\tb", "ä\u2028b", "\u0085", "\U0001F600", "${{ x }}", "$${{ x }}", "a}{,][", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "~", "a\u00a0b", "\ufeffa", "a:", ": a", "a ", " a", "\n a\n", "$X", "(cd a; b)",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) || len(text) > 900 {
			t.Skip("no reader lets it through, or no key of YAML is that long")
		}
		checkSpread(t, text)
	})
}

func checkSpread(t *testing.T, text string) {
	t.Helper()
	written := manifest.Write([]convert.Job{spread(text)}, manifest.Place{Source: text})
	documents, list := yamlsrc.Parse(diag.Source{Name: "f", Text: written.YAML})
	if len(list) > 0 || len(documents) != 1 {
		t.Fatalf("%q becomes no YAML: %v\n%s", text, list, written.YAML)
	}
	shown := strings.ReplaceAll(text, "${{", "$${{")
	got, _ := documents[0].Value.(map[string]any)
	hardware, _ := got["hardware"].(map[string]any)
	env, _ := got["env"].(map[string]any)
	fields, _ := got["customFields"].(map[string]any)
	extra, _ := got["extra"].(map[string]any)
	want := map[string]any{
		"tags": []any{shown}, "env": shown, "field": shown, "extra": []any{shown, map[string]any{"y": shown}},
	}
	have := map[string]any{"tags": got["tags"], "env": env["A"], "field": fields["f"+text], "extra": extra["x"]}
	if text != "" {
		want["description"], want["command"], want["coreType"] = shown, shown, shown
		have["description"], have["command"], have["coreType"] = got["description"], got["command"], hardware["coreType"]
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("%q differs (-want +got):\n%s\n%s", text, diff, written.YAML)
	}
}

// FuzzSweep: what jobs differ in comes back when the references are filled in.
func FuzzSweep(f *testing.F) {
	f.Add("Run_1", "Run_2", "Run_10")
	f.Add("v1.2", "v1.3", "v1.30")
	f.Add("a", "a b", "")
	f.Add("é1", "è1", "e\u03011")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		values := []string{a, b, c}
		if slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) || strings.ContainsAny(v, "$\x00\n\r\t") }) {
			t.Skip("not shared between points")
		}
		var jobs []convert.Job
		for _, v := range values {
			job := wing("1", "4")
			job.Title, job.Tiles[0].Command = "t"+v, "run "+v
			jobs = append(jobs, job)
		}
		written := manifest.Write(jobs, manifest.Place{})
		var got []string
		documents, list := yamlsrc.Parse(diag.Source{Name: "f", Text: written.YAML})
		if len(list) > 0 {
			t.Fatalf("%q: %v\n%s", values, list, written.YAML)
		}
		for _, d := range documents {
			got = append(got, commands(d.Value.(map[string]any))...)
		}
		want := []string{"run " + a, "run " + b, "run " + c}
		slices.Sort(want)
		slices.Sort(got)
		if first := documents[0].Value.(map[string]any); first["kind"] != "defaults" || first["command"] == nil {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q differs (-want +got):\n%s\n%s", values, diff, written.YAML)
			}
		}
	})
}

// commands are those of a document, filled in for every point.
func commands(d map[string]any) (all []string) {
	text, ok := d["command"].(string)
	if !ok {
		return nil
	}
	matrix, _ := d["matrix"].(map[string]any)
	points, _ := matrix["include"].([]any)
	for name, values := range matrix {
		list, _ := values.([]any)
		for _, value := range list {
			if name != "include" {
				points = append(points, map[string]any{name: value})
			}
		}
	}
	for _, point := range points {
		filled := text
		for name, value := range point.(map[string]any) {
			filled = strings.ReplaceAll(filled, "${{ matrix."+name+" }}", fmt.Sprint(value))
		}
		all = append(all, filled)
	}
	if len(points) == 0 {
		return []string{text}
	}
	return all
}
