package resolver_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// asStored is what a platform shows of a job that was made of a manifest.
func asStored(job resolver.Job) rescale.Job {
	stored := rescale.Job{ID: "QwErTy", Automations: append([]rescale.JobAutomation{}, job.Request.Automations...), Params: rescale.Params{Known: true}}
	for _, made := range job.Request.JobAnalyses {
		tile := rescale.Tile{
			AnalysisCode: made.Analysis.Code, VersionCode: made.Analysis.Version, Command: made.Command, EnvVars: maps.Clone(made.EnvVars),
			CoreType: made.Hardware.CoreType, CoresPerSlot: made.Hardware.CoresPerSlot, Slots: made.Hardware.Slots,
			PreProcess:  rescale.Script{Known: true, Command: made.PreProcessScriptCommand},
			PostProcess: rescale.Script{Known: true, Command: made.PostProcessScriptCommand},
			InputFiles:  []rescale.TileFile{},
			Templates:   []rescale.TileTemplate{},
		}
		tile.EnvVars["RESCALE_APPLY_KEY"] = "1:digest:1.1:wing"
		for _, name := range job.Secrets {
			tile.EnvVars[name] = "1234"
		}
		stored.Tiles = append(stored.Tiles, tile)
	}
	for _, in := range job.Inputs {
		tile := &stored.Tiles[in.Tile]
		id := in.ID
		if id == "" {
			id = "id of " + in.Name
		}
		file := rescale.File{ID: id, Name: in.Name, Type: rescale.InputFile, SHA512: in.SHA512}
		switch in.Use {
		case spec.Before:
			tile.PreProcess.File = file
		case spec.After:
			tile.PostProcess.File = file
		case spec.ForCommand:
			tile.InputFiles = append(tile.InputFiles, rescale.TileFile{File: file, Decompress: &in.Decompress})
		case spec.ForRuns:
			stored.Params.File = file
		case spec.ForEach:
			tile.Templates = append(tile.Templates, rescale.TileTemplate{File: file, To: in.To})
		}
	}
	return stored
}

// differences are those that PartsOf finds, as "field: was → now".
func differences(was, now []resolver.Part) string {
	old, seen := make(map[string]string), make(map[string]bool)
	for _, p := range was {
		old[p.Field] = p.Value
	}
	var list []string
	for _, p := range now {
		if seen[p.Field] = true; old[p.Field] != p.Value {
			list = append(list, p.Field+": "+brief(old[p.Field])+" → "+brief(p.Value))
		}
	}
	for _, p := range was {
		if !seen[p.Field] {
			list = append(list, p.Field+": "+brief(p.Value)+" →")
		}
	}
	return strings.Join(list, ", ")
}

func brief(value string) string {
	hash, rest, _ := strings.Cut(value, " ")
	return strings.TrimSpace(hash[:min(10, len(hash))] + " " + rest)
}

const rich = single + `env: {A: one}
license: {servers: {LM: 1@host}}
secrets: [TOKEN]
automations: [AbC]
inputs: [deck, {path: other.sh, decompress: false}, {id: AbC}]
preProcess: pre.sh
`

// TestPartsOfWhatAPlatformChanges are bodies that say the same in another way, less, or
// what the manifest does not say.
func TestPartsOfWhatAPlatformChanges(t *testing.T) {
	t.Parallel()
	dir := scripts(t)
	job := written(t, dir, rich)
	for name, tc := range map[string]struct {
		change func(*rescale.Job, *rescale.Tile)
		needs  []string
		want   string
	}{
		"nothing":                  {func(*rescale.Job, *rescale.Tile) {}, nil, ""},
		"blanks are trimmed":       {func(_ *rescale.Job, t *rescale.Tile) { t.Command, t.EnvVars["A"] = "run\n", " one " }, nil, ""},
		"a walltime":               {func(_ *rescale.Job, t *rescale.Tile) { t.Walltime = 750 }, nil, ""},
		"no version, no core type": {func(_ *rescale.Job, t *rescale.Tile) { t.VersionCode, t.CoreType, t.Slots = "", "", 0 }, nil, ""},
		"no command":               {func(_ *rescale.Job, t *rescale.Tile) { t.Command = "" }, nil, ""},
		"no variables":             {func(_ *rescale.Job, t *rescale.Tile) { t.EnvVars = map[string]string{} }, nil, ""},
		"no files":                 {func(_ *rescale.Job, t *rescale.Tile) { t.InputFiles = nil }, nil, ""},
		"no scripts":               {func(_ *rescale.Job, t *rescale.Tile) { t.PreProcess = rescale.Script{} }, nil, ""},
		"no automations":           {func(j *rescale.Job, _ *rescale.Tile) { j.Automations = nil }, nil, ""},
		"no automation variables":  {func(j *rescale.Job, _ *rescale.Tile) { j.Automations[0].Environment = nil }, nil, ""},
		"no analyses":              {func(j *rescale.Job, _ *rescale.Tile) { j.Tiles = nil }, nil, ""},
		"a script without a name":  {func(_ *rescale.Job, t *rescale.Tile) { t.PreProcess.File.Name = "" }, nil, ""},
		"a file without a name":    {func(_ *rescale.Job, t *rescale.Tile) { t.InputFiles[0].File = rescale.File{ID: "x"} }, nil, ""},
		"a file without checksum":  {func(_ *rescale.Job, t *rescale.Tile) { t.InputFiles[0].SHA512 = "" }, nil, ""},
		"no decompress":            {func(_ *rescale.Job, t *rescale.Tile) { t.InputFiles[1].Decompress = nil }, nil, ""},
		"another license server":   {func(_ *rescale.Job, t *rescale.Tile) { t.EnvVars["LM"] = "2@other" }, nil, ""},
		"one that was left": {func(_ *rescale.Job, t *rescale.Tile) {
			t.EnvVars["ANSYSLI_SERVERS"], t.EnvVars["MY_LICENSE"] = "2325@host", "x"
		}, nil, ""},
		"two files of one name": {func(_ *rescale.Job, t *rescale.Tile) {
			t.InputFiles = append(t.InputFiles, rescale.TileFile{File: rescale.File{ID: "x", Name: "deck", SHA512: "ab"}})
		}, nil, ""},
		"a result of another job": {func(_ *rescale.Job, t *rescale.Tile) {
			t.InputFiles = append(t.InputFiles, rescale.TileFile{File: rescale.File{ID: "x", Name: "a.msh", SHA512: "ab", Type: rescale.OutputFile}})
		}, []string{"mesh"}, "upstream mesh: sha256: →"},
		"a result of a type that is not told": {func(_ *rescale.Job, t *rescale.Tile) {
			t.InputFiles = append(t.InputFiles, rescale.TileFile{File: rescale.File{ID: "x", Name: "a.msh"}})
		}, []string{"mesh"}, "upstream mesh: sha256: →"},
		"a stored file without a name": {func(_ *rescale.Job, t *rescale.Tile) {
			t.InputFiles[2] = rescale.TileFile{File: rescale.File{ID: "AbC"}}
		}, nil, ""},
		"a stored file that is another, without a name": {func(_ *rescale.Job, t *rescale.Tile) {
			t.InputFiles[0] = rescale.TileFile{File: rescale.File{ID: "x"}}
			t.InputFiles[2].ID = "DeF"
		}, nil, "input mesh.msh: id:DeF → id:AbC"},
		"a stored file that has got another name": {func(_ *rescale.Job, t *rescale.Tile) { t.InputFiles[2].Name = "renamed" }, nil, ""},
		"a result that is no file of the manifest": {func(_ *rescale.Job, t *rescale.Tile) {
			t.InputFiles[0].Type, t.InputFiles[0].SHA512 = rescale.OutputFile, "ab"
		}, []string{"mesh"}, "input deck:  → sha512:f62, upstream mesh: sha256: →"},
		"a result that was written by its id": {func(_ *rescale.Job, t *rescale.Tile) {
			t.InputFiles = append(t.InputFiles, rescale.TileFile{File: rescale.File{ID: "x", Name: "a.msh", SHA512: "ab", Type: rescale.OutputFile}})
		}, nil, "input a.msh: sha512:ab →"},
		"other content and packing": {func(_ *rescale.Job, t *rescale.Tile) {
			t.InputFiles[0].SHA512, t.InputFiles[1].Decompress = "ab", nil
			t.InputFiles[0].Decompress = new(bool)
		}, nil, "input deck: sha512:ab packed → sha512:f62"},
		"a file without checksum or place": {func(_ *rescale.Job, t *rescale.Tile) {
			t.InputFiles = append(t.InputFiles, rescale.TileFile{File: rescale.File{ID: "x", Name: "old"}})
		}, nil, "input old: id:x →"},
		"no secret": {func(_ *rescale.Job, t *rescale.Tile) { delete(t.EnvVars, "TOKEN") }, nil, "secret TOKEN:  → the environment's"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stored := asStored(job)
			tc.change(&stored, &stored.Tiles[0])
			if diff := cmp.Diff(tc.want, differences(resolver.PartsOf(stored, job, tc.needs))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestPartsOfHashNoSecret is about a variable that the manifest gives in the clear, or
// not at all, by now: the stored one may be a secret, of which a short hash is a leak.
func TestPartsOfHashNoSecret(t *testing.T) {
	t.Parallel()
	stored := asStored(written(t, t.TempDir(), single+"secrets: [PIN, GONE]\n"))
	was, now := resolver.PartsOf(stored, written(t, t.TempDir(), single+"env: {PIN: '0000'}\n"), nil)
	if diff := cmp.Diff("env PIN: sha256: → sha256:9af, env GONE: sha256: →", differences(was, now)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, p := range was {
		if strings.HasPrefix(p.Field, "env ") && p.Value != "sha256:" {
			t.Errorf("%s tells of the value: %s", p.Field, p.Value)
		}
	}
}
