package arch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// layer is what the packages of one folder and its sub-folders may import.
// Imports inside the folder are always allowed; Go refuses circles.
type layer struct {
	ours []string // our own layers, for the code that ships
	why  string
}

// layers holds every folder with Go code. Imports go one way:
// cmd -> app -> executor -> resolver -> spec -> {schema, yamlsrc} -> diag, and
// the leaves know nobody, so each of them can be understood alone.
func layers() map[string]layer {
	return map[string]layer{
		"cmd": {ours: []string{"internal/app"}, why: "a program only starts app"},
		"internal/app": {
			ours: []string{
				"executor", "resolver", "spec", "schema", "internal/yamlsrc", "internal/diag",
				"internal/rescale", "internal/content", "internal/state", "internal/emulator", "internal/namespace", "internal/source", "internal/convert",
			},
			why: "app is the top of the library",
		},
		"executor": {
			ours: []string{"resolver", "spec", "internal/diag", "internal/rescale", "internal/content", "internal/state", "internal/source"},
			why:  "the executor knows neither the command line nor the emulator",
		},
		"resolver": {
			ours: []string{"spec", "internal/diag", "internal/rescale", "internal/content", "internal/git"},
			why:  "the resolver reads catalogs and files, and decides nothing about runs",
		},
		"spec":                   {ours: []string{"schema", "internal/yamlsrc", "internal/diag", "internal/glob"}, why: "spec is pure: no file system, no network"},
		"schema":                 {why: "schema imports nothing of ours"},
		"internal/yamlsrc":       {ours: []string{"internal/diag"}, why: "yamlsrc knows no manifest"},
		"internal/diag":          {why: "diag is a leaf"},
		"internal/rescale":       {why: "rescale is a leaf: it knows no manifest"},
		"internal/glob":          {why: "glob is a leaf: it knows the text of patterns only"},
		"internal/content":       {ours: []string{"internal/glob", "internal/inuse"}, why: "content is a leaf: it knows no HTTP and no manifest"},
		"internal/inuse":         {why: "inuse is a leaf: it knows what the system says of a file"},
		"internal/state":         {ours: []string{"internal/inuse"}, why: "state is a leaf: it knows no HTTP and no manifest"},
		"internal/namespace":     {ours: []string{"internal/git"}, why: "namespace is a leaf: it knows no manifest and no platform"},
		"internal/git":           {why: "git is a leaf: it knows how a program is run"},
		"internal/convert":       {ours: []string{"spec", "schema", "internal/diag", "internal/glob"}, why: "convert is pure: it knows no file system and no platform"},
		"internal/convert/proof": {why: "proof has tests only"},
		"internal/source":        {ours: []string{"internal/git"}, why: "source is a leaf: it knows no manifest and no platform"},
		"internal/emulator": {
			why: "the emulator is a leaf: wire structs shared with the client would let a wrong JSON tag pass every test",
		},
		"internal/golden":   {why: "golden is a leaf"},
		"internal/mutate":   {why: "mutate is a leaf: it knows no package of the program"},
		"internal/pipeline": {why: "pipeline has tests only"},
		"internal/raced":    {why: "raced is a leaf"},
		"internal/scratch":  {why: "scratch is a leaf"},
		"internal/arch":     {why: "arch reads source text"},
		"examples":          {why: "examples are data"},
	}
}

// testTools are the layers that any test may import on top of its own; above
// all the emulator, which stands in for the platform.
func testTools() []string {
	return []string{"internal/golden", "internal/mutate", "internal/raced", "internal/scratch", "internal/emulator", "internal/diag", "internal/yamlsrc", "schema"}
}

// wholeProduct reports whether the tests of a layer may import everything: they run the
// product from end to end.
func wholeProduct(layerName string) bool {
	return layerName == "internal/app" || layerName == "cmd" || layerName == "examples" || layerName == "internal/pipeline" || layerName == "internal/convert/proof"
}

// owners tells which layers may import a module from outside; an empty list
// means tests only. A new module needs a line here, and so an owner.
func owners() map[string][]string {
	return map[string][]string{
		"gopkg.in/yaml.v3":                      {"internal/yamlsrc"},
		"github.com/santhosh-tekuri/jsonschema": {"schema", "internal/golden"},
		"github.com/urfave/cli":                 {"internal/app"},
		"github.com/google/go-cmp":              {"internal/golden"},
		"github.com/rogpeppe/go-internal":       {},
		"github.com/Shopify/toxiproxy":          {},
		"github.com/gofrs/flock":                {"internal/content", "internal/state", "internal/emulator"},
		"github.com/bmatcuk/doublestar":         {"internal/content", "spec"},
		"github.com/mattn/go-runewidth":         {"internal/diag", "internal/app"},
		"github.com/agnivade/levenshtein":       {"internal/diag"},
		"gopkg.in/ini.v1":                       {"internal/app"},
		"golang.org/x/term":                     {"cmd", "internal/app"},
		"golang.org/x/net":                      {"internal/app"},
		"golang.org/x/time":                     {"internal/rescale", "internal/emulator"},
		"golang.org/x/sync":                     {"internal/app", "executor", "resolver", "internal/rescale", "internal/content", "internal/emulator"},
		"golang.org/x/text":                     {"internal/diag", "internal/convert", "spec"},
		"golang.org/x/sys":                      {"cmd", "internal/app", "internal/content", "internal/inuse", "internal/state", "internal/emulator"},
	}
}

// testLibraries are outside modules that every test may import.
func testLibraries() []string {
	return []string{"github.com/google/go-cmp", "github.com/rogpeppe/go-internal", "github.com/Shopify/toxiproxy"}
}

// checkLayers finds imports of our own packages against the direction.
func checkLayers(t tree) []finding {
	var found []finding
	for _, f := range t {
		own, rule, known := layerOf(f.dir())
		if !known {
			found = append(found, finding{path: f.path, text: "no layer holds this folder; give it one in internal/arch, or move the file"})
			continue
		}
		for _, spec := range f.ast.Imports {
			target, ours := strings.CutPrefix(importOf(spec), modulePath+"/")
			if !ours {
				continue
			}
			targetLayer, _, _ := layerOf(target)
			if targetLayer == own || slices.Contains(rule.ours, targetLayer) || f.test && testMay(own, targetLayer) {
				continue
			}
			found = append(found, f.at(spec.Pos(), "%s -> %s: %s; it may import %s",
				chain(t, f.dir()), target, rule.why, listed(rule.ours)))
		}
	}
	return found
}

func testMay(own, target string) bool {
	if own == "internal/emulator" && target == "internal/rescale" {
		return false
	}
	return wholeProduct(own) || slices.Contains(testTools(), target)
}

// layerOf finds the layer of a folder: the longest name that it starts with.
func layerOf(dir string) (string, layer, bool) {
	best := ""
	table := layers()
	for name := range table {
		if (dir == name || strings.HasPrefix(dir, name+"/")) && len(name) > len(best) {
			best = name
		}
	}
	return best, table[best], best != ""
}

// chain is the shortest way from a program to dir, to show who would be pulled
// along; dir alone when no program reaches it.
func chain(t tree, dir string) string {
	imports := make(map[string][]string)
	for _, f := range t.production() {
		for _, spec := range f.ast.Imports {
			if target, ours := strings.CutPrefix(importOf(spec), modulePath+"/"); ours {
				imports[f.dir()] = append(imports[f.dir()], target)
			}
		}
	}
	queue := [][]string{}
	for _, from := range slices.Sorted(maps.Keys(imports)) {
		if strings.HasPrefix(from, "cmd/") {
			queue = append(queue, []string{from})
		}
	}
	seen := make(map[string]bool)
	for len(queue) > 0 {
		way := queue[0]
		queue = queue[1:]
		last := way[len(way)-1]
		if last == dir {
			return strings.Join(way, " -> ")
		}
		if seen[last] {
			continue
		}
		seen[last] = true
		for _, next := range imports[last] {
			queue = append(queue, append(slices.Clone(way), next))
		}
	}
	return dir
}

func listed(names []string) string {
	if len(names) == 0 {
		return "nothing of ours"
	}
	return strings.Join(names, ", ")
}

// checkOwners finds imports of outside modules by a package that does not own
// them.
func checkOwners(t tree) []finding {
	var found []finding
	for _, f := range t {
		own, _, _ := layerOf(f.dir())
		for _, spec := range f.ast.Imports {
			name := importOf(spec)
			if !isOutside(name) {
				continue
			}
			module, layers, known := ownersOf(name)
			switch {
			case !known:
				found = append(found, f.at(spec.Pos(), "%s -> %s: no layer owns this module; give it an owner in internal/arch", f.dir(), name))
			case slices.Contains(layers, own), f.test && slices.Contains(testLibraries(), module):
			default:
				found = append(found, f.at(spec.Pos(), "%s -> %s: only %s may import it", f.dir(), name, ownerNames(layers)))
			}
		}
	}
	return found
}

// isOutside tells modules of others from the standard library, whose first
// element has no dot.
func isOutside(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return strings.Contains(first, ".") && !strings.HasPrefix(importPath, modulePath)
}

func ownersOf(importPath string) (module string, names []string, known bool) {
	for module, names := range owners() {
		if importPath == module || strings.HasPrefix(importPath, module+"/") {
			return module, names, true
		}
	}
	return "", nil, false
}

func ownerNames(names []string) string {
	if len(names) == 0 {
		return "tests"
	}
	return strings.Join(names, ", ")
}

// checkLinked finds code that ships and imports a test tool.
func checkLinked(t tree) []finding {
	var found []finding
	for _, f := range t.production() {
		if f.dir() == "internal/golden" {
			continue
		}
		for _, spec := range f.ast.Imports {
			if name := importOf(spec); name == "testing" || strings.HasPrefix(name, "testing/") {
				found = append(found, f.at(spec.Pos(), "%s -> %s: this would ship in the program", f.dir(), name))
			}
		}
	}
	return found
}

// checkGenericNames finds packages that are named after a kind of code instead
// of the question they answer.
func checkGenericNames(t tree) []finding {
	generic := strings.Fields("util utils common helper helpers model models type types constant constants " +
		"core manager service services engine misc base shared lib")
	var found []finding
	for dir, files := range t.packages() {
		name := files[0].ast.Name.Name
		if slices.Contains(generic, strings.TrimSuffix(name, "_test")) {
			found = append(found, finding{path: dir, text: fmt.Sprintf("package %s says nothing about what it answers", name)})
		}
	}
	return found
}
