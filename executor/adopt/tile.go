package adopt

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// tile is the work on one software that both have.
type tile struct {
	*comparison
	at    string // begins its fields
	index int
	was   rescale.Tile
	now   rescale.JobAnalysis
}

// codes compares what every tile has.
func (t tile) codes() {
	t.differs(t.at+"analysis", t.was.AnalysisCode, t.now.Analysis.Code)
	t.differs(t.at+"version", t.was.VersionCode, t.now.Analysis.Version)
	t.differs(t.at+"coreType", t.was.CoreType, t.now.Hardware.CoreType)
	t.differs(t.at+"coresPerSlot", strconv.Itoa(t.was.CoresPerSlot), strconv.Itoa(t.now.Hardware.CoresPerSlot))
	t.differs(t.at+"slots", strconv.Itoa(max(1, t.was.Slots)), strconv.Itoa(max(1, t.now.Hardware.Slots)))
	t.text("command", t.was.Command, t.now.Command)
}

// text compares two commands. The platform may drop blanks around them.
func (t tile) text(field, was, now string) {
	if does(was) != does(now) {
		t.differs(t.at+field, hash(was), hash(now))
	}
}

// does returns what a command runs; empty for one that only fills a field that must not be
// blank (rescale-api.md §6.2).
func does(command string) string {
	if command = strings.TrimSpace(command); command == ":" {
		return ""
	}
	return command
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// variables compares those of env. A body has others too: of the platform, of this tool,
// of secrets and of licenses.
func (t tile) variables() {
	for _, name := range slices.Sorted(maps.Keys(t.now.EnvVars)) {
		field := t.at + "env " + name
		value, set := t.was.EnvVars[name]
		switch part := t.written[field]; {
		case part == "": // of a license
		case !set:
			t.differs(field, "", part)
		case value != t.now.EnvVars[name]:
			t.differs(field, undisclosed, part)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.was.EnvVars)) {
		if _, wanted := t.now.EnvVars[name]; !wanted && !t.foreign(name) {
			t.differs(t.at+"env "+name, undisclosed, "")
		}
	}
}

// foreign reports whether a stored variable is none of env.
func (t tile) foreign(name string) bool {
	return strings.HasPrefix(name, "RESCALE_") || slices.Contains(t.job.Secrets, name) || licensing(name, t.was.EnvVars[name])
}

// servers is how license servers are named: PORT@HOST, one or several.
var servers = regexp.MustCompile(`^\d*@[\w.-]+([:;,]\s*\d*@[\w.-]+)*$`)

// licensing reports whether a variable names a license server: another license is not
// another content.
func licensing(name, value string) bool {
	return strings.Contains(strings.ToUpper(name), "LICENSE") || servers.MatchString(strings.TrimSpace(value))
}

// inputs compares the files that the command reads, in whatever order.
func (t tile) inputs() {
	var wanted []files.Input
	for _, in := range t.job.Inputs {
		if in.Tile == t.index && in.Use == spec.ForCommand {
			wanted = append(wanted, in)
		}
	}
	if t.was.InputFiles == nil {
		for _, in := range wanted {
			t.unknown(t.at+"input "+in.Name, "the platform does not say which inputs it has")
		}
		return
	}
	var left []rescale.TileFile
	for _, f := range t.was.InputFiles {
		f.File = t.whole(f.File)
		left = append(left, f)
	}
	wanted, left = unequal(wanted, left)
	for _, in := range wanted {
		field := t.at + "input " + in.Name
		i := slices.IndexFunc(left, func(f rescale.TileFile) bool { return f.ID == in.ID && in.Path == "" || f.Name == in.Name })
		if i < 0 {
			t.differs(field, "", in.Identity())
			continue
		}
		t.input(field, in, left[i])
		left = slices.Delete(left, i, i+1)
	}
	for _, f := range left {
		t.differs(t.at+"input "+named(f.File), "id:"+f.ID, "")
	}
}

// unequal leaves out the files that both have.
func unequal(wanted []files.Input, stored []rescale.TileFile) (others []files.Input, left []rescale.TileFile) {
	for _, in := range wanted {
		i := slices.IndexFunc(stored, func(f rescale.TileFile) bool { return same(in, f.File) && in.Decompress == unpacked(f) })
		if i < 0 {
			others = append(others, in)
			continue
		}
		stored = slices.Delete(stored, i, i+1)
	}
	return others, stored
}

// input says how a file differs from the stored one that has its id or its name.
func (t tile) input(field string, in files.Input, f rescale.TileFile) {
	switch {
	case same(in, f.File):
		t.differs(field, "id:"+f.ID+packing(unpacked(f)), "id:"+f.ID+packing(in.Decompress))
	case in.Path == "":
		t.differs(field, "id:"+f.ID, in.Identity())
	case f.SHA512 == "":
		t.unknown(field, "the platform has no checksum of file %s, so that nobody knows its content", f.ID)
	default:
		t.differs(field, "sha512:"+f.SHA512, in.Identity())
	}
}

// same reports whether a stored file is an input: by its id, or by its name and content.
func same(in files.Input, f rescale.File) bool {
	if in.Path == "" {
		return f.ID == in.ID
	}
	return f.Name == in.Name && f.SHA512 != "" && strings.EqualFold(f.SHA512, in.SHA512)
}

// unpacked reports whether the platform unpacks a file; it does unless the body says no.
func unpacked(f rescale.TileFile) bool { return f.Decompress == nil || *f.Decompress }

func packing(unpacked bool) string {
	if unpacked {
		return " unpacked"
	}
	return " packed"
}

// whole adds to a file what its own record says.
func (c *comparison) whole(f rescale.File) rescale.File {
	record, read := c.files[f.ID]
	if !read {
		return f
	}
	if f.Name == "" {
		f.Name = record.Name
	}
	if f.SHA512 == "" {
		f.SHA512 = record.SHA512
	}
	return f
}

func named(f rescale.File) string {
	if f.Name == "" {
		return f.ID
	}
	return f.Name
}

// scripts compares what runs before and after the command.
func (t tile) scripts() {
	t.script(spec.Before, t.was.PreProcess, t.now.PreProcessScriptCommand)
	t.script(spec.After, t.was.PostProcess, t.now.PostProcessScriptCommand)
}

func (t tile) script(use spec.Use, was rescale.Script, command string) {
	i := slices.IndexFunc(t.job.Inputs, func(in files.Input) bool { return in.Tile == t.index && in.Use == use })
	stored := t.whole(was.File)
	field := t.at + string(use) + " "
	switch {
	case i < 0 && stored.ID == "":
		return
	case i < 0:
		t.differs(field+named(stored), "id:"+stored.ID, "")
		return
	}
	in := t.job.Inputs[i]
	field += in.Name
	switch {
	case !was.Known:
		t.unknown(field, "the platform does not say which script it has")
		return
	case stored.ID == "":
		t.differs(field, "", in.Identity())
		return
	case !same(in, stored):
		t.input(field, in, rescale.TileFile{File: stored})
	}
	t.text(string(use)+".command", was.Command, command)
}
