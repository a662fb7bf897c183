package validate

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/emulator/catalog"
	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// Members of a tile that are stored and shown, with their defaults (§6.2).
var tileEcho = map[string]string{
	"flags": "{}", "onDemandLicenseSeller": "null", "userDefinedLicenseSettings": "null",
}

func (w World) tile(f form) disk.Tile {
	tile := disk.Tile{
		Env:               environment(f),
		UseRescaleLicense: f.flag("useRescaleLicense"),
		PreCommand:        f.text("preProcessScriptCommand", ""),
		PostCommand:       f.text("postProcessScriptCommand", ""),
		Inputs:            w.inputs(f),
		PreScript:         w.script(f, "preProcessScript"),
		PostScript:        w.script(f, "postProcessScript"),
		Templates:         w.templates(f),
		Echo:              f.echo(tileEcho),
	}
	version := w.analysis(f, &tile)
	w.hardware(f, version, &tile)
	readCommand(f, &tile)
	w.checkLicense(f, &tile)
	return tile
}

// readCommand takes an empty command for a desktop, which runs until it is stopped.
func readCommand(f form, tile *disk.Tile) {
	flags, _ := openForm(tile.Echo["flags"], &problems{}) // other shapes set no flag
	tile.Interactive = tile.HardwareType == "interactive" || flags.flag("runForever")
	raw, ok := f.optional("command")
	if tile.Interactive && ok && scalar(raw) == "" {
		return
	}
	tile.Command = f.requiredText("command")
	if !flags.flag("igCv") {
		checkAbaqus(f, tile)
	}
}

// analysis fills in the software. It returns nil when the version is not known.
func (w World) analysis(f form, tile *disk.Tile) *catalog.Version {
	raw, ok := f.required("analysis")
	if !ok {
		return nil
	}
	in, ok := openForm(raw, f.at.field("analysis"))
	if !ok {
		return nil
	}
	tile.Code = in.requiredText("code")
	if !in.at.empty() {
		return nil
	}
	software, ok := w.Catalog.Analysis(tile.Code)
	if !ok {
		in.at.field("code").add(fmt.Sprintf("Analysis %q does not exist.", tile.Code))
		return nil
	}
	if len(software.Versions) == 0 {
		in.at.field("code").add(fmt.Sprintf("Analysis %q has no versions.", tile.Code))
		return nil
	}
	// Which version the platform takes when none is named is not known; the newest is what clients expect.
	tile.Version = software.Versions[0].Code
	if raw, ok := in.optional("version"); ok {
		tile.Version = in.stringOf("version", raw)
	}
	version, ok := software.Version(tile.Version)
	if !ok {
		in.at.field("version").add(fmt.Sprintf("Version %q of analysis %q does not exist.", tile.Version, tile.Code))
		return nil
	}
	if version.MustBeRequested {
		in.at.field("version").add(fmt.Sprintf("Version %q of analysis %q must be requested first.", tile.Version, tile.Code))
	}
	tile.Name, tile.VersionName = software.Name, version.Display
	return version
}

func (w World) hardware(f form, version *catalog.Version, tile *disk.Tile) {
	raw, ok := f.required("hardware")
	if !ok {
		return
	}
	in, ok := openForm(raw, f.at.field("hardware"))
	if !ok {
		return
	}
	tile.HardwareType = in.text("type", "compute")
	tile.Slots = 1
	if raw, ok := in.optional("slots"); ok {
		tile.Slots, _ = in.number("slots", raw)
	}
	cores, known := w.coreType(in, version, tile)
	if raw, ok := in.required("coresPerSlot"); ok {
		tile.CoresPerSlot, ok = in.number("coresPerSlot", raw)
		if ok && known && !cores.Allows(tile.CoresPerSlot) {
			in.at.field("coresPerSlot").add(fmt.Sprintf("%d cores are not available on %s. Use one of %v or a multiple of %d.",
				tile.CoresPerSlot, cores.Code, cores.Cores, slices.Max(cores.Cores)))
		}
	}
	if _, given := in.optional("walltime"); !given && known && cores.WalltimeRequired {
		in.at.field("walltime").add("This core type requires a walltime.")
	}
	tile.Walltime = w.walltime(in)
}

// coreType fills in the hardware. It returns false when it is not known.
func (w World) coreType(in form, version *catalog.Version, tile *disk.Tile) (*catalog.CoreType, bool) {
	raw, ok := in.required("coreType")
	if !ok {
		return nil, false
	}
	at := in.at.field("coreType")
	tile.CoreType, ok = w.coreTypeCode(raw, at)
	if !ok {
		return nil, false
	}
	cores, ok := w.Catalog.CoreType(tile.CoreType)
	switch {
	case !ok:
		at.add(fmt.Sprintf("Core type %q does not exist.", tile.CoreType))
	case cores.IsDeprecated:
		at.add(fmt.Sprintf("Core type %q is deprecated and cannot be used for new jobs.", tile.CoreType))
	case !cores.IsActive:
		at.add(fmt.Sprintf("Core type %q is not available.", tile.CoreType))
	case version != nil && !slices.Contains(version.CoreTypes, tile.CoreType):
		at.add(fmt.Sprintf("Core type %q is not available for version %q of analysis %q.", tile.CoreType, tile.Version, tile.Code))
	}
	return cores, ok
}

func (w World) coreTypeCode(raw json.RawMessage, at *problems) (string, bool) {
	var code string
	if json.Unmarshal(raw, &code) == nil {
		if w.CoreTypeObjects {
			at.field("non_field_errors").add("Invalid data. Expected a dictionary, but got str.")
			return "", false
		}
		return code, true
	}
	object, ok := openForm(raw, at)
	if !ok {
		return "", false
	}
	code = object.requiredText("code")
	return code, at.empty()
}

func (w World) walltime(in form) *int {
	raw, ok := in.optional("walltime")
	if !ok {
		return w.DefaultWalltime
	}
	n, ok := in.number("walltime", raw)
	if ok && n > w.MaxJobHours {
		in.at.field("walltime").add(fmt.Sprintf("Ensure this value is less than or equal to %d.", w.MaxJobHours))
	}
	return &n
}

func environment(f form) map[string]string {
	out := map[string]string{}
	raw, ok := f.optional("envVars")
	if !ok {
		return out
	}
	in, ok := openForm(raw, f.at.field("envVars"))
	if !ok {
		return out
	}
	for name := range in.members {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			in.at.field(name).add("Not a valid name of an environment variable.")
			continue
		}
		out[name] = in.requiredString(name)
	}
	return out
}

// requiredString may be blank, but must be a string.
func (f form) requiredString(name string) string {
	raw, ok := f.required(name)
	if !ok {
		return ""
	}
	text := f.stringOf(name, raw)
	if strings.ContainsRune(text, 0) {
		f.at.field(name).add("Null characters are not allowed.")
	}
	return text
}

func (w World) inputs(f form) []disk.Input {
	items := f.list("inputFiles")
	if len(items) == 0 {
		return nil
	}
	out := make([]disk.Input, len(items))
	for i, at := range f.at.field("inputFiles").list(len(items)) {
		in, ok := openForm(items[i], at)
		if !ok {
			continue
		}
		out[i] = disk.Input{ID: w.fileID(in), Decompress: true}
		if _, ok := in.optional("decompress"); ok {
			out[i].Decompress = in.flag("decompress")
		}
	}
	return out
}

func (w World) script(f form, name string) string {
	return w.typed(f, name, disk.TypeScript)
}

func (w World) fileID(in form) string {
	id := in.requiredText("id")
	if in.at.empty() && !w.Usable(id) {
		noSuch(in.at.field("id"), id)
	}
	return id
}

var interactive = regexp.MustCompile(`\binteractive\b`)

// Abaqus would detach from its command without the word, and the job would end at once.
func checkAbaqus(f form, tile *disk.Tile) {
	if strings.HasPrefix(tile.Code, "abaqus") && tile.Command != "" && !interactive.MatchString(tile.Command) {
		f.at.field("command").add("the 'interactive' flag must be present")
	}
}
