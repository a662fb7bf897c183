package proof_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/jobsetup"
	"github.com/rescale-apply/rescale-apply/internal/convert/massjobs"
	"github.com/rescale-apply/rescale-apply/internal/convert/nextflow"
	"github.com/rescale-apply/rescale-apply/internal/convert/pur"
)

// sample is a file of another client, what lies beside it, and what that client sends.
type sample struct {
	read  convert.Reader
	files []string
	want  []sent
}

func samples() map[string]sample {
	all := tables()
	maps.Copy(all, sampleScripts())
	maps.Copy(all, sampleBodies())
	return all
}

// tables are samples of formats with a job a row, and of those that are like them.
func tables() map[string]sample {
	server := map[string]string{"LM_LICENSE_FILE": "27000@license.example.com"}
	run := func(name, version, inputs string) sent {
		return sent{
			Name: name, Project: "PrOjA", Priority: "economy", Tags: []string{"sweep", "wing"},
			Tiles: []sentTile{{
				Code: "user_included", Version: version, Command: "./solve.sh case.inp", CoreType: "emerald", Cores: 4, Slots: 1, Walltime: 2,
				Env: server, Inputs: []string{inputs},
			}},
		}
	}
	duct := func(name, file string) sent {
		return sent{Name: name, Priority: "on demand", Tiles: []sentTile{
			{Code: "openfoam_plus", Version: "v2312-intelmpi", Command: "./Allrun", CoreType: "emerald", Cores: 4, Slots: 1, Walltime: 24, Inputs: []string{"file " + file, "file mesh.msh"}},
			{Code: "ansys_mechanical", Version: "24.2", Command: ":", CoreType: "emerald", Cores: 4, Slots: 1, Walltime: 24},
		}}
	}
	return map[string]sample{
		"jobs.csv": {
			read: pur.Read, files: []string{"Run_1/case.inp", "Run_2/input/case.inp", "Run_3/case.inp"},
			want: []sent{run("Wing_1", "0", "Run_1/case.inp"), run("Wing_3", "0", "Run_3/case.inp")},
		},
		"jobs.json": {
			read: pur.ReadJSON, files: []string{"Run_1/case.inp", "Run_2/input/case.inp"},
			want: []sent{run("Wing_1", "0", "Run_1/case.inp"), run("Wing_2", "1", "packed input/case.inp")},
		},
		"newer.csv": {
			read: pur.Read, files: []string{"scratch/a.inp", "meshes/a.zip"},
			want: []sent{{
				Name: "newer", Priority: "on demand", CIDR: "203.0.113.0/24,198.51.100.7/32", Key: "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAA ada@example.com", Port: 2222,
				Automations: []string{"AuToMa", "AuToMb"},
				Tiles: []sentTile{{
					Code: "ansys_fluent", Version: "24.2", Command: "cd scratch\nfluent 3ddp -i a.inp", CoreType: "emerald", Cores: 36, Slots: 1, Walltime: 12,
					Features: []string{"USER_SPECIFIED_0: ansys_hpc 8"}, Inputs: []string{"file a.inp", "id AbCdEf", "id GhIjKl", "packed file a.zip"},
				}},
			}, {
				Name: "ids only", Priority: "on demand",
				Tiles: []sentTile{{Code: "user_included", Version: "newest", Command: "ls", CoreType: "onyx", Cores: 1, Slots: 3, Walltime: 1, Inputs: []string{"packed id InPuTa", "packed id InPuTb"}}},
			}},
		},
		"matrix.csv": {
			read: massjobs.Read, files: []string{"case1.in", "case2.in", "mesh.msh"},
			want: []sent{duct("duct1", "case1.in"), duct("duct2", "case2.in")},
		},
		"job_setup.txt": {
			read: jobsetup.Read, files: []string{"input1.inp", "input2.inp"},
			want: []sent{{Name: "Setup example", Priority: "economy", Tiles: []sentTile{{
				Code: "user_included", Version: "0", Command: "sleep 5", CoreType: "onyx", Cores: 1, Slots: 1,
				Env: map[string]string{"LM_LICENSE_FILE": "-1"}, Inputs: []string{"file input1.inp", "file input2.inp"},
			}}}},
		},
		"nextflow.config": {
			read: nextflow.Read,
			want: []sent{
				{
					Name: "datacheck", Priority: "reserved", Tiles: []sentTile{{
						Code: "abaqus", Version: "2023-hf4", Command: `echo "the script of datacheck belongs here" >&2; exit 1`, CoreType: "emerald", Cores: 2, Slots: 1, Walltime: 1,
						Rescale: true, Env: map[string]string{"OMP_NUM_THREADS": "2"}, Extra: map[string]any{"flags": map[string]any{"igCv": true}},
					}},
				},
				{
					Name: "solver", Project: "PrOjA", Priority: "on demand", Fields: map[string]any{"Cost center": "A-17"}, Tiles: []sentTile{
						{
							Code: "openfoam_plus", Version: "v2312", Command: ":", CoreType: "not-known-yet", Cores: 1, Slots: 1, Walltime: 2,
							Env: map[string]string{"OMP_NUM_THREADS": "2"}, Extra: map[string]any{"flags": map[string]any{"igCv": true}},
						}, {
							Code: "abaqus", Version: "2023-hf4", Command: `echo "the script of solver belongs here" >&2; exit 1`, CoreType: "not-known-yet", Cores: 1, Slots: 1, Walltime: 2,
							Seller: "rescale", Env: map[string]string{"OMP_NUM_THREADS": "2"}, Extra: map[string]any{"flags": map[string]any{"igCv": true}},
						},
					},
				},
			},
		},
	}
}

// TestSamplesSendWhatTheOtherClientSends converts every sample and compares what an apply
// of the manifest sends with what the client that it is from sends.
func TestSamplesSendWhatTheOtherClientSends(t *testing.T) {
	t.Parallel()
	for name, s := range samples() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			w := write(t, s.read, name, text)
			for _, file := range s.files {
				put(t, w.dir, file, file)
			}
			if diff := cmp.Diff(sorted(s.want), w.sends(t), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s", diff, w.text.YAML)
			}
		})
	}
}
