package login

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// vendors uses the key that the vendor's client keeps in a file of its own
// (rescale-api.md §1.5). Without one, missing is the error.
func vendors(wishes Wishes, getenv func(string) string, missing *MissingKeyError) (Login, error) {
	folder := filepath.Join(firstOf(getenv("HOME"), getenv("USERPROFILE")), ".config", "rescale")
	path := filepath.Join(folder, "token")
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return Login{URL: missing.URL}, missing
	}
	if err != nil {
		return Login{}, &Error{Path: path, Err: pathCause(err)}
	}
	key, err := readToken(path)
	if err != nil {
		return Login{}, err
	}
	login := Login{Key: key, Source: path, Open: runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0}
	if wishes.URL == "" {
		wishes.URL = firstOf(getenv(urlVariable), vendorsURL(filepath.Join(folder, "config.csv")))
	}
	return addressed(login, wishes, getenv)
}

// vendorsURL is the address that the vendor's client sends its key to; empty when it does
// not say. The settings of that client are its own: what cannot be read there is no error.
func vendorsURL(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }() // it was only read
	reader := csv.NewReader(file)
	reader.FieldsPerRecord = -1
	for {
		row, err := reader.Read()
		if err != nil {
			return ""
		}
		if len(row) > 1 && strings.TrimSpace(row[0]) == "api_base_url" {
			return strings.TrimSpace(row[1])
		}
	}
}
