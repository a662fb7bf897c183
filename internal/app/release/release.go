// Package release is which build of the program runs: its version, and the commit that it
// was made of.
package release

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// Build is one build of the program.
type Build struct {
	Version  string // without a leading v, such as 1.2.0
	Commit   string // in full; empty where the build knows none
	Date     string // of the commit, RFC 3339; empty where the build knows none
	Modified bool   // the working tree differed from the commit
	Go       string // that compiled it, such as go1.26.8
	Platform string // that it runs on, such as linux/amd64
}

// Current is the build that runs.
func Current() Build {
	info, _ := debug.ReadBuildInfo()
	return Of(Build{Version: version, Commit: commit, Date: date}, info)
}

// unversioned is the version of a build that knows none: it comes before every release.
const unversioned = "0.0.0-dev"

// Of completes what the linker was given by what the compiler noted, for a build that is
// no release; info may be nil. A release is what its tag says, whatever was noted.
func Of(linked Build, info *debug.BuildInfo) Build {
	b := linked
	if b.Version == "" && info != nil {
		b = noted(info)
	}
	if b.Version == "" || b.Version == "(devel)" {
		b.Version = unversioned
	}
	b.Go, b.Platform = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
	return b
}

func noted(info *debug.BuildInfo) Build {
	b := Build{Version: strings.TrimPrefix(info.Main.Version, "v")}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// Day is the day of the commit, as 2026-11-28; empty where the build knows none.
func (b Build) Day() string {
	day, _, _ := strings.Cut(b.Date, "T")
	return day
}

// shortCommit is how many digits of a commit people read.
const shortCommit = 12

// String is all that is known of a build, for people.
func (b Build) String() string {
	made := []string{b.Go, b.Platform}
	if commit := b.Commit[:min(shortCommit, len(b.Commit))]; commit != "" {
		if b.Modified {
			commit += " with changes"
		}
		made = append([]string{strings.TrimSpace("commit " + commit + " " + b.Day())}, made...)
	}
	return b.Version + " (" + strings.Join(made, ", ") + ")"
}
