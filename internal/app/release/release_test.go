package release_test

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/release"
)

const hash = "fb359221f4d1c2a7d7c7a3a1bd9b7e0b6c5a4f3e"

func TestOf(t *testing.T) {
	t.Parallel()
	checkout := []debug.BuildSetting{
		{Key: "-trimpath", Value: "true"},
		{Key: "vcs.revision", Value: hash},
		{Key: "vcs.time", Value: "2026-11-28T15:39:12Z"},
		{Key: "vcs.modified", Value: "true"},
	}
	for name, tc := range map[string]struct {
		linked release.Build
		info   *debug.BuildInfo
		want   release.Build
	}{
		"a release, whatever was noted": {
			linked: release.Build{Version: "1.2.0", Commit: "c0ffee", Date: "2026-12-01T08:00:00Z"},
			info:   &debug.BuildInfo{Main: debug.Module{Version: "v1.1.9"}, Settings: checkout},
			want:   release.Build{Version: "1.2.0", Commit: "c0ffee", Date: "2026-12-01T08:00:00Z"},
		},
		"installed by its version": {
			info: &debug.BuildInfo{Main: debug.Module{Version: "v1.2.0"}},
			want: release.Build{Version: "1.2.0"},
		},
		"a checkout with changes": {
			info: &debug.BuildInfo{Main: debug.Module{Version: "v1.2.1-0.20261128153912-fb359221f4d1+dirty"}, Settings: checkout},
			want: release.Build{Version: "1.2.1-0.20261128153912-fb359221f4d1+dirty", Commit: hash, Date: "2026-11-28T15:39:12Z", Modified: true},
		},
		"built without a repository": {
			info: &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}},
			want: release.Build{Version: "0.0.0-dev"},
		},
		"nothing noted": {want: release.Build{Version: "0.0.0-dev"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want.Go, tc.want.Platform = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
			if diff := cmp.Diff(tc.want, release.Of(tc.linked, tc.info)); diff != "" {
				t.Errorf("build (-want +got)\n%s", diff)
			}
		})
	}
}

func TestString(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		build release.Build
		want  string
	}{
		"a release": {
			release.Build{Version: "1.2.0", Commit: hash, Date: "2026-11-28T15:39:12Z", Go: "go1.26.8", Platform: "linux/amd64"},
			"1.2.0 (commit fb359221f4d1 2026-11-28, go1.26.8, linux/amd64)",
		},
		"a checkout with changes": {
			release.Build{Version: "1.2.1-0.1", Commit: hash, Modified: true, Go: "go1.26.8", Platform: "linux/amd64"},
			"1.2.1-0.1 (commit fb359221f4d1 with changes, go1.26.8, linux/amd64)",
		},
		"no commit": {release.Build{Version: "0.0.0-dev", Go: "go1.26.8", Platform: "linux/amd64"}, "0.0.0-dev (go1.26.8, linux/amd64)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.build.String(); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
