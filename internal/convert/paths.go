package convert

import "slices"

// Rebased changes every path of files on this machine, as the manifest may stand in another
// folder than the file that it comes from.
func (f *Found) Rebased(change func(path string) string) {
	for i := range f.Jobs {
		job := &f.Jobs[i]
		set(&job.DOE.Params, change)
		for k := range job.DOE.Templates {
			set(&job.DOE.Templates[k].Path, change)
		}
		for k := range job.Tiles {
			tile := &job.Tiles[k]
			set(&tile.PreProcess.Path, change)
			set(&tile.PostProcess.Path, change)
			for n := range tile.Inputs {
				set(&tile.Inputs[n].Path, change)
			}
		}
	}
}

func set(path *string, change func(string) string) {
	if *path != "" {
		*path = change(*path)
	}
}

// AddInputs gives the first analysis of every job further files by their patterns.
func (f *Found) AddInputs(patterns []string) {
	for i := range f.Jobs {
		if len(f.Jobs[i].Tiles) == 0 {
			continue
		}
		tile := &f.Jobs[i].Tiles[0]
		tile.Inputs = slices.Clone(tile.Inputs)
		for _, pattern := range patterns {
			tile.Inputs = append(tile.Inputs, Input{Path: pattern})
		}
	}
}
