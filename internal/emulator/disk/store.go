package disk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// Store is the folder and an image of its records in memory. It is safe for concurrent use. Records that it hands out
// are shared and must not be changed.
type Store struct {
	// Dating chooses the date that the nth job shows as its own; nil: when it was inserted. It must be set before the
	// store is used.
	Dating func(n int, inserted time.Time) time.Time

	dir  string
	lock *flock.Flock

	mu       sync.RWMutex
	jobs     map[string]*Job
	files    map[string]*File
	devices  []*Device
	folders  []*Folder
	jobSeq   []string // ids, oldest first
	fileSeq  []string
	nextJob  int
	nextFile int
	changed  chan struct{}

	clock sync.Mutex
	now   time.Time
}

// Open locks the folder, creating it when it is missing, and reads its records. A folder that another server uses
// is an *InUseError.
func Open(dir string) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	for _, sub := range []string{"files", "jobs", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("creating emulator data: %w", err)
		}
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		dir: dir, lock: lock, changed: make(chan struct{}),
		jobs: map[string]*Job{}, files: map[string]*File{}, nextJob: 1, nextFile: 1,
	}
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("opening emulator data in %s: %w", dir, errors.Join(err, lock.Unlock()))
	}
	return s, nil
}

func (s *Store) load() error {
	// Left behind by a server that was killed: its address, and uploads that never ended.
	if err := removeIfThere(addressFile(s.dir)); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "tmp")); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(s.dir, "tmp"), 0o700); err != nil {
		return err
	}
	if err := errors.Join(s.loadJobs(), s.loadDevices(), s.loadFolders()); err != nil {
		return err
	}
	return s.loadFiles()
}

// Close withdraws the address and frees the folder.
func (s *Store) Close() error {
	return errors.Join(removeIfThere(addressFile(s.dir)), s.lock.Unlock())
}

// Now returns the platform's time, in UTC and whole microseconds. Every call returns a later time than the one
// before, so that dates order events.
func (s *Store) Now() time.Time {
	s.clock.Lock()
	defer s.clock.Unlock()
	now := time.Now().UTC().Truncate(time.Microsecond)
	if !now.After(s.now) {
		now = s.now.Add(time.Microsecond)
	}
	s.now = now
	return now
}

// Changed returns a channel that is closed at the next change of any record.
func (s *Store) Changed() <-chan struct{} {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.changed
}

// announceChange must be called with the lock held.
func (s *Store) announceChange() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func recordName(seq int, id string) string { return fmt.Sprintf("%06d-%s", seq, id) }
