package sim_test

import (
	"fmt"
	"strings"
)

// Manifest is what a machine applies.
type Manifest struct{ Jobs []Job }

// Job is one document of it.
type Job struct {
	Name       string
	Version    int      // of the command
	Points     int      // of a matrix; 0 for none
	Needs      []string // jobs whose results it takes
	Input      int      `json:",omitempty"` // version of the file that it is given; 0 for none
	Generation int
	Checks     string `json:",omitempty"` // what its success is, a key of checks
	Retry      bool   `json:",omitempty"` // rerun.onFailure is always
	Fetch      bool   `json:",omitempty"` // results are downloaded
	Seats      int    `json:",omitempty"` // limits.maxRunning; 0 for none
	Open       bool   `json:",omitempty"` // its version is the newest when it begins
	Types      bool   `json:",omitempty"` // its core type is the first of two that is not too dear
}

// The checks of success.
const (
	checksFile  = "left"
	checksNever = "never"
	checksLog   = "log"
)

func checks() map[string]string {
	return map[string]string{
		checksFile:  "success: {files: [\"*.dat\"]}\n",
		checksNever: "success: {files: [never.txt]}\n",
		checksLog:   "success: {log: {lacks: FATAL}}\n",
	}
}

// inputFile is the path of a version of the file that jobs are given.
func inputFile(version int) string { return fmt.Sprintf("v%d/deck.txt", version) }

// text is the manifest as YAML.
func (m Manifest) text() string {
	var b strings.Builder
	for i, j := range m.Jobs {
		if i > 0 {
			b.WriteString("---\n")
		}
		j.write(&b)
	}
	return b.String()
}

func (j Job) write(b *strings.Builder) {
	version, hardware := ", version: \"0\"", "coreType: emerald, coresPerSlot: 1"
	var limits []string
	if j.Open {
		version = ""
	}
	if j.Types {
		hardware, limits = fmt.Sprintf("coreType: [%s, %s], coresPerSlot: 1, walltime: 1h", basalt, gneiss), []string{fmt.Sprint("maxCost: ", affordable)}
	}
	fmt.Fprintf(b, "version: 1\nname: %s\nanalysis: {code: user_included%s}\n", j.Name, version)
	fmt.Fprintf(b, "hardware: {%s}\ncommand: \"true %d", hardware, j.Version)
	if j.Points > 0 {
		b.WriteString(" ${{ matrix.p }}")
	}
	b.WriteString("\"\n")
	if j.Points > 0 {
		fmt.Fprintf(b, "matrix: {p: {from: 1, to: %d, step: 1}}\n", j.Points)
	}
	if len(j.Needs) > 0 || j.Input > 0 {
		b.WriteString("inputs:\n")
	}
	if j.Input > 0 {
		fmt.Fprintf(b, "  - %s\n", inputFile(j.Input))
	}
	for _, n := range j.Needs {
		fmt.Fprintf(b, "  - {from: %s, files: [\"%s*.dat\"]}\n", n, n)
	}
	b.WriteString(checks()[j.Checks])
	retry := "never"
	if j.Retry {
		retry = "always"
	}
	fmt.Fprintf(b, "rerun: {generation: %d, onFailure: %s}\n", j.Generation, retry)
	if j.Seats > 0 {
		limits = append(limits, fmt.Sprint("maxRunning: ", j.Seats))
	}
	if len(limits) > 0 {
		fmt.Fprintf(b, "limits: {%s}\n", strings.Join(limits, ", "))
	}
	if j.Fetch {
		b.WriteString("outputs: {download: [\"*.dat\"]}\n")
	}
}
