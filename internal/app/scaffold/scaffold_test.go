package scaffold_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rescale-apply/rescale-apply/internal/app/scaffold"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/golden"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

const key = "1111111111111111111111111111111111111111"

func platform(t *testing.T) *rescale.Client {
	t.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: scratch.Dir(t, "scaffold"), Accounts: []emulator.Account{{Key: key, Email: "ada@example.com"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret(key), Transport: server.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func catalog(t *testing.T, client *rescale.Client) scaffold.Catalog {
	t.Helper()
	analyses, err := client.Analyses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	types, err := client.CoreTypes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return scaffold.Catalog{Analyses: analyses, CoreTypes: types, MaxJobHours: 750}
}

// lay makes files below a new folder; a name that ends in a slash is a folder.
func lay(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := filepath.Join(scratch.Dir(t, "scaffold"), "Wing Flutter (v2)")
	for name, text := range texts {
		whole := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(whole), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(whole, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// resolve loads a manifest and resolves it. Both must find nothing wrong.
func resolve(t *testing.T, client *rescale.Client, dir string, text []byte) resolver.Job {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "job.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	jobs, problems := spec.Load([]diag.Source{{Name: filepath.Join(dir, "job.yaml"), Dir: dir, Text: text}})
	if len(problems) > 0 {
		t.Fatalf("loading: %v\n%s", problems, text)
	}
	if len(jobs[0].Warnings) > 0 {
		t.Errorf("warnings: %v\n%s", jobs[0].Warnings, text)
	}
	result, problems, err := resolver.Resolve(t.Context(), jobs, client, files.Reading{Notice: func(r files.Notice) {
		t.Errorf("remark %s: %s", r.Kind, r.Message)
	}})
	if err != nil || len(problems) > 0 {
		t.Fatalf("resolving: %v %v\n%s", problems, err, text)
	}
	return result.Jobs[0]
}

// arrives is what the work folder of a job will hold, archives with their files.
func arrives(job resolver.Job) []string {
	var names []string
	for _, in := range job.Inputs {
		if in.Archive == nil {
			names = append(names, in.Name)
			continue
		}
		for _, member := range in.Archive.Files {
			names = append(names, in.Name+": "+member.Name)
		}
	}
	slices.Sort(names)
	return names
}

func families() map[string]struct {
	files map[string]string
	given scaffold.Answers
	want  []string
} {
	const list = "{\"format\":1}\n{\"path\":\"old.csv\",\"size\":1,\"run\":\"AbCdEf\"}\n"
	return map[string]struct {
		files map[string]string
		given scaffold.Answers
		want  []string
	}{
		"abaqus": {
			files: map[string]string{"beam.inp": "*Part, name=a\n*Assembly\n*Step", "beam.odb": "", "beam.log": "", ".hidden.inp": ""},
			want:  []string{"beam.inp"},
		},
		"calculix": {
			files: map[string]string{"a mesh.inp": "*NODE", "it's.inp": "*INCLUDE, INPUT=a mesh.inp\n*STEP"},
			given: scaffold.Answers{scaffold.Analysis: "calculix"},
			want:  []string{"a mesh.inp", "it's.inp"},
		},
		"ls-dyna": {
			files: map[string]string{"a.k": "*NODE", "main.key": "*KEYWORD\n*CONTROL_TERMINATION", "d3plot": ""},
			want:  []string{"a.k", "main.key"},
		},
		"many-decks": {
			files: map[string]string{"1.k": "", "2.k": "", "3.k": "", "4.k": "", "5.k": "", "6.k": "", "7.k": "", "8.k": "", "main.k": "*CONTROL_TERMINATION"},
			want:  []string{"1.k", "2.k", "3.k", "4.k", "5.k", "6.k", "7.k", "8.k", "main.k"},
		},
		"openfoam": {
			files: map[string]string{
				"0/U": "", "system/controlDict": "application simpleFoam;", "system/blockMeshDict": "", "system/decomposeParDict": "",
				"constant/g": "", "processor0/0/U": "", "log.old": "", ".git/config": "", ".env": "SECRET", "results/.rescale-results/list.jsonl": list, "results/old.csv": "x",
			},
			want: []string{
				"case.tar.gz: 0/U", "case.tar.gz: constant/g", "case.tar.gz: system/blockMeshDict", "case.tar.gz: system/controlDict", "case.tar.gz: system/decomposeParDict",
			},
		},
		"openfoam-below": {
			files: map[string]string{"my case/system/controlDict": "", "my case/Allrun": "#!/bin/sh", "notes.txt": ""},
			want:  []string{"case.tar.gz: my case/Allrun", "case.tar.gz: my case/system/controlDict"},
		},
		"star-ccm": {
			files: map[string]string{"wing.sim": "", "post.java": ""},
			want:  []string{"post.java", "wing.sim"},
		},
		"fluent": {
			files: map[string]string{"run.jou": "", "elbow.cas.h5": "", "elbow.dat.h5": "", "notes.pdf": ""},
			want:  []string{"elbow.cas.h5", "elbow.dat.h5", "run.jou"},
		},
		"cfx": {
			files: map[string]string{"pump.def": "", "profile.dat": ""},
			want:  []string{"profile.dat", "pump.def"},
		},
		"script": {
			files: map[string]string{
				"run.sh": "", "data/a.csv": "", "data/.DS_Store": "", "empty/.keep": "", "old.yaml": "# rescale-apply\nversion: 1\n",
				".rescale-results/list.jsonl": list, "old.csv": "x", "ignored.bin": "", ".rescaleignore": "*.bin\n", "settings.yaml": "a: 1",
			},
			want: []string{"data.tar.gz: data/a.csv", "run.sh", "settings.yaml"},
		},
		"wrapped": {
			files: map[string]string{"run.sh": "", "plate.inp": "", "material.csv": ""},
			given: scaffold.Answers{scaffold.Analysis: "user_included"},
			want:  []string{"material.csv", "plate.inp", "run.sh"},
		},
		"python": {
			files: map[string]string{"main.py": "", "lib.py": "", "requirements.txt": "", "data.tar.gz": "", "data/x": ""},
			want:  []string{"data-2.tar.gz: data/x", "data.tar.gz", "lib.py", "main.py", "requirements.txt"},
		},
		"unknown": {
			files: map[string]string{"model.xyz": ""},
			given: scaffold.Answers{
				scaffold.Name: "model", scaffold.Analysis: "lammps 29 Aug 2024", scaffold.CoreType: "Emerald", scaffold.Cores: "72",
				scaffold.Walltime: "1d12h", scaffold.Command: "set -e\n\tfirst: '${{ x }}' # \"é\"\n\n  second\n",
			},
			want: []string{"model.xyz"},
		},
	}
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	client := platform(t)
	offered := catalog(t, client)
	for name, tc := range families() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := lay(t, tc.files)
			p, err := scaffold.Propose(scaffold.Source{Folder: dir, Manifest: filepath.Join(dir, "job.yaml")})
			if err != nil {
				t.Fatal(err)
			}
			answers, err := scaffold.Complete(p, offered, tc.given, scaffold.TakeDefaults)
			if err != nil {
				t.Fatal(err)
			}
			text := scaffold.Write(p, offered, answers)
			golden.Equal(t, filepath.Join("testdata", name+".yaml"), text)
			job := resolve(t, client, dir, text)
			if diff := cmp.Diff(tc.want, arrives(job)); diff != "" {
				t.Errorf("inputs (-want +got):\n%s", diff)
			}
			if job.Request.JobAnalyses[0].Command != scaffold.Settled(answers[scaffold.Command]) {
				t.Errorf("command is %q, want %q", job.Request.JobAnalyses[0].Command, answers[scaffold.Command])
			}
		})
	}
}

// TestFromAnotherFolder has the manifest beside the folder of the inputs, and below it.
func TestFromAnotherFolder(t *testing.T) {
	t.Parallel()
	client := platform(t)
	offered := catalog(t, client)
	for name, tc := range map[string]struct {
		files  map[string]string
		folder string
		want   []string
	}{
		"decks":     {files: map[string]string{"decks/a.k": ""}, folder: "decks", want: []string{"a.k"}},
		"a case":    {files: map[string]string{"cfd/wing/system/controlDict": "application simpleFoam;"}, folder: "cfd/wing", want: []string{"case.tar.gz: wing/system/controlDict"}},
		"all files": {files: map[string]string{"tool/run.sh": "", "tool/data/a": ""}, folder: "tool", want: []string{"data.tar.gz: data/a", "run.sh"}},
		"above":     {files: map[string]string{"../a.k": ""}, folder: "..", want: []string{"a.k"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := lay(t, tc.files)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			p, err := scaffold.Propose(scaffold.Source{Folder: filepath.Join(dir, tc.folder), Manifest: filepath.Join(dir, "job.yaml")})
			if err != nil {
				t.Fatal(err)
			}
			answers, err := scaffold.Complete(p, offered, nil, scaffold.TakeDefaults)
			if err != nil {
				t.Fatal(err)
			}
			job := resolve(t, client, dir, scaffold.Write(p, offered, answers))
			if diff := cmp.Diff(tc.want, arrives(job)); diff != "" {
				t.Errorf("inputs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLeftOut(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no file can have such a name there")
	}
	dir := lay(t, map[string]string{"run.sh": "", `a"b.txt`: "", " c": ""})
	if err := os.Symlink("nowhere", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	p, err := scaffold.Propose(scaffold.Source{Folder: dir, Manifest: filepath.Join(dir, "job.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	want := scaffold.Proposal{
		Family: "a script", Name: "wing-flutter-v2", Inputs: []scaffold.Input{{Path: "run.sh"}},
		Solvers: []scaffold.Solver{{Code: "user_included", Command: "bash run.sh"}},
		Notes: []string{
			`" c" is left out: it begins or ends with a blank`, `"a\"b.txt" is left out: it has a quote or a slash`, `"link" is left out: it is no file`,
		},
	}
	if diff := cmp.Diff(want, p, cmpopts.IgnoreUnexported(scaffold.Proposal{})); diff != "" {
		t.Errorf("proposal (-want +got):\n%s", diff)
	}
	if _, err := scaffold.Propose(scaffold.Source{Folder: filepath.Join(dir, "missing"), Manifest: "job.yaml"}); !os.IsNotExist(rooted(err)) {
		t.Errorf("error of a missing folder is %v", err)
	}
}

func TestFolderThatNoManifestCanName(t *testing.T) {
	t.Parallel()
	dir := lay(t, map[string]string{"a{/run.sh": ""})
	_, err := scaffold.Propose(scaffold.Source{Folder: filepath.Join(dir, "a{"), Manifest: filepath.Join(dir, "job.yaml")})
	var folder *scaffold.FolderError
	if !errors.As(err, &folder) || folder.Hint() == "" {
		t.Errorf("error is %v, want one of the folder", err)
	}
	p, err := scaffold.Propose(scaffold.Source{Folder: filepath.Join(dir, "a{"), Manifest: filepath.Join(dir, "a{", "job.yaml")})
	if err != nil || len(p.Inputs) != 1 {
		t.Errorf("beside the inputs: %v, %v", p.Inputs, err)
	}
}

func rooted(err error) error {
	for {
		wrapped, ok := err.(interface{ Unwrap() error })
		if !ok || os.IsNotExist(err) {
			return err
		}
		err = wrapped.Unwrap()
	}
}

// TestManifestsAreNoInputs: a folder can hold those of other jobs.
func TestManifestsAreNoInputs(t *testing.T) {
	t.Parallel()
	dir := lay(t, map[string]string{
		"mesh.yaml":  "version: 1\nname: mesh\nanalysis: {code: user_included}\n",
		"share.yml":  "version: 1\nkind: defaults\n",
		"deck.yaml":  "mesh: fine\n",
		"points.dat": "1\n",
	})
	p, err := scaffold.Propose(scaffold.Source{Folder: dir, Manifest: filepath.Join(dir, "job.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]scaffold.Input{{Path: "deck.yaml"}, {Path: "points.dat"}}, p.Inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
}
