package landing

import "path"

// Paths are the places of a work folder that are taken, each by somebody. The zero Paths
// has none.
type Paths[T any] struct {
	files   map[string]T
	folders map[string]T // folders, and a file that they come from
}

// Clash is how two paths cannot both be there.
type Clash string

// The clashes.
const (
	Free       Clash = ""
	SameFile   Clash = "two files"
	FileFolder Clash = "a file and a folder"
)

// Take puts a file at a path, unless there is one, or a folder, or a file where a folder
// would have to be: then it returns who was first.
func (p *Paths[T]) Take(name string, by T) (first T, clash Clash) {
	if first, taken := p.files[name]; taken {
		return first, SameFile
	}
	if first, taken := p.folders[name]; taken {
		return first, FileFolder
	}
	above := folders(name)
	for _, folder := range above {
		if first, taken := p.files[folder]; taken {
			return first, FileFolder
		}
	}
	if p.files == nil {
		p.files, p.folders = make(map[string]T), make(map[string]T)
	}
	p.files[name] = by
	for _, folder := range above {
		p.folders[folder] = by
	}
	return first, Free
}

// folders returns the folders that a path leads through.
func folders(name string) []string {
	var above []string
	for folder := path.Dir(name); folder != "." && folder != "/"; folder = path.Dir(folder) {
		above = append(above, folder)
	}
	return above
}
