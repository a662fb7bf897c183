package body

import (
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/jsontext"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	fields "github.com/rescale-apply/rescale-apply/spec/body"
)

// tile reads an entry of jobanalyses.
func (r *reader) tile(job *convert.Job, tile *convert.Tile, v jsontext.Value) {
	if v.Kind != jsontext.Object {
		r.wrong(v.Pos, "an entry of jobanalyses", "an object")
		return
	}
	r.license(tile, v)
	flags, _ := v.Member("flags")
	hardware, there := v.Member("hardware")
	tile.Interactive = desktop(flags, hardware)
	for _, m := range v.Members {
		r.tileField(job, tile, m)
	}
	if tile.Code == "" {
		r.list.Add(v.Pos, diag.MissingKey, `write "analysis": {"code": "…"}`, "the software is missing: analysis.code")
	}
	if !there {
		r.list.Add(v.Pos, diag.MissingKey, `write "hardware": {"coreType": "…", "coresPerSlot": 1}`, "the hardware is missing")
	}
	if strings.TrimSpace(tile.Command) == "" && !tile.Interactive {
		at, _ := v.Member("command")
		r.found.Warn(at.Pos, "", `the command is empty: ":" does nothing either, and the platform takes it`)
		tile.Command = ":"
	}
	r.scripts(tile, v)
}

// desktop reports whether a tile is what interactive: true sends, which needs a walltime.
func desktop(flags, hardware jsontext.Value) bool {
	forever, _ := flags.Member("runForever")
	unchecked, _ := flags.Member("igCv")
	kind, _ := hardware.Member("type")
	walltime, _ := hardware.Member("walltime")
	hours, _ := walltime.Float()
	return forever.Is(true) && unchecked.Is(true) && kind.Is("interactive") && hours > 0
}

func (r *reader) tileField(job *convert.Job, tile *convert.Tile, m jsontext.Member) {
	switch m.Name {
	case "useRescaleLicense", "onDemandLicenseSeller", "userDefinedLicenseSettings",
		"preProcessScript", "postProcessScript", "preProcessScriptCommand", "postProcessScriptCommand":
	case "analysis":
		r.analysis(tile, m)
	case "command":
		tile.Command = r.word(m)
	case "hardware":
		r.hardware(tile, m)
	case "envVars":
		r.found.Environment(job, tile, r.variables(m.Value, m.Name))
	case "inputFiles":
		r.inputs(tile, m)
	case "flags":
		r.flags(tile, m)
	case "templateTasks":
		r.templates(tile, m)
	case "useMpi", "useMPI":
		r.dropped(m, "the platform no longer reads it")
	case "id", "order", "jobId":
	default:
		r.otherTileField(tile, m)
	}
}

// otherTileField reads a field without a key of its own.
func (r *reader) otherTileField(tile *convert.Tile, m jsontext.Member) {
	level, known := fields.Home(m.Name)
	switch {
	case unsaid(m.Value):
	case known && level == fields.Analysis:
		tile.Extra = append(tile.Extra, convert.Member{Name: m.Name, Value: m.Plain()})
	default:
		r.unknown(m, "analysis")
	}
}

func (r *reader) analysis(tile *convert.Tile, m jsontext.Member) {
	for _, field := range m.Members {
		switch field.Name {
		case "code":
			tile.Code = strings.TrimSpace(r.word(field))
		case "version":
			tile.Version = strings.TrimSpace(r.word(field))
		case "name", "versionName", "id", "type":
		default:
			r.unknown(field, "software")
		}
	}
}

func (r *reader) hardware(tile *convert.Tile, m jsontext.Member) {
	for _, field := range m.Members {
		switch field.Name {
		case "coreType":
			tile.Hardware.CoreType = r.coreType(field)
		case "coresPerSlot":
			tile.Hardware.CoresPerSlot = r.count(field)
		case "slots":
			tile.Hardware.Slots = r.count(field)
		case "walltime":
			r.walltime(tile, field)
		case "type":
			if word := r.word(field); word != "" && word != "compute" && !tile.Interactive {
				tile.ExtraHardware(field.Name, word)
			}
		case "cores", "numOfNodes", "coreSummary":
		case "isReusable":
			if on, _ := field.Truth(); on {
				tile.ExtraHardware(field.Name, true)
			}
		default:
			r.unknown(field, "hardware")
		}
	}
	r.complete(tile, m)
}

// complete reports what no manifest can leave out.
func (r *reader) complete(tile *convert.Tile, m jsontext.Member) {
	if tile.Hardware.CoreType == "" {
		r.list.Add(m.Value.Pos, diag.MissingKey, `write "coreType": "emerald"`, "the core type is missing: hardware.coreType")
	}
	if tile.Hardware.CoresPerSlot == 0 {
		r.list.Add(m.Value.Pos, diag.MissingKey, `write "coresPerSlot": 1`, "the number of cores is missing: hardware.coresPerSlot")
	}
}

// coreType reads the code, which v3 wraps in an object.
func (r *reader) coreType(m jsontext.Member) string {
	code := m.Value
	if code.Kind == jsontext.Object {
		code, _ = code.Member("code")
	}
	word, ok := code.Words()
	if !ok {
		r.wrong(m.Value.Pos, "coreType", "a text or an object with a code")
	}
	return strings.TrimSpace(word)
}

// count reads a number of 1 or more; 0 stands for none.
func (r *reader) count(m jsontext.Member) int {
	n, ok := m.Int()
	if !ok || n < 0 || n > 1_000_000 {
		r.wrong(m.Value.Pos, m.Name, "a whole number of 1 or more")
		return 1
	}
	return n
}

// longUsual is the longest walltime in hours that clients send.
const longUsual = 336

func (r *reader) walltime(tile *convert.Tile, m jsontext.Member) {
	hours, ok := m.Float()
	if !ok || hours < 0 {
		r.wrong(m.Value.Pos, m.Name, "a number of hours")
		return
	}
	if hours > longUsual {
		r.found.Warn(m.Value.Pos, "where it means seconds, divide it by 3600", "walltime is in hours, and %v are more than two weeks", m.Scalar)
	}
	tile.Hardware.Walltime = convert.Hours(hours)
}

func (r *reader) inputs(tile *convert.Tile, m jsontext.Member) {
	for _, item := range r.listed(m) {
		id := r.idOf(item, m.Name)
		if id == "" {
			r.list.Add(item.Pos, diag.MissingKey, "", "an input has no id")
			continue
		}
		in := convert.Input{ID: id}
		if name, ok := item.Member("name"); ok {
			in.Note, _ = name.Words()
		}
		if unpack, given := item.Member("decompress"); given {
			on, ok := unpack.Truth()
			if !ok {
				r.wrong(unpack.Pos, "decompress", "true or false")
			}
			in.Packed = !on
		}
		tile.Inputs = append(tile.Inputs, in)
	}
}

// flags keeps all but what interactive: says.
func (r *reader) flags(tile *convert.Tile, m jsontext.Member) {
	if m.Kind != jsontext.Object && !m.Empty() {
		r.wrong(m.Value.Pos, m.Name, "an object")
	}
	rest, _ := m.Plain().(convert.Map)
	var kept convert.Map
	for _, flag := range rest {
		if !(tile.Interactive && (flag.Name == "runForever" || flag.Name == "igCv")) {
			kept = append(kept, flag)
		}
	}
	if len(kept) > 0 {
		tile.Extra = append(tile.Extra, convert.Member{Name: m.Name, Value: kept})
	}
}

func (r *reader) templates(tile *convert.Tile, m jsontext.Member) {
	var tasks []any
	for _, item := range r.listed(m) {
		if item.Kind != jsontext.Object {
			r.wrong(item.Pos, "a task of "+m.Name, "an object")
			continue
		}
		task, _ := item.Plain().(convert.Map)
		for i := range task {
			task[i].Value = onlyID(task[i].Name, task[i].Value)
		}
		tasks = append(tasks, task)
	}
	if len(tasks) > 0 {
		tile.Extra = append(tile.Extra, convert.Member{Name: m.Name, Value: tasks})
	}
}

// scripts reads both scripts with their commands.
func (r *reader) scripts(tile *convert.Tile, v jsontext.Value) {
	for i, into := range []*convert.Script{&tile.PreProcess, &tile.PostProcess} {
		name := []string{"preProcessScript", "postProcessScript"}[i]
		if file, given := v.Member(name); given {
			into.ID = r.idOf(file, name)
		}
		command, given := v.Member(name + "Command")
		text, ok := command.Words()
		switch {
		case !ok:
			r.wrong(command.Pos, name+"Command", "a text")
		case given && into.ID == "" && strings.TrimSpace(text) != "":
			r.found.Warn(command.Pos, "run it in the command itself", "%sCommand is left out: there is no script that it starts", name)
		case into.ID != "" && strings.TrimSpace(text) != "":
			into.Command = text
		case into.ID != "":
			r.list.Add(v.Pos, diag.MissingKey, "", "%s has no command that starts it: %sCommand", name, name)
		}
	}
}
