package scaffold

import (
	"fmt"
	"regexp"
	"strings"
)

// schemaURL is where editors find the schema of manifests.
const schemaURL = "https://raw.githubusercontent.com/rescale-apply/rescale-apply/main/schema/job.schema.json"

// Write is the manifest of a proposal, with the keys in the order of the reference. The
// answers must be those of Complete: what does not fit its question may give a text that
// is no manifest.
func Write(p Proposal, c Catalog, a Answers) []byte {
	var b strings.Builder
	b.WriteString("# yaml-language-server: $schema=" + schemaURL + "\n")
	job := "A job"
	if p.Family != "" {
		job += " for " + p.Family
	}
	file := p.fileFlag() + p.flags
	fmt.Fprintf(&b, "#\n# %s. What it would do, and doing it:\n#\n#   rescale-apply plan%s\n#   rescale-apply%s\n#\n", job, file, file)
	b.WriteString("version: 1\n")
	b.WriteString(commented("name: "+scalar(a[Name]), "how rescale-apply remembers this job; keep it"))
	code := writeSoftware(&b, c, a)
	writeInputs(&b, p.Inputs)
	b.WriteString("\ncommand:" + textBlock(a[Command]))
	writeOutputs(&b, p.solver(code).Outputs)
	return []byte(b.String())
}

var plainPath = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)

// fileFlag names the manifest, as far as it can stand in a comment.
func (p Proposal) fileFlag() string {
	if !plainPath.MatchString(p.manifest) {
		return " -f MANIFEST"
	}
	return " -f " + p.manifest
}

// column is where notes begin.
const column = 34

// commented is a line with a comment behind it.
func commented(line, comment string) string {
	return fmt.Sprintf("%-*s# %s\n", column, line+" ", comment)
}

func writeSoftware(b *strings.Builder, c Catalog, a Answers) (code string) {
	code, version := splitAnalysis(a[Analysis])
	if found, ok := c.analysis(code); ok {
		if v, ok := findVersion(found, version); ok {
			version = v.VersionCode
		}
	}
	if version == "" {
		b.WriteString("\n" + commented("analysis: {code: "+scalar(code)+"}", "no version: the newest"))
	} else {
		b.WriteString("\nanalysis: {code: " + scalar(code) + ", version: " + always(version) + "}\n")
	}
	b.WriteString("\nhardware:\n  coreType: " + scalar(a[CoreType]) + "\n  coresPerSlot: " + a[Cores] + "\n")
	b.WriteString(commented("  walltime: "+a[Walltime], "the platform ends the job here"))
	writeLicense(b, c, code)
	return code
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// writeLicense shows the key for the license of software that needs one, as only its owner
// knows what to write.
func writeLicense(b *strings.Builder, c Catalog, code string) {
	a, _ := c.analysis(code)
	var names []string
	for _, s := range a.LicenseSettings {
		if variable.MatchString(s.Name) {
			names = append(names, s.Name)
		}
	}
	lead := "\n"
	if len(names) > 0 {
		line := "# license: {servers: {" + names[0] + ": 27000@license.example.com}}"
		if others := strings.Join(names[1:], ", "); others != "" {
			line += "  # or " + others
		}
		b.WriteString(lead + line + "\n")
		lead = ""
	}
	if a.HasRescaleLicense {
		b.WriteString(lead + "# license: rescale\n")
	}
}

func writeInputs(b *strings.Builder, inputs []Input) {
	if len(inputs) == 0 {
		return
	}
	b.WriteString("\n" + commented("inputs:", "paths are relative to this file"))
	for _, in := range inputs {
		b.WriteString("  - " + in.yaml() + "\n")
	}
}

func (in Input) yaml() string {
	if in.Pack == "" {
		return scalar(in.Path)
	}
	text := "{path: " + scalar(in.Path) + ", pack: " + scalar(in.Pack)
	if len(in.Exclude) > 0 {
		text += ", exclude: " + list(in.Exclude)
	}
	return text + "}"
}

func writeOutputs(b *strings.Builder, patterns []string) {
	b.WriteString("\noutputs:\n")
	if len(patterns) == 0 {
		b.WriteString(commented(`  download: ["**"]`, "all that the run leaves, but for its inputs"))
		return
	}
	b.WriteString("  download: " + list(patterns) + "\n")
}
