package pipeline

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFlags shows that rescale-apply knows the flags that the files give it.
func TestFlags(t *testing.T) {
	t.Parallel()
	calls := 0
	for _, name := range []string{
		".github/action/run.sh", ".gitlab/rescale-apply.yml", ".pre-commit-hooks.yaml", "examples/ci/Jenkinsfile",
		"examples/ci/README.md", "examples/ci/pipeline.sh", "examples/ci/systemd/rescale-apply@.service",
	} {
		for _, call := range callsOf(read(t, filepath.Join("..", "..", name))) {
			calls++
			exit, help := command(t, ".", nil, "rescale-apply", append(strings.Fields(call[0]), "--help")...)
			for _, flag := range call[1:] {
				if exit != 0 || !slices.Contains(strings.FieldsFunc(help, func(r rune) bool { return strings.ContainsRune(" ,\n", r) }), flag) {
					t.Errorf("%s: %q has no flag %s", name, call[0], flag)
				}
			}
		}
	}
	if calls < 15 {
		t.Errorf("only %d calls were found", calls)
	}
}

// callsOf finds calls in a text: of each its command, and its flags.
func callsOf(text string) [][]string {
	text = strings.ReplaceAll(text, "\\\n", " ")
	program := regexp.MustCompile("\\b(?:rescale-apply|tool|`)\\s?(validate|plan|apply|collect|status|audit|report comment) ([^|;#`\\n]*)")
	flag := regexp.MustCompile(`(?:^|[\s"(])(-[fRo]|--[a-z-]+)`)
	var calls [][]string
	for _, found := range program.FindAllStringSubmatch(text, -1) {
		call := []string{found[1]}
		for _, given := range flag.FindAllStringSubmatch(found[2], -1) {
			call = append(call, given[1])
		}
		calls = append(calls, call)
	}
	return calls
}
