package sge

import (
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// analyses gives the tile its software. Several with = are several tiles: the first has the
// inputs and runs the script.
func (r *reader) analyses(tile convert.Tile, sge fallback) []convert.Tile {
	codes := r.all("RESCALE_ANALYSIS")
	if len(codes) == 0 {
		tile.Code, tile.Version = sge.code, sge.version
		switch {
		case sge.module:
			tile.Notes = tile.Notes.Note("analysis.code", "the module that the script loads")
		case sge.code == "":
			tile.Code = usualCode
			tile.Notes = tile.Notes.Note("analysis.code", "the script names none; clients take this one")
		}
		codes = []directive{{value: tile.Code, equals: true, pos: r.top}}
	}
	var tiles []convert.Tile
	for i, d := range codes {
		t := convert.Tile{Hardware: tile.Hardware, License: tile.License, Env: tile.Env, Command: ":"}
		if i == 0 {
			t = tile
		}
		if i > 0 && !d.equals {
			r.list.Add(d.pos, convert.NotSaid, "with = there may be several: #RESCALE_ANALYSIS="+d.value, "RESCALE_ANALYSIS is there twice, and Interlink takes one")
		}
		t.Code = d.value
		if version := r.version(codes, i); version != "" {
			t.Version = version
		}
		if t.Version == "" {
			t.Notes = t.Notes.Note("analysis", "the script names no version: the newest")
		}
		tiles = append(tiles, t)
	}
	if len(tiles) > 1 {
		r.found.Warn(codes[1].pos, "move command: to the analysis that it is for", "several analyses: the script runs in the first, and the others do nothing")
	}
	return tiles
}

// version returns the version of the i-th software: that of the lines up to the next one,
// or the i-th where all versions follow all software.
func (r *reader) version(codes []directive, i int) string {
	versions := r.all("RESCALE_ANALYSIS_VERSION")
	if len(codes) == 1 {
		return r.text("RESCALE_ANALYSIS_VERSION")
	}
	between := slices.ContainsFunc(versions, func(v directive) bool { return v.pos.Line < codes[len(codes)-1].pos.Line })
	if !between {
		if i < len(versions) {
			return versions[i].value
		}
		return ""
	}
	for _, v := range versions {
		if v.pos.Line > codes[i].pos.Line && (i+1 == len(codes) || v.pos.Line < codes[i+1].pos.Line) {
			return v.value
		}
	}
	return ""
}

// environment reads the variables: with = those of one name are joined with colons, with a
// blank the last one counts.
func (r *reader) environment(job *convert.Job, tile *convert.Tile) {
	var given []convert.Given
	for _, d := range r.directives {
		name, ok := strings.CutPrefix(d.name, "RESCALE_ENV_")
		if !ok {
			continue
		}
		switch at := slices.IndexFunc(given, func(v convert.Given) bool { return v.Name == name }); {
		case d.value == "":
			r.found.Warn(d.pos, "", "%s is left out: it has no value", diag.Short(d.name))
		case at < 0:
			given = append(given, convert.Given{Pos: d.pos, Variable: convert.Variable{Name: name, Value: d.value}})
		case d.equals:
			given[at].Value += ":" + d.value
		default:
			r.found.Warn(given[at].Pos, "", "%s is left out: the one of line %d counts", d.name, d.pos.Line)
			given[at].Value, given[at].Pos = d.value, d.pos
		}
		if d.equals && strings.Contains(d.value, "=") {
			r.found.Warn(d.pos, "", "%s ends at the first =; rescale-cli takes all up to the last for its name", diag.Short(d.name))
		}
	}
	r.found.Environment(job, tile, given)
}

// inputs are the script itself and files that are on the platform.
func (r *reader) inputs(tile *convert.Tile) {
	if r.file == "-" {
		r.list.Add(r.top, convert.NotSaid, "save the script, and convert its file", "a script from standard input has no path, and it is an input of its job")
		return
	}
	own := convert.Input{Path: filepath.Base(r.file), As: runAs}
	if own.Path == runAs {
		own.As = ""
	}
	if strings.ContainsAny(own.Path, "*?[]{}") {
		r.list.Add(r.top, diag.BadGlob, "rename it", "%s has a character that a manifest takes for a pattern", diag.Short(own.Path))
	}
	tile.Inputs = append(tile.Inputs, own)
	files, _ := r.one("RESCALE_EXISTING_FILES")
	for _, id := range strings.FieldsFunc(files.value, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
		if !convert.IsID(id) {
			r.list.Add(files.at, diag.BadValue, "a file id has letters and digits only", "%q is no id of a file", diag.Short(id))
		}
		tile.Inputs = append(tile.Inputs, convert.Input{ID: id})
	}
	r.found.Warn(r.top, "name them: --inputs 'PATTERN'", "rescale-cli sends all files beside the script; the manifest has the script, and what --inputs names")
}

// runAs is what rescale-cli calls the script in the job.
const runAs = "run.sh"

var (
	outside  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*(module\s+load|source|\.)\s`) })
	absolute = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*/\S+/(\S+)`) })
)

// run is the command: the one that a directive gives, or the script.
func (r *reader) run(tile *convert.Tile) {
	if command := r.text("RESCALE_COMMAND"); command != "" {
		tile.Command = command
	} else {
		tile.Command = r.interpreter() + " " + runAs
	}
	for _, l := range r.commands {
		if outside().MatchString(l.text) {
			r.found.Warn(l.pos, "put # before it if the platform lacks it", "rescale-cli makes this line a comment; the script is sent as it is: %s", diag.Short(strings.TrimSpace(l.text)))
		}
		if m := absolute().FindStringSubmatch(l.text); m != nil {
			r.found.Warn(l.pos, "write "+m[1], "rescale-cli drops the folder of this program; the script is sent as it is: %s", diag.Short(strings.TrimSpace(l.text)))
		}
	}
	if r.crlf {
		r.found.Warn(r.top, "save it with line ends of Unix", "the lines of the script end in CRLF, and a shell takes the CR for a part of the command")
	}
}

// interpreter is what the first line of the script names, without its folder.
func (r *reader) interpreter() string {
	words := strings.Fields(r.shebang)
	if len(words) > 0 && path.Base(words[0]) == "env" {
		words = words[1:]
		for len(words) > 0 && strings.HasPrefix(words[0], "-") {
			words = words[1:]
		}
	}
	if len(words) == 0 {
		return "bash"
	}
	words[0] = path.Base(words[0])
	return strings.Join(words, " ")
}
