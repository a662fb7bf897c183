package api

import (
	"archive/zip"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// snapshot archives the work folder of a run that is going on, as one more output of it (rescale-api.md §8.5). The
// platform does so in the background; here it is done when the answer comes.
func snapshot(a *API, r *Request) (Answer, error) {
	if _, err := a.ownJob(r); err != nil {
		return Answer{}, err
	}
	job, root, err := a.openRun(r)
	if err != nil {
		return Answer{}, err
	}
	defer root.Close()
	n, err := strconv.Atoi(r.vars["run"])
	if err != nil {
		return Answer{}, err
	}
	file, content, err := a.archive(job, n, root.FS())
	if err != nil {
		return Answer{}, err
	}
	taken, err := a.Store.AddFile(file, content)
	if err != nil {
		return Answer{}, err
	}
	last := a.lastSnapshot(job.Runs[n-1].Outputs)
	_, err = a.Store.UpdateJob(job.ID, func(j *disk.Job) error {
		j.Runs[n-1].Outputs = append(slices.Clone(j.Runs[n-1].Outputs), taken.ID)
		return nil
	})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusOK, Body: map[string]any{
		"data": "", "exitcode": 0, "lastSnapshotID": last, "reason": "Generating snapshot.",
	}}, nil
}

// lastSnapshot is the id of the snapshot that was taken before, or null.
func (a *API) lastSnapshot(outputs []string) any {
	for _, id := range slices.Backward(outputs) {
		if file, ok := a.Store.File(id); ok && file.TypeID == disk.TypeSnapshot {
			return id
		}
	}
	return nil
}

// archive writes a zip of the folder's files, and describes it.
func (a *API) archive(job *disk.Job, n int, folder fs.FS) (file disk.File, content string, err error) {
	target, err := a.Store.TempFile()
	if err != nil {
		return disk.File{}, "", err
	}
	sum := sha512.New()
	err = errors.Join(zipFiles(io.MultiWriter(target, sum), folder), target.Close())
	if err != nil {
		return disk.File{}, "", errors.Join(err, os.Remove(target.Name()))
	}
	info, err := os.Stat(target.Name())
	if err != nil {
		return disk.File{}, "", err
	}
	name := "snapshot-" + time.Now().UTC().Format("20060102T150405.000") + ".zip"
	return disk.File{
		Owner: job.Owner, Name: name, TypeID: disk.TypeSnapshot, Size: info.Size(), SHA512: hex.EncodeToString(sum.Sum(nil)),
		Rel: name, Job: job.ID, StorageKey: disk.OutputKey(job, n, name),
	}, target.Name(), nil
}

// zipFiles packs what is a file of the folder now. What goes away meanwhile is left out.
func zipFiles(into io.Writer, folder fs.FS) error {
	archive := zip.NewWriter(into)
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !entry.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		source, err := folder.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer source.Close()
		member, err := archive.Create(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(member, source)
		return err
	})
	return errors.Join(err, archive.Close())
}
