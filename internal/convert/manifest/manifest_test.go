package manifest_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
)

// wing is a job of a sweep.
func wing(run, cores string) convert.Job {
	slots := 1
	return convert.Job{
		Title: "Wing_" + run, Priority: convert.Economy, Tags: []string{"sweep", "wing"},
		Tiles: []convert.Tile{{
			Code: "user_included", Version: "0",
			Hardware: convert.Hardware{CoreType: "emerald", CoresPerSlot: int(cores[0] - '0'), Slots: slots, Walltime: "90m"},
			License:  convert.License{Servers: []convert.Variable{{Name: "LM_LICENSE_FILE", Value: "27000@license.example.com"}}},
			Inputs:   []convert.Input{{Path: "Run_" + run + "/**", Pack: "Run_" + run + ".tar.gz"}},
			Command:  "./solve.sh case.inp",
		}},
	}
}

// named is a job of a sweep under a name of its own.
func named(title, run string, cores int) convert.Job {
	job := wing(run, "4")
	job.Title, job.Tiles[0].Hardware.CoresPerSlot = title, cores
	return job
}

// adopting is a job of a sweep that takes a run over.
func adopting(run, id string) convert.Job {
	job := wing(run, "4")
	job.Adopt, job.Description = id, "two\nlines"
	return job
}

func TestWrite(t *testing.T) {
	t.Parallel()
	single := convert.Job{
		Title: "Duct study", Extra: convert.Map{{Name: "expectedRuns", Value: json.Number("3")}},
		SSH: convert.SSH{CIDR: []string{""}},
		Tiles: []convert.Tile{{
			Code: "openfoam_plus", Hardware: convert.Hardware{CoreType: "emerald", CoresPerSlot: 18, Walltime: "48h"},
			Command: "cd case\n./Allrun ${{ x }}", Env: []convert.Variable{{Name: "OMP_NUM_THREADS", Value: "1"}},
			Inputs: []convert.Input{{Path: "cli.sh", As: "run.sh"}, {ID: "AbCdEf", Note: "mesh.zip"}},
			Notes:  convert.Notes{"hardware.walltime": "none in the script", "analysis": "no version: the newest"},
		}},
		Notes: convert.Notes{"title": "as on the platform"},
	}
	chain := convert.Job{Title: "chain", Tiles: []convert.Tile{
		{Code: "a", Version: "1", Hardware: single.Tiles[0].Hardware, Command: ":", Extra: convert.Map{{Name: "flags", Value: convert.Map{{Name: "igCv", Value: true}}}}},
		{Code: "b", Version: "2", Hardware: single.Tiles[0].Hardware, Command: "run", License: convert.License{Seller: "rescale", SellerName: "Rescale"}},
	}}
	plain := wing("1", "8")
	plain.Title, plain.Tiles[0].Inputs, plain.Tiles[0].Command = "wing", []convert.Input{{Path: "wing.inp"}}, "./other.sh"
	plain.Tiles[0].Env = []convert.Variable{{Name: "A", Value: "b"}}
	for name, tc := range map[string]struct {
		jobs  []convert.Job
		table string
		want  manifest.Text
	}{
		"one job": {
			jobs: []convert.Job{single},
			want: manifest.Text{YAML: []byte(`version: 1
# from a test
name: duct-study
title: Duct study  # as on the platform
analysis: {code: openfoam_plus}  # no version: the newest
hardware: {coreType: emerald, coresPerSlot: 18, walltime: 48h}  # walltime: none in the script
inputs:
  - {path: cli.sh, as: run.sh}
  - {id: AbCdEf}  # mesh.zip
env: {OMP_NUM_THREADS: "1"}
command: |-
  cd case
  ./Allrun $${{ x }}
ssh: {cidr: ""}
extra: {expectedRuns: 3}
`)},
		},
		"runs that are taken over, and lines of a description": {
			jobs: []convert.Job{adopting("1", "AbC"), adopting("2", "")}, table: "wing.csv",
			want: manifest.Text{YAML: []byte(`version: 1
# from a test
name: wing
matrix: {csv: {path: wing.csv, name: [run], blank: {adopt: ""}}}
title: Wing_${{ matrix.run }}
description: |-
  two
  lines
tags: [sweep, wing]
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 4, walltime: 90m}
priority: economy
license: {servers: {LM_LICENSE_FILE: "27000@license.example.com"}}
inputs:
  - {path: "Run_${{ matrix.run }}/**", pack: "Run_${{ matrix.run }}.tar.gz"}
command: ./solve.sh case.inp
adopt: ${{ matrix.adopt }}
`), Tables: []manifest.Table{{Name: "wing.csv", CSV: []byte("run,adopt\n1,AbC\n2,\n")}}},
		},
		"several analyses": {
			jobs: []convert.Job{chain},
			want: manifest.Text{YAML: []byte(`version: 1
# from a test
name: chain
hardware: {coreType: emerald, coresPerSlot: 18, walltime: 48h}
analyses:
  - analysis: {code: a, version: "1"}
    command: ":"
    extra: {flags: {igCv: true}}
  - analysis: {code: b, version: "2"}
    license: {seller: {code: rescale, name: Rescale}}
    command: run
`)},
		},
		"one parameter": {
			jobs: []convert.Job{wing("1", "4"), wing("2", "4")},
			want: manifest.Text{YAML: []byte(`version: 1
# from a test
name: wing
matrix: {run: [1, 2]}
title: Wing_${{ matrix.run }}
tags: [sweep, wing]
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 4, walltime: 90m}
priority: economy
license: {servers: {LM_LICENSE_FILE: "27000@license.example.com"}}
inputs:
  - {path: "Run_${{ matrix.run }}/**", pack: "Run_${{ matrix.run }}.tar.gz"}
command: ./solve.sh case.inp
`)},
		},
		"combinations": {
			jobs: []convert.Job{wing("1", "4"), wing("2", "4"), wing("1", "8"), wing("2", "8")},
			want: manifest.Text{YAML: []byte(`version: 1
# from a test
name: wing
matrix: {run: [1, 2], coresPerSlot: [4, 8]}
title: Wing_${{ matrix.run }}
tags: [sweep, wing]
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: "${{ matrix.coresPerSlot }}", walltime: 90m}
priority: economy
license: {servers: {LM_LICENSE_FILE: "27000@license.example.com"}}
inputs:
  - {path: "Run_${{ matrix.run }}/**", pack: "Run_${{ matrix.run }}.tar.gz"}
command: ./solve.sh case.inp
`)},
		},
		"table": {
			jobs:  []convert.Job{wing("a", "4"), wing("b", "8"), wing("007", "8"), wing("c", "8"), wing("d", "1")},
			table: "wing.csv",
			want: manifest.Text{
				YAML: []byte(`version: 1
# from a test
name: wing
matrix: {csv: {path: wing.csv, name: [case], types: {case: text}}}
title: Wing_${{ matrix.case }}
tags: [sweep, wing]
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: "${{ matrix.coresPerSlot }}", walltime: 90m}
priority: economy
license: {servers: {LM_LICENSE_FILE: "27000@license.example.com"}}
inputs:
  - {path: "Run_${{ matrix.case }}/**", pack: "Run_${{ matrix.case }}.tar.gz"}
command: ./solve.sh case.inp
`),
				Tables: []manifest.Table{{Name: "wing.csv", CSV: []byte("case,coresPerSlot\na,4\nb,8\n007,8\nc,8\nd,1\n")}},
			},
		},
		"nothing in common": {
			jobs: []convert.Job{named("alpha", "1", 1), named("beta", "2", 2), named("gamma", "3", 3)},
			want: manifest.Text{YAML: []byte(`version: 1
# from a test
name: jobs
matrix:
  include:
    - {case: alpha, coresPerSlot: 1, run: 1}
    - {case: beta, coresPerSlot: 2, run: 2}
    - {case: gamma, coresPerSlot: 3, run: 3}
title: ${{ matrix.case }}
tags: [sweep, wing]
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: "${{ matrix.coresPerSlot }}", walltime: 90m}
priority: economy
license: {servers: {LM_LICENSE_FILE: "27000@license.example.com"}}
inputs:
  - {path: "Run_${{ matrix.run }}/**", pack: "Run_${{ matrix.run }}.tar.gz"}
command: ./solve.sh case.inp
`)},
		},
		"defaults": {
			jobs: []convert.Job{wing("1", "4"), plain, wing("1", "4")},
			want: manifest.Text{YAML: []byte(`version: 1
# from a test
kind: defaults
tags: [sweep, wing]
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, walltime: 90m}
priority: economy
license: {servers: {LM_LICENSE_FILE: "27000@license.example.com"}}
---
name: wing_1
title: Wing_1
hardware: {coresPerSlot: 4}
inputs:
  - {path: Run_1/**, pack: Run_1.tar.gz}
command: ./solve.sh case.inp
---
name: wing
hardware: {coresPerSlot: 8}
inputs: [wing.inp]
env: {A: b}
command: ./other.sh
---
name: wing_1-2
title: Wing_1
hardware: {coresPerSlot: 4}
inputs:
  - {path: Run_1/**, pack: Run_1.tar.gz}
command: ./solve.sh case.inp
`)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := manifest.Write(tc.jobs, manifest.Place{Source: "from a test", Name: "jobs", Table: tc.table})
			if diff := cmp.Diff(texts(tc.want), texts(got)); diff != "" {
				t.Errorf("differs (-want +got):\n%s", diff)
			}
		})
	}
}

// texts is a text and its tables, readable.
func texts(text manifest.Text) []string {
	all := []string{string(text.YAML)}
	for _, table := range text.Tables {
		all = append(all, table.Name, string(table.CSV))
	}
	return all
}
