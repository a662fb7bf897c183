package massjobs_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert/massjobs"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

const (
	head  = "job_name,input_files,num_cores,walltime,analysis_codes,analysis_versions,hardware_type,command"
	sound = "duct,case.in,4,24,openfoam_plus,v2312,emerald,./Allrun"
)

func TestWhatAMatrixSays(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"sound":            {text: head + "\n" + sound},
		"no inputs":        {text: head + "\nduct,,4,24,a,1,emerald,./Allrun"},
		"a missing column": {text: "job_name,analysis_codes,hardware_type\na,b,c", want: []string{"m.csv:1:1: the table has no column input_files, num_cores, walltime, analysis_versions, command [bad-table]"}},
		"a further column": {text: head + ",owner\n" + sound + ",ada", want: []string{"m.csv:1:96: column owner is left out: the script does not read it"}},
		"several analyses": {
			text: head + "\nduct,case.in,4,24,a;b,1;2,emerald,run",
			want: []string{"m.csv:2:19: only the first analysis gets the command and the files; the script gives the others the default_command_secondary of msj_config.csv, which is : here"},
		},
		"twins": {
			text: head + "\n" + sound + "\n" + sound,
			want: []string{"m.csv:3:1: job_name duct is also that of line 2; it stays the title, and the name is another, since names of jobs differ"},
		},
		"a file twice": {
			text: head + "\nduct,case.in; ./case.in,4,24,a,1,emerald,run",
			want: []string{"m.csv:2:15: file ./case.in is there twice, and once here"},
		},
		"values": {
			text: head + "\n,case*.in,x,1.5,a;;c,1,,\n\"a\nb\",,4,0,a,1,c,run",
			want: []string{
				"m.csv:2:1: job_name is empty [missing-key]",
				"m.csv:2:2: case*.in has a character that a manifest takes for a pattern [bad-glob]",
				`m.csv:2:11: num_cores is "x" [wrong-type]`,
				`m.csv:2:13: walltime is "1.5" [wrong-type]`,
				"m.csv:2:17: analysis_codes has an empty entry [bad-value]",
				"m.csv:2:22: there are 3 analysis_codes and 1 analysis_versions [bad-value]",
				"m.csv:2:24: hardware_type is empty [missing-key]",
				"m.csv:2:25: command is empty [missing-key]",
				"m.csv:3:2: job_name has several lines [bad-value]",
				`m.csv:4:7: walltime is "0" [wrong-type]`,
				"m.csv:2:17: only the first analysis gets the command and the files; the script gives the others the default_command_secondary of msj_config.csv, which is : here",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := massjobs.Read("m.csv", []byte(tc.text))
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
			if !massjobs.Is([]byte(tc.text)) {
				t.Error("it is not found out that this is a matrix")
			}
		})
	}
}
