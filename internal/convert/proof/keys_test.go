package proof_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	jobbody "github.com/rescale-apply/rescale-apply/internal/convert/body"
	"github.com/rescale-apply/rescale-apply/internal/convert/jobsetup"
	"github.com/rescale-apply/rescale-apply/internal/convert/pur"
	"github.com/rescale-apply/rescale-apply/spec"
)

// TestStorageAndDesktops are jobs with what is sent besides a create body, or only with it
// in the fields of a desktop.
func TestStorageAndDesktops(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "job_setup.txt"))
	if err != nil {
		t.Fatal(err)
	}
	desktop := strings.NewReplacer("HPS_ID=''", "HPS_ID='StOrA'", "'sleep 5'", "''").Replace(string(text))
	for name, tc := range map[string]struct {
		read convert.Reader
		text string
		want []string
	}{
		"job_setup.txt": {jobsetup.Read, desktop, []string{"storage [StOrA]", "user_included desktop true"}},
		"hps.json":      {jobbody.Read, sampleText(t, "hps.json"), []string{"storage [StOrA]", "user_included desktop false"}},
		"interactive-multi-tile.json": {jobbody.Read, sampleText(t, "interactive-multi-tile.json"), []string{
			"storage []", "user_included_singularity_container_e2e_desktop desktop true", "msc_nastran_e2e_desktop desktop true",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := write(t, tc.read, name, []byte(tc.text)).load(t)[0]
			got := []string{fmt.Sprint("storage ", spec.Texts(job.Storage))}
			for _, tile := range job.Tiles {
				got = append(got, fmt.Sprint(tile.Analysis.Code.V, " desktop ", tile.Interactive.V))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func sampleText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAdoptedPoints gives the points of a matrix the ids of their runs, those without a run
// none, whether a table or the text has them.
func TestAdoptedPoints(t *testing.T) {
	t.Parallel()
	for _, count := range []int{2, 9} {
		t.Run(fmt.Sprint(count), func(t *testing.T) {
			t.Parallel()
			jobs := "Directory,JobName,AnalysisCode,Command,CoreType,CoresPerSlot,WalltimeHours,Slots,LicenseSettings\n"
			state := "Index,JobName,Directory,TarPath,TarStatus,FileID,UploadStatus,JobID,SubmitStatus,ExtraFileIDs,ErrorMessage,LastUpdated\n"
			var want []string
			for i := range count {
				jobs += fmt.Sprintf("./Run_%d,Wing_%d,user_included,./run,emerald,4,1.5,1,\n", i, i)
				id, status := fmt.Sprintf("JoB%d", i), "success"
				if i == 1 {
					id, status = "", "pending"
				}
				state += fmt.Sprintf("%d,Wing_%d,/data/Run_%d,x.tar,success,FiLe,success,%s,%s,,,\n", count-i, i, i, id, status)
				want = append(want, fmt.Sprintf("Wing_%d %s", i, id))
			}
			read := func(file string, text []byte) (convert.Found, error) {
				found, err := pur.Read(file, text)
				if err != nil {
					return found, err
				}
				runs, err := pur.ReadState("state.csv", []byte(state))
				pur.Adopt(&found, runs)
				return found, err
			}
			w := write(t, read, "jobs.csv", []byte(jobs))
			var got []string
			for _, job := range w.load(t) {
				got = append(got, job.Title.V+" "+job.Adopt.V)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s\n%v", diff, w.text.YAML, w.text.Tables)
			}
		})
	}
}
