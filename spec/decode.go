package spec

import (
	"math"
	"strconv"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// decode builds the job of a document from whatever of it is sound, and fills
// in the defaults. Its name is that of the document, or of a point of its matrix.
func decode(doc node, src diag.Source, fullName string) Job {
	name := doc.member("name").text()
	job := Job{
		Pos: name.Pos, File: src.Name, Dir: src.Dir,
		Family:      name.V,
		Name:        Value[string]{V: fullName, Pos: name.Pos},
		Title:       doc.member("title").text(),
		Description: doc.member("description").text(),
		Project:     doc.member("project").text(),
		Tags:        doc.member("tags").texts(),
		Analysis:    decodeAnalysis(doc.member("analysis")),
		Hardware:    decodeHardware(doc.member("hardware")),
		Priority:    decodePriority(doc.member("priority")),
		License:     decodeLicense(doc.member("license")),
		Env:         doc.member("env").variables(),
		Command:     doc.member("command").text(),
		Outputs:     decodeOutputs(doc.member("outputs")),
		Rerun:       decodeRerun(doc.member("rerun")),
		DependsOn:   doc.member("dependsOn").texts(),
		Success:     decodeSuccess(doc.member("success")),
		Limits:      Limits{MaxCost: doc.member("limits").member("maxCost").amount()},
		Protected:   doc.member("protected").boolean(false),
	}
	if !job.Title.Written() {
		job.Title.V = fullName
	}
	for _, item := range doc.member("inputs").items() {
		input := decodeInput(item)
		job.Inputs = append(job.Inputs, input)
		if input.Template.V {
			job.Values = doc.doc.scope
		}
	}
	return job
}

func decodeAnalysis(n node) Analysis {
	return Analysis{Pos: n.pos(), Code: n.member("code").text(), Version: n.member("version").text()}
}

func decodeHardware(n node) Hardware {
	return Hardware{
		Pos:          n.pos(),
		CoreType:     n.member("coreType").text(),
		CoresPerSlot: n.member("coresPerSlot").integer(0),
		Slots:        n.member("slots").integer(1),
		Walltime:     decodeWalltime(n.member("walltime")),
	}
}

func decodeWalltime(n node) Value[time.Duration] {
	text := n.text()
	if !text.Written() {
		return Value[time.Duration]{}
	}
	return Value[time.Duration]{V: walltime(text.V), Pos: text.Pos}
}

// walltime reads a duration such as 1d12h or 90m, whose form the schema has
// checked. What does not fit is the longest duration there is.
func walltime(text string) time.Duration {
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute}
	var total time.Duration
	start := 0
	for i := range len(text) {
		unit, ok := units[text[i]]
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(text[start:i], 10, 64)
		if err != nil || n > int64((math.MaxInt64-total)/unit) {
			return math.MaxInt64
		}
		total += time.Duration(n) * unit
		start = i + 1
	}
	return total
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
		Pos:     n.pos(),
		Seller:  n.member("seller").text(),
		Servers: n.member("servers").variables(),
	}
	for _, item := range n.member("features").items() {
		name, count := item.member("name").text(), item.member("count").integer(1)
		if name.Written() {
			license.Features = append(license.Features, Feature{Pos: name.Pos, Name: name.V, Count: count.V})
		}
	}
	switch {
	case n.text().V == string(LicenseRescale):
		license.Source = LicenseRescale
	case license.Seller.Written():
		license.Source = LicenseSeller
	case len(license.Servers) > 0:
		license.Source = LicenseServers
	case len(license.Features) > 0:
		license.Source = LicenseFeatures
	}
	return license
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
		Pack:       n.member("pack").text(),
		Exclude:    n.member("exclude").texts(),
		Template:   n.member("template").boolean(false),
		Decompress: n.member("decompress").boolean(true),
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
	rerun := Rerun{OnFailure: Value[OnFailure]{V: Never}, Generation: n.member("generation").integer(1)}
	if text := n.member("onFailure").text(); text.Written() {
		rerun.OnFailure = Value[OnFailure]{V: OnFailure(text.V), Pos: text.Pos}
	}
	return rerun
}

// decodeSuccess reads one check of a log, or a list of them, as a list.
func decodeSuccess(n node) Success {
	success := Success{
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
