package pur

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/convert/sheet"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/access"
)

// Read reads a jobs.csv (see [convert.Reader]).
func Read(file string, text []byte) (convert.Found, error) {
	jobs, table, list := ReadCSV(diag.Source{Name: file, Text: text})
	if len(list) > 0 {
		return convert.Found{}, list.Sort()
	}
	m := mapping{found: convert.Found{From: "a jobs.csv of Rescale Interlink"}, names: make(convert.Names)}
	start := diag.Position{File: file, Line: 1, Col: 1}
	if table.Mark {
		m.found.Warn(start, "", "the byte order mark at the start is dropped, as the client drops it")
	}
	if table.CRLF {
		m.found.Warn(start, "", "line ends are CRLF, and become LF, also in commands, as in the client")
	}
	return m.all(start, jobs)
}

// mapping makes manifests of the jobs of one file.
type mapping struct {
	found convert.Found
	list  diag.List
	names convert.Names
	first map[string]diag.Position // of each JobName
}

func (m *mapping) all(start diag.Position, jobs []Job) (convert.Found, error) {
	m.first = make(map[string]diag.Position)
	for _, job := range jobs {
		m.job(job)
	}
	if len(m.list) == 0 && len(m.found.Jobs) == 0 {
		m.list.Add(start, diag.EmptyFile, "set Submit to yes for those that are to run", "no job of the file is one that the client submits")
	}
	if len(m.list) > 0 {
		return convert.Found{Warnings: m.found.Warnings}, m.list.Sort()
	}
	return m.found, nil
}

// job adds one job, unless the client would not submit it.
func (m *mapping) job(from Job) {
	switch Does(from.Mode.Text) {
	case Drafts:
		m.found.Warn(from.Mode.Pos, "", "job %s is left out: Submit is %s, so the client creates it and does not submit it", diag.Short(from.Name.Text), from.Mode.Text)
		return
	case UnknownMode:
		m.found.Warn(from.Mode.Pos, "write yes, or no", "job %s is left out: Submit is %q, for which the client submits nothing", diag.Short(from.Name.Text), diag.Short(from.Mode.Text))
		return
	case Submits:
	}
	before := len(m.list)
	m.check(from)
	m.say(from)
	to := convert.Job{
		Name: m.names.Unique(from.Name.Text), Title: from.Name.Text,
		Project: from.Project.Text, Tags: m.distinct("tag", from.Tags),
		SSH: m.ssh(from),
	}
	if at, again := m.first[from.Name.Text]; again {
		m.found.Warn(from.Name.Pos, "", "JobName %s is also that of line %d; it stays the title, and the name is another, since names of jobs differ", diag.Short(from.Name.Text), at.Line)
	} else {
		m.first[from.Name.Text] = from.Name.Pos
	}
	if from.Economy {
		to.Priority = convert.Economy
	}
	for _, id := range m.distinct("automation", from.Automations) {
		to.Automations = append(to.Automations, convert.Automation{ID: id})
	}
	tile := convert.Tile{
		Code: from.Code.Text, Version: from.Version.Text, Command: from.Command.Text,
		Hardware: convert.Hardware{CoreType: from.CoreType.Text, CoresPerSlot: from.Cores.N, Slots: from.Slots.N, Walltime: from.Hours.Walltime()},
		License:  license(from),
	}
	tile.Inputs = m.inputs(from)
	m.found.Environment(&to, &tile, m.variables(from))
	to.Tiles = []convert.Tile{tile}
	if len(m.list) == before {
		m.list = append(m.list, manifest.Problems(to, from.Pos)...)
	}
	m.found.Jobs = append(m.found.Jobs, to)
}

// check reports what the client refuses, too.
func (m *mapping) check(from Job) {
	for _, c := range []struct {
		column string
		cell   sheet.Cell
	}{{"JobName", from.Name}, {"AnalysisCode", from.Code}, {"Command", from.Command}, {"CoreType", from.CoreType}} {
		if c.cell.Text == "" {
			m.list.Add(c.cell.Pos, diag.MissingKey, "write one, or delete the job", "%s is empty", c.column)
		}
		if c.column != "Command" && strings.ContainsAny(c.cell.Text, "\r\n") {
			m.list.Add(c.cell.Pos, diag.BadValue, "write it in one line", "%s has several lines", c.column)
		}
	}
	if from.Cores.N < 1 {
		m.list.Add(from.Cores.Pos, diag.BadValue, "write a whole number, such as 4", "CoresPerSlot is less than 1")
	}
	if from.Slots.N < 0 {
		m.list.Add(from.Slots.Pos, diag.BadValue, "write 1", "Slots is less than 1")
	}
	if (from.Feature.Text != "") != (from.Licenses.N != 0) || from.Licenses.N < 0 {
		m.list.Add(from.Feature.Pos, diag.BadValue, "write both, or neither", "LicenseFeatureName and LicensesPerJob (1 or more) belong together")
	}
	if from.Feature.Text != "" && from.Seller.Text != "" {
		m.list.Add(from.Feature.Pos, diag.BadChoice, "delete one of them", "a license feature and a seller of licenses exclude each other")
	}
}

// say warns about what is dropped or changed.
func (m *mapping) say(from Job) {
	if from.Squeezed {
		m.found.Warn(from.Command.Pos, "", "runs of blanks become one in the command, and empty lines go: that is what the client sends")
	}
	if from.Cleaned {
		m.found.Warn(from.Pos, "", "characters that show nothing are dropped, as in the client")
	}
	if from.Hours.N <= 0 {
		m.found.Warn(from.Hours.Pos, "write hours", "WalltimeHours is not given, and becomes 1h: that is what the client sends")
	}
	if from.Org.Text != "" {
		m.found.Warn(from.Org.Pos, "", "OrgCode is left out: a project is enough")
	}
	for _, column := range from.Batch {
		m.found.Warn(column.Pos, "", "%s is left out: the client knows nothing of that name", diag.Short(column.Text))
	}
}

// distinct returns texts without those that are there already.
func (m *mapping) distinct(what string, cells []sheet.Cell) []string {
	var list []string
	for _, c := range cells {
		if slices.Contains(list, c.Text) {
			m.found.Warn(c.Pos, "", "%s %s is there twice, and once here", what, diag.Short(c.Text))
			continue
		}
		list = append(list, c.Text)
	}
	return list
}

func (m *mapping) ssh(from Job) convert.SSH {
	ssh := convert.SSH{PublicKey: from.Key.Text, Port: from.Port.N}
	if why, hint := access.KeyProblem(from.Key.Text); from.Key.Text != "" && why != "" {
		m.found.Warn(from.Key.Pos, hint, "PublicKey is left out: %s", why)
		ssh.PublicKey = ""
	}
	for _, network := range from.CIDR.Split(",") {
		if hint := access.NetworkHint(network.Text); hint != "" {
			m.list.Add(network.Pos, diag.BadValue, hint, "CIDRRule cannot hold %q", diag.Short(network.Text))
		}
		ssh.CIDR = append(ssh.CIDR, network.Text)
	}
	return ssh
}

func license(from Job) convert.License {
	license := convert.License{Seller: from.Seller.Text}
	if from.Feature.Text != "" {
		license.FeatureSets = []convert.FeatureSet{{Name: "USER_SPECIFIED_0", Features: []convert.Feature{{Name: from.Feature.Text, Count: from.Licenses.N}}}}
	}
	return license
}

func (m *mapping) variables(from Job) []convert.Given {
	var given []convert.Given
	for _, v := range from.License {
		if v.Changed {
			m.found.Warn(v.Pos, "", "LicenseSettings %s is no text; the client sends %q", diag.Short(v.Name), diag.Short(v.Value))
		}
		given = append(given, convert.Given{Pos: v.Pos, Variable: convert.Variable{Name: v.Name, Value: v.Value}})
	}
	return given
}

// inputs returns what the client uploads or names: files of its own in place of the
// folder, else the folder, else ids; then the further ids.
func (m *mapping) inputs(from Job) []convert.Input {
	var list []convert.Input
	switch {
	case len(from.Files) > 0:
		list = m.files(from)
	case from.Directory.Text != "":
		list = append(list, m.folder(from))
	default:
		list = m.ids(from.Inputs, from.Packed)
	}
	if len(from.Inputs) > 0 && (len(from.Files) > 0 || from.Directory.Text != "") {
		m.found.Warn(from.Inputs[0].Pos, "", "InputFiles is left out: the client reads it only without Directory and LocalInputFiles")
	}
	extra := slices.DeleteFunc(m.ids(from.Extra, false), func(in convert.Input) bool {
		return slices.ContainsFunc(list, func(other convert.Input) bool { return other.ID == in.ID })
	})
	return append(list, extra...)
}

var fileID = regexp.MustCompile(`^[A-Za-z0-9]+$`)

func (m *mapping) ids(cells []sheet.Cell, packed bool) []convert.Input {
	var list []convert.Input
	for _, c := range cells {
		if !fileID.MatchString(c.Text) {
			m.list.Add(c.Pos, diag.BadValue, "write the id of a file of the platform, such as AbCdEf", "%q is no file id", diag.Short(c.Text))
		}
	}
	for _, id := range m.distinct("file", cells) {
		list = append(list, convert.Input{ID: id, Packed: packed})
	}
	return list
}

// folder packs the directory under its own name, as the client does.
func (m *mapping) folder(from Job) convert.Input {
	dir := slashed(from.Directory.Text)
	if sub := slashed(from.SubPath.Text); from.SubPath.Text != "" {
		if path.IsAbs(sub) || sub == ".." || strings.HasPrefix(sub, "../") {
			m.list.Add(from.SubPath.Pos, diag.BadValue, "write a folder below Directory", "TarSubpath %s leaves the directory", diag.Short(from.SubPath.Text))
		}
		dir = path.Join(dir, sub)
	}
	m.checkPath(from.Directory, dir)
	return convert.Input{Path: dir, Pack: path.Base(dir) + ".tar.gz", Packed: from.Packed}
}

// files gives local files one by one; the client sends them in an archive without folders.
func (m *mapping) files(from Job) []convert.Input {
	if from.Packed {
		m.list.Add(from.Files[0].Pos, diag.BadChoice, "delete NoDecompress, or give the files by Directory", "LocalInputFiles in an archive that stays one is nothing that a manifest has")
	}
	var list []convert.Input
	for _, file := range m.distinct("file", from.Files) {
		in := convert.Input{Path: slashed(file), Packed: unpacks(file)}
		m.checkPath(from.Files[0], in.Path)
		list = append(list, in)
	}
	return list
}

// unpacks reports whether the platform unpacks a file by its name; inside the archive of
// the client it would not.
func unpacks(file string) bool {
	return slices.ContainsFunc([]string{".zip", ".tar", ".tar.gz", ".tgz", ".gz", ".bz2", ".7z", ".xz"}, func(end string) bool {
		return strings.HasSuffix(strings.ToLower(file), end)
	})
}

// slashed writes a path of any system as a manifest does.
func slashed(file string) string { return path.Clean(strings.ReplaceAll(file, `\`, "/")) }

// checkPath reports a path that a manifest cannot give.
func (m *mapping) checkPath(at sheet.Cell, file string) {
	switch {
	case path.Base(file) == "." || path.Base(file) == ".." || path.Base(file) == "/":
		m.list.Add(at.Pos, diag.BadValue, "write it with its name, such as ../Run_1", "%s does not name the folder, and the job gets it under its name", diag.Short(at.Text))
	case strings.ContainsAny(file, "*?[]{}"):
		m.list.Add(at.Pos, diag.BadGlob, "rename it", "%s has a character that a manifest takes for a pattern", diag.Short(at.Text))
	case strings.ContainsAny(file, "\r\n\""):
		m.list.Add(at.Pos, diag.BadInputName, "rename it", "%q is no name that arrives on the platform unchanged", diag.Short(at.Text))
	}
}
