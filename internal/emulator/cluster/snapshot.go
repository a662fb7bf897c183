package cluster

import (
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
	"github.com/rescale-apply/rescale-apply/internal/emulator/workdir"
)

// Snapshot archives the work folder of a job's nth run, as one more output of it. It returns the id of the snapshot
// that was taken before; empty: none.
func (c *Cluster) Snapshot(job *disk.Job, n int, folder fs.FS) (former string, err error) {
	file, content, err := c.archive(job, n, folder)
	if err != nil {
		return "", err
	}
	taken, err := c.cfg.Store.AddFile(file, content)
	if err != nil {
		return "", err
	}
	_, err = c.cfg.Store.UpdateJob(job.ID, func(j *disk.Job) error {
		j.Runs[n-1].Outputs = append(slices.Clone(j.Runs[n-1].Outputs), taken.ID)
		return nil
	})
	return c.lastSnapshot(job.Runs[n-1].Outputs), err
}

func (c *Cluster) lastSnapshot(outputs []string) string {
	for _, id := range slices.Backward(outputs) {
		if file, ok := c.cfg.Store.File(id); ok && file.TypeID == disk.TypeSnapshot {
			return id
		}
	}
	return ""
}

// archive writes a zip of the folder's files, and describes it.
func (c *Cluster) archive(job *disk.Job, n int, folder fs.FS) (file disk.File, content string, err error) {
	target, err := c.cfg.Store.TempFile()
	if err != nil {
		return disk.File{}, "", err
	}
	sum := sha512.New()
	err = errors.Join(workdir.Zip(io.MultiWriter(target, sum), folder), target.Close())
	if err != nil {
		return disk.File{}, "", errors.Join(err, os.Remove(target.Name()))
	}
	info, err := os.Stat(target.Name())
	if err != nil {
		return disk.File{}, "", err
	}
	name := "snapshot-" + c.cfg.Store.Now().UTC().Format("20060102T150405.000000") + ".zip"
	return disk.File{
		Owner: job.Owner, Name: name, TypeID: disk.TypeSnapshot, Size: info.Size(), SHA512: hex.EncodeToString(sum.Sum(nil)),
		Rel: name, Job: job.ID, StorageKey: disk.OutputKey(job, n, name),
	}, target.Name(), nil
}
