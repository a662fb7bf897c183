package files

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/content"
	"github.com/rescale-apply/rescale-apply/internal/content/place"
	"github.com/rescale-apply/rescale-apply/internal/content/written"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec"
	"github.com/rescale-apply/rescale-apply/spec/lock"
)

// A pattern leaves out files that would change a job whenever it runs or is committed:
// files that rescale-apply wrote, the job's own texts, locks, and version control. That depends
// only on the job and the disk, never on which jobs are applied together. A path without
// wildcards means its file, whatever it is.

// versionControl returns the names of folders (and, for a git submodule, of a file) that
// hold no input.
func versionControl() []string { return append(place.VersionControl(), "CVS") }

// avoid returns patterns of what is not even looked into: state, the local platform,
// lists of results; and, unless the entry begins there, version control and former
// results.
func (f finder) avoid(in spec.Input) []string {
	list := []string{"**/.rescale/**", "**/" + written.Folder + "/**"}
	begin := content.Begin(in.Path.V)
	if info, err := os.Stat(below(f.dir, in.Path.V)); err == nil {
		begin = in.Path.V
		if !info.IsDir() {
			return list
		}
	}
	passed := strings.Split(filepath.ToSlash(begin), "/")
	for _, name := range append(versionControl(), written.Previous) {
		if !slices.Contains(passed, name) {
			list = append(list, name)
		}
	}
	return list
}

// pattern is an entry of inputs that may mean several files.
type pattern struct {
	spec.Value[string]
	begin string // absolute: the folder that it begins with
}

// own returns the job's own texts: its manifest, its table, its scripts.
func own(job spec.Job) []string {
	list := []string{filepath.Join(job.Dir, filepath.Base(job.File))}
	if job.Table != "" {
		list = append(list, job.Table)
	}
	for _, in := range job.Inputs {
		if in.Use != spec.ForCommand && in.Path.Written() {
			list = append(list, below(job.Dir, in.Path.V))
		}
	}
	return list
}

// below returns where a path of a manifest in dir is; an absolute path stays.
func below(dir, name string) string {
	if name = filepath.FromSlash(name); filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// reduce drops the matched files that a pattern does not mean. What only a person can
// decide is a problem.
func (f finder) reduce(ctx context.Context, p pattern, files []content.File) ([]content.File, error) {
	var kept, wrote []content.File
	for _, file := range files {
		trace := f.disk.lists.Trace(file.Path)
		switch flag := f.disk.given.flagOf(file); {
		case flag != "" && trace.Folder == "":
			f.problems.Add(p.Pos, diag.UnclearInput, fmt.Sprintf("exclude it: exclude: [%s]", file.Rel),
				"%q means %s, which %s of the command line names: what is an input must not depend on that", p.V, file.Rel, flag)
		case f.own.has(file), path.Base(file.Rel) == lock.Name:
		case trace.Folder == "" && trace.Damaged != "":
			f.problems.Add(p.Pos, diag.UnclearInput, "exclude it, or name it by its path; when it is no result, delete the list",
				"%q means %s, and the list of results in %s is damaged: it may be one of them", p.V, file.Rel,
				filepath.Join(trace.Damaged, written.Folder))
		case trace.Folder == "", f.begins(p.begin, trace.Folder):
			kept = append(kept, file)
		default:
			if err := f.doubt(ctx, p, file, trace); err != nil {
				return nil, err
			}
			wrote = append(wrote, file)
		}
	}
	if len(wrote) > 0 {
		f.notice(Notice{Kind: LeftOut, Pos: p.Pos, Message: leftOut(p.V, wrote)})
	}
	return kept, nil
}

func leftOut(pattern string, wrote []content.File) string {
	if len(wrote) == 1 {
		return fmt.Sprintf("%s leaves out %s, which rescale-apply wrote", pattern, wrote[0].Rel)
	}
	return fmt.Sprintf("%s leaves out %d files that rescale-apply wrote, such as %s", pattern, len(wrote), wrote[0].Rel)
}

// begins reports whether a pattern begins in a folder of results and so means its files.
// Every pattern begins in the folder of the manifest and in those above, so those do not
// count.
func (f finder) begins(begin, folder string) bool {
	return within(folder, f.disk.lists.Real(begin)) && !within(folder, f.disk.lists.Real(absolute(f.dir)))
}

// doubt refuses a file that rescale-apply wrote and that a person has made their own.
func (f finder) doubt(ctx context.Context, p pattern, file content.File, trace written.Trace) error {
	const hint = "exclude it, or name it by its path in an entry of its own"
	if len(trace.Files) == 0 || trace.Files[0].Kept() {
		return nil // what an interrupted download has left, or what is still being written
	}
	_, same, err := written.Match(ctx, f.disk.hasher, filepath.Join(trace.Folder, filepath.FromSlash(trace.Rel)), trace.Files)
	switch {
	case err != nil:
		return err
	case !same:
		f.problems.Add(p.Pos, diag.UnclearInput, hint,
			"%q means %s, %s that was changed since", p.V, file.Rel, origin(trace.Files[0]))
	case f.kept(ctx, trace):
		f.problems.Add(p.Pos, diag.UnclearInput, hint,
			"%q means %s, %s that is tracked by git", p.V, file.Rel, origin(trace.Files[0]))
	}
	return nil
}

// kept reports whether git tracks a file that rescale-apply wrote. Where git does not say,
// it is what it mostly is: a result.
func (f finder) kept(ctx context.Context, trace written.Trace) bool {
	tracked, err := f.disk.tracked(ctx, trace.Folder, trace.Rel)
	return tracked && err == nil
}

// origin says in words where a file comes from.
func origin(f written.File) string {
	if f.Run == "" {
		return fmt.Sprintf("a file that rescale-apply %s wrote", f.By)
	}
	return "a result of run " + f.Run
}

// keepSecret refuses to send the file of the API key, even when it is named.
func (f finder) keepSecret(in spec.Input, file content.File) {
	if f.disk.given.flagOf(file) == TokenFile {
		f.problems.Add(in.Path.Pos, diag.UnclearInput, "delete the entry", "%q is the file of %s: the key is sent to no job", in.Path.V, TokenFile)
	}
}

// TokenFile is the flag whose file is never an input.
const TokenFile = "--token-file"

// Given is a file that only the command line names.
type Given struct {
	Path string
	Flag string // such as --var-file
}

// known is a set of files that are recognized by identity, not by path.
type known []knownFile

type knownFile struct {
	flag string
	info os.FileInfo
}

// know identifies the files that exist.
func know(given []Given) known {
	var list known
	for _, g := range given {
		if info, err := os.Stat(g.Path); err == nil {
			list = append(list, knownFile{g.Flag, info})
		}
	}
	return list
}

func (k known) find(file content.File) (knownFile, bool) {
	for _, one := range k {
		if one.info.Size() != file.Size {
			continue
		}
		if info, err := os.Stat(file.Path); err == nil && os.SameFile(one.info, info) {
			return one, true
		}
	}
	return knownFile{}, false
}

func (k known) has(file content.File) bool {
	_, found := k.find(file)
	return found
}

func (k known) flagOf(file content.File) string {
	one, _ := k.find(file)
	return one.flag
}

// isPath reports whether an entry is the plain path of a file that it found.
func isPath(given string, file content.File) bool {
	return file.Rel == path.Clean(filepath.ToSlash(given)) || file.Path == filepath.Clean(filepath.FromSlash(given))
}
