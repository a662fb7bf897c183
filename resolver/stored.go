package resolver

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// variables returns both sides of the variables of env. A body has others too: of this tool, of secrets and of
// licenses. The present manifest says which is which.
func (t tileComparison) variables() (was, now side) {
	was, now = make(side), make(side)
	if t.now != nil {
		for name, value := range t.now.EnvVars {
			if field := t.at() + "env " + name; t.written[field] != "" {
				now[field] = hashText(value)
			}
		}
	}
	switch {
	case t.was == nil:
		return was, now
	case !tellsVariables(*t.was):
		return nil, nil
	}
	for name, value := range t.was.EnvVars {
		if field := t.at() + "env " + name; !t.foreign(name, value) {
			was[field] = undisclosed
			if t.now != nil && alike(value, t.now.EnvVars[name]) && now[field] != "" {
				was[field] = now[field]
			}
		}
	}
	return was, now
}

// foreign reports whether a stored variable is, or may be, none of env.
func (t tileComparison) foreign(name, value string) bool {
	switch {
	case strings.HasPrefix(name, "RESCALE_"), slices.Contains(t.like.Secrets, name):
		return true
	case t.written[t.at()+"env "+name] != "":
		return false
	case t.now == nil:
		return licensing(name, value)
	}
	_, set := t.now.EnvVars[name] // as a license server
	return set || licensing(name, value)
}

// licensing reports whether a variable may name a license server, as PORT@HOST. The
// manifest may no longer have it, and another license is not another content.
func licensing(name, value string) bool {
	return strings.Contains(strings.ToUpper(name), "LICENSE") || strings.Contains(value, "@")
}

// inputs returns both sides of the files that the command reads, by their names.
func (t tileComparison) inputs() (was, now side) {
	was, now = make(side), make(side)
	if t.was != nil && t.was.InputFiles == nil {
		return nil, nil
	}
	wanted := t.uses(spec.ForCommand)
	for _, in := range wanted {
		give(now, t.at()+"input "+in.Called(), in.Identity())
	}
	if t.was != nil {
		t.storedInputs(wanted, was, now)
	}
	return was, now
}

// storedInputs adds the files of the stored job to a side.
func (t tileComparison) storedInputs(wanted []files.Input, was, now side) {
	counterpart, nameless := counterparts(wanted), false
	for _, f := range t.was.InputFiles {
		in := counterpart(f)
		switch {
		case in != nil && (in.ID != "" && in.ID == f.ID || in.Load == files.OneFile):
			give(was, t.at()+"input "+in.Called(), identity(f, in))
		case t.taken(f, in):
		case f.Name == "":
			nameless = true
		default:
			give(was, t.at()+"input "+f.Name, identity(f, in))
		}
	}
	for field := range now {
		if _, found := was[field]; nameless && !found {
			was[field] = "" // a file without a name may be it
		}
	}
}

// give sets a field. Two files with one name cannot be told apart.
func give(s side, field, value string) {
	if _, twice := s[field]; twice {
		value = ""
	}
	s[field] = value
}

// uses returns the files of the manifest that the tile uses in a certain way.
func (t tileComparison) uses(use spec.Use) (list []files.Input) {
	for _, in := range t.like.Inputs {
		if t.now != nil && in.Tile == t.tile && in.Use == use {
			list = append(list, in)
		}
	}
	return list
}

// counterparts returns the input of the manifest that a stored file is compared with: the
// same file, else one of that name; nil when there is none.
func counterparts(list []files.Input) func(rescale.TileFile) *files.Input {
	byID, byName := make(map[string]*files.Input), make(map[string]*files.Input, len(list))
	for i, in := range list {
		byName[in.Name] = &list[i]
		if in.ID != "" {
			byID[in.ID] = &list[i]
		}
	}
	return func(f rescale.TileFile) *files.Input { return cmp.Or(byID[f.ID], byName[f.Name]) }
}

// taken reports whether a stored file is a result of another job that the manifest does
// not name. An input with id can be a result as well: the manifest then has it.
func (t tileComparison) taken(f rescale.TileFile, in *files.Input) bool {
	switch {
	case len(t.needs) == 0 || in != nil && in.Path == "":
		return false
	case f.Type == 0:
		return in == nil
	}
	return f.Type == rescale.OutputFile
}

// identity returns that of a stored file, as [files.Input.Identity] writes it; empty when
// the body does not show the content. in is what it is compared with, or nil. If an
// archive has the same bytes, it has the same tree.
func identity(f rescale.TileFile, in *files.Input) string {
	was := files.Input{Path: "any", ID: f.ID, SHA512: f.SHA512, Decompress: true}
	switch {
	case in != nil && in.Path == "", in == nil && f.SHA512 == "":
		was.Path = ""
	case f.SHA512 == "":
		return ""
	case in != nil && f.SHA512 == in.SHA512:
		was.Archive, was.Load = in.Archive, in.Load
	}
	switch {
	case f.Decompress != nil:
		was.Decompress = *f.Decompress
	case in != nil:
		was.Decompress = in.Decompress
	}
	return was.Identity()
}

// scripts returns both sides of the scripts before and after the command, and what starts them.
func (t tileComparison) scripts() (was, now side) {
	was, now = make(side), make(side)
	t.script(spec.Before, was, now, func(tile *rescale.Tile) rescale.Script { return tile.PreProcess })
	t.script(spec.After, was, now, func(tile *rescale.Tile) rescale.Script { return tile.PostProcess })
	return was, now
}

func (t tileComparison) script(use spec.Use, was, now side, of func(*rescale.Tile) rescale.Script) {
	if t.was != nil && !of(t.was).Known {
		return
	}
	field, command := t.at()+string(use)+" ", t.at()+string(use)+".command"
	var in *files.Input
	for _, script := range t.uses(use) {
		in = &script
		now[field+in.Name] = in.Identity()
		now[command] = hashText(of(t.now).Command)
	}
	if t.was == nil || of(t.was).File.ID == "" {
		return
	}
	stored := of(t.was)
	was[command] = t.text(stored.Command, func(now *rescale.Tile) string { return of(now).Command })
	switch name := stored.File.Name; {
	case in != nil && (name == "" || name == in.Name):
		was[field+in.Name] = identity(rescale.TileFile{File: stored.File}, in)
	case name != "":
		was[field+name] = identity(rescale.TileFile{File: stored.File}, nil)
	}
}

// sweep returns both sides of what makes runs: the table, which the first tile stands for,
// and the templates.
func (t tileComparison) sweep() (was, now side) {
	was, now = make(side), make(side)
	tables, templates := t.uses(spec.ForRuns), t.uses(spec.ForEach)
	for _, in := range slices.Concat(tables, templates) {
		now[t.at()+string(in.Use)+" "+in.Called()] = in.Identity()
	}
	if t.tile == 0 {
		t.params(tables, was, now)
	}
	if t.was == nil {
		return was, now
	}
	for _, in := range templates {
		if t.was.Templates == nil {
			was[t.at()+string(spec.ForEach)+" "+in.To] = ""
		}
	}
	for _, stored := range t.was.Templates {
		i := slices.IndexFunc(templates, func(in files.Input) bool { return in.To == stored.To })
		was[t.at()+string(spec.ForEach)+" "+stored.To] = content(stored.File, templates, i)
	}
	return was, now
}

// params adds the table of the stored job.
func (t tileComparison) params(tables []files.Input, was, now side) {
	field := string(spec.ForRuns) + " "
	switch stored := t.stored.Params; {
	case !stored.Known:
		for name := range now {
			if strings.HasPrefix(name, field) {
				was[name] = ""
			}
		}
	case stored.File.ID != "":
		i := slices.IndexFunc(tables, func(in files.Input) bool { return stored.File.Name == "" || in.Name == stored.File.Name })
		name := stored.File.Name
		if i >= 0 {
			name = tables[i].Name
		}
		was[field+name] = content(stored.File, tables, i)
	}
}

// content returns the identity of a stored file that is compared with the ith of some
// inputs, or with none of them.
func content(f rescale.File, list []files.Input, i int) string {
	if i < 0 {
		return identity(rescale.TileFile{File: f}, nil)
	}
	return identity(rescale.TileFile{File: f}, &list[i])
}
