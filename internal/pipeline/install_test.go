package pipeline

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// download takes the place of curl: the last part of the address names a file of the
// release.
const download = `#!/bin/sh
for argument; do
	case $argument in https://*) url=$argument ;; esac
	[ "$last" != --output ] || file=$argument
	last=$argument
done
echo "$url" >>"$RELEASE/fetched"
[ -e "$RELEASE/${url##*/}" ] || exit 22
cp "$RELEASE/${url##*/}" "$file"
`

const archiveName = "rescale-apply_1.2.3_linux_amd64.tar.gz"

// release writes a release that holds the program, into a folder, and returns the digest
// of its archive.
func release(t *testing.T, folder, archive, program string) string {
	t.Helper()
	var packed bytes.Buffer
	compressed := gzip.NewWriter(&packed)
	files := tar.NewWriter(compressed)
	err := files.WriteHeader(&tar.Header{Name: "rescale-apply", Mode: 0o755, Size: int64(len(program))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := files.Write([]byte(program)); err != nil {
		t.Fatal(err)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, archive), packed.String())
	sum := sha256.Sum256(packed.Bytes())
	return hex.EncodeToString(sum[:])
}

// TestActionInstall shows what is downloaded for a tag, and that only what was released
// comes to PATH.
func TestActionInstall(t *testing.T) {
	t.Parallel()
	const address = "https://github.com/rescale-apply/rescale-apply/releases/download/v1.2.3/"
	whole := []string{address + archiveName, address + "checksums.txt"}
	for name, tc := range map[string]struct {
		env     []string
		sums    string // of the release, SUM is the right one
		pinned  string // in the action
		fetched []string
		path    string
		exit    int
		says    string
	}{
		"the tag of the action": {
			env: []string{"ACTION_REF=v1.2.3"}, sums: "SUM  " + archiveName, fetched: whole, path: "TEMP/rescale-apply-v1.2.3\n",
		},
		"a version beside a commit": {
			env: []string{"ACTION_REF=1c0ffee", "INPUT_VERSION=v1.2.3"}, sums: "SUM *" + archiveName, fetched: whole, path: "TEMP/rescale-apply-v1.2.3\n",
		},
		"another digest": {
			env: []string{"ACTION_REF=v1.2.3"}, sums: "0000  " + archiveName, fetched: whole, exit: 1, says: "is not what was released",
		},
		"no digest": {
			env: []string{"ACTION_REF=v1.2.3"}, sums: "SUM  another.zip", fetched: whole, exit: 1, says: "that of the release is not known",
		},
		"a pinned digest": {
			env: []string{"ACTION_REF=v1.2.3"}, sums: "0000  " + archiveName, pinned: "SUM  " + archiveName,
			fetched: whole[:1], path: "TEMP/rescale-apply-v1.2.3\n",
		},
		"another pinned digest": {
			env: []string{"ACTION_REF=v1.2.3"}, sums: "SUM  " + archiveName, pinned: "0000  " + archiveName,
			fetched: whole[:1], exit: 1, says: "that of the release 0000",
		},
		"a branch": {
			env: []string{"ACTION_REF=main"}, exit: 3, says: `"main" is no release: give the input "version" a release such as v1.2.3`,
		},
		"a way out of the address": {
			env: []string{"INPUT_VERSION=v1.2.3/../../evil"}, exit: 3, says: "is no release",
		},
		"a release that is not there": {
			env: []string{"ACTION_REF=v9.9.9"}, fetched: []string{"https://github.com/rescale-apply/rescale-apply/releases/download/v9.9.9/rescale-apply_9.9.9_linux_amd64.tar.gz"},
			exit: 1, says: "downloading https://github.com/rescale-apply/rescale-apply/releases/download/v9.9.9/",
		},
		"another processor": {
			env: []string{"ACTION_REF=v1.2.3", "RUNNER_ARCH=ARM"}, exit: 3, says: `there is no release for the processor "ARM"; use install: none`,
		},
		"none":      {env: []string{"INPUT_INSTALL=none"}},
		"something": {env: []string{"INPUT_INSTALL=yes"}, exit: 3, says: `install is "yes", and must be auto or none`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAction(t)
			digest := release(t, filepath.Join(a.dir, "release"), archiveName, "#!/bin/sh\n")
			write(t, filepath.Join(a.dir, "bin", "curl"), download)
			for folder, sums := range map[string]string{"release": tc.sums, "action": tc.pinned} {
				if sums != "" {
					write(t, filepath.Join(a.dir, folder, "checksums.txt"), strings.Replace(sums, "SUM", digest, 1)+"\n")
				}
			}
			env := append([]string{"RUNNER_OS=Linux", "RUNNER_ARCH=X64", "RELEASE=" + filepath.Join(a.dir, "release")}, tc.env...)
			exit, said := a.run(t, "install.sh", env...)
			if exit != tc.exit || !strings.Contains(said, tc.says) {
				t.Errorf("exit code %d with %q, want %d with %q", exit, said, tc.exit, tc.says)
			}
			if diff := cmp.Diff(tc.fetched, append([]string(nil), strings.Fields(read(t, filepath.Join(a.dir, "release", "fetched")))...)); diff != "" {
				t.Errorf("downloads (-want +got):\n%s", diff)
			}
			path := a.anonymous(read(t, filepath.Join(a.dir, "path")))
			if path != tc.path {
				t.Errorf("PATH gets %q, want %q", path, tc.path)
			}
			if _, err := os.Stat(filepath.Join(a.dir, "rescale-apply-v1.2.3", "rescale-apply")); (err == nil) != (tc.path != "") {
				t.Errorf("the program is there: %v", err)
			}
		})
	}
}

// TestActionInstallsNothing shows that install: none needs the program.
func TestActionInstallsNothing(t *testing.T) {
	t.Parallel()
	a := newAction(t)
	if err := os.Remove(filepath.Join(a.dir, "bin", "rescale-apply")); err != nil {
		t.Fatal(err)
	}
	exit, said := a.run(t, "install.sh", "PATH=/usr/bin:/bin", "INPUT_INSTALL=none")
	if exit != 3 || !strings.Contains(said, "no rescale-apply on PATH") {
		t.Errorf("exit code %d with %q, want 3", exit, said)
	}
}
