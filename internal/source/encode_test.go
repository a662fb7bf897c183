package source

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	commit := strings.Repeat("7ba84b41", 5)
	long := strings.Repeat("x", 700)
	for name, tc := range map[string]struct {
		source, want Source
	}{
		"nothing": {Source{Actor: "ada"}, Source{}},
		"all of it": {
			Source{Repo: "https://github.com/acme/sims", Commit: commit, Ref: "refs/heads/main", Path: "job.yaml", Dirty: []string{"a", "b"}, More: 1, Run: "https://ci/1", Actor: "ada"},
			Source{Repo: "https://github.com/acme/sims", Commit: commit, Ref: "refs/heads/main", Path: "job.yaml", Dirty: []string{"a", "b"}, More: 1, Run: "https://ci/1", Actor: "ada"},
		},
		"variables": {Source{Commit: commit, Vars: []string{"mach", "mesh"}}, Source{Commit: commit, Vars: []string{"mach", "mesh"}}},
		"many variables": {
			Source{Commit: commit, Vars: []string{long, long}, Dirty: []string{"a"}, Actor: "ada"}, Source{Commit: commit, Vars: []string{"..."}, More: 1, Actor: "ada"},
		},
		"many names": {Source{Commit: commit, Dirty: []string{long, long}, More: 3, Actor: "ada"}, Source{Commit: commit, More: 5, Actor: "ada"}},
		"a long actor": {
			Source{Commit: commit, Actor: long, Run: "https://ci/1", Path: long, Dirty: []string{"a"}}, Source{Commit: commit, More: 1, Run: "https://ci/1", Path: long},
		},
		"a long run":         {Source{Commit: commit, Ref: "r", Run: long + long}, Source{Commit: commit, Ref: "r"}},
		"a long ref":         {Source{Commit: commit, Ref: long + long, Path: "p"}, Source{Commit: commit, Path: "p"}},
		"a long path":        {Source{Commit: commit, Repo: "r", Path: strings.Repeat("ü", 300)}, Source{Commit: commit, Repo: "r"}},
		"a long repository":  {Source{Commit: commit, Repo: long + long}, Source{Commit: commit}},
		"odd characters":     {Source{Commit: commit, Actor: "Zoë '$(rm)' `x` \"\\\x00\n\U0001f600<&>"}, Source{Commit: commit, Actor: "Zoë '$(rm)' `x` \"\\\x00\n\U0001f600<&>"}},
		"text that is none":  {Source{Commit: commit, Actor: "\xff"}, Source{Commit: commit, Actor: "\ufffd"}},
		"nobody has checked": {Source{Commit: commit, Unchecked: true}, Source{Commit: commit, Unchecked: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := tc.source.Encode()
			if len(text) > 1024 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' || strings.ContainsRune("'$`<>&", r) }) {
				t.Errorf("%d bytes: %s", len(text), text)
			}
			got, ok := Parse(text)
			if tc.want.Version = got.Version; ok != (text != "") {
				t.Errorf("%q cannot be parsed", text)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("https://github.com/acme/sims", "7ba84b4", "job.yaml", "a\x00b", 3)
	f.Fuzz(func(t *testing.T, repo, commit, path, dirty string, more int) {
		text := Source{Repo: repo, Commit: commit, Path: path, Dirty: []string{dirty}, More: more}.Encode()
		if len(text) > maxSize || text != "" && !json.Valid([]byte(text)) {
			t.Errorf("%d bytes: %q", len(text), text)
		}
	})
}

func TestWords(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Source{
		"":               {Repo: "https://github.com/acme/sims", Path: "job.yaml"},
		"commit 7ba84b4": {Commit: "7ba84b41"},
		"commit 7ba84b4 (refs/heads/main) jobs/heat/job.yaml, 1 file differs": {Commit: "7ba84b41", Ref: "refs/heads/main", Path: "jobs/heat/job.yaml", Dirty: []string{"a"}},
		"commit 7ba84b4 job.yaml, 7 files differ":                             {Commit: "7ba84b41", Path: "job.yaml", Dirty: []string{"a"}, More: 6},
		"commit 7ba84b4 job.yaml, its files were not compared":                {Commit: "7ba84b41", Path: "job.yaml", Unchecked: true},
		"commit 7ba84b4 job.yaml, 1 file differs, variable mach set":          {Commit: "7ba84b41", Path: "job.yaml", More: 1, Vars: []string{"mach"}},
		"commit 7ba84b4, variables mach, mesh set":                            {Commit: "7ba84b41", Vars: []string{"mach", "mesh"}},
		"commit 7b": {Commit: "7b"},
	} {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	for want, addresses := range map[string][]string{
		"https://github.com/acme/sims.git": {
			"https://github.com/acme/sims.git", "https://ada@github.com/acme/sims.git", "https://ada:s3cret@github.com/acme/sims.git", "https://s3cret:x@github.com/acme/sims.git",
			"https://ada:s3/cr?et#@github.com/acme/sims.git", "https://ada:s3@cret@github.com/acme/sims.git", " https://github.com/acme/sims.git?token=s3cret\n", "https://github.com/acme/sims.git#s3cret",
		},
		"git@github.com:acme/sims.git":           {"git@github.com:acme/sims.git"},
		"github.com:acme/sims.git":               {"github.com:acme/sims.git"},
		"ssh://git@github.com:22/acme/sims":      {"ssh://git@github.com:22/acme/sims"},
		"ssh://github.com/acme/sims":             {"ssh://git:s3cret@github.com/acme/sims"},
		"https://host/acme/sims@v2":              {"https://host/acme/sims@v2", "https://ada@host/acme/sims@v2"},
		"https://ci.example.com/job/sims/1/":     {"https://ci.example.com/job/sims/1/"},
		"https://dev.azure.com/org/p/_git/a%20b": {"https://org@dev.azure.com/org/p/_git/a%20b"},
		"git://host/acme/sims":                   {"git://host/acme/sims"},
		"s3cret_host:acme/sims.git":              {"S3cret@s3cret_host:acme/sims.git"},
		"host:/home/git/sims.git":                {"host:/home/git/sims.git"},
		"": {
			"", " ", ".", "..", "/", "/home/ada/private/sims.git", "../private/sims.git", "./a:b/sims.git", "sims", `C:\Users\ada\sims.git`, "C:/Users/ada/sims.git", `\\server\ada\sims.git`,
			"file:///home/ada/sims.git", "file://C:/Users/ada/sims.git", "FILE:///home/ada", "ext::ssh -i /home/ada/.ssh/k %S repo", "ext::https://host/x", "fd::17/x", "codecommit::eu-1://ada@x",
			"codecommit://ada@x", "persistent-https://host/x", "https://", "https:///home/ada", "ada:s3cret@github.com/acme/sims.git", "a b:c", "host:x\ny", "https://host/a\nb",
		},
	} {
		for _, address := range addresses {
			if got := public(address); got != want {
				t.Errorf("public(%q) is %q, want %q", address, got, want)
			}
		}
	}
}
