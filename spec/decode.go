package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/span"
)

// decode builds the job of a document from its sound parts, and fills in the defaults.
// Its name is that of the document, or of a point of its matrix.
func decode(doc node, src diag.Source, fullName string) Job {
	name := doc.member("name").text()
	job := Job{
		Pos: name.Pos, File: src.Name, Dir: src.Dir,
		Family:      name.V,
		Name:        Value[string]{V: fullName, Pos: name.Pos},
		Namespace:   doc.member("namespace").text(),
		Title:       doc.member("title").text(),
		Description: doc.member("description").text(),
		Project:     doc.member("project").text(),
		Tags:        doc.member("tags").texts(),
		Priority:    decodePriority(doc.member("priority")),
		Secrets:     doc.member("secrets").texts(),
		Outputs:     decodeOutputs(doc.member("outputs")),
		Rerun:       decodeRerun(doc.member("rerun")),
		DependsOn:   doc.member("dependsOn").texts(),
		Success:     decodeSuccess(doc.member("success")),
		Limits:      decodeLimits(doc.member("limits")),
		Adopt:       decodeAdopt(doc.member("adopt")),
		Protected:   doc.member("protected").boolean(false),
		ClusterID:   doc.member("clusterId").text(),
		Extra:       doc.member("extra").fields(),
		Storage:     doc.member("storage").texts(),
		Uploads:     Uploads{Folder: doc.member("uploads").member("folder").text(), Tags: doc.member("uploads").member("tags").texts()},

		CustomFields: doc.member("customFields").fields(),
	}
	if !job.Title.Written() {
		job.Title.V = fullName
	}
	for _, item := range doc.member("automations").items() {
		automation := Automation{ID: item.text()}
		if !automation.ID.Written() {
			automation = Automation{ID: item.member("id").text(), Env: item.member("env").variables()}
		}
		if automation.ID.Written() {
			job.Automations = append(job.Automations, automation)
		}
	}
	job.decodeTiles(doc)
	return job
}

func decodeAnalysis(n node) Analysis {
	return Analysis{Pos: n.pos(), Code: n.member("code").text(), Version: n.member("version").text()}
}

func decodeHardware(n node) Hardware {
	coreType, alternatives := decodeCoreType(n.member("coreType"))
	return Hardware{
		Pos:          n.pos(),
		CoreType:     coreType,
		Alternatives: alternatives,
		CoresPerSlot: n.member("coresPerSlot").integer(0),
		Slots:        n.member("slots").integer(1),
		Walltime:     decodeWalltime(n.member("walltime")),
	}
}

// decodeCoreType reads one core type, alone or as a list, or several alternatives.
func decodeCoreType(n node) (first Value[string], all Alternatives) {
	list := n.oneOrMore()
	switch len(list) {
	case 0:
		return first, all
	case 1:
		return list[0], all
	}
	return list[0], Alternatives{Pos: n.pos(), List: list}
}

func decodeWalltime(n node) Value[time.Duration] {
	text := n.text()
	if !text.Written() {
		return Value[time.Duration]{}
	}
	length, _ := span.Parse(text.V) // the schema has checked its form
	if hours, fraction := span.Hours(text.V); fraction {
		length = hours
	}
	return Value[time.Duration]{V: length, Pos: text.Pos}
}

// decodeAdopt reads the id of a job. A blank one is none: in a table, not every point has one.
func decodeAdopt(n node) Value[string] {
	if text := n.text(); text.V != "" {
		return text
	}
	return Value[string]{}
}

func decodePriority(n node) Value[Priority] {
	text := n.text()
	if !text.Written() {
		return Value[Priority]{V: OnDemand}
	}
	return Value[Priority]{V: Priority(text.V), Pos: text.Pos}
}

func decodeLicense(n node) License {
	license := License{
		Pos:       n.pos(),
		Rescale:   n.text().V == "rescale",
		Seller:    n.member("seller").text(),
		Servers:   n.member("servers").variables(),
		Variables: n.member("variables").variables(),
	}
	if seller := n.member("seller"); !license.Seller.Written() {
		license.Seller, license.SellerName = seller.member("code").text(), seller.member("name").text()
	}
	license.Features = decodeFeatures(n.member("features"))
	for _, item := range n.member("featureSets").items() {
		set := FeatureSet{Name: item.member("name").text(), Features: decodeFeatures(item.member("features"))}
		if len(set.Features) > 0 {
			license.Sets = append(license.Sets, set)
		}
	}
	return license
}

func decodeFeatures(n node) (features []Feature) {
	for _, item := range n.items() {
		name, count := item.member("name").text(), item.member("count").integer(1)
		if name.Written() {
			features = append(features, Feature{Pos: name.Pos, Name: name.V, Count: count.V})
		}
	}
	return features
}

// decodeInput reads both forms of an input: a path alone, and a mapping.
func decodeInput(n node) Input {
	if path := n.text(); path.Written() {
		return Input{Pos: path.Pos, Path: path, Decompress: Value[bool]{V: true}}
	}
	return Input{
		Pos:        n.pos(),
		Path:       n.member("path").text(),
		ID:         n.member("id").text(),
		From:       n.member("from").text(),
		Files:      n.member("files").texts(),
		As:         n.member("as").text(),
		Into:       n.member("into").text(),
		Pack:       n.member("pack").text(),
		Exclude:    n.member("exclude").texts(),
		Template:   n.member("template").boolean(false),
		Templates:  n.member("template").texts(),
		Decompress: n.member("decompress").boolean(true),
		Wrong:      n.badWithin(n.pointer),
	}
}

func decodeOutputs(n node) Outputs {
	return Outputs{
		Pos:       n.pos(),
		Download:  n.member("download").texts(),
		Exclude:   n.member("exclude").texts(),
		To:        n.member("to").text(),
		OnFailure: n.member("onFailure").boolean(false),
	}
}

func decodeRerun(n node) Rerun {
	rerun := Rerun{
		OnFailure: Value[OnFailure]{V: Never}, AtMost: n.member("atMost").integer(0), Generation: n.member("generation").integer(1),
	}
	if text := n.member("onFailure").text(); text.Written() {
		rerun.OnFailure = Value[OnFailure]{V: OnFailure(text.V), Pos: text.Pos}
	}
	return rerun
}

func decodeLimits(n node) Limits {
	return Limits{
		MaxCost: n.member("maxCost").amount(), Restarts: n.member("restarts").integer(0), MaxRunning: n.member("maxRunning").integer(0),
	}
}

// decodeSuccess reads one check of a log, or a list of them, as a list.
func decodeSuccess(n node) Success {
	success := Success{
		Pos:      n.pos(),
		Files:    n.member("files").texts(),
		ExitCode: n.member("exitCode").member("file").text(),
	}
	log := n.member("log")
	logs := log.items()
	if log.isMapping() {
		logs = []node{log}
	}
	for _, item := range logs {
		check := LogCheck{File: item.member("file").text(), Contains: item.member("contains").oneOrMore(), Lacks: item.member("lacks").oneOrMore()}
		if !check.File.Written() {
			check.File.V = ProcessOutput
		}
		if !item.has("contains") && !item.has("lacks") {
			check.Idle = item.pos()
		}
		success.Logs = append(success.Logs, check)
	}
	return success
}

// tilesOf returns the mappings of the tiles of a document: the list of analyses, or the
// document itself.
func tilesOf(doc node) (tiles []node, several bool) {
	if mapping, _ := doc.value.(map[string]any); mapping["analyses"] != nil {
		return doc.member("analyses").items(), true
	}
	return []node{doc}, false
}

// decodeTiles adds the tiles and their inputs to a job.
func (job *Job) decodeTiles(doc node) {
	tiles, several := tilesOf(doc)
	for i, n := range tiles {
		tile := Tile{
			Analysis:    decodeAnalysis(n.member("analysis")),
			Hardware:    decodeHardware(n.member("hardware")),
			License:     decodeLicense(n.member("license")),
			Env:         n.member("env").variables(),
			Command:     n.member("command").text(),
			Interactive: interactive(doc, n),
			PreProcess:  decodeScript(n.member("preProcess")),
			PostProcess: decodeScript(n.member("postProcess")),
		}
		if !several {
			job.Extra, tile.Extra = apart(job.Extra)
		}
		if several {
			tile.Extra = n.member("extra").fields()
			tile.Env = over(doc.member("env").variables(), tile.Env)
			if mapping, _ := n.value.(map[string]any); mapping["hardware"] == nil {
				tile.Hardware = decodeHardware(doc.member("hardware"))
			}
		}
		job.Tiles = append(job.Tiles, tile)
		for _, item := range n.member("inputs").items() {
			input := decodeInput(item)
			input.Tile = i
			job.Inputs = append(job.Inputs, input)
			if input.Template.V || len(input.Templates) > 0 {
				job.Values = doc.doc.scope
			}
		}
		job.addScript(tile.PreProcess, Before)
		job.addScript(tile.PostProcess, After)
	}
}

// addScript puts a script of the last tile among the inputs.
func (job *Job) addScript(s Script, use Use) {
	input := Input{Pos: s.Path.Pos, Path: s.Path, ID: s.ID, Decompress: Value[bool]{V: true}, Tile: len(job.Tiles) - 1, Use: use}
	switch {
	case s.ID.Written():
		input.Pos = s.ID.Pos
	case !s.Path.Written():
		return
	}
	job.Inputs = append(job.Inputs, input)
}

// interactive returns what a tile says, else what its job says.
func interactive(doc, tile node) Value[bool] {
	if own := tile.member("interactive").boolean(false); own.Written() {
		return own
	}
	return doc.member("interactive").boolean(false)
}

// over returns the variables of a tile, and those of the job that the tile does not
// override.
func over(shared, own []Variable) []Variable {
	names := make(map[string]bool)
	for _, v := range own {
		names[v.Name.V] = true
	}
	var all []Variable
	for _, v := range shared {
		if !names[v.Name.V] {
			all = append(all, v)
		}
	}
	return append(all, own...)
}

// decodeScript reads both forms of a script: a path alone, and a mapping.
func decodeScript(n node) Script {
	script := Script{Path: n.text()}
	if !script.Path.Written() {
		script = Script{Path: n.member("script").text(), ID: n.member("id").text(), Command: n.member("command").text()}
	}
	if !script.Command.Written() && script.Path.Written() {
		script.Command.V = starter(path.Base(script.Path.V))
	}
	return script
}

// starter returns how to start a script without a command; empty when its name does not
// show it. Whether it is executable is unknown on the platform.
func starter(name string) string {
	switch path.Ext(name) {
	case "", ".sh", ".bash":
		return "bash " + quoted(name)
	case ".py":
		return "python3 " + quoted(name)
	}
	return ""
}

// quoted returns a name as one shell word.
func quoted(name string) string {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=") == "" && !strings.HasPrefix(name, "-") {
		return name
	}
	return "'./" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

func (p *page) decodeSSH(n node, list *diag.List) SSH {
	ssh := SSH{PublicKey: n.member("publicKey").text(), CIDR: n.member("cidr").texts(), Port: n.member("port").integer(0)}
	if one := n.member("cidr").text(); one.Written() {
		ssh.CIDR = []Value[string]{one}
	}
	file := n.member("publicKeyFile").text()
	switch {
	case file.Written() && ssh.PublicKey.Written():
		list.Add(file.Pos, diag.BadChoice, "keep one of the two", "the public key is given already, %s", nearby(ssh.PublicKey.Pos, file.Pos))
	case file.Written():
		ssh.PublicKey = p.publicKey(file, list)
	}
	return ssh
}

// publicKey reads a key from a file, once for all points of a matrix.
func (p *page) publicKey(file Value[string], list *diag.List) Value[string] {
	name := filepath.FromSlash(file.V)
	if !filepath.IsAbs(name) {
		name = filepath.Join(p.src.Dir, name)
	}
	key, known := p.keys[name]
	if !known {
		text, err := p.read(name)
		if err != nil {
			rule, message, hint := diag.UnreadableInput, err.Error(), "paths start at the folder of the manifest, and ~ is not your home; or write the key itself as publicKey:"
			if hinted := hintOf(err); hinted != "" {
				hint = hinted
			}
			if errors.Is(err, fs.ErrNotExist) {
				rule, message = diag.MissingInput, fmt.Sprintf("file %q does not exist", diag.Short(file.V))
			}
			list.Add(file.Pos, rule, hint, "%s", message)
			return Value[string]{}
		}
		key = strings.TrimSpace(text)
		p.keys[name] = key
	}
	return Value[string]{V: key, Pos: file.Pos}
}

func (p *page) read(name string) (string, error) {
	if p.open == nil {
		return "", errors.New("there are no files here to read a key from")
	}
	source, err := p.open(p.src.Dir, name)
	return string(source.Text), err
}
