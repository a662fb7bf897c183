package local

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
)

func TestFindBash(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		system  string
		environ []string
		there   []string
		want    string
	}{
		"the first in PATH": {
			"linux", []string{"PATH=/opt/bin:/usr/bin:/bin"}, []string{"/usr/bin/bash", "/bin/bash"}, "/usr/bin/bash",
		},
		"not in PATH": {"darwin", []string{"PATH=/opt/bin"}, []string{"/bin/bash"}, ""},
		"no PATH":     {"linux", nil, []string{"/bin/bash"}, ""},
		"in PATH, but not that of WSL": {
			"windows",
			[]string{"SYSTEMROOT=C:\\Windows", `PATH=C:\WINDOWS\system32;C:\Users\ada\AppData\Local\Microsoft\WindowsApps\;"C:\msys64\usr\bin"`},
			[]string{`C:\WINDOWS\system32\bash.exe`, `C:\Users\ada\AppData\Local\Microsoft\WindowsApps\bash.exe`, `C:\msys64\usr\bin\bash.exe`},
			`C:\msys64\usr\bin\bash.exe`,
		},
		"only that of WSL": {
			"windows", []string{"SYSTEMROOT=C:\\Windows", `PATH=C:\Windows\System32`}, []string{`C:\Windows\System32\bash.exe`}, "",
		},
		"beside a Git that is in PATH": {
			"windows", []string{`PATH=D:\Tools\Git\cmd`}, []string{`D:\Tools\Git\bin\bash.exe`}, `D:\Tools\Git\bin\bash.exe`,
		},
		"where Git for Windows is": {
			"windows", []string{`PROGRAMFILES=C:\Program Files`}, []string{`C:\Program Files\Git\bin\bash.exe`}, `C:\Program Files\Git\bin\bash.exe`,
		},
		"where it is for one user": {
			"windows",
			[]string{`LOCALAPPDATA=C:\Users\ada\AppData\Local`},
			[]string{`C:\Users\ada\AppData\Local\Programs\Git\bin\bash.exe`},
			`C:\Users\ada\AppData\Local\Programs\Git\bin\bash.exe`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := findBash(tc.system, tc.environ, func(path string) bool { return slices.Contains(tc.there, path) })
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestWithoutBashThereIsNoLocalPlatform(t *testing.T) {
	t.Parallel()
	_, err := Config(t.TempDir(), []string{"PATH=" + t.TempDir()})
	var usage *cmdline.UsageError
	if !errors.As(err, &usage) || usage.Hint() == "" {
		t.Errorf("got %v", err)
	}
}
