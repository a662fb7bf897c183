package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
	"github.com/rescale-apply/rescale-apply/internal/app/login"
	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/topics"
	"github.com/rescale-apply/rescale-apply/internal/app/workspace"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/schema"
	"github.com/rescale-apply/rescale-apply/spec"
)

// completes answers a completion script, and is false for every other command line. An
// answer that is lost is one that nobody reads any more.
func (t *tool) completes(args []string) bool {
	switch {
	case len(args) > 0 && args[0] == cmdline.CompleteCommand:
		done, last := cmdline.CompletedWords(args[1:])
		_ = cmdline.WriteCandidates(t.Out, t.completer().Complete(done, last))
	case len(args) == 3 && args[0] == cmdline.CompleteLineCommand:
		line := cmdline.ReadBash(args[1], args[2])
		_ = line.WriteReplies(t.Out, t.completer().Complete(line.Done, line.Last))
	default:
		return false
	}
	t.Flush()
	return true
}

// completer knows the words that the names in Args of commands stand for. It looks at
// files of this machine only.
func (t *tool) completer() options.Completer {
	return options.Completer{Commands: t.verbs(), Words: map[string]options.Words{
		"JOB":     t.jobWords,
		"NAME":    t.jobWords,
		"CODE":    t.codeWords,
		"KEY":     keyWords,
		"PROFILE": func(options.Place) []cmdline.Candidate { return plain(login.Profiles(t.env.Getenv)) },
		"TOPIC":   func(options.Place) []cmdline.Candidate { return plain(topics.Names()) },
	}}
}

func plain(values []string) (list []cmdline.Candidate) {
	for _, value := range values {
		list = append(list, cmdline.Candidate{Value: value})
	}
	return list
}

// keyWords are the keys of a manifest.
func keyWords(options.Place) (list []cmdline.Candidate) {
	for _, e := range schema.Reference() {
		list = append(list, cmdline.Candidate{Value: strings.ReplaceAll(e.Key, "[]", ""), Usage: diag.Line(e.Title)})
	}
	return list
}

// usualManifest is the one that is meant where none is named.
const usualManifest = "job.yaml"

// jobWords are the names of the jobs of the manifests.
func (t *tool) jobWords(place options.Place) []cmdline.Candidate {
	if w := t.silently(place); w != nil {
		return jobNames(w.Jobs)
	}
	return nil
}

// codeWords are the codes of the locks of the manifests.
func (t *tool) codeWords(place options.Place) (list []cmdline.Candidate) {
	w := t.silently(place)
	if w == nil {
		return nil
	}
	files, _ := w.Locks() // of one that is broken, nothing
	for _, file := range files {
		if file.Lock != nil {
			list = append(list, plain(file.Lock.Codes())...)
		}
	}
	return list
}

// silently loads the manifests; nil for what is broken. A person is in the middle of a
// line: nothing is shown of what is wrong, and nothing is read that could keep them
// waiting, as standard input.
func (t *tool) silently(place options.Place) *workspace.Workspace {
	m := place.Manifests
	if len(m.Files) == 0 {
		m.Files = []string{usualManifest}
	}
	for _, names := range [][]string{m.Files, m.VarFiles} {
		for i := range names {
			if names[i] = t.atHome(names[i]); names[i] == "-" || waits(names[i]) {
				return nil
			}
		}
	}
	silent := workspace.Surroundings{
		Stdin: strings.NewReader(""), Getenv: t.env.Getenv, Environ: t.env.Environ,
		Notice: func(string) {}, Warn: func(string) {},
	}
	w, err := silent.Load(options.Scope{Manifests: m})
	if err != nil {
		return nil
	}
	return w
}

// atHome is a path whose ~ the shell has left as it is, as in a line that is not run yet.
func (t *tool) atHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(t.env.Getenv("HOME"), rest)
	}
	return path
}

// waits is true for a pipe or a terminal, whose text may never come.
func waits(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular() && !info.IsDir()
}

// jobNames are the names that mean jobs: first those of whole jobs and matrices, which a
// limit must not cut off, then the points.
func jobNames(jobs []spec.Job) []cmdline.Candidate {
	points := make(map[string]int)
	for _, job := range jobs {
		points[job.Family]++
	}
	var whole, single []cmdline.Candidate
	for _, job := range jobs {
		if job.Name.V == job.Family {
			whole = append(whole, cmdline.Candidate{Value: job.Name.V, Usage: "job of " + diag.Line(job.File)})
			continue
		}
		if n := points[job.Family]; n > 0 {
			whole = append(whole, cmdline.Candidate{Value: job.Family, Usage: fmt.Sprintf("all %s of the matrix", humanize.Plural(n, "point"))})
			points[job.Family] = 0
		}
		single = append(single, cmdline.Candidate{Value: job.Name.V, Usage: "point of " + job.Family})
	}
	return append(whole, single...)
}
