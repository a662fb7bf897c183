package disk

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

func (s *Store) loadFiles() error {
	list, err := entries(filepath.Join(s.dir, "files"))
	if err != nil {
		return err
	}
	for _, entry := range list {
		if !strings.HasSuffix(entry.Name(), ".json") {
			continue
		}
		var file File
		if err := readJSON(filepath.Join(s.dir, "files", entry.Name()), &file); err != nil {
			return err
		}
		s.nextFile = max(s.nextFile, file.Seq+1)
		if s.orphan(&file) {
			if err := s.forget(&file); err != nil {
				return err
			}
			continue
		}
		s.files[file.ID] = &file
		s.fileSeq = append(s.fileSeq, file.ID)
	}
	slices.SortFunc(s.fileSeq, func(a, b string) int { return cmp.Compare(s.files[a].Seq, s.files[b].Seq) })
	return nil
}

// An output that its job does not list was being collected when the server died. The job runs again and writes new
// ones.
func (s *Store) orphan(file *File) bool {
	if file.Job == "" || file.Deleted {
		return false
	}
	job, ok := s.jobs[file.Job]
	return !ok || !slices.Contains(job.Outputs(), file.ID)
}

func (s *Store) forget(file *File) error {
	if err := removeIfThere(s.content(file)); err != nil {
		return err
	}
	return removeIfThere(s.fileRecord(file))
}

// TempFile creates a file for content on its way. AddFile takes it over.
func (s *Store) TempFile() (*os.File, error) {
	f, err := os.CreateTemp(filepath.Join(s.dir, "tmp"), "content-")
	if err != nil {
		return nil, fmt.Errorf("creating temporary file: %w", err)
	}
	return f, nil
}

// AddFile stores a new file, moving its content from the path, and gives it its id, date and encryption key. The path
// must lie on the store's file system.
func (s *Store) AddFile(file File, content string) (*File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file.Seq = s.nextFile
	file.ID = nthID(file.Seq, fileSalt)
	file.Uploaded = s.Now()
	file.Key = randomKey()
	if err := os.Rename(content, s.content(&file)); err != nil {
		return nil, fmt.Errorf("storing file: %w", err)
	}
	if err := s.writeFile(&file); err != nil {
		return nil, err
	}
	s.nextFile++
	s.files[file.ID] = &file
	s.fileSeq = append(s.fileSeq, file.ID)
	s.announceChange()
	return &file, nil
}

// File returns the record of a file, deleted or not.
func (s *Store) File(id string) (*File, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	file, ok := s.files[id]
	return file, ok
}

// Files returns all files that are not deleted, oldest first.
func (s *Store) Files() []*File {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]*File, 0, len(s.fileSeq))
	for _, id := range s.fileSeq {
		if file := s.files[id]; !file.Deleted {
			out = append(out, file)
		}
	}
	return out
}

// UpdateFile changes a copy of the record and stores it.
func (s *Store) UpdateFile(id string, change func(*File)) (*File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.files[id]
	if !ok {
		return nil, ErrNotFound
	}
	file := *old
	change(&file)
	if err := s.writeFile(&file); err != nil {
		return nil, err
	}
	s.files[id] = &file
	s.announceChange()
	return &file, nil
}

// DeleteFile marks the file as deleted and frees its content. The record stays: jobs may still name it.
func (s *Store) DeleteFile(id string) error {
	file, err := s.UpdateFile(id, func(f *File) { f.Deleted = true })
	if err != nil {
		return err
	}
	return removeIfThere(s.content(file))
}

// Content returns the path of the file's bytes. They must not be written to.
func (s *Store) Content(file *File) string { return s.content(file) }

func (s *Store) content(file *File) string {
	return filepath.Join(s.dir, "files", recordName(file.Seq, file.ID)+".data")
}

func (s *Store) fileRecord(file *File) string {
	return filepath.Join(s.dir, "files", recordName(file.Seq, file.ID)+".json")
}

func (s *Store) writeFile(file *File) error {
	if err := writeJSON(s.fileRecord(file), file); err != nil {
		return fmt.Errorf("storing file %s: %w", file.ID, err)
	}
	return nil
}

// randomKey makes up the key under which the platform would have encrypted the file. Nothing is encrypted here.
func randomKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails: crypto/rand
	return base64.StdEncoding.EncodeToString(key)
}

// userFolder is the folder of a user in the platform's storage.
func userFolder(email string) string {
	sum := sha256.Sum256([]byte(email))
	return "user/user_" + word(binary.BigEndian.Uint64(sum[:8]), 6)
}

// UploadKey makes up the place of an uploaded file in the platform's storage: its name with a random part.
func UploadKey(email, name string) string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails: crypto/rand
	ending := path.Ext(name)
	return fmt.Sprintf("%s/%s-%x-%x-%x-%x-%x%s", userFolder(email), strings.TrimSuffix(name, ending),
		random[:4], random[4:6], random[6:8], random[8:10], random[10:], ending)
}

// OutputKey is the place of what the nth run of a job wrote in the platform's storage.
func OutputKey(job *Job, n int, rel string) string {
	return fmt.Sprintf("%s/output/job_%s/run%d/%s", userFolder(job.Owner), job.ID, n, rel)
}
