package jobsetup_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/jobsetup"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

const sound = `#HPS_ID='StOrA'
#INPUT_FILE_NAME=' a.inp  b.inp'
#ANALYSIS_SOFTWARE='user_included'
#ANALYSIS_SOFTWARE_VERSION=''0'
#LICENSE_FILE='LM_LICENSE_FILE'
#LICENSE_INFO='5280@test-server'
#CORETYPE='Emerald'
#NUM_OF_CORES=2
#CORE_PRICE_OPTION='on-demand-pro'
#JOB_NAME='Setup example'
#JOB_COMMAND='sleep 5'
#EOF : Don't Remove This Line
`

const endless = "s.txt:11:1: the format has no walltime, so a run that hangs ends only by hand"

func TestWhatASetupSays(t *testing.T) {
	t.Parallel()
	with := func(old, other string) string { return strings.Replace(sound, old, other, 1) }
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"sound":        {text: sound, want: []string{endless}},
		"CRLF":         {text: strings.ReplaceAll(sound, "\n", "\r\n"), want: []string{endless}},
		"text below":   {text: sound + "\n---\n#HPS_ID='x' : of the device\n", want: []string{endless}},
		"too short":    {text: "#HPS_ID=''\n#INPUT_FILE_NAME=''", want: []string{"s.txt:3:1: line ANALYSIS_SOFTWARE is missing [missing-key]"}},
		"no end":       {text: with("#EOF :", "EOF"), want: []string{"s.txt:12:1: the line #EOF is missing, without which the script stops [bad-value]"}},
		"no =":         {text: with("#CORETYPE=", "#CORETYPE "), want: []string{"s.txt:7:1: the line of CORETYPE has no = [bad-value]"}},
		"another name": {text: with("#CORETYPE=", "#CORE="), want: []string{"s.txt:7:1: CORE stands where CORETYPE is read: lines count by their place", endless}},
		"an = inside": {
			text: with("sleep 5", "abaqus job=x"),
			want: []string{"s.txt:11:14: the script sends only what stands before the second =; here is all of it", endless},
		},
		"quotes inside": {
			text: with("sleep 5", "echo 'x' y"),
			want: []string{"s.txt:11:14: all single quotes are dropped, also inside, as the script drops them", endless},
		},
		"a value for no variable": {text: with("LM_LICENSE_FILE", ""), want: []string{"s.txt:6:15: LICENSE_INFO is left out: LICENSE_FILE names no variable for it", endless}},
		"a file twice":            {text: with("b.inp", "./a.inp"), want: []string{"s.txt:2:18: file ./a.inp is there twice, and once here", endless}},
		"a desktop": {
			text: with("sleep 5", ""),
			want: []string{"s.txt:11:14: JOB_COMMAND is empty, so the job is a desktop, as submit_e2ejob.py starts it; it needs a walltime, and gets 8h"},
		},
		"values": {
			text: strings.NewReplacer("=2", "=two", "user_included", "", "Emerald", "", "Setup example", "", "b.inp", "*.inp").Replace(sound),
			want: []string{
				"s.txt:2:18: *.inp has a character that a manifest takes for a pattern [bad-glob]",
				"s.txt:3:20: ANALYSIS_SOFTWARE is empty [missing-key]",
				"s.txt:7:11: CORETYPE is empty [missing-key]",
				`s.txt:8:15: NUM_OF_CORES is "two" [wrong-type]`,
				"s.txt:10:11: JOB_NAME is empty [missing-key]",
				"s.txt:11:1: the format has no walltime, so a run that hangs ends only by hand",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := jobsetup.Read("s.txt", []byte(tc.text))
			var said []string
			if list := diag.List(nil); errors.As(err, &list) {
				for _, d := range list {
					said = append(said, d.String())
				}
			}
			for _, w := range found.Warnings {
				said = append(said, w.Pos.String()+": "+w.Text)
			}
			if diff := cmp.Diff(tc.want, said); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTheJobOfASetup(t *testing.T) {
	t.Parallel()
	found, err := jobsetup.Read("s.txt", []byte(sound))
	if err != nil {
		t.Fatal(err)
	}
	want := []convert.Job{{
		Name: "setup-example", Title: "Setup example", Storage: []string{"StOrA"},
		Tiles: []convert.Tile{{
			Code: "user_included", Version: "0", Hardware: convert.Hardware{CoreType: "Emerald", CoresPerSlot: 2}, Command: "sleep 5",
			Inputs:  []convert.Input{{Path: "a.inp"}, {Path: "b.inp"}},
			License: convert.License{Servers: []convert.Variable{{Name: "LM_LICENSE_FILE", Value: "5280@test-server"}}},
		}},
	}}
	if diff := cmp.Diff(want, found.Jobs); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestIs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{sound: true, "#HPS_ID=''\r\n#B=''\r\n#C": true, "#!/bin/sh\n#HPS_ID='x'\n\n": false, "#HPS_ID='x'": false, "": false} {
		if got := jobsetup.Is([]byte(text)); got != want {
			t.Errorf("%.30q: %v, want %v", text, got, want)
		}
	}
}
