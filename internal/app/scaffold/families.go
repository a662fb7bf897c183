package scaffold

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// ownSoftware is the catalog's code for software that a job brings along
// (rescale-api.md §4).
const ownSoftware = "user_included"

// cores is the platform's count of cores, in the words of a shell (rescale-api.md §10).
const cores = "$RESCALE_CORES_PER_SLOT"

// family is what the files of one kind of software come to.
type family struct {
	family  string
	solvers []Solver
	inputs  []Input
}

// families are looked for in this order: what is told by several files comes before what
// one ending tells, and scripts come last.
func families() []func(*folder) (family, bool) {
	return []func(*folder) (family, bool){
		openFOAM, starCCM, fluent, cfx, lsDyna, abaqus, script, python,
	}
}

// wrapped is a family whose folder has a run.sh: that is how its owner starts it, and all
// files may be needed.
func wrapped(f *folder, found family) family {
	if !f.has(runScript) {
		return found
	}
	for i := range found.solvers {
		found.solvers[i].Command = "bash " + runScript
	}
	found.inputs = f.everything()
	return found
}

const runScript = "run.sh"

// openFOAM is a case in the folder, or one in a folder below.
func openFOAM(f *folder) (family, bool) {
	name := ""
	if !isCase(f, "") {
		i := slices.IndexFunc(f.folders, func(below string) bool { return isCase(f, below) })
		if i < 0 {
			return family{}, false
		}
		name = f.folders[i]
	}
	input := f.packed(name, "case")
	input.Exclude = append(input.Exclude, leftovers(f, name)...)
	prefix, command := "", solve(f, name)
	// The archive begins with the folder's own name, where the manifest names it.
	if input.Path != "." {
		inner := filepath.Base(filepath.Join(f.path, name))
		prefix, command = globbed(inner)+"/", "cd "+quoted(inner)+"\n"+command
	}
	outputs := []string{prefix + "log.*", prefix + "postProcessing/**", prefix + "[1-9]*/**"}
	return family{
		family: "OpenFOAM", inputs: []Input{input},
		solvers: each(Solver{Command: joined(command), Outputs: outputs}, "openfoam_plus", "openfoam"),
	}, true
}

func isCase(f *folder, name string) bool {
	return f.has(name, "system", "controlDict") || f.has(name, "Allrun") && f.has(name, "system", "blockMeshDict")
}

// leftovers are what an earlier run on this machine left in a case.
func leftovers(f *folder, name string) []string {
	entries, err := os.ReadDir(filepath.Join(f.path, name))
	if err != nil {
		return nil
	}
	var patterns []string
	for _, pattern := range []string{"processor*", "log.*", "postProcessing"} {
		if slices.ContainsFunc(entries, func(e os.DirEntry) bool {
			matched, _ := filepath.Match(pattern, e.Name())
			return matched
		}) {
			patterns = append(patterns, pattern)
		}
	}
	return patterns
}

var application = regexp.MustCompile(`(?m)^\s*application\s+([A-Za-z0-9_]+)\s*;`)

// solve is how a case is run: by its own script, else by the application that it names.
func solve(f *folder, name string) string {
	if info, err := os.Stat(filepath.Join(f.path, name, "Allrun")); err == nil {
		if runtime.GOOS != "windows" && info.Mode()&0o100 == 0 {
			return "bash Allrun"
		}
		return "./Allrun"
	}
	found := application.FindSubmatch(beginning(filepath.Join(f.path, name, "system", "controlDict"), mostRead))
	if found == nil {
		return ""
	}
	solver := string(found[1])
	var lines []string
	if f.has(name, "system", "blockMeshDict") {
		lines = append(lines, "blockMesh > log.blockMesh")
	}
	if f.has(name, "system", "decomposeParDict") {
		f.notes = append(f.notes, "numberOfSubdomains in system/decomposeParDict must be the number of cores")
		lines = append(lines, "decomposePar > log.decomposePar",
			"mpirun -np "+cores+" "+solver+" -parallel > log."+solver, "reconstructPar > log.reconstructPar")
	} else {
		lines = append(lines, solver+" > log."+solver)
	}
	return strings.Join(lines, "\n")
}

// joined is a command of several lines that stops at the first one that fails; one without
// its last line is none.
func joined(command string) string {
	switch {
	case command == "" || strings.HasSuffix(command, "\n"):
		return ""
	case !strings.Contains(command, "\n"):
		return command
	}
	return "set -e\n" + command + "\n"
}

func starCCM(f *folder) (family, bool) {
	models := f.with(".sim")
	if len(models) == 0 {
		return family{}, false
	}
	macros := f.with(".java")
	batch := "run"
	if len(macros) > 0 {
		batch = quoted(likeliest(macros, "run.java"))
	}
	command := "starccm+ -power -np " + cores + " -machinefile $HOME/machinefile -batch " + batch + " " + quoted(models[0])
	return wrapped(f, family{
		family: "STAR-CCM+", inputs: f.named(append(models, macros...)),
		solvers: each(Solver{Command: command, Outputs: []string{"*.sim", "*.csv", "*.png"}}, "starccm", "cd_adapco_star_ccm"),
	}), true
}

func fluent(f *folder) (family, bool) {
	journals, cases := f.with(".jou"), f.with(".cas", ".cas.gz", ".cas.h5", ".msh", ".msh.gz", ".msh.h5")
	if len(journals) == 0 && len(f.with(".cas", ".cas.gz", ".cas.h5")) == 0 {
		return family{}, false
	}
	command := ""
	if len(journals) > 0 {
		command = "fluent 3ddp -gu -ssh -cnf=$FLUENT_HOSTS -t" + cores + " -i " + quoted(likeliest(journals, "run.jou"))
	}
	data := f.with(".dat", ".dat.gz", ".dat.h5", ".c")
	return wrapped(f, family{
		family: "Ansys Fluent", inputs: f.named(slices.Concat(journals, cases, data)),
		solvers: each(Solver{Command: command, Outputs: []string{"*.cas*", "*.dat*", "*.out"}}, "ansys_fluent"),
	}), true
}

func cfx(f *folder) (family, bool) {
	definitions := f.with(".def")
	if len(definitions) == 0 {
		return family{}, false
	}
	command := "cfx5solve -batch -def " + quoted(definitions[0]) + " -par-dist $CFX_HOSTS"
	return wrapped(f, family{
		family: "Ansys CFX", inputs: f.named(append(definitions, f.with(".dat", ".ccl")...)),
		solvers: each(Solver{Command: command, Outputs: []string{"*.res", "*.out"}}, "ansys_cfx"),
	}), true
}

func lsDyna(f *folder) (family, bool) {
	decks := f.with(".k", ".key")
	if len(decks) == 0 {
		return family{}, false
	}
	command := "ls-dyna -n " + cores + " -i " + quoted(f.main(decks, "*control_termination")) + " -p single"
	return wrapped(f, family{
		family: "LS-DYNA", inputs: f.named(decks),
		solvers: each(Solver{Command: command, Outputs: []string{"d3plot*", "d3hsp", "glstat", "binout*"}}, "ls_dyna"),
	}), true
}

// abaqus is a deck of Abaqus, which CalculiX reads too unless it is made of parts.
func abaqus(f *folder) (family, bool) {
	decks := f.with(".inp")
	if len(decks) == 0 {
		return family{}, false
	}
	main := f.main(decks, "*step")
	job := quoted(main[:len(main)-len(".inp")])
	found := family{
		family: "Abaqus or CalculiX", inputs: f.named(decks),
		solvers: []Solver{
			{
				Code: "abaqus", Command: "abaqus job=" + job + " input=" + quoted(main) + " cpus=" + cores + " mp_mode=mpi interactive",
				Outputs: []string{"*.odb", "*.dat", "*.msg", "*.sta"},
			},
			{Code: "calculix", Command: "OMP_NUM_THREADS=" + cores + " ccx -i " + job, Outputs: []string{"*.frd", "*.dat", "*.sta"}},
		},
	}
	if text := f.text(main); bytes.Contains(text, []byte("*assembly")) || bytes.Contains(text, []byte("*part,")) {
		found.family, found.solvers = "Abaqus", found.solvers[:1]
	}
	return wrapped(f, found), true
}

// main is the deck that starts the others: the one that has a keyword which only the first
// has, else the first by name.
func (f *folder) main(decks []string, keyword string) string {
	if len(decks) > 1 {
		for _, name := range decks {
			if bytes.Contains(f.text(name), []byte(keyword)) {
				return name
			}
		}
	}
	return likeliest(decks, "main.k", "main.key", "main.inp")
}

func script(f *folder) (family, bool) {
	if !f.has(runScript) {
		return family{}, false
	}
	return family{
		family: "a script", inputs: f.everything(), solvers: each(Solver{Command: "bash " + runScript}, ownSoftware),
	}, true
}

func python(f *folder) (family, bool) {
	programs := f.with(".py")
	if len(programs) == 0 {
		return family{}, false
	}
	command := "python " + quoted(likeliest(programs, "main.py", "run.py"))
	if f.has("requirements.txt") {
		command = joined("pip install -r requirements.txt\n" + command)
	}
	return family{
		family: "Python", inputs: f.everything(), solvers: each(Solver{Command: command}, "anaconda", "miniconda_e2e", ownSoftware),
	}, true
}

// each is one solver under several codes.
func each(s Solver, codes ...string) []Solver {
	all := make([]Solver, len(codes))
	for i, code := range codes {
		all[i] = s
		all[i].Code = code
	}
	return all
}

// likeliest is the first of the usual names that is there, else the first of all.
func likeliest(names []string, usual ...string) string {
	for _, name := range usual {
		if slices.Contains(names, name) {
			return name
		}
	}
	return names[0]
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./+,@%=:][A-Za-z0-9_./+,@%=:-]*$`)

// quoted is a word for a shell.
func quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	if strings.HasPrefix(word, "-") {
		word = "./" + word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

var special = regexp.MustCompile(`[*?\[\]{}\\]`)

// globbed is a name as a pattern that means just it.
func globbed(name string) string { return special.ReplaceAllString(name, "?") }
