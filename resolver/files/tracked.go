package files

import (
	"context"
	"os/exec"
	"strings"
)

// tracked reports whether git keeps a file of a folder. Without git, or outside its
// repositories, nothing is tracked. git is asked about each folder once.
func (d *disk) tracked(ctx context.Context, folder, rel string) bool {
	files, known := d.kept[folder]
	if !known {
		files = make(map[string]bool)
		// Programs that a repository configures must not run, and its owner does not matter
		// here.
		out, err := exec.CommandContext(ctx, "git", "-C", folder, "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "ls-files", "-z").Output()
		if err == nil {
			for name := range strings.SplitSeq(string(out), "\x00") {
				files[name] = true
			}
		}
		d.kept[folder] = files
	}
	return files[rel]
}
