package disk

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// ErrNotFound means that there is no record with the id.
var ErrNotFound = errors.New("no such record")

func (s *Store) loadJobs() error {
	list, err := entries(filepath.Join(s.dir, "jobs"))
	if err != nil {
		return err
	}
	for _, entry := range list {
		var job Job
		err := readJSON(filepath.Join(s.dir, "jobs", entry.Name(), "job.json"), &job)
		if errors.Is(err, fs.ErrNotExist) {
			continue // killed between making the folder and writing the record: the job was never answered
		}
		if err != nil {
			return err
		}
		s.jobs[job.ID] = &job
		s.jobSeq = append(s.jobSeq, job.ID)
		s.nextJob = max(s.nextJob, job.Seq+1)
	}
	slices.SortFunc(s.jobSeq, func(a, b string) int { return cmp.Compare(s.jobs[a].Seq, s.jobs[b].Seq) })
	return nil
}

// Record returns the record of a job, deleted or not.
func (s *Store) Record(id string) (*Job, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	job, ok := s.jobs[id]
	return job, ok
}

// Job returns the record of a job that is not deleted.
func (s *Store) Job(id string) (*Job, bool) {
	job, ok := s.Record(id)
	if !ok || !job.Deleted.IsZero() {
		return nil, false
	}
	return job, true
}

// Jobs returns all records, deleted ones included, oldest first.
func (s *Store) Jobs() []*Job {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := make([]*Job, len(s.jobSeq))
	for i, id := range s.jobSeq {
		out[i] = s.jobs[id]
	}
	return out
}

// AddJob stores a new job and gives it its id and date.
func (s *Store) AddJob(job Job) (*Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	job.Seq = s.nextJob
	job.ID = nthID(job.Seq, jobSalt)
	job.Inserted = s.Now()
	job.Dated = job.Inserted
	if s.Dating != nil {
		job.Dated = s.Dating(job.Seq, job.Inserted)
	}
	if err := os.MkdirAll(s.jobDir(&job), 0o700); err != nil {
		return nil, fmt.Errorf("storing job: %w", err)
	}
	if err := s.writeJob(&job); err != nil {
		return nil, err
	}
	s.nextJob++
	s.jobs[job.ID] = &job
	s.jobSeq = append(s.jobSeq, job.ID)
	s.announceChange()
	return &job, nil
}

// UpdateJob changes a copy of the record and stores it. An error of change leaves the record as it was and is
// returned.
func (s *Store) UpdateJob(id string, change func(*Job) error) (*Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, ok := s.jobs[id]
	if !ok {
		return nil, ErrNotFound
	}
	job := old.clone()
	if err := change(job); err != nil {
		return nil, err
	}
	if err := s.writeJob(job); err != nil {
		return nil, err
	}
	s.jobs[id] = job
	s.announceChange()
	return job, nil
}

// DeleteJob marks the job as deleted and removes the folders of its runs. Its output files go with it.
func (s *Store) DeleteJob(id string, check func(*Job) error) error {
	job, err := s.UpdateJob(id, func(j *Job) error {
		if err := check(j); err != nil {
			return err
		}
		j.Deleted = s.Now()
		return nil
	})
	if err != nil {
		return err
	}
	for _, output := range job.Outputs() {
		if err := s.DeleteFile(output); err != nil {
			return err
		}
	}
	for i := range job.Runs {
		if err := os.RemoveAll(s.RunDir(job, i+1)); err != nil {
			return err
		}
	}
	return nil
}

// RunDir is the folder of the job's nth run.
func (s *Store) RunDir(job *Job, n int) string {
	return filepath.Join(s.jobDir(job), "run"+strconv.Itoa(n))
}

func (s *Store) jobDir(job *Job) string {
	return filepath.Join(s.dir, "jobs", recordName(job.Seq, job.ID))
}

func (s *Store) writeJob(job *Job) error {
	if err := writeJSON(filepath.Join(s.jobDir(job), "job.json"), job); err != nil {
		return fmt.Errorf("storing job %s: %w", job.ID, err)
	}
	return nil
}
