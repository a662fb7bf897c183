package content_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/content"
)

func TestLocalPath(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "results")
	for _, rel := range []string{
		"out.csv", "run1/out.csv", "a/b/c/d.vtk", "größe/x y.csv", ".hidden", "..data", "a..b", "com", "com10.txt", "console.log",
		"auxiliary.dat", "nulls", "x.nul", "process_output.log", "t=0.5", "~", "-rf",
	} {
		got, err := content.LocalPath(root, rel)
		if err != nil {
			t.Errorf("%q: %v", rel, err)
		}
		same(t, filepath.Join(root, filepath.FromSlash(rel)), got)
	}
	if _, err := os.Stat(root); err == nil {
		t.Error("looking made the folder")
	}
}

func TestLocalPathRefuses(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for rel, why := range map[string]string{
		"":               "it is empty",
		"/etc/passwd":    "it is absolute",
		"../x":           `it contains ".."`,
		"a/../../x":      `it contains ".."`,
		"a/..":           `it contains ".."`,
		"./a":            `it contains "."`,
		"a//b":           "it contains an empty name",
		"a/":             "it contains an empty name",
		`a\b`:            "it contains a backslash",
		`\\server\share`: "it contains a backslash",
		"C:x":            "it begins with a drive letter",
		"c:/windows":     "it begins with a drive letter",
		"a\x00b":         "it contains a control character",
		"a\x1b[2J":       "it contains a control character",
		"a\nb":           "it contains a control character",
		"a\xff":          "it is not valid UTF-8",
		"NUL":            `the name "NUL" means a device on Windows`,
		"nul.txt":        `the name "nul.txt" means a device on Windows`,
		"a/Con .log":     `the name "Con .log" means a device on Windows`,
		"com1":           `the name "com1" means a device on Windows`,
		"LPT¹.x/y":       `the name "LPT¹.x" means a device on Windows`,
		"conin$":         `the name "conin$" means a device on Windows`,
		"aux:stream":     `the name "aux:stream" means a device on Windows`,
		"a./b":           `the name "a." ends with a dot or a space, which Windows drops`,
		"a /b":           `the name "a " ends with a dot or a space, which Windows drops`,
		"...":            `the name "..." ends with a dot or a space, which Windows drops`,
	} {
		_, err := content.LocalPath(root, rel)
		var unsafe *content.UnsafePathError
		if !errors.As(err, &unsafe) {
			t.Errorf("%q: got %v", rel, err)
			continue
		}
		same(t, content.UnsafePathError{Rel: rel, Why: why}, *unsafe)
	}
	_, err := content.LocalPath(root, "log_12:30.txt")
	if refused := err != nil; refused != (runtime.GOOS == "windows") {
		t.Errorf("a colon: %v", err)
	}
}

func TestLocalPathAndLinks(t *testing.T) {
	t.Parallel()
	needLinks(t)
	base := t.TempDir()
	plant(t, base, "outside/x", "root/real/x", "root/out -> ../outside", "root/abs -> "+base+"/outside",
		"root/in -> real", "root/deep/out -> ../../outside", "root/loop -> loop", "root/gone -> ../none",
		"root/file", "root/final -> ../outside/x", "root/dangling -> nothing", "alias -> root")
	for rel, fine := range map[string]bool{
		"real/y": true, "in/y": true, "new/sub/y": true, "file": true, "dangling": true,
		"out/y": false, "abs/y": false, "deep/out/y": false, "loop/y": false, "gone/y": false, "file/y": false, "final": false,
	} {
		_, err := content.LocalPath(filepath.Join(base, "root"), rel)
		var unsafe *content.UnsafePathError
		if refused := errors.As(err, &unsafe); refused == fine || err != nil && !refused {
			t.Errorf("%q: %v", rel, err)
		}
	}
	// The root itself may be a link: that is the user's own.
	if _, err := content.LocalPath(filepath.Join(base, "alias"), "real/y"); err != nil {
		t.Error(err)
	}
	if _, err := content.LocalPath(filepath.Join(base, "root", "file"), "y"); err == nil {
		t.Error("a file is no root")
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"a/b", "../x", "a/../..", `a\..\b`, "C:x", "NUL", "a//b", "a/./b", "COM1.", "out/x", " "} {
		f.Add(seed)
	}
	root := f.TempDir()
	outside := f.TempDir()
	if err := os.Symlink(outside, filepath.Join(root, "out")); err != nil && runtime.GOOS != "windows" {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, rel string) {
		got, err := content.LocalPath(root, rel)
		if err != nil {
			return
		}
		below, err := filepath.Rel(root, got)
		if err != nil || !filepath.IsLocal(below) || below == "." {
			t.Errorf("%q leads to %q", rel, got)
		}
		if below == "out" || strings.HasPrefix(below, "out"+string(filepath.Separator)) {
			t.Errorf("%q follows the link outside", rel)
		}
		same(t, rel, filepath.ToSlash(below))
	})
}
