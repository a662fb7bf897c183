package converting_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/converting"
)

// write makes a file in a folder and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const (
	head  = "Directory,JobName,AnalysisCode,Command,CoreType,CoresPerSlot,WalltimeHours,Slots,LicenseSettings,OrgCode\n"
	state = "Index,JobName,Directory,TarPath,TarStatus,FileID,UploadStatus,JobID,SubmitStatus,ExtraFileIDs,ErrorMessage,LastUpdated\n"
)

// TestWarnings: they follow the order of the files and their lines, and what many rows have
// in common is said once.
func TestWarnings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	jobs := write(t, dir, "jobs.csv", head+"Run_1,Wing_1,a,x  y,e,4,1,1,,acme\nRun_2,Wing_2,a,x  y,e,4,1,1,,acme\nRun_3,Wing_3,a,x y,e,4,1,1,,acme\n")
	runs := write(t, dir, "state.csv", state+"1,Wing_1,Run_1,,,,,AbC,failed,,,\n2,Gone,Run_9,,,,,DeF,success,,,\n3,Wing_3,./Run_3,,,,,GhI,success,,,\n")
	done, err := converting.Wish{Files: []string{jobs, jobs}, Adopt: runs}.Convert()
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	done.Warned(func(text string) { said = append(said, strings.ReplaceAll(text, dir+string(filepath.Separator), "")) }, func(string) {})
	want := []string{
		"jobs.csv:2:16: runs of blanks become one in the command, and empty lines go: that is what the client sends (and 1 more like this)",
		"jobs.csv:2:30: OrgCode is left out: a project is enough (and 2 more like this)",
		"state.csv:2:1: job Wing_1: AbC was not submitted (SubmitStatus failed), and is no run",
		"state.csv:3:1: no job of the file is Gone in Run_9, whose run is DeF",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !strings.Contains(done.Manifest, "adopt: GhI") {
		t.Errorf("the run of Wing_3, which the client started in the folder of the table, is not taken over:\n%s", done.Manifest)
	}
	if len(done.Warnings) != 7 {
		t.Errorf("%d warnings as data, want every one of 7", len(done.Warnings))
	}
}

// TestSaveMakesTheFolder, as import does.
func TestSaveMakesTheFolder(t *testing.T) {
	t.Parallel()
	to := filepath.Join(t.TempDir(), "a", "b", "job.yaml")
	if _, err := (converting.Done{Manifest: "version: 1\n"}).Save(to); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(to); string(text) != "version: 1\n" {
		t.Errorf("%q, %v", text, err)
	}
}
