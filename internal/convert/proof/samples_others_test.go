package proof_test

import (
	"encoding/json"
	"strings"

	jobbody "github.com/rescale-apply/rescale-apply/internal/convert/body"
	"github.com/rescale-apply/rescale-apply/internal/convert/sge"
)

// sampleScripts are the samples of SGE scripts. rescale-cli sends each as run.sh.
func sampleScripts() map[string]sample {
	job := func(file string, s sent) sample {
		tile := &s.Tiles[0]
		tile.Slots, tile.Inputs = 1, append([]string{"file run.sh"}, tile.Inputs...)
		if tile.Command == "" {
			tile.Command = "bash run.sh"
		}
		if s.Priority == "" {
			s.Priority = "on demand"
		}
		return sample{read: sge.Read, files: []string{file}, want: []sent{s}}
	}
	return map[string]sample{
		"cli-equals.sh": job("cli-equals.sh", sent{Name: "Duct study", Project: "Duct programme", Priority: "economy", Tiles: []sentTile{{
			Code: "openfoam_plus", Version: "v2312-intelmpi", CoreType: "Emerald", Cores: 18, Walltime: 12, Inputs: []string{"id AbCdEf", "id GhIjKl"},
			Env: map[string]string{"OMP_NUM_THREADS": "1", "LM_LICENSE_FILE": "27000@license.example.com"},
		}}}),
		"interlink-space.sh": job("interlink-space.sh", sent{
			Name: "duct study", Project: "PrOjA", Tags: []string{"duct", "mesh fine"}, CIDR: "203.0.113.0/24", Automations: []string{"AuToMa"}, Tiles: []sentTile{{
				Code: "openfoam_plus", Version: "v2312-intelmpi", Command: "./run.sh fine", CoreType: "emerald", Cores: 18, Walltime: 12, Rescale: true,
				Env: map[string]string{"JAVA_OPTS": "-Dx=1"},
			}},
		}),
		"licence-queue.sh": job("licence-queue.sh", sent{Name: "valve_12", Tiles: []sentTile{{
			Code: "ansys_fluent", Version: "24.2", CoreType: "Emerald", Cores: 36, Walltime: 10,
			Env:      map[string]string{"ANSYSLMD_LICENSE_FILE": "1055@license.example.com", "ANSYSLI_SERVERS": "2325@license.example.com"},
			Features: []string{"USER_SPECIFIED_0: cfd_base 1", "USER_SPECIFIED_0: anshpc_pack 2"},
		}}}),
		"odd.sh": job("odd.sh", sent{Name: "bearing_3", Tiles: []sentTile{{
			Code: "abaqus", Version: newest, Command: "sh -f run.sh", CoreType: "Ruby", Cores: 2, Walltime: 96, Rescale: true, Env: map[string]string{"PATH": "/opt/a:/opt/b"},
		}}}),
		"qsub.sh": job("qsub.sh", sent{Name: "duct", Tiles: []sentTile{{Code: "converge_open_mpi", Version: newest, CoreType: "emerald", Cores: 16, Walltime: 8}}}),
	}
}

// sampleBodies are samples of create bodies.
func sampleBodies() map[string]sample {
	object := func(text string) (fields map[string]any) {
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&fields); err != nil {
			panic(err)
		}
		return fields
	}
	job := func(s sent) sample { return sample{read: jobbody.Read, want: []sent{s}} }
	return map[string]sample{
		"licence-queue-strings.json": job(sent{Name: "pump_04", Project: "PrOjA", Priority: "on demand", Tiles: []sentTile{{
			Code: "starccm", Version: "19.04.007", CoreType: "emerald", Cores: 36, Slots: 1, Walltime: 24, Inputs: []string{"id AbCdEf"},
			Command:  "starccm+ -np $RESCALE_CORES_PER_SLOT -machinefile $HOME/machinefile -batch run.java -load pump.sim",
			Env:      map[string]string{"CDLMD_LICENSE_FILE": "1999@license.example.com", "LM_PROJECT": "abcd1234"},
			Features: []string{"USER_SPECIFIED_0: hpcdomains 35", "USER_SPECIFIED_0: ccmpsuite 1"},
		}}}),
		"monte-carlo.json": job(sent{
			Name: "Duct scatter", Priority: "on demand",
			Extra: object(`{"monteCarloIterations": 50, "includeNominalRun": true, "caseFile": {"id": "CaSeFi"},
				"jobvariables": [{"name": "x", "displayOrder": 0, "variableType": "Param", "valueGeneratorType": "Uniform", "valueGeneratorSettings": {}}],
				"resourceFilters": [{"caseSensitive": false, "include": true, "filterType": "Input files", "selector": "Input files"}]}`),
			Tiles: []sentTile{{
				Code: "user_included", Version: "0", Command: "./run.sh", CoreType: "emerald", Cores: 1, Slots: 4, Walltime: 2,
				Extra: object(`{"templateTasks": [{"templateFile": {"id": "TeMpLa"}, "processedFilename": "in.txt"}]}`),
			}},
		}),
		"persistent-cluster.json": job(sent{Name: "on a cluster", Priority: "on demand", Cluster: "ClUsTe", Automations: []string{"AuToMa"}, Tiles: []sentTile{{
			Code: "user_included", Version: "0", Command: "./run.sh", CoreType: "zinc", Cores: 2, Slots: 1, Walltime: 1,
		}}}),
	}
}
