package api

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// listFiles lists the caller's files, newest first (rescale-api.md §3.3).
func listFiles(a *API, r *Request) (Answer, error) {
	query := r.URL.Query()
	span, err := uploadedWithin(query)
	if err != nil {
		return Answer{}, err
	}
	var list []*disk.File
	for _, file := range slices.Backward(a.Store.Files()) {
		if listed(a, r, file) && found(file, query.Get("search")) && ofType(file, query.Get("type")) &&
			!isFalse(query.Get("isUploaded")) && span.holds(file.Uploaded) {
			list = append(list, file)
		}
	}
	if r.V3 {
		sortFiles(list, query.Get("ordering"))
	}
	return a.fileList(r, list)
}

// isFalse reports whether a filter asks for what is not so: here every file is uploaded.
func isFalse(text string) bool { return strings.EqualFold(text, "false") || text == "0" }

// period is a span of time; a zero end is open.
type period struct{ from, to time.Time }

// uploadedWithin reads the bounds that version 3 knows.
func uploadedWithin(query url.Values) (out period, err error) {
	for name, into := range map[string]*time.Time{"dateUploaded__gte": &out.from, "dateUploaded__lte": &out.to} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		if *into, err = time.Parse(time.RFC3339, text); err != nil {
			return out, invalid(name, "Enter a valid date/time.")
		}
	}
	return out, nil
}

func (p period) holds(t time.Time) bool {
	return (p.from.IsZero() || !t.Before(p.from)) && (p.to.IsZero() || !t.After(p.to))
}

// sortFiles orders by one of the members that version 3 knows, with a minus downwards.
func sortFiles(list []*disk.File, ordering string) {
	member, down := strings.CutPrefix(ordering, "-")
	slices.SortStableFunc(list, func(x, y *disk.File) int {
		if down {
			x, y = y, x
		}
		switch member {
		case "name":
			return strings.Compare(x.Name, y.Name)
		case "decryptedSize":
			return cmp.Compare(x.Size, y.Size)
		case "dateUploaded":
			return x.Uploaded.Compare(y.Uploaded)
		}
		return 0
	})
}

func listed(a *API, r *Request, file *disk.File) bool {
	own := file.Owner == r.Account.Email
	switch r.URL.Query().Get("owner") {
	case "1":
		return own
	case "2":
		return !own && a.mayReadFile(r, file)
	}
	return a.mayReadFile(r, file)
}

// found reports whether every term of the search is part of the name.
func found(file *disk.File, search string) bool {
	name := strings.ToLower(file.Name)
	for term := range strings.FieldsSeq(strings.ToLower(search)) {
		if !strings.Contains(name, term) {
			return false
		}
	}
	return true
}

func ofType(file *disk.File, wanted string) bool {
	return wanted == "" || wanted == strconv.Itoa(file.TypeID)
}

// fileList shows files; with include_jobs each with the jobs that it belongs to, as version 3 does.
func (a *API) fileList(r *Request, list []*disk.File) (Answer, error) {
	style := a.style(r)
	withJobs := r.V3 && r.URL.Query().Get("include_jobs") == "1"
	return paged(r, list, func(f *disk.File) any {
		out := style.File(f, a.sharedWith(f))
		if withJobs {
			out["jobs"] = a.jobsOf(f)
		}
		return out
	})
}

func (a *API) jobsOf(file *disk.File) any {
	results := []any{}
	for _, job := range a.Store.Jobs() {
		if job.Deleted.IsZero() && (job.ID == file.Job || slices.Contains(job.Spec.Files(), file.ID)) {
			results = append(results, map[string]any{"id": job.ID, "name": job.Spec.Name})
		}
	}
	return map[string]any{"count": len(results), "results": results}
}

// retypeFiles changes the type of several files (rescale-api.md §3.4). All of them must be the caller's.
func retypeFiles(a *API, r *Request) (Answer, error) {
	var wish struct {
		IDs  []string    `json:"ids"`
		Type wholeNumber `json:"type"`
	}
	if err := decode(r, &wish); err != nil {
		return Answer{}, err
	}
	if !fileType(int(wish.Type)) {
		return Answer{}, invalid("type", "Not a valid type.")
	}
	for _, id := range wish.IDs {
		if file, ok := a.Store.File(id); !ok || file.Deleted || file.Owner != r.Account.Email {
			return Answer{}, noSuch("ids", id)
		}
	}
	for _, id := range wish.IDs {
		if _, err := a.Store.UpdateFile(id, func(f *disk.File) { f.TypeID = int(wish.Type) }); err != nil {
			return Answer{}, err
		}
	}
	return Answer{Status: http.StatusOK}, nil
}

// fileType reports whether there is such a type of files (rescale-api.md §3.2).
func fileType(id int) bool { return id >= 1 && id <= 12 }

// roots answers the ids of the two roots of an account (rescale-api.md §3.5).
func roots(a *API, r *Request) (Answer, error) {
	out := map[string]string{}
	if !a.foldered(r) {
		return Answer{}, notFound()
	}
	for _, name := range []string{disk.Library, disk.JobsFolder} {
		root, err := a.Store.Root(r.Account.Email, name)
		if err != nil {
			return Answer{}, err
		}
		out[name] = root.ID
	}
	return ok(out)
}

// foldered reports whether a request can be about folders and tags of files: version 3 knows them.
func (a *API) foldered(r *Request) bool { return r.V3 && !a.Quirks().FlatLibrary }

// folder finds a folder of the caller that is not in the trash, nor in a folder that is.
func (a *API) folder(r *Request, id string) (*disk.Folder, error) {
	all := map[string]*disk.Folder{}
	for _, folder := range a.Store.Folders() {
		all[folder.ID] = folder
	}
	folder := all[id]
	if folder == nil || !a.foldered(r) || folder.Owner != r.Account.Email {
		return nil, notFound()
	}
	for at := folder; at != nil; at = all[at.Parent] {
		if at.Trashed {
			return nil, notFound()
		}
	}
	return folder, nil
}

// createFolder makes a folder in the one that the path names. A name that is taken, also by a folder in the trash, is
// refused in the words of the platform's database (rescale-api.md §2.5).
func createFolder(a *API, r *Request) (Answer, error) {
	parent, err := a.folder(r, r.vars["id"])
	if err != nil {
		return Answer{}, err
	}
	var wish named
	if err := decode(r, &wish); err != nil {
		return Answer{}, err
	}
	if !plainName(wish.Name) {
		return Answer{}, invalid("name", "This field may not be blank, and holds no slash.")
	}
	folder, err := a.Store.AddFolder(disk.Folder{Owner: r.Account.Email, Name: wish.Name, Parent: parent.ID})
	if errors.Is(err, disk.ErrNameTaken) {
		return Answer{}, &Error{Status: http.StatusBadRequest, Body: `duplicate key value violates unique constraint "folder_name_parent"`}
	}
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusCreated, Body: folderItem(folder)}, nil
}

// trashFolder puts a folder into the trash, but not a root.
func trashFolder(a *API, r *Request) (Answer, error) {
	folder, err := a.folder(r, r.vars["id"])
	if err != nil {
		return Answer{}, err
	}
	if folder.Parent == "" {
		return Answer{}, Refuse(http.StatusForbidden, "You do not have permission to perform this action.")
	}
	return Answer{Status: http.StatusNoContent}, a.Store.TrashFolder(folder.ID)
}

func folderItem(folder *disk.Folder) map[string]any {
	return map[string]any{"id": folder.ID, "name": folder.Name, "parentId": orNone(folder.Parent), "isArchived": folder.Trashed}
}

func orNone(id string) any {
	if id == "" {
		return nil
	}
	return id
}

// folderContents lists folders, then files, whose names match the search, if there is one.
func folderContents(a *API, r *Request) (Answer, error) {
	folder, err := a.folder(r, r.vars["id"])
	if err != nil {
		return Answer{}, err
	}
	search, style := r.URL.Query().Get("search"), a.style(r)
	var list []map[string]any
	for _, below := range a.Store.Folders() {
		if below.Parent == folder.ID && !below.Trashed && found(&disk.File{Name: below.Name}, search) {
			list = append(list, map[string]any{"type": "folder", "item": folderItem(below)})
		}
	}
	library, err := a.Store.Root(r.Account.Email, disk.Library)
	if err != nil {
		return Answer{}, err
	}
	for _, file := range slices.Backward(a.Store.Files()) {
		place := cmp.Or(file.Folder, library.ID)
		if place == folder.ID && file.Owner == r.Account.Email && file.Job == "" && found(file, search) {
			list = append(list, map[string]any{"type": "file", "item": style.File(file, nil)})
		}
	}
	return paged(r, list, func(item map[string]any) any { return item })
}
