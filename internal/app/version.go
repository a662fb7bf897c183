package app

import (
	"context"
	"fmt"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/release"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// Version is the release that this program is.
func Version() string { return release.Current().Version }

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
	Commit        string `json:"commit,omitempty"`   // in full
	Date          string `json:"date,omitempty"`     // of the commit
	Modified      bool   `json:"modified,omitempty"` // the working tree differed from the commit
	Go            string `json:"go"`
	Platform      string `json:"platform"`
}

func (t *tool) version(output options.Output) error {
	b := release.Current()
	if output.JSON() {
		return show.WriteJSON(t.Out, VersionJSON{
			FormatVersion: show.FormatVersion, Version: b.Version, Commit: b.Commit, Date: b.Date,
			Modified: b.Modified, Go: b.Go, Platform: b.Platform,
		})
	}
	_, err := fmt.Fprintln(t.Out, options.Program, b)
	return err
}
