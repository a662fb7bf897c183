package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/emulator/api/span"
	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// file finds the file that the path names. Outputs of a job can be read by everybody who can read the job.
func (a *API) file(r *Request) (*disk.File, error) {
	file, ok := a.Store.File(r.vars["id"])
	if !ok || file.Deleted || !a.mayReadFile(r, file) {
		return nil, notFound()
	}
	return file, nil
}

func (a *API) mayReadFile(r *Request, file *disk.File) bool {
	return file.Owner == r.Account.Email || slices.Contains(a.sharedWith(file), r.Account.Email)
}

func (a *API) sharedWith(file *disk.File) []string {
	if file.Job == "" {
		return nil
	}
	job, ok := a.Store.Job(file.Job)
	if !ok {
		return nil
	}
	return job.SharedWith
}

func getFile(a *API, r *Request) (Answer, error) {
	file, err := a.file(r)
	if err != nil {
		return Answer{}, err
	}
	return ok(a.style(r).File(file, a.sharedWith(file)))
}

func (a *API) ownFile(r *Request) (*disk.File, error) {
	file, err := a.file(r)
	if err == nil && file.Owner != r.Account.Email {
		return nil, Refuse(http.StatusForbidden, "You do not have permission to perform this action.")
	}
	return file, err
}

// patchFile changes name and type (rescale-api.md §3.4).
func patchFile(a *API, r *Request) (Answer, error) {
	file, err := a.ownFile(r)
	if err != nil {
		return Answer{}, err
	}
	var change struct {
		Name   *string      `json:"name"`
		TypeID *wholeNumber `json:"typeId"`
		Folder *string      `json:"currentFolderId"` // version 3 only
	}
	if err := decode(r, &change); err != nil {
		return Answer{}, err
	}
	if change.Name != nil && !plainName(*change.Name) {
		return Answer{}, invalid("name", "Not a valid file name.")
	}
	if change.TypeID != nil && !fileType(int(*change.TypeID)) {
		return Answer{}, invalid("typeId", "Not a valid type.")
	}
	if !r.V3 || a.Quirks().FlatLibrary {
		change.Folder = nil
	}
	if change.Folder != nil {
		if _, err := a.folder(r, *change.Folder); err != nil {
			return Answer{}, noSuch("currentFolderId", *change.Folder)
		}
	}
	file, err = a.Store.UpdateFile(file.ID, func(f *disk.File) {
		if change.Folder != nil {
			f.Folder = *change.Folder
		}
		if change.Name != nil {
			f.Name = *change.Name
		}
		if change.TypeID != nil {
			f.TypeID = int(*change.TypeID)
		}
	})
	if err != nil {
		return Answer{}, err
	}
	return ok(a.style(r).File(file, a.sharedWith(file)))
}

func plainName(name string) bool {
	return name != "" && name != "." && name != ".." && path.Base(name) == name && !strings.ContainsAny(name, "\\\x00")
}

func deleteFile(a *API, r *Request) (Answer, error) {
	file, err := a.ownFile(r)
	if err != nil {
		return Answer{}, err
	}
	if err := a.Store.DeleteFile(file.ID); err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusNoContent}, nil
}

// contents answers a file's bytes, or one range of them (rescale-api.md §3.4).
func contents(a *API, r *Request) (Answer, error) {
	file, err := a.file(r)
	if err != nil {
		return Answer{}, err
	}
	source, err := os.Open(a.Store.Content(file))
	if err != nil {
		return Answer{}, err
	}
	header := http.Header{
		"Content-Type":        {"application/octet-stream"},
		"Accept-Ranges":       {"bytes"},
		"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": file.Name})},
	}
	asked, status := span.Parse(r.Header.Get("Range"), file.Size)
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		refusal := Refuse(status, "The requested range is not satisfiable.")
		refusal.Header = http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", file.Size)}}
		if err := source.Close(); err != nil {
			return Answer{}, err
		}
		return Answer{}, refusal
	case http.StatusPartialContent:
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", asked.Start, asked.Start+asked.Length-1, file.Size))
	}
	if _, err := source.Seek(asked.Start, io.SeekStart); err != nil {
		return Answer{}, errors.Join(err, source.Close())
	}
	return Answer{Status: status, Header: header, Body: Stream{Source: source, Length: asked.Length}}, nil
}

const maxLines = 32 << 20

// lines answers the lines of a text file, each with its newline (rescale-api.md §3.4). What the platform does with
// other files is not known.
func lines(a *API, r *Request) (Answer, error) {
	file, err := a.file(r)
	if err != nil {
		return Answer{}, err
	}
	if file.Size > maxLines {
		return Answer{}, Refuse(http.StatusBadRequest, "The file is too large to be shown in lines.")
	}
	text, err := os.ReadFile(a.Store.Content(file))
	if err != nil {
		return Answer{}, err
	}
	if bytes.IndexByte(text, 0) >= 0 || !utf8.Valid(text) {
		return Answer{}, Refuse(http.StatusBadRequest, "The file is not plain text.")
	}
	return ok(map[string]any{"lines": splitLines(string(text))})
}

func splitLines(text string) []string {
	return slices.AppendSeq([]string{}, strings.Lines(text))
}
