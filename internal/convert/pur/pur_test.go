package pur_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/pur"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

const (
	head   = "Directory,JobName,AnalysisCode,Command,CoreType,CoresPerSlot,WalltimeHours,Slots,LicenseSettings"
	sound  = "Run_1,Wing_1,user_included,./run,emerald,4,1.5,1,"
	server = `"{""LM"":""1@a""}"`
)

// said is what a reader says of a text, a line each: errors, else warnings.
func said(t *testing.T, found convert.Found, err error) []string {
	t.Helper()
	var lines []string
	var list diag.List
	switch {
	case errors.As(err, &list):
		for _, d := range list {
			lines = append(lines, d.String()+" | "+d.Hint)
		}
		return lines
	case err != nil:
		t.Fatalf("%v is no list of problems", err)
	}
	for _, w := range found.Warnings {
		lines = append(lines, w.Pos.String()+": "+w.Text+" | "+w.Hint)
	}
	return lines
}

func TestWhatATableSays(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"sound":      {text: head + "\n" + sound + server},
		"blank rows": {text: "\n" + head + "\n\n" + sound + "\n  \n,,,,,,,,\n"},
		"a column is missing": {
			text: "Directory,JobName,AnalysisCode,Command,CoreType,CoresPerSlot,Slots\nRun_1,a,b,c,d,1,1",
			want: []string{"jobs.csv:1:1: the table has no column WalltimeHours, LicenseSettings [bad-table] | the client reads no table without them; a column may have empty cells"},
		},
		"a column twice": {
			text: head + ",slots\n" + sound + ",1",
			want: []string{"jobs.csv:1:98: column slots is there twice [bad-table] | delete one of them"},
		},
		"ragged rows": {
			text: head + "\n" + sound + "\n" + sound + ",x\nRun_2,b\n",
			want: []string{
				"jobs.csv:3:1: the row has 10 cells, and there are 9 columns [bad-table] | give every column a cell, which may be empty; a cell with a comma in it stands in quotes",
				"jobs.csv:4:1: the row has 2 cells, and there are 9 columns [bad-table] | give every column a cell, which may be empty; a cell with a comma in it stands in quotes",
			},
		},
		"quotes": {
			text: head + "\nRun_1,a\"b,c,d,e,1,1,1,",
			want: []string{`jobs.csv:2:8: the quotes are not in order [bad-table] | a cell with a quote, a comma or a line break in it stands in quotes, and each quote in it is doubled: "a ""b"" c"`},
		},
		"no text": {
			text: head + "\n\xff",
			want: []string{"jobs.csv:2:1: byte 0xFF is no text [not-text] | save it as UTF-8"},
		},
		"no rows": {
			text: head + "\n\n",
			want: []string{"jobs.csv:1:1: the table has no job [bad-table] | the first line names the columns, and every other line is a job"},
		},
		"cleaning": {
			text: "\ufeff" + head + "\r\n" + strings.Replace(sound, "./run", "\"./run   a\r\n\r\nb\"", 1) + "\r\n" + strings.Replace(sound, "Wing_1", "Wing\u200b_2", 1),
			want: []string{
				"jobs.csv:1:1: the byte order mark at the start is dropped, as the client drops it | ",
				"jobs.csv:1:1: line ends are CRLF, and become LF, also in commands, as in the client | ",
				"jobs.csv:2:29: runs of blanks become one in the command, and empty lines go: that is what the client sends | ",
				"jobs.csv:5:1: characters that show nothing are dropped, as in the client | ",
			},
		},
		"numbers": {
			text: head + "\nRun_1,Wing_1,user_included,./run,emerald,four,NaN,1.5,\nRun_1,Wing_1,user_included,./run,emerald,0,-1,-2,\nRun_1,Wing_1,user_included,./run,emerald,4,1e9,1,",
			want: []string{
				`jobs.csv:2:42: CoresPerSlot is "four" [wrong-type] | write a whole number, such as 4`,
				`jobs.csv:2:47: WalltimeHours is "NaN": it is no number of hours [bad-walltime] | write hours, such as 12 or 1.5`,
				`jobs.csv:2:51: Slots is "1.5" [wrong-type] | write a whole number, such as 4`,
				`jobs.csv:3:44: WalltimeHours is "-1": it is less than nothing [bad-walltime] | write hours, such as 12 or 1.5`,
				`jobs.csv:4:44: WalltimeHours is "1e9": no job may run that long [bad-walltime] | write hours, such as 12 or 1.5`,
			},
		},
		"empty cells": {
			text: head + "\n,,,,,,,,x",
			want: []string{
				"jobs.csv:2:9: LicenseSettings cannot be read: this is no JSON: invalid character 'x' looking for beginning of value [bad-value] | " + licenseHint,
			},
		},
		"nothing given": {
			text: head + "\nRun_1,,,,,,,,",
			want: []string{
				"jobs.csv:2:7: JobName is empty [missing-key] | write one, or delete the job",
				"jobs.csv:2:8: AnalysisCode is empty [missing-key] | write one, or delete the job",
				"jobs.csv:2:9: Command is empty [missing-key] | write one, or delete the job",
				"jobs.csv:2:10: CoreType is empty [missing-key] | write one, or delete the job",
				"jobs.csv:2:11: CoresPerSlot is less than 1 [bad-value] | write a whole number, such as 4",
			},
		},
		"no walltime": {
			text: head + "\n" + strings.Replace(sound, "1.5", "", 1),
			want: []string{"jobs.csv:2:44: WalltimeHours is not given, and becomes 1h: that is what the client sends | write hours"},
		},
		"only drafts": {
			text: head + ",Submit\n" + sound + ",Draft",
			want: []string{"jobs.csv:1:1: no job of the file is one that the client submits [empty-file] | set Submit to yes for those that are to run"},
		},
		"drafts and other words": {
			text: head + ",Submit\n" + sound + ",yes\n" + sound + ",create_only\n" + sound + ",later",
			want: []string{
				"jobs.csv:3:51: job Wing_1 is left out: Submit is create_only, so the client creates it and does not submit it | ",
				`jobs.csv:4:51: job Wing_1 is left out: Submit is "later", for which the client submits nothing | write yes, or no`,
			},
		},
		"what is dropped": {
			text: head + ",OrgCode,Colour,InputFiles\n" + sound + ",acme,red,AbCdEf",
			want: []string{
				"jobs.csv:2:51: OrgCode is left out: a project is enough | ",
				"jobs.csv:2:56: Colour is left out: the client knows nothing of that name | ",
				"jobs.csv:2:60: InputFiles is left out: the client reads it only without Directory and LocalInputFiles | ",
			},
		},
		"names and lists twice": {
			text: head + ",Tags,ExtraInputFileIDs\n" + sound + ",\"a, b,a\",\n" + strings.Replace(sound, "Run_1", "Run_2", 1) + ",,\"AbC,AbC\"",
			want: []string{
				"jobs.csv:2:57: tag a is there twice, and once here | ",
				"jobs.csv:3:7: JobName Wing_1 is also that of line 2; it stays the title, and the name is another, since names of jobs differ | ",
				"jobs.csv:3:57: file AbC is there twice, and once here | ",
			},
		},
		"licenses": {
			text: head + ",LicenseFeatureName,LicensesPerJob,OnDemandLicenseSeller\n" + sound + ",ansys_hpc,,\n" + sound + ",,-1,\n" + sound + ",ansys_hpc,8,rescale",
			want: []string{
				"jobs.csv:2:51: LicenseFeatureName and LicensesPerJob (1 or more) belong together [bad-value] | write both, or neither",
				"jobs.csv:3:51: LicenseFeatureName and LicensesPerJob (1 or more) belong together [bad-value] | write both, or neither",
				"jobs.csv:4:51: a license feature and a seller of licenses exclude each other [bad-choice] | delete one of them",
			},
		},
		"values that are no text": {
			text: head + "\n" + sound + `"{""PORT"": 27000, ""NONE"": null, ""RESCALE_X"": ""y"", ""LM_PASSWORD"": ""secret""}"`,
			want: []string{
				`jobs.csv:2:51: LicenseSettings PORT is no text; the client sends "27000" | `,
				`jobs.csv:2:51: LicenseSettings NONE is no text; the client sends "" | `,
				"jobs.csv:2:51: variable RESCALE_X is left out: the platform sets its own | ",
				"jobs.csv:2:51: LM_PASSWORD looks like a secret: its value is not written, only its name | export LM_PASSWORD=… where rescale-apply runs",
			},
		},
		"paths": {
			text: head + ",TarSubpath,LocalInputFiles,NoDecompress\n.,a,b,c,d,1,1,1,,,,\nRun_[1],a,b,c,d,1,1,1,,,,\nRun_1,a,b,c,d,1,1,1,,../x,,\n,a,b,c,d,1,1,1,,,a.inp,true",
			want: []string{
				"jobs.csv:2:1: . does not name the folder, and the job gets it under its name [bad-value] | write it with its name, such as ../Run_1",
				"jobs.csv:3:1: Run_[1] has a character that a manifest takes for a pattern [bad-glob] | rename it",
				"jobs.csv:4:22: TarSubpath ../x leaves the directory [bad-value] | write a folder below Directory",
				"jobs.csv:5:18: LocalInputFiles in an archive that stays one is nothing that a manifest has [bad-choice] | delete NoDecompress, or give the files by Directory",
			},
		},
		"what a manifest does not take": {
			text: head + ",CIDRRule,Automations\n" + sound + ",203.0.113.7,\n" + sound + ",,a b",
			want: []string{
				`jobs.csv:2:51: CIDRRule cannot hold "203.0.113.7" [bad-value] | for this address alone write 203.0.113.7/32`,
				"jobs.csv:3:1: automations[0] cannot be \"a b\" [bad-value] | an automation is an id, or a mapping with id and env",
			},
		},
		"a key that the platform does not take": {
			text: head + ",PublicKey\n" + sound + ",ssh-rsa AAAAB ada",
			want: []string{"jobs.csv:2:51: PublicKey is left out: the public key is not whole | copy the line of a file such as id_ecdsa.pub"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := pur.Read("jobs.csv", []byte(tc.text))
			if diff := cmp.Diff(tc.want, said(t, found, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

const licenseHint = `write an object of variables, such as {"LM_LICENSE_FILE": "27000@license.example.com"}, or leave it empty`

func TestWalltimeIsWhatTheClientSends(t *testing.T) {
	t.Parallel()
	for hours, want := range map[float64]struct {
		sent int
		text string
	}{
		0: {1, "1h"}, 0.001: {1, "1h"}, 0.25: {1, "15m"}, 1: {1, "1h"}, 1.5: {2, "90m"}, 1.0001: {2, "2h"}, 2.0000001: {3, "3h"},
		11.2: {12, "11h12m"}, 48: {48, "48h"}, 120.5: {121, "120h30m"}, 99999: {99999, "99999h"},
	} {
		h := pur.Hours{N: hours}
		if h.Sent() != want.sent || h.Walltime() != want.text {
			t.Errorf("%v h: sent %d as %s, want %d as %s", hours, h.Sent(), h.Walltime(), want.sent, want.text)
		}
	}
}

func TestAdoption(t *testing.T) {
	t.Parallel()
	const stateHead = "Index,JobName,Directory,TarPath,TarStatus,FileID,UploadStatus,JobID,SubmitStatus,ExtraFileIDs,ErrorMessage,LastUpdated\n"
	const unsure = "look for it on the platform before you apply: what runs there would run, and cost, again; then write its id as adopt:"
	for name, tc := range map[string]struct {
		state string
		id    string
		want  []string
	}{
		"a run":            {"1,Wing_1,Run_1,,,,,AbC,success,,,\n", "AbC", nil},
		"not yet":          {"1,Wing_1,Run_1,,,,,,pending,,,\n", "", nil},
		"unsure":           {"1,Wing_1,Run_1,,,,,AbC,creating,,,\n", "", []string{"state.csv:2:1: job Wing_1: the client does not know whether it submitted AbC; no run is taken over | " + unsure}},
		"unsure, no id":    {"1,Wing_1,Run_1,,,,,,indeterminate,,,\n", "", []string{"state.csv:2:1: job Wing_1: the client does not know whether it submitted it; no run is taken over | " + unsure}},
		"of another job":   {"1,Gone,Run_9,,,,,AbC,success,,,\n", "", []string{"state.csv:2:1: no job of the file is Gone in Run_9, whose run is AbC | "}},
		"without a folder": {"1,Gone,,,,,,AbC,success,,,\n", "", []string{"state.csv:2:1: no job of the file is Gone, whose run is AbC | "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := pur.Read("jobs.csv", []byte(head+"\n"+sound))
			if err != nil {
				t.Fatal(err)
			}
			runs, err := pur.ReadState("state.csv", []byte(stateHead+tc.state))
			pur.Adopt(&found, runs)
			if diff := cmp.Diff(tc.want, said(t, found, err)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got := found.Jobs[0].Adopt; got != tc.id {
				t.Errorf("it adopts %q, want %q", got, tc.id)
			}
		})
	}
}

// A row that is left out explains why nothing is left.
func TestErrorsComeWithWarnings(t *testing.T) {
	t.Parallel()
	found, err := pur.Read("jobs.csv", []byte(head+",Submit\n"+sound+",maybe\n"))
	const want = `jobs.csv:2:51: job Wing_1 is left out: Submit is "maybe", for which the client submits nothing | write yes, or no`
	if diff := cmp.Diff([]string{want}, said(t, found, nil)); diff != "" || err == nil {
		t.Errorf("error %v (-want +got)\n%s", err, diff)
	}
}
