package spec

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/doe"
	"github.com/rescale-apply/rescale-apply/spec/expr"
	"github.com/rescale-apply/rescale-apply/spec/lock"
)

// Value is something a user wrote, with its position. The zero Value was not written; a
// default has a V but no Pos.
type Value[T any] struct {
	V   T
	Pos diag.Position
}

// Written reports whether the value stands in the manifest.
func (v Value[T]) Written() bool { return !v.Pos.IsZero() }

// Texts returns the texts of values, without their positions; nil for none.
func Texts(values []Value[string]) []string {
	var list []string
	for _, v := range values {
		list = append(list, v.V)
	}
	return list
}

// Job is one document of a manifest. Paths in it are as written, relative to Dir.
type Job struct {
	Pos  diag.Position // the value of name
	File string        // the manifest as the user typed it
	Dir  string        // the folder that relative paths start from

	Table string // path of the table that its point comes from; empty without one
	Found bool   // its point is one of what a pattern finds on this disk

	Family string // the name in the manifest, which all points of a matrix share

	Name        Value[string] // identity, unique in one apply: Family, or FAMILY/key=value,...
	Namespace   Value[string] // keeps jobs of one name apart; no default here, as that needs the manifest's repository
	Title       Value[string] // name on the platform; default: name
	Description Value[string]
	Project     Value[string] // name or id
	Tags        []Value[string]

	CustomFields []Field

	Storage []Value[string] // ids of high-performance storage
	Uploads Uploads

	Tiles    []Tile          // run in this order; one unless the manifest has analyses
	Priority Value[Priority] // default: OnDemand
	Inputs   []Input         // of all tiles
	Sweep    Sweep
	Secrets  []Value[string] // names of variables of all tiles
	Outputs  Outputs
	Rerun    Rerun

	DependsOn []Value[string] // names of jobs or of matrices
	Needs     []Need          // those, and those that inputs are from: each name once
	Rank      int             // 0 without needs, else one more than the highest of those it needs

	Success   Success
	Limits    Limits
	Adopt     Value[string] // id of a job on the platform that is its first run while their bodies agree; never blank when written
	Protected Value[bool]   // default: false

	Automations []Automation
	SSH         SSH
	ClusterID   Value[string]
	Extra       []Field // further fields of the body

	Warnings diag.List // what looks like a slip, and may be none

	// Lock holds what the catalog gave once; nil without one. A text of jobs does not
	// name it: whoever knows the folder of the manifest finds it.
	Lock *lock.Lock

	// Typed holds the names of the variables whose values come from the command line, and
	// which the job refers to; sorted.
	Typed []string

	// Values holds what the references of this job stand for, for inputs that are
	// templates; nil when there are none.
	Values expr.Scope
}

// Desktop finds a tile that runs until somebody stops it: the job does not end by itself.
func (j Job) Desktop() bool {
	return slices.ContainsFunc(j.Tiles, func(t Tile) bool { return t.Interactive.V })
}

// ResultsFolder returns where the results of a job go, as a person would write it:
// outputs.to, or results/NAME. It is relative to Dir unless it is absolute.
func (j Job) ResultsFolder() string {
	if to := j.Outputs.To; to.Written() {
		return to.V
	}
	return "results/" + j.FolderName()
}

// FolderName returns the job's name as the name of one folder.
func (j Job) FolderName() string { return folderName(j.Name.V) }

func folderName(job string) string { return strings.ReplaceAll(job, "/", "-") }

// Called reports whether a name or a pattern of names means this job: its own name, or
// that of its whole family. A star does not match the slash of a point.
func (j Job) Called(name string) bool {
	own, err := path.Match(name, j.Name.V)
	family, _ := path.Match(name, j.Family)
	return name == j.Name.V || name == j.Family || err == nil && (own || family)
}

// ResultsPath returns ResultsFolder as a path of this machine.
func (j Job) ResultsPath() string {
	to := filepath.FromSlash(j.ResultsFolder())
	if filepath.IsAbs(to) {
		return filepath.Clean(to)
	}
	return filepath.Join(j.Dir, to)
}

// Tile is one software of a job, with what it runs and on what.
type Tile struct {
	Analysis    Analysis
	Hardware    Hardware
	License     License
	Env         []Variable    // in the order of the text; those of the job first
	Command     Value[string] // empty only of an interactive one
	Interactive Value[bool]   // it runs until it is stopped; default: false
	PreProcess  Script
	PostProcess Script
	Extra       []Field // further fields of its entry in the body
}

// Sweep is a job that runs once for each row of a table, on one cluster. The table and the
// templates are among the inputs of the job, too. The zero value is a job with one run.
type Sweep struct {
	Params    Value[string] // path of the table
	Templates []Template
	Table     *doe.Table // nil without a sweep, and when the table cannot be read
}

// Template is a file that the platform fills in for each run, with the row of that run.
type Template struct {
	Path Value[string]
	To   Value[string] // path of the filled-in file in the work folder
}

// Script runs before or after a command: one of Path and ID is written. It is among the
// inputs of its job, too.
type Script struct {
	Path    Value[string]
	ID      Value[string] // platform file id
	Command Value[string] // default: what starts a script of its ending
}

// Field is a field of the platform by its name there.
type Field struct {
	Name  Value[string]
	Value Value[any] // as in JSON; numbers are json.Number
	Below []Field    // the members of a mapping
}

// Use is what a file is for.
type Use string

// The uses of files.
const (
	ForCommand Use = "" // the command reads it
	Before     Use = "preProcess"
	After      Use = "postProcess"

	ForRuns Use = "doe.params"    // the table of a sweep
	ForEach Use = "doe.templates" // filled in for each run of a sweep
)

// Analysis is the software of a job.
type Analysis struct {
	Pos     diag.Position
	Code    Value[string]
	Version Value[string] // version code or display version; unwritten means the newest
}

// Hardware is what a job runs on.
type Hardware struct {
	Pos          diag.Position
	CoreType     Value[string] // code or display name; the first of Alternatives where there are some
	Alternatives Alternatives  // of the core type; none unless it is a list of several
	CoresPerSlot Value[int]
	Slots        Value[int]           // default: 1
	Walltime     Value[time.Duration] // whole minutes; unwritten means the platform's limit
}

// Alternatives are core types of which a new run takes the first that fits.
type Alternatives struct {
	Pos  diag.Position // of the list
	List []Value[string]
}

// CoreTypes returns all core types that the job may run on, in the order of the text.
func (h Hardware) CoreTypes() []Value[string] {
	if len(h.Alternatives.List) > 0 {
		return h.Alternatives.List
	}
	return []Value[string]{h.CoreType}
}

// Priority is how cores are billed.
type Priority string

// The priorities, as written in a manifest.
const (
	OnDemand Priority = "on-demand"
	Economy  Priority = "economy"
	Reserved Priority = "reserved"
)

// License is where the software gets its license: from Rescale, from a seller, or from
// servers of the user's own, where it can wait for features. The zero value means that
// the manifest says nothing about it.
type License struct {
	Pos     diag.Position
	Rescale bool
	Seller  Value[string] // code of the seller
	// SellerName is shown for the seller; unwritten means the code.
	SellerName Value[string]
	Servers    []Variable // port@host, in the order of the text
	Variables  []Variable // further ones that the software reads about licenses
	Features   []Feature
	Sets       []FeatureSet // alternatives, in place of Features
}

// FeatureSet is features that must be free together.
type FeatureSet struct {
	Name     Value[string] // unwritten means one by its place in the list
	Features []Feature
}

// FeatureSets returns the sets of which one must be free: those that are written as sets,
// else the one of Features; none for neither.
func (l License) FeatureSets() []FeatureSet {
	if len(l.Features) > 0 {
		return []FeatureSet{{Features: l.Features}}
	}
	return l.Sets
}

// Env returns what a license adds to the variables of its tile.
func (l License) Env() []Variable { return slices.Concat(l.Servers, l.Variables) }

// Feature is a license feature that must be free before the job starts.
type Feature struct {
	Pos   diag.Position
	Name  string
	Count int
}

// Need is what a job says about others that it builds on.
type Need struct {
	Name Value[string] // of a job, or of a matrix for all of its points
	Jobs []string      // the full names that it means, in the order of the manifest
}

// Input is a file, several files, a file that is already on the platform, or
// results of another job: exactly one of Path, ID and From is written.
type Input struct {
	Pos        diag.Position
	Path       Value[string]   // a path or a pattern; with Pack also a folder
	ID         Value[string]   // platform file id
	From       Value[string]   // name of a job or of a matrix
	Files      []Value[string] // patterns of its results; with From, and only then
	As         Value[string]   // path in the job; only with a Path that is one file, or with From, see [FromName]
	Into       Value[string]   // folder in the job; only with From, see [FromName]
	Exclude    []Value[string] // patterns; only with Path or From
	Pack       Value[string]   // name of the archive; only with Path, without As
	Template   Value[bool]     // default: false; only with Path, without Pack
	Templates  []Value[string] // patterns of templates among packed files, below the packed folder; only with Pack
	Decompress Value[bool]     // default: true

	Tile int // which of the tiles it is for, from 0
	Use  Use
	To   Value[string] // of a template of a sweep: where it lands

	Wrong bool // it has a problem, from which another one would follow; never of a loaded job
}

// SSH is who may log in to the machines of a job.
type SSH struct {
	PublicKey Value[string]   // one line; the place is that of the key, or of its file
	CIDR      []Value[string] // networks; one that is empty lets nobody in, none leaves it to the account
	Port      Value[int]
}

// Automation is a script of the organization that runs with a job.
type Automation struct {
	ID  Value[string]
	Env []Variable // in the order of the text
}

// Variable is an environment variable.
type Variable struct{ Name, Value Value[string] }

// Uploads says where inputs lie in the platform's library once they are uploaded.
type Uploads struct {
	Folder Value[string]   // names of folders from the library down, with / between
	Tags   []Value[string] // labels of the files
}

// Outputs says what to download when the job has ended.
type Outputs struct {
	Pos       diag.Position
	Download  []Value[string] // patterns
	Exclude   []Value[string] // patterns
	To        Value[string]   // folder; unwritten means results/NAME
	OnFailure Value[bool]     // also when the run has failed or was stopped; default: false

	Runs int // of a sweep, each with files of its own; else 0
}

// Rerun says when a job runs again although nothing that matters changed.
type Rerun struct {
	OnFailure  Value[OnFailure] // default: Never
	AtMost     Value[int]       // attempts after the first that OnFailure may start; unwritten means no bound
	Generation Value[int]       // default: 1; a higher one forces a new run
}

// OnFailure is what the next apply does about a failed run.
type OnFailure string

// The answers to a failure, as written in a manifest.
const (
	Never  OnFailure = "never"
	Always OnFailure = "always"
)

// Success is what must hold for a run to count as succeeded, besides the platform's
// verdict.
type Success struct {
	Pos      diag.Position
	Files    []Value[string] // patterns; each must match
	Logs     []LogCheck
	ExitCode Value[string] // path of the file that holds it

	Runs []string // what tells the runs of a sweep apart; each must pass. Nil without one
}

// LogCheck is what one log must say and must not say.
type LogCheck struct {
	File     Value[string] // path; default: ProcessOutput
	Contains []Value[string]
	Lacks    []Value[string]
	Idle     diag.Position // of a check that has neither; else zero
}

// ProcessOutput is the file that holds what the command printed (rescale-api.md §9).
const ProcessOutput = "process_output.log"

// Limits bounds what a job may use.
type Limits struct {
	MaxCost  Value[float64] // USD for one run; unwritten means no limit
	Restarts Value[int]     // of an economy run that is interrupted; unwritten means that nobody knows

	MaxRunning Value[int] // runs of all jobs that share Seats; unwritten means no limit
	Seats      *Seats     // nil without MaxRunning
}

// Seats are what the jobs share that one written maxRunning bounds: a job, the points of a
// matrix, or the jobs of a text whose defaults have it.
type Seats struct {
	Most int      // runs that are active at once
	Jobs []string // full names in the order of the manifest, also of jobs that an apply leaves out
}
