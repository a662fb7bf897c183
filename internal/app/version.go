package app

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// Version is the release that this program is.
func Version() string { return "0.1.0" }

func (t *tool) versionCommand() *cli.Command {
	return &cli.Command{
		Name:      "version",
		Usage:     "print the version",
		UsageText: "rescale-apply version\n   rescale-apply version -o json",
		Flags:     outputFlags("text", "json")[:1],
		Action:    t.version,
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

func (t *tool) version(c *cli.Context) error {
	output, err := format(c, "text", "json")
	if err != nil {
		return err
	}
	if err := noArguments(c); err != nil {
		return err
	}
	v := VersionJSON{
		FormatVersion: show.FormatVersion, Version: Version(), Commit: commit(),
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if output == "json" {
		return show.WriteJSON(t.Stdout, v)
	}
	_, err = fmt.Fprintf(t.Stdout, "%s %s (%s%s, %s)\n", programName, v.Version, v.Commit, v.Go, v.Platform)
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
