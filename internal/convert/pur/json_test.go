package pur_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/pur"
)

const object = `{"JobName": "a", "AnalysisCode": "b", "Command": " c  d\n", "CoreType": "d", "CoresPerSlot": 1, "WalltimeHours": 1, "Slots": 1}`

func TestWhatJSONSays(t *testing.T) {
	t.Parallel()
	with := func(more string) string { return strings.Replace(object, `"Slots": 1`, `"Slots": 1, `+more, 1) }
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"sound":      {text: object},
		"a list":     {text: "[" + object + "]"},
		"no object":  {text: "[1]", want: []string{"jobs.json:1:2: a job is no object [wrong-type] | write an object with JobName and the others"}},
		"empty list": {text: " []", want: []string{"jobs.json:1:1: the list has no job [empty-file] | "}},
		"kinds": {
			text: with("\n\"Tags\": [1], \"ProjectID\": {}, \"SSHPort\": \"x\",\n\"LicenseSettings\": \"{\""),
			want: []string{
				"jobs.json:2:10: Tags has an entry that is no text [wrong-type] | write texts",
				"jobs.json:2:27: ProjectID is no text [wrong-type] | write a text",
				`jobs.json:2:42: SSHPort is "x" [wrong-type] | write a whole number, such as 4`,
				"jobs.json:3:20: LicenseSettings cannot be read: this is no JSON: it ends too early [bad-value] | " + licenseHint,
			},
		},
		"unknown": {
			text: with(`"Colour": "red", "Shape": null, "licensesettings": {"A": {"b": [1, null]}}`),
			want: []string{
				"jobs.json:1:129: Colour is left out: the client knows nothing of that name | ",
				"jobs.json:1:180: LicenseSettings A is no text; the client sends \"map[b:[1 <nil>]]\" | ",
			},
		},
		"a draft": {
			text: "[" + object + ", " + with(`"submitMode": "create_only"`) + "]",
			want: []string{"jobs.json:1:273: job a is left out: Submit is create_only, so the client creates it and does not submit it | "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := pur.ReadJSON("jobs.json", []byte(tc.text))
			if diff := cmp.Diff(tc.want, said(t, found, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestACommandInJSONStays is about a difference of the client: it cleans tables only.
func TestACommandInJSONStays(t *testing.T) {
	t.Parallel()
	found, err := pur.ReadJSON("jobs.json", []byte(object))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(" c  d\n", found.Jobs[0].Tiles[0].Command); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestDialects(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		head + "\n" + sound:                           "table",
		"\ufeff\r\n" + strings.ToLower(head) + "\r\n": "table",
		"JobName,Analysis\n":                          "",
		object:                                        "json",
		"[" + strings.ReplaceAll(object, "JobName", "jobname") + "]": "json",
		`{"name": "a", "jobanalyses": []}`:                           "",
		"[]":                                                         "",
		"":                                                           "",
		"Index,JobName,Directory,TarPath,TarStatus,JobID,SubmitStatus\n1": "state",
	} {
		got := ""
		for name, is := range map[string]func([]byte) bool{"table": pur.IsCSV, "json": pur.IsJSON, "state": pur.IsState} {
			if is([]byte(text)) {
				got += name
			}
		}
		if got != want {
			t.Errorf("%.40q is %q, want %q", text, got, want)
		}
	}
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	const columns = "Index,JobName,Directory,TarPath,TarStatus,FileID,UploadStatus,JobID,SubmitStatus,ExtraFileIDs,ErrorMessage,LastUpdated\n"
	job := func(title, folder string) convert.Job {
		tile := convert.Tile{Inputs: []convert.Input{{ID: "AbC"}}}
		if folder != "" {
			tile.Inputs = append(tile.Inputs, convert.Input{Path: folder, Pack: "x.tar.gz"})
		}
		return convert.Job{Title: title, Tiles: []convert.Tile{tile}}
	}
	run := func(index, name, folder, id, status string) string {
		return strings.Join([]string{index, name, folder, "x.tar.gz", "success", "FiLe", "success", id, status, "", "", "2026-11-01T00:00:00Z"}, ",") + "\n"
	}
	for name, tc := range map[string]struct {
		jobs  []convert.Job
		state string
		want  []string // ids
		said  []string
	}{
		"by name, not by number": {
			jobs:  []convert.Job{job("a", "Run_1"), job("b", "Run_2")},
			state: run("1", "b", "./Run_2", "BbBbBb", "success") + run("2", "a", "/data/jobs/Run_1", "AaAaAa", "success"),
			want:  []string{"AaAaAa", "BbBbBb"},
		},
		"by folder, where a name is not enough": {
			jobs:  []convert.Job{job("a", "Run_1"), job("a", "Run_2/input"), job("a", "Run_3")},
			state: run("1", "a", `C:\jobs\Run_2`, "TwTwTw", "success") + run("2", "a", "/jobs/Run_1", "OnOnOn", "SUCCESS"),
			want:  []string{"OnOnOn", "TwTwTw", ""},
		},
		"what did not run": {
			jobs:  []convert.Job{job("a", ""), job("b", ""), job("c", ""), job("d", "")},
			state: run("1", "a", "", "AaAaAa", "failed") + run("2", "b", "", "", "pending") + run("3", "c", "", "CcCcCc", "indeterminate") + run("4", "d", "", "DdDdDd", "skipped"),
			want:  []string{"", "", "", ""},
			said: []string{
				"state.csv:2:1: job a: AaAaAa was not submitted (SubmitStatus failed), and is no run | ",
				"state.csv:4:1: job c: the client does not know whether it submitted CcCcCc; no run is taken over | look for it on the platform before you apply: what runs there would run, and cost, again; then write its id as adopt:",
				"state.csv:5:1: job d: DdDdDd was not submitted (SubmitStatus skipped), and is no run | ",
			},
		},
		"two runs of one job": {
			jobs:  []convert.Job{job("a", "Run_1")},
			state: run("1", "a", "Run_1", "AaAaAa", "success") + run("2", "a", "/x/Run_1", "BbBbBb", "success"),
			want:  []string{""},
			said:  []string{"state.csv:3:1: job a has the runs AaAaAa and BbBbBb; none is taken over | add adopt: ID yourself"},
		},
		"twins that nothing tells apart": {
			jobs:  []convert.Job{job("a", ""), job("a", "")},
			state: run("1", "a", "", "AaAaAa", "success"),
			want:  []string{"", ""},
			said:  []string{"state.csv:2:1: several jobs are a, and the run AaAaAa is of one of them; none takes it over | add adopt: AaAaAa to the right one"},
		},
		"a run of no job": {
			jobs:  []convert.Job{job("a", "Run_1")},
			state: run("1", "a", "Run_2", "AaAaAa", "success") + run("2", "z", "Run_1", "", "pending") + run("3", "a", "Run_1", "a/b", "success"),
			want:  []string{""},
			said: []string{
				"state.csv:2:1: no job of the file is a in Run_2, whose run is AaAaAa | ",
				`state.csv:4:41: job a: "a/b" is no id of a job | `,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runs, err := pur.ReadState("state.csv", []byte(columns+tc.state))
			if err != nil {
				t.Fatal(err)
			}
			found := convert.Found{Jobs: tc.jobs}
			pur.Adopt(&found, runs)
			var ids []string
			for _, j := range found.Jobs {
				ids = append(ids, j.Adopt)
			}
			if diff := cmp.Diff(tc.want, ids); diff != "" {
				t.Errorf("ids (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tc.said, said(t, found, nil)); diff != "" {
				t.Errorf("said (-want +got)\n%s", diff)
			}
		})
	}
}

func TestAStateThatIsNone(t *testing.T) {
	t.Parallel()
	_, err := pur.ReadState("state.csv", []byte("JobName,JobID\na,b\n"))
	want := []string{"state.csv:1:1: the state has no column Directory, SubmitStatus [bad-table] | give the file that the client wrote with --state"}
	if diff := cmp.Diff(want, said(t, convert.Found{}, err)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
