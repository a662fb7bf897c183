package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"
)

// Folder is the record of a folder of a library.
type Folder struct {
	ID      string
	Owner   string // e-mail
	Name    string
	Parent  string // id; empty for the root of a library
	Created time.Time
	Trashed bool // its name stays taken
}

// ErrNameTaken means that a folder of that name is in the parent, or was.
var ErrNameTaken = errors.New("the name is taken")

// Names of the two roots that each account has.
const (
	Library    = "myLibrary"
	JobsFolder = "myJobs"
)

func (s *Store) foldersFile() string { return filepath.Join(s.dir, "folders.json") }

func (s *Store) loadFolders() error {
	err := readJSON(s.foldersFile(), &s.folders)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Folders returns all folders, oldest first.
func (s *Store) Folders() []*Folder {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.folders)
}

// Root returns a root of an account, making it when it is asked for first.
func (s *Store) Root(owner, name string) (*Folder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, folder := range s.folders {
		if folder.Owner == owner && folder.Name == name && folder.Parent == "" {
			return folder, nil
		}
	}
	return s.addFolder(Folder{Owner: owner, Name: name})
}

// AddFolder makes a folder in another, which must be there. A name that is in the parent, or
// that a trashed one had there, is [ErrNameTaken].
func (s *Store) AddFolder(folder Folder) (*Folder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.folders {
		if other.Parent == folder.Parent && other.Name == folder.Name {
			return nil, ErrNameTaken
		}
	}
	return s.addFolder(folder)
}

// addFolder must be called with the lock held.
func (s *Store) addFolder(folder Folder) (*Folder, error) {
	folder.ID = nthID(len(s.folders)+1, folderSalt)
	folder.Created = s.Now()
	return &folder, s.storeFolders(append(slices.Clone(s.folders), &folder))
}

// TrashFolder puts a folder into the trash.
func (s *Store) TrashFolder(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.folders)
	i := slices.IndexFunc(list, func(f *Folder) bool { return f.ID == id })
	if i < 0 {
		return ErrNotFound
	}
	folder := *list[i]
	folder.Trashed = true
	list[i] = &folder
	return s.storeFolders(list)
}

// storeFolders must be called with the lock held.
func (s *Store) storeFolders(list []*Folder) error {
	if err := writeJSON(s.foldersFile(), list); err != nil {
		return fmt.Errorf("storing folders: %w", err)
	}
	s.folders = list
	s.announceChange()
	return nil
}
