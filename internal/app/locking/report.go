package locking

import (
	"fmt"
	"io"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/lock"
)

// Report is what became of locks.
type Report []File

// File is one of them.
type File struct {
	Path    string
	Written bool          // it is new, or changed
	Changes []lock.Change // from before
	Kept    []lock.Change // between what stays and what the catalogs give, or who uses it
}

// Text writes a few lines for each file.
func (r Report) Text(w io.Writer) {
	for _, file := range r {
		switch {
		case file.Written:
			fmt.Fprintf(w, "%s: %s\n", diag.Line(file.Path), humanize.Plural(len(file.Changes), "change"))
		case len(file.Kept) == 0:
			fmt.Fprintf(w, "%s: up to date\n", diag.Line(file.Path))
		default:
			fmt.Fprintf(w, "%s: as it was\n", diag.Line(file.Path))
		}
		for _, c := range file.Changes {
			fmt.Fprintf(w, "  %s\n", diag.Line(c.Message))
		}
		for _, c := range file.Kept {
			fmt.Fprintf(w, "  kept: %s\n", diag.Line(c.Message))
		}
	}
}

// fileJSON is one file as programs get it.
type fileJSON struct {
	Path    string       `json:"path"`
	Written bool         `json:"written"`
	Changes []changeJSON `json:"changes"`
	Kept    []changeJSON `json:"kept"` // although the catalog gives something else, or no given manifest uses it
}

type changeJSON struct {
	Code    string `json:"code"` // of the analysis or core type
	Message string `json:"message"`
}

// JSON writes {"formatVersion", "locks": […]}.
func (r Report) JSON(w io.Writer) error {
	files := []fileJSON{}
	for _, file := range r {
		files = append(files, fileJSON{file.Path, file.Written, changesJSON(file.Changes), changesJSON(file.Kept)})
	}
	return show.WriteJSON(w, struct {
		FormatVersion int        `json:"formatVersion"`
		Locks         []fileJSON `json:"locks"`
	}{show.FormatVersion, files})
}

func changesJSON(changes []lock.Change) []changeJSON {
	list := []changeJSON{}
	for _, c := range changes {
		list = append(list, changeJSON{c.Code, c.Message})
	}
	return list
}
