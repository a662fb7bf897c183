package cluster

import (
	"errors"
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
	recordErr := r.record(func(record *disk.Run) {
		record.Outputs, record.Process = append(slices.Clone(record.Outputs), ids...), nil
		record.Ended, record.ExitCode = r.c.cfg.Store.Now(), &exit
	})
	return errors.Join(err, recordErr, r.clear())
}

func (r *run) collect() (results []workdir.Result, err error) {
	temp := r.c.cfg.Store.TempFile
	if r.staged != nil { // otherwise no command ran, and the folder holds only inputs
		results, err = workdir.Collect(r.work, r.staged, []string{LogName}, temp)
		beside, besideErr := workdir.CollectBeside(r.work, r.links(), temp)
		results, err = append(results, beside...), errors.Join(err, besideErr)
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
		StorageKey: disk.OutputKey(r.job, r.number, result.Rel),
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
