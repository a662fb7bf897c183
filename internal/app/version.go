package app

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// Version is the release that this program is.
func Version() string { return "0.1.0" }

func (t *tool) versionVerb() options.Command {
	output := options.Formats("text", "json")
	return options.Command{
		Name:     "version",
		Usage:    "print the version",
		Examples: []string{"rescale-apply version", "rescale-apply version -o json"},
		Concerns: []options.Concern{&output},
		Do:       func(context.Context, options.Call) error { return t.version(output) },
	}
}

// VersionJSON is what version -o json prints.
type VersionJSON struct {
	FormatVersion int    `json:"formatVersion"`
	Version       string `json:"version"`
	Commit        string `json:"commit,omitempty"`
	Go            string `json:"go"`
	Platform      string `json:"platform"`
}

func (t *tool) version(output options.Output) error {
	v := VersionJSON{
		FormatVersion: show.FormatVersion, Version: Version(), Commit: commit(),
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if output.JSON() {
		return show.WriteJSON(t.Out, v)
	}
	_, err := fmt.Fprintf(t.Out, "%s %s (%s%s, %s)\n", options.Program, v.Version, v.Commit, v.Go, v.Platform)
	return err
}

// commit is the revision the program was built from, when the build knows it.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return ""
}
