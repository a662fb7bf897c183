package proof_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// script is a job script of either dialect.
func script(d dice) made {
	cli := d.one(2)
	separator := pick(d, " ", "  ", "\t")
	if cli {
		separator = "="
	}
	s := sent{Name: strings.Trim(d.line(), `"`), Priority: "on demand"}
	tile := sentTile{
		Code: pick(d, "abaqus", "openfoam_plus"), Version: pick(d, "2023-hf4", "24.10", newest), Command: "bash run.sh", CoreType: pick(d, "emerald", "Onyx"),
		Cores: 1 + d.IntN(36), Slots: 1, Walltime: 1 + d.IntN(200), Inputs: []string{"file run.sh"}, Rescale: d.one(3), Env: make(map[string]string),
	}
	var directives []string
	add := func(name, value string) { directives = append(directives, "#"+name+separator+value) }
	add("RESCALE_NAME", s.Name)
	add("RESCALE_ANALYSIS", tile.Code)
	if tile.Version != newest {
		add("RESCALE_ANALYSIS_VERSION", tile.Version)
	}
	if add("RESCALE_WALLTIME", fmt.Sprint(tile.Walltime)); cli {
		add("RESCALE_CORES", fmt.Sprint(tile.Cores))
		add("RESCALE_CORE_TYPE", tile.CoreType)
	} else {
		add("RESCALE_CORES", tile.CoreType)
		add("RESCALE_CORES_PER_SLOT", fmt.Sprint(tile.Cores))
	}
	if tile.Rescale {
		add("USE_RESCALE_LICENSE", "true")
	}
	if d.one(2) {
		s.Project = "PrOjA"
		add("RESCALE_PROJECT_ID", s.Project)
	}
	if s.Tags = some(d, 2, "duct", "two words"); len(s.Tags) > 0 {
		add("RESCALE_TAGS", strings.Join(s.Tags, ", "))
	}
	if d.one(3) {
		tile.Slots = 2
		add("RESCALE_SLOTS", "2")
	}
	if d.one(3) {
		s.Priority = "economy"
		add("RESCALE_LOW_PRIORITY", pick(d, "t", "true", "yes", "on", "Y"))
	}
	if ids := some(d, 2, "AbCdEf", "GhIjKl"); len(ids) > 0 {
		add("RESCALE_EXISTING_FILES", strings.Join(ids, pick(d, ",", ", ")))
		for _, id := range ids {
			tile.Inputs = append(tile.Inputs, "id "+id)
		}
	}
	for _, name := range some(d, 2, "OMP_NUM_THREADS", "LM_LICENSE_FILE", "JAVA_OPTS") {
		tile.Env[name] = pick(d, "1", "27000@license.example.com", "-Dx=1")
		add("RESCALE_ENV_"+name, tile.Env[name])
	}
	if d.one(3) {
		tile.Command = "./run.sh " + pick(d, "fine", "-np 4 | tee log", "$X")
		add("RESCALE_COMMAND", tile.Command)
	}
	d.Shuffle(len(directives), func(i, j int) { directives[i], directives[j] = directives[j], directives[i] })
	slices.Sort(tile.Inputs)
	s.Tiles = []sentTile{tile}
	end := pick(d, "\n", "\n", "\r\n")
	text := "#!/bin/bash" + end + strings.Join(directives, end+pick(d, "", "  ")) + end + "cd case" + end + "./solve" + end
	return made{text: text, want: []sent{s}, files: []string{"job.sh"}}
}

// bodyJSON is a create body, or what the platform answers about a job.
func bodyJSON(d dice) made {
	s := sent{Name: d.line(), Description: pick(d, "", d.line()), Priority: pick(d, "on demand", "economy", "reserved"), Tags: some(d, 2, "a", "two words"), Project: pick(d, "", "PrOjA")}
	s.Automations, s.CIDR, s.Cluster = some(d, 2, "AuToMa", "AuToMb"), pick(d, "", "203.0.113.0/24"), pick(d, "", "ClUsTe")
	number := func(n int) any { return pick(d, any(n), any(fmt.Sprint(n))) }
	body := map[string]any{
		"name": s.Name, "description": s.Description, "isLowPriority": pick(d, any(s.Priority == "economy"), any(fmt.Sprint(s.Priority == "economy"))),
		pick(d, "projectId", "project_id"): s.Project, "tags": s.Tags, "clusterId": s.Cluster,
		"id": "JoBaBc", "owner": "ada@example.com", "dateInserted": "2026-11-01T00:00:00Z", "jobvariables": []any{}, "paramFile": nil, "isTemplate": false,
	}
	if value := map[string]string{"on demand": "INSTANT", "economy": "ON_DEMAND", "reserved": "RESERVED"}[s.Priority]; s.Priority == "reserved" || d.one(2) {
		body["billingPriorityValue"] = value
	}
	if s.CIDR != "" {
		body["cidrRule"] = s.CIDR
	}
	var automations []any
	for _, id := range s.Automations {
		automations = append(automations, map[string]any{"automation": map[string]any{"id": id}, "environmentVariables": map[string]any{}})
	}
	body["jobAutomations"] = automations
	var analyses []any
	for i := range 1 + d.IntN(3) {
		tile := sentTile{
			Code: pick(d, "abaqus", "openfoam_plus"), Version: pick(d, "2023-hf4", "24.10"), Command: d.line(), CoreType: pick(d, "emerald", "onyx"),
			Cores: 1 + d.IntN(36), Slots: 1 + d.IntN(2), Walltime: 1 + d.IntN(99), Env: d.variables(),
		}
		entry := map[string]any{
			"analysis": map[string]any{"code": tile.Code, "version": tile.Version, "name": "Name", "type": "x"}, "command": tile.Command, "useMpi": false, "envVars": tile.Env,
			"hardware": map[string]any{
				"coreType": pick(d, any(tile.CoreType), any(map[string]any{"code": tile.CoreType})), "coresPerSlot": number(tile.Cores), "slots": number(tile.Slots),
				"walltime": number(tile.Walltime), "type": "compute", "coreSummary": "x",
			},
			"onDemandLicenseSeller": nil, "userDefinedLicenseSettings": map[string]any{"featureSets": []any{}}, "useRescaleLicense": "false",
		}
		switch d.IntN(4) {
		case 0:
			tile.Rescale = true
			entry["useRescaleLicense"] = pick(d, any(true), any("true"))
		case 1:
			tile.Seller = "rescale"
			entry["onDemandLicenseSeller"] = pick(d, any("rescale"), any(map[string]any{"code": "rescale", "name": "rescale"}))
		case 2:
			tile.Features = []string{"USER_SPECIFIED_0: ansys_hpc 8"}
			feature := map[string]any{"name": "ansys_hpc", "count": number(8)}
			entry["userDefinedLicenseSettings"] = map[string]any{"featureSets": []any{map[string]any{"name": "USER_SPECIFIED", "features": []any{feature}}}}
		}
		var files []any
		for _, id := range some(d, 2, fmt.Sprintf("AbCd%d", i), fmt.Sprintf("EfGh%d", i)) {
			unpack := d.one(2)
			tile.Inputs = append(tile.Inputs, map[bool]string{true: "id ", false: "packed id "}[unpack]+id)
			files = append(files, map[string]any{"id": id, "decompress": unpack})
		}
		slices.Sort(tile.Inputs)
		entry["inputFiles"] = files
		if d.one(3) {
			tile.Extra = map[string]any{"flags": map[string]any{"igCv": true}}
			entry["flags"] = maps.Clone(tile.Extra["flags"].(map[string]any))
		}
		s.Tiles, analyses = append(s.Tiles, tile), append(analyses, entry)
	}
	body["jobanalyses"] = analyses
	text, err := json.MarshalIndent(body, "", pick(d, "", "\t"))
	if err != nil {
		panic(err)
	}
	return made{text: string(text), want: []sent{s}}
}
