package arch

import (
	"go/ast"
	"strings"
	"testing"
)

// commands is the package with one file for each verb.
const commands = "internal/app"

// maxVerbLines is for the file of a verb: options, a call, what is shown. More than that
// is work of a stage.
const maxVerbLines = 80

// room is a package inside a layer, and what it must not know.
type room struct{ unknown, why string }

func rooms() map[string][]room {
	const workspace, connect = modulePath + "/internal/app/workspace", modulePath + "/internal/app/connect"
	return map[string][]room{
		"internal/app/workspace": {{modulePath + "/internal/rescale", "a workspace knows no platform"}, {connect, "a workspace knows no platform"}},
		"internal/app/ledger":    {{modulePath + "/spec", "an audit knows no manifest"}, {workspace, "an audit knows no manifest"}},
		"executor/audit":         {{modulePath + "/spec", "an audit knows no manifest"}, {modulePath + "/resolver", "an audit knows no manifest"}},
		"executor/review":        {{modulePath + "/internal/rescale", "a review is pure"}},
		"internal/app/connect":   {{modulePath + "/spec", "a connection knows no manifest"}, {workspace, "a connection knows no manifest"}},
	}
}

// checkRooms holds the rooms of a layer apart, and the library for command lines in the
// two places that know it.
func checkRooms(t tree) []finding {
	const cli = "github.com/urfave/cli/v2"
	var found []finding
	for _, f := range t.production() {
		for _, spec := range f.ast.Imports {
			target := importOf(spec)
			if target == cli && f.path != commands+"/app.go" && !strings.HasPrefix(f.dir(), commands+"/options") {
				found = append(found, f.at(spec.Pos(), "only %s/app.go and %s/options know %s", commands, commands, cli))
			}
			for _, forbidden := range rooms()[f.dir()] {
				if target == forbidden.unknown {
					found = append(found, f.at(spec.Pos(), "%s, and must not import %s", forbidden.why, target))
				}
			}
		}
	}
	return found
}

// checkPlatforms keeps the name Platform for one exported type a floor: views of the
// platform are named after what they do.
func checkPlatforms(t tree) []finding {
	var found []finding
	first := make(map[string]string) // path of its file, by layer
	for _, f := range t.production() {
		floor, _, _ := layerOf(f.dir())
		for _, declared := range f.ast.Decls {
			group, ok := declared.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range group.Specs {
				if named, ok := spec.(*ast.TypeSpec); !ok || named.Name.Name != "Platform" {
					continue
				}
				if first[floor] != "" {
					found = append(found, f.at(spec.Pos(), "a second type Platform in %s, besides that of %s: name it after what it does", floor, first[floor]))
				}
				first[floor] = f.path
			}
		}
	}
	return found
}

// isVerb reports whether a file makes a command: func (t *tool) nameVerb.
func isVerb(f goFile) bool {
	if f.dir() != commands {
		return false
	}
	for _, function := range f.functions() {
		if function.Recv != nil && strings.HasSuffix(function.Name.Name, "Verb") {
			return true
		}
	}
	return false
}

// checkVerbs keeps the files of verbs short.
func checkVerbs(t tree) []finding {
	var found []finding
	for _, f := range t.production() {
		if isVerb(f) && f.lines > maxVerbLines {
			found = append(found, finding{path: f.path, text: plural(f.lines, "line") + ", the file of a verb has at most " + plural(maxVerbLines, "line")})
		}
	}
	return found
}

func TestCheckRooms(t *testing.T) {
	t.Parallel()
	verb := "package app\nfunc (t *tool) aVerb() {}\n"
	run(t, map[string]example{
		"the library of command lines": {
			find: checkRooms,
			files: map[string]string{
				"internal/app/app.go":          importing("app", "github.com/urfave/cli/v2"),
				"internal/app/options/flag.go": importing("options", "github.com/urfave/cli/v2"),
				"internal/app/stop.go":         importing("app", "github.com/urfave/cli/v2"),
			},
			want: []string{"internal/app/stop.go:2: only internal/app/app.go and internal/app/options know github.com/urfave/cli/v2"},
		},
		"rooms": {
			find: checkRooms,
			files: map[string]string{
				"internal/app/workspace/a.go": importing("workspace", "OURS/internal/rescale", "OURS/spec"),
				"internal/app/connect/a.go":   importing("connect", "OURS/internal/rescale", "OURS/spec"),
			},
			want: []string{
				"internal/app/connect/a.go:3: a connection knows no manifest, and must not import " + modulePath + "/spec",
				"internal/app/workspace/a.go:2: a workspace knows no platform, and must not import " + modulePath + "/internal/rescale",
			},
		},
		"two platforms": {
			find: checkPlatforms,
			files: map[string]string{
				"executor/a.go":      "package executor\ntype Platform interface{}\n",
				"executor/stop/b.go": "package stop\n\ntype Platform struct{}\n",
				"resolver/c.go":      "package resolver\ntype Platform interface{}\n",
			},
			want: []string{"executor/stop/b.go:3: a second type Platform in executor, besides that of executor/a.go: name it after what it does"},
		},
		"a long verb": {
			find:  checkVerbs,
			files: map[string]string{"internal/app/a.go": verb + strings.Repeat("//\n", maxVerbLines), "internal/app/b.go": verb},
			want:  []string{"internal/app/a.go: 82 lines, the file of a verb has at most 80 lines"},
		},
		"files of verbs do not make a package large": {
			find: checkPackageSize,
			files: func() map[string]string {
				files := make(map[string]string)
				for i := range 2 * maxPackageFiles {
					files["internal/app/"+strings.Repeat("a", i+1)+".go"] = verb
				}
				return files
			}(),
		},
	})
}
