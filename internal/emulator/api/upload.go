package api

import (
	"crypto/md5" //nolint:gosec // the platform shows it
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/emulator/cluster"
	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// upload streams the part named "file" to disk (rescale-api.md §3.1), in constant memory.
func upload(a *API, r *Request) (Answer, error) {
	if r.ContentLength < 0 {
		return Answer{}, Refuse(http.StatusLengthRequired, "A Content-Length is required.")
	}
	parts, err := r.MultipartReader()
	if errors.Is(err, http.ErrMissingBoundary) {
		return Answer{}, Refuse(http.StatusBadRequest, "Multipart form parse error - Invalid boundary in multipart: None")
	}
	if err != nil {
		return Answer{}, Refuse(http.StatusUnsupportedMediaType, "Unsupported media type %q in request.", r.Header.Get("Content-Type"))
	}
	form := arriving{typeID: disk.TypeInput}
	err = form.read(a.Store, parts)
	if err == nil && form.content == "" {
		err = invalid("file", "No file was submitted.")
	}
	if err != nil {
		return Answer{}, errors.Join(err, form.discard())
	}
	form.file.Owner = r.Account.Email
	form.file.TypeID = form.typeID
	if a.Quirks().IgnoreTypes {
		form.file.TypeID = disk.TypeInput
	}
	form.file.StorageKey = disk.UploadKey(r.Account.Email, form.file.Name)
	file, err := a.Store.AddFile(form.file, form.content)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusCreated, Header: uploadHeader(r), Body: a.style(r).File(file, nil)}, nil
}

// uploadHeader calls the answer plain text, as a public client complains that the platform does, unless the request
// asks for JSON.
func uploadHeader(r *Request) http.Header {
	kind := "text/plain"
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		kind = "application/json"
	}
	return http.Header{"Content-Type": {kind}}
}

// arriving is an upload on its way.
type arriving struct {
	file    disk.File
	content string // path of the bytes; empty until the file part was read
	typeID  int
}

// read goes to the end of the form: only its last boundary proves that the whole body arrived.
func (in *arriving) read(store *disk.Store, parts *multipart.Reader) error {
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return broken(err)
		}
		switch part.FormName() {
		case "file":
			err = in.readFile(store, part)
		case "typeId", "type_id":
			err = in.readType(part)
		}
		if err != nil {
			return err
		}
	}
}

func broken(err error) error {
	return Refuse(http.StatusBadRequest, "Multipart form parse error - %v", err)
}

func (in *arriving) readFile(store *disk.Store, part *multipart.Part) error {
	if in.content != "" {
		return invalid("file", "Only one file can be uploaded at a time.")
	}
	in.file.Name = lastSegment(part.FileName())
	if !plainName(in.file.Name) {
		return invalid("file", "The submitted data was not a file. Check the encoding type on the form.")
	}
	if id, err := strconv.Atoi(part.Header.Get("type_id")); err == nil && fileType(id) {
		in.typeID = id
	}
	target, err := store.TempFile()
	if err != nil {
		return err
	}
	in.content = target.Name()
	sha, md := sha512.New(), md5.New() //nolint:gosec // the platform shows it
	in.file.Size, err = io.Copy(io.MultiWriter(target, sha, md), part)
	if closeErr := target.Close(); err == nil && closeErr != nil {
		return closeErr
	}
	if err != nil {
		return broken(err)
	}
	in.file.SHA512, in.file.MD5 = hex.EncodeToString(sha.Sum(nil)), hex.EncodeToString(md.Sum(nil))
	in.file.Rel = in.file.Name
	in.file.Text = cluster.IsText(in.file.Name, in.file.Size)
	return nil
}

// lastSegment cuts off the folders that clients on Windows send, as Django does. Those of others are cut already.
func lastSegment(name string) string { return name[strings.LastIndexByte(name, '\\')+1:] }

func (in *arriving) readType(part *multipart.Part) error {
	text, err := io.ReadAll(io.LimitReader(part, 16))
	if err != nil {
		return broken(err)
	}
	if in.typeID, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
		return invalid("typeId", "A valid integer is required.")
	}
	if !fileType(in.typeID) {
		return invalid("typeId", "Not a valid type.")
	}
	return nil
}

func (in *arriving) discard() error {
	if in.content == "" {
		return nil
	}
	return os.Remove(in.content)
}
