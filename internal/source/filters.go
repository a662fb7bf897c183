package source

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// filters are settings that switch off the programs through which a repository's own
// settings pass files: a status would run them. Those of the person stay, and git LFS.
func (c *checkout) filters(ctx context.Context) (settings []string, err error) {
	var parts []string
	err = c.lines(ctx, func(part string) { parts = append(parts, part) }, "config", "--show-scope", "-z", "--get-regexp", `^filter\..*\.(clean|process)$`)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 && len(parts) == 0 {
		return nil, nil // there are none
	}
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(parts); i += 2 {
		key, program, _ := strings.Cut(parts[i+1], "\n")
		if scope := parts[i]; scope != "local" && scope != "worktree" || usual(key, program) {
			continue
		}
		name := key[:strings.LastIndexByte(key, '.')]
		if strings.ContainsAny(name, "=\n") {
			return nil, fmt.Errorf("the repository has a filter of the name %q", name)
		}
		settings = append(settings, "-c", name+".clean=", "-c", name+".process=", "-c", name+".required=false")
	}
	return settings, nil
}

// usual reports whether a filter is as git lfs install --local writes it.
func usual(key, program string) bool {
	return key == "filter.lfs.clean" && program == "git-lfs clean -- %f" || key == "filter.lfs.process" && program == "git-lfs filter-process"
}
