package approval

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/review"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/partial"
	"github.com/rescale-apply/rescale-apply/internal/content/reach"
	"github.com/rescale-apply/rescale-apply/internal/source"
	"github.com/rescale-apply/rescale-apply/resolver/files"
)

// File is a plan file: the plan as plan -o json prints it, and what a reviewer and a later
// apply must know besides.
type File struct {
	show.PlanJSON
	Platform   string        `json:"platform"`        // as the state names it
	Account    string        `json:"account"`         // e-mail address
	Source     source.Source `json:"source,omitzero"` // where the manifests come from, where that is known
	PlanDigest string        `json:"planDigest"`
}

// Header is what a plan file says besides the plan. PlanDigest is left to Write.
type Header struct {
	Platform, Account string
	Source            source.Source
}

// Place is where a plan file is to be written. The zero Place is nowhere.
type Place struct{ path string }

// Reserve makes sure that a plan can be written to a path before anything is asked for it,
// and overwrites no file that is none of ours. Until the plan is there, an empty file shows
// patterns of inputs that they would take it: see Named.
func Reserve(path string) (Place, error) {
	if path == "" {
		return Place{}, nil
	}
	if extension := strings.ToLower(filepath.Ext(path)); extension == ".yaml" || extension == ".yml" {
		return Place{}, options.Usage("--out "+path+": a folder of manifests would take it for one", "name it plan.json")
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	switch {
	case err == nil:
		return Place{path}, file.Close()
	case errors.Is(err, fs.ErrExist):
		return Place{path}, ours(path)
	}
	return Place{}, fmt.Errorf("writing the plan: %w", err)
}

// ours refuses a file that is no plan, or an empty one.
func ours(path string) error {
	if reach.IsLink(path) {
		return linked(path)
	}
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return nil
	}
	var text []byte
	if err == nil && info.Mode().IsRegular() {
		text, err = read(path)
	}
	switch {
	case err != nil:
		return fmt.Errorf("writing the plan: %w", err)
	case !review.IsPlan(text):
		return options.Usage("--out "+path+": it is there already, and is no plan", "give another name, such as plan.json")
	}
	return nil
}

// linked refuses a link: neither it nor the file behind it is ours to replace.
func linked(path string) error {
	return options.Usage("--out "+path+" names a link, and no file is replaced through one", "name the file itself")
}

// Named is the place, which no input may depend on.
func (p Place) Named() []files.Given { return named(p.path, "--out") }

// Release leaves no empty file behind where no plan was written.
func (p Place) Release() {
	if info, err := os.Lstat(p.path); p.path != "" && err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		_ = os.Remove(p.path) // nobody misses it
	}
}

// Write writes the plan in one go, without what hide removes. It holds no secret by what
// it is made of; the group may read it, as a pipeline keeps it for others.
func (p Place) Write(plan planner.Plan, header Header, hide func(string) string) error {
	if p.path == "" {
		return nil
	}
	if job := p.inputOf(plan); job != "" {
		return options.Usage("--out "+p.path+": it is an input of job "+job, "give another name")
	}
	if reach.IsLink(p.path) { // by now
		return linked(p.path)
	}
	file := File{
		PlanJSON: show.PlanOf(plan), Platform: header.Platform, Account: header.Account, Source: header.Source,
		PlanDigest: review.Of(plan, header.Platform, header.Account).Digest(),
	}
	var out bytes.Buffer
	if err := show.WriteJSON(&out, file); err != nil {
		return err
	}
	text := []byte(hide(out.String()))
	if _, err := review.Parse(text); err != nil {
		return unreadable(out.Bytes(), err)
	}
	return partial.Write(p.path, partial.Announced{Digest: content.Digest{Size: int64(len(text))}}, bytes.NewReader(text))
}

// unreadable says why no apply could read a plan: what hides secrets is at fault unless the
// text cannot be read with them, either.
func unreadable(text []byte, hidden error) error {
	if _, err := review.Parse(text); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return fmt.Errorf("writing the plan: the value of a secret is a part of a name in it: %w", hidden)
}

// inputOf returns a job that names the place as an input; empty when none does.
func (p Place) inputOf(plan planner.Plan) string {
	place, err := os.Stat(p.path)
	if err != nil {
		return ""
	}
	seen := make(map[string]bool) // paths that many points share
	same := func(path string) bool {
		if path == "" || seen[path] {
			return false
		}
		seen[path] = true
		info, err := os.Stat(path)
		return err == nil && os.SameFile(place, info)
	}
	for i := range plan.Steps {
		for _, in := range plan.Steps[i].Job.Inputs {
			if same(in.Path) {
				return plan.Steps[i].Job.Name
			}
		}
	}
	return ""
}
