package disk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// InUseError means that another server has the folder.
type InUseError struct {
	Dir string
	URL string // where that server answers; empty when it does not serve yet
}

func (e *InUseError) Error() string {
	if e.URL == "" {
		return fmt.Sprintf("opening emulator data in %s: another emulator uses it", e.Dir)
	}
	return fmt.Sprintf("opening emulator data in %s: the emulator at %s uses it", e.Dir, e.URL)
}

type address struct {
	URL string `json:"url"`
	PID int    `json:"pid"`
}

// The operating system drops the lock when the process dies, so a crash leaves nothing locked.
func takeLock(dir string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(dir, "lock"))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", dir, err)
	}
	if held {
		return lock, nil
	}
	return nil, &InUseError{Dir: dir, URL: readAddress(dir)}
}

func readAddress(dir string) string {
	var a address
	text, err := os.ReadFile(addressFile(dir))
	if err != nil || json.Unmarshal(text, &a) != nil {
		return ""
	}
	return a.URL
}

func addressFile(dir string) string { return filepath.Join(dir, "server.json") }

// Announce writes the address of this server for processes that find the folder in use.
func (s *Store) Announce(url string) error {
	return writeJSON(addressFile(s.dir), address{URL: url, PID: os.Getpid()})
}

func writeJSON(path string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, text, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

func readJSON(path string, value any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var mismatch *json.UnmarshalTypeError
	switch err := json.Unmarshal(text, value); {
	case errors.As(err, &mismatch):
		return fmt.Errorf("reading %s: it was not written by this program: an unexpected %s", path, mismatch.Value)
	case err != nil:
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

func entries(dir string) ([]fs.DirEntry, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	return list, nil
}

// Holdings are the names of what a store keeps in its folder; a folder ends with a slash.
func Holdings() []string {
	return []string{"files/", "jobs/", "tmp/", "devices/", "devices.json", "lock", "server.json", "server.json.tmp"}
}
