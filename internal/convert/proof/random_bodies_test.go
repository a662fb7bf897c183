package proof_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

type object = map[string]any

// bodies are create bodies of v2 or v3, or answers of the platform: one, or a list.
func bodies(d dice) made {
	var m made
	var all []any
	for i := range 1 + d.IntN(4) {
		v, s := d.body(i)
		if i > 0 && d.one(2) && len(m.want) > 0 { // a series: only the name and the cores differ
			last, _ := json.Marshal(all[i-1])
			var copied object
			_ = json.Unmarshal(last, &copied) // what was just made
			copied["name"] = fmt.Sprintf("pump_%d", 100+i)
			s = m.want[i-1]
			s.Name, v = copied["name"].(string), copied
		}
		all, m.want = append(all, v), append(m.want, s)
	}
	var text []byte
	var err error
	if len(all) == 1 {
		text, err = json.MarshalIndent(all[0], "", pick(d, "", "  ", "\t"))
	} else {
		text, err = json.Marshal(all)
	}
	if err != nil {
		panic(err)
	}
	m.text = pick(d, "", "\uFEFF", "\r\n") + string(text)
	return m
}

// body is a random body, and what it means.
func (d dice) body(i int) (object, sent) {
	s := sent{Name: d.title("pump_%d", i), Priority: "on demand"}
	v := object{"name": s.Name + pick(d, "", " [ra:0123abcd.0123456789.1.2]"), "description": "", "paramFile": nil, "jobvariables": []any{}, "id": "JoBiDa", "owner": "ada@example.com"}
	switch d.IntN(5) {
	case 0:
		v["isLowPriority"], s.Priority = pick[any](d, true, "true"), "economy"
	case 1:
		v["isLowPriority"], v["billingPriorityValue"], s.Priority = true, "RESERVED", "reserved"
	case 2:
		v["isLowPriority"] = pick[any](d, false, "false", nil)
	case 3:
		v["billingPriorityValue"], s.Priority = "ON_DEMAND", "economy"
	}
	s.Tags = some(d, 3, "sweep", "two words", "größe", "0")
	v["tags"] = s.Tags
	if d.one(2) {
		s.Project, v[pick(d, "projectId", "project_id")] = "PrOjA", "PrOjA"
	}
	if d.one(2) {
		s.CIDR, s.Port = "203.0.113.0/24,198.51.100.7/32", 2222
		v["cidrRule"], v["sshPort"] = "203.0.113.0/24, 198.51.100.7/32", pick[any](d, 2222, "2222")
	}
	s.Automations = some(d, 2, "AuToMa", "AuToMb")
	var automations []any
	for _, id := range s.Automations {
		automations = append(automations, object{"automation": object{"id": id, "name": "x"}, "environmentVariables": object{}})
	}
	v["jobAutomations"] = automations
	var analyses []any
	for range 1 + d.IntN(2) {
		analysis, tile := d.analysis()
		analyses, s.Tiles = append(analyses, analysis), append(s.Tiles, tile)
	}
	v["jobanalyses"] = analyses
	return v, s
}

func (d dice) analysis() (object, sentTile) {
	tile := sentTile{
		Code: pick(d, "user_included", "starccm"), Version: pick(d, "0", "19.04.007", "24.10", "2023-hf4"), Command: d.line(), CoreType: pick(d, "emerald", "hpc-3"),
		Cores: pick(d, 1, 4, 36), Slots: pick(d, 1, 2), Walltime: pick(d, 0, 1, 24), Env: d.variables(),
	}
	switch d.IntN(4) {
	case 0:
		tile.Command = "cd case\n\n\t" + tile.Command + pick(d, "", "\n", "\n\n")
	case 1:
		tile.Command = pick(d, " ", "\n", "\t") + tile.Command + " "
	}
	text := func(n int) any { return pick[any](d, n, fmt.Sprint(n)) }
	hardware := object{
		"coresPerSlot": text(tile.Cores), "slots": text(tile.Slots), "coreType": pick[any](d, tile.CoreType, object{"code": tile.CoreType, "name": "x"}),
		"type": "compute", "coreSummary": object{"numberOfNodes": 1.0},
	}
	if tile.Walltime > 0 {
		hardware["walltime"] = text(tile.Walltime)
	}
	v := object{
		"analysis": object{"code": tile.Code, "version": tile.Version, "name": "x", "versionName": "y"}, "command": tile.Command, "hardware": hardware,
		"envVars": tile.Env, "flags": object{}, "useMpi": false, "preProcessScript": nil, "preProcessScriptCommand": "", "templateTasks": []any{},
	}
	if d.one(3) {
		v["flags"] = object{"igCv": true}
		tile.Extra = object{"flags": object{"igCv": true}}
	}
	switch d.IntN(4) {
	case 0:
		v["useRescaleLicense"], tile.Rescale = pick[any](d, true, "true"), true
	case 1:
		v["onDemandLicenseSeller"], tile.Seller = pick[any](d, "rescale", object{"code": "rescale", "name": "rescale"}), "rescale"
	case 2:
		set := object{"name": "USER_SPECIFIED", "features": []any{object{"name": "hpc", "count": text(8)}, object{"name": "two words", "count": 1}}}
		v["userDefinedLicenseSettings"] = object{"featureSets": []any{set}}
		tile.Features = []string{"USER_SPECIFIED_0: hpc 8", "USER_SPECIFIED_0: two words 1"}
	case 3:
		v["useRescaleLicense"], v["onDemandLicenseSeller"] = pick[any](d, false, "false", nil), pick[any](d, "", nil)
		v["userDefinedLicenseSettings"] = pick[any](d, object{"featureSets": []any{}}, object{}, nil)
	}
	var files []any
	for _, id := range some(d, 2, "AbCdEf", "GhIjKl") {
		packed := d.one(2)
		file := object{"id": id, "name": "input # 1.zip", "typeId": 1}
		if packed {
			file["decompress"] = pick[any](d, false, "false")
			tile.Inputs = append(tile.Inputs, "packed id "+id)
		} else {
			tile.Inputs = append(tile.Inputs, "id "+id)
		}
		files = append(files, file)
	}
	slices.Sort(tile.Inputs)
	v["inputFiles"] = files
	return v, tile
}

// script is a job script of rescale-cli or Interlink, or of both line by line.
func script(d dice) made {
	s := sent{Name: strings.Trim(d.title("duct_%d", d.IntN(9)), `"`), Priority: "on demand", Tags: some(d, 2, "sweep", "two words")}
	tile := sentTile{
		Code: "openfoam_plus", Version: "v2312", CoreType: pick(d, "emerald", "hpc-3"), Cores: pick(d, 1, 18), Slots: pick(d, 1, 3), Walltime: pick(d, 1, 12, 336),
		Command: "bash run.sh", Inputs: []string{"file run.sh"}, Env: make(map[string]string),
	}
	var lines []string
	add := func(name, value string) {
		quote := pick(d, "", `"`)
		lines = append(lines, pick(d, "", "  ")+"#"+name+pick(d, "=", " ", "\t ")+quote+value+quote)
	}
	add("RESCALE_NAME", s.Name)
	add("RESCALE_ANALYSIS", tile.Code)
	add("RESCALE_ANALYSIS_VERSION", tile.Version)
	lines = append(lines, pick(d, "#RESCALE_CORE_TYPE="+tile.CoreType, "#RESCALE_CORES "+tile.CoreType))
	lines = append(lines, pick(d, fmt.Sprint("#RESCALE_CORES=", tile.Cores), fmt.Sprint("#RESCALE_CORES_PER_SLOT ", tile.Cores)))
	add("RESCALE_SLOTS", fmt.Sprint(tile.Slots))
	add("RESCALE_WALLTIME", fmt.Sprint(tile.Walltime)+pick(d, "", " # hours", ":00"))
	add("RESCALE_TAGS", strings.Join(s.Tags, ", "))
	for name, value := range d.variables() {
		if value = strings.Trim(value, `"`); value != "" && !strings.Contains(value, "=") {
			tile.Env[name] = value
			add("RESCALE_ENV_"+name, value)
		}
	}
	for _, id := range some(d, 2, "AbCdEf", "GhIjKl") {
		tile.Inputs = append(tile.Inputs, "id "+id)
	}
	if ids := tile.Inputs[1:]; len(ids) > 0 {
		add("RESCALE_EXISTING_FILES", strings.ReplaceAll(strings.Join(ids, pick(d, ",", " ", ", ")), "id ", ""))
	}
	switch d.IntN(4) {
	case 0:
		add("RESCALE_LOW_PRIORITY", pick(d, "t", "TRUE", "yes", "on"))
		s.Priority = "economy"
	case 1:
		add("RESCALE_PRIORITY", "RESERVED")
		s.Priority = "reserved"
	}
	switch d.IntN(3) {
	case 0:
		lines, tile.Rescale = append(lines, pick(d, "#USE_RESCALE_LICENSE", "#USE_RESCALE_LICENSE=", "#USE_RESCALE_LICENSE true")), true
	case 1:
		lines = append(lines, `#RESCALE_USER_DEFINED_LICENSE_SETTINGS={"featureSets":[{"name":"USER_SPECIFIED","features":[{"name":"f","count":2}]}]}`+pick(d, "", "]}}"))
		tile.Features = []string{"USER_SPECIFIED_0: f 2"}
	}
	if d.one(3) {
		tile.Command = strings.Trim(d.line(), `"`)
		add("RESCALE_COMMAND", tile.Command)
	}
	d.Shuffle(len(lines), func(a, b int) { lines[a], lines[b] = lines[b], lines[a] })
	slices.Sort(tile.Inputs)
	s.Tiles = []sentTile{tile}
	end := pick(d, "\n", "\r\n")
	return made{text: "#!/bin/bash" + end + strings.Join(lines, end) + end + "./Allrun" + end, want: []sent{s}, files: []string{"script.sh"}}
}
