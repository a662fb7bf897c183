package cluster

import (
	"errors"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
	"github.com/rescale-apply/rescale-apply/internal/emulator/workdir"
)

// register makes files of the log and of everything that the commands wrote, and removes the run's folder.
func (r *run) register() error {
	results, err := r.collect()
	var ids []string
	for _, result := range results {
		id, addErr := r.add(result)
		if addErr != nil {
			err = errors.Join(err, addErr)
			continue
		}
		ids = append(ids, id)
	}
	exit := r.exit
	_, updateErr := r.c.cfg.Store.UpdateJob(r.life.id, func(j *disk.Job) error {
		j.Outputs = ids
		j.Process = nil
		j.Ended = r.c.cfg.Store.Now()
		j.ExitCode = &exit
		return nil
	})
	return errors.Join(err, updateErr, os.RemoveAll(r.dir))
}

func (r *run) collect() (results []workdir.Result, err error) {
	temp := r.c.cfg.Store.TempFile
	if r.staged != nil { // otherwise no command ran, and the folder holds only inputs
		results, err = workdir.Collect(r.work, r.staged, []string{LogName}, temp)
	}
	log, logErr := workdir.CollectFile(r.dir, LogName, temp)
	if logErr == nil {
		results = append(results, log)
	}
	return results, errors.Join(err, logErr)
}

func (r *run) add(result workdir.Result) (id string, err error) {
	file, err := r.c.cfg.Store.AddFile(disk.File{
		Owner: r.job.Owner, Name: path.Base(result.Rel), TypeID: disk.TypeOutput, Size: result.Size, SHA512: result.SHA512,
		Rel: result.Rel, Job: r.job.ID, Text: IsText(result.Rel, result.Size),
		StorageKey: disk.UserFolder(r.job.Owner) + "/output/job_" + r.job.ID + "/run1/" + result.Rel,
	}, result.Content)
	if err != nil {
		return "", err
	}
	return file.ID, nil
}

var textEndings = []string{".log", ".txt", ".csv", ".out", ".dat", ".json", ".yaml", ".yml", ".sh", ".py", ".md", ".xml", ".inp", ".k"}

// IsText guesses whether the platform's web page would show the file.
func IsText(name string, size int64) bool {
	return size <= 1<<20 && slices.Contains(textEndings, strings.ToLower(path.Ext(name)))
}
