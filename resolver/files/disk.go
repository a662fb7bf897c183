package files

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
)

// ownFolder is state and the local platform, which may be writing there now. It
// is not even looked into.
const ownFolder = "**/.rescale/**"

// disk is where the jobs of one apply find their inputs. It remembers what was
// found: the points of a sweep mostly mean the same files.
type disk struct {
	results map[string]bool // absolute folders that results are written to
	known   map[string]found
	read    map[string]*template // by path
	advised int                  // missing files for which a similar name was looked for
}

// found is what one entry of inputs means, and what is wrong with it. All of its
// positions are that of the entry's path.
type found struct {
	inputs   []Input
	problems diag.List
}

func newDisk(jobs []spec.Job) *disk {
	d := &disk{results: make(map[string]bool), known: make(map[string]found), read: make(map[string]*template)}
	for _, job := range jobs {
		if len(job.Outputs.Download) > 0 {
			d.results[absolute(job.ResultsPath())] = true
		}
	}
	return d
}

// written tells that a file is a result of one of the jobs. A pattern does not
// mean those, or a job would change by being run; unless it begins with the
// folder of the results, or names the file as it is. Begin is the folder that the
// pattern begins with, and dir that of the manifest.
func (d *disk) written(dir, begin string, file content.File) bool {
	own := absolute(dir)
	for folder := filepath.Dir(file.Path); ; folder = filepath.Dir(folder) {
		if d.results[folder] && !within(folder, begin) && folder != own {
			return true
		}
		if folder == filepath.Dir(folder) {
			return false
		}
	}
}

// maxAdvice bounds the search for similar names: a sweep can miss thousands of
// files, and people read the first.
const maxAdvice = 20

// nearby suggests a file of the same folder with almost the same name.
func (d *disk) nearby(dir, wanted string) string {
	if d.advised++; d.advised > maxAdvice {
		return ""
	}
	folder := path.Dir(filepath.ToSlash(wanted))
	entries, err := os.ReadDir(filepath.Join(dir, filepath.FromSlash(folder)))
	if err != nil {
		return fmt.Sprintf("there is no folder %s either; paths start at the folder of the manifest", folder)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, path.Join(folder, entry.Name()))
	}
	if near := diag.Nearest(wanted, names); len(near) > 0 {
		return diag.DidYouMean(wanted, near[:1])
	}
	return "paths start at the folder of the manifest"
}

func absolute(p string) string {
	if whole, err := filepath.Abs(p); err == nil {
		return whole
	}
	return p
}

// within tells that a path is a folder or in it.
func within(folder, p string) bool {
	rel, err := filepath.Rel(folder, p)
	return err == nil && filepath.IsLocal(rel)
}
