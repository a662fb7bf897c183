package proof_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func matrixCSV(d dice) made {
	var m made
	records := [][]string{{"job_name", "input_files", "num_cores", "walltime", "analysis_codes", "analysis_versions", "hardware_type", "command"}}
	codes := pick(d, []string{"openfoam_plus"}, []string{"openfoam_plus", "ansys_mechanical"}, []string{"a", "b", "c"})
	for i := range 1 + d.IntN(5) {
		name, command := d.title("duct%d", i), d.line()
		files := append([]string{"mesh.msh"}, some(d, 2, fmt.Sprintf("case%d.in", i), "sub/größe.dat", "two words.txt")...)
		s := sent{Name: name, Priority: "on demand"}
		var versions []string
		for k, code := range codes {
			versions = append(versions, pick(d, "24.10", "v2312", "0"))
			tile := sentTile{Code: code, Version: versions[k], Command: ":", CoreType: "emerald", Cores: 4, Slots: 1, Walltime: 24 + i}
			if k == 0 {
				tile.Command = command
				for _, file := range files {
					tile.Inputs = append(tile.Inputs, "file "+file[strings.LastIndex(file, "/")+1:])
				}
				slices.Sort(tile.Inputs)
			}
			s.Tiles = append(s.Tiles, tile)
		}
		m.want, m.files = append(m.want, s), append(m.files, files...)
		records = append(records, []string{name, strings.Join(files, pick(d, ";", "; ")), "4", fmt.Sprint(24 + i), strings.Join(codes, ";"), strings.Join(versions, ";"), "emerald", command})
	}
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(records); err != nil {
		panic(err)
	}
	m.text = b.String()
	return m
}

func setup(d dice) made {
	plain := func() string { return strings.ReplaceAll(strings.ReplaceAll(d.line(), "'", ""), "=", "") }
	s := sent{Name: plain(), Priority: "economy", Tiles: []sentTile{{
		Code: "user_included", Version: pick(d, "0", "24.10"), Command: plain(), CoreType: pick(d, "onyx", "Emerald"), Cores: 1 + d.IntN(4), Slots: 1,
	}}}
	price := pick(d, "on-demand", "on-demand-pro", "")
	if price == "on-demand-pro" {
		s.Priority = "on demand"
	}
	tile := &s.Tiles[0]
	files := some(d, 2, "input1.inp", "input2.inp")
	for _, file := range files {
		tile.Inputs = append(tile.Inputs, "file "+file)
	}
	slices.Sort(tile.Inputs)
	variable, value := pick(d, "LM_LICENSE_FILE", ""), pick(d, "-1", "5280@test-server", "")
	if variable != "" {
		tile.Env = map[string]string{variable: value}
	}
	end := pick(d, "\n", "\r\n")
	var b strings.Builder
	for _, l := range []struct{ name, value string }{
		{"HPS_ID", ""},
		{"INPUT_FILE_NAME", strings.Join(files, " ")},
		{"ANALYSIS_SOFTWARE", tile.Code},
		{"ANALYSIS_SOFTWARE_VERSION", tile.Version},
		{"LICENSE_FILE", variable},
		{"LICENSE_INFO", value},
		{"CORETYPE", tile.CoreType},
		{"NUM_OF_CORES", fmt.Sprint(tile.Cores)},
		{"CORE_PRICE_OPTION", price},
		{"JOB_NAME", s.Name},
		{"JOB_COMMAND", tile.Command},
	} {
		quote := pick(d, "'", "'", "")
		b.WriteString("#" + l.name + "=" + quote + l.value + quote + end)
	}
	b.WriteString("#EOF : Don't Remove This Line" + end + pick(d, "", end+"notes = 'below'"+end))
	return made{text: b.String(), want: []sent{s}, files: files}
}

// groovy is a text in quotes of Groovy.
func groovy(d dice, text string) string {
	quote := pick(d, `"`, `'`)
	return quote + strings.NewReplacer(`\`, `\\`, "$", `\$`, quote, `\`+quote).Replace(text) + quote
}

func nextflowConfig(d dice) made {
	var m made
	var b strings.Builder
	gap := func() string { return pick(d, "\n", "\n\n", " // note\n", "; ", " /* a\nb */\n") }
	env := map[string]string{}
	for name, v := range d.variables() {
		env[name] = v
	}
	b.WriteString("plugins { id 'nf-rescale-hpc@0.4.0' }" + gap() + "env {" + gap())
	for _, name := range slices.Sorted(maps.Keys(env)) {
		b.WriteString(name + " = " + groovy(d, env[name]) + gap())
	}
	b.WriteString("}" + gap() + "process {" + gap() + "executor = 'rescale-executor'" + gap() + "cpus = 2" + gap())
	for i := range 1 + d.IntN(3) {
		s := sent{Name: fmt.Sprintf("step%d", i), Priority: "on demand"}
		b.WriteString(pick(d, "withLabel:", "withName: ") + pick(d, s.Name, "'"+s.Name+"'") + " {" + gap())
		cores, walltime := 2, 0
		if d.one(2) {
			cores = 4 + i
			b.WriteString(fmt.Sprintf("cpus = %d", cores) + gap())
		}
		if d.one(2) {
			walltime = 1 + d.IntN(48)
			b.WriteString(fmt.Sprintf("ext.wallTime = %d", walltime) + gap())
		}
		if d.one(2) {
			word := pick(d, "INSTANT", "ON_DEMAND", "RESERVED")
			s.Priority = map[string]string{"INSTANT": "on demand", "ON_DEMAND": "economy", "RESERVED": "reserved"}[word]
			b.WriteString("ext.billingPriorityValue = " + groovy(d, word) + gap())
		}
		if d.one(2) {
			s.Project = "PrOjA"
			b.WriteString("ext.projectId='PrOjA'" + gap())
		}
		if d.one(2) {
			field := d.line()
			s.Fields = map[string]any{"Cost center": field}
			b.WriteString("ext.customFields = [" + groovy(d, "Cost center") + ": " + groovy(d, field) + "]" + gap())
		}
		coreType := pick(d, "emerald", "hpc-3")
		b.WriteString("machineType = " + groovy(d, coreType) + gap() + "ext.jobAnalyses = [")
		for k := range 1 + d.IntN(2) {
			tile := sentTile{
				Code: fmt.Sprintf("code%d", k), Version: pick(d, "2023-hf4", "24.10"), Command: ":", CoreType: coreType, Cores: cores, Slots: 1, Walltime: walltime,
				Env: env, Extra: map[string]any{"flags": map[string]any{"igCv": true}},
			}
			b.WriteString("[analysisCode: " + groovy(d, tile.Code) + ",\n'analysisVersion' : " + groovy(d, tile.Version))
			switch d.IntN(4) {
			case 0:
				tile.Rescale = true
				b.WriteString(", rescaleLicense: true")
			case 1:
				tile.Seller = "rescale"
				b.WriteString(`, onDemandLicenseSeller: ["code": "rescale", "name": "rescale"]`)
			case 2:
				tile.Features = []string{"USER_SPECIFIED_0: ansys_hpc 8"}
				b.WriteString(", userDefinedLicenseSettings: ['featureSets': [['name': 'USER_SPECIFIED_0', 'features': [['name': 'ansys_hpc', 'count': 8]]]]]")
			}
			b.WriteString("],\n")
			s.Tiles = append(s.Tiles, tile)
		}
		s.Tiles[len(s.Tiles)-1].Command = fmt.Sprintf("echo \"the script of %s belongs here\" >&2; exit 1", s.Name)
		b.WriteString("]" + gap() + "}" + gap())
		m.want = append(m.want, s)
	}
	b.WriteString("}\n")
	m.text = b.String()
	return m
}
