package workdir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Shared is the name under which a folder of links leads to the work folder as a whole.
const Shared = "shared"

// Mirror makes the work folder and what lies in it reachable in another one, by links. What is there already stays.
// Where links cannot be made, it does without.
func Mirror(work, links string) error {
	names, err := topNames(work)
	if err != nil {
		return err
	}
	targets := map[string]string{Shared: work}
	for _, name := range names {
		if name != Shared {
			targets[name] = filepath.Join(work, name)
		}
	}
	for name, target := range targets {
		err := os.Symlink(target, filepath.Join(links, name))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil // no right to make links, as on some Windows machines
		}
	}
	return nil
}

// CollectBeside is Collect for what was written into the folder of links itself, past the links. A name that the work
// folder has counts there.
func CollectBeside(work, links string, temp func() (*os.File, error)) ([]Result, error) {
	names, err := topNames(work)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(links); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // a command removed it
	}
	return Collect(links, nil, append(names, Shared), temp)
}

func topNames(dir string) ([]string, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(list))
	for i, entry := range list {
		names[i] = entry.Name()
	}
	return names, nil
}
