// Package report is what a command found, as one value that knows no form: what is wrong
// with manifests, how far each job is, what it costs, what went wrong with the tool itself.
// The packages below write it, each in the form that one kind of reader expects.
package report

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Report is what one command found. Texts may be anybody's: each writer escapes them.
type Report struct {
	Verb      string   // such as "plan"
	Tool      string   // name of the program
	Version   string   // of the program
	Account   string   // whose jobs they are, where and on whose bill; empty when unknown
	Asked     []string // what the command line names as manifests, as paths in the repository; empty: Manifests
	Manifests []string // paths in the repository, with /, in the order of the command line
	Summary   string   // counts and money, one line; empty when nothing was counted
	Problems  []Problem
	Cases     []Case // each job, in the order of the manifests
	Rows      []Row  // what a table shows of them: points of a matrix that are alike share a row
	Notes     []string
	Troubles  []Trouble // what ended the command, besides problems and the outcome of jobs
	Totals    Totals
}

// Totals are for the steps of a pipeline that follow.
type Totals struct {
	Code     int      // exit code
	Pending  bool     // something is to change
	Spends   int      // new paid runs
	MaxCost  *float64 // USD of all new runs without licenses; nil when it has no bound
	PlanFile string   // where the plan was saved; empty when it was not
}

// Place is a place in a file. Lines and columns count from 1, columns count characters.
type Place struct {
	File   string // path in the repository, with /; empty for no place
	Line   int    // 0: the file as a whole
	Col    int    // 0: the line as a whole
	EndCol int    // behind the last character; 0 when unknown
}

// Problem is one thing that a person must change in a manifest, or that it forbids.
type Problem struct {
	Place
	Rule    string
	Message string
	Hint    string

	// Identity is the same as long as the problem is: rule, path, job and key, but no line.
	// No two problems of a report share one. SHA-256, hex.
	Identity string
}

// State is what a job is for a reader who wants to know what to look at.
type State string

// The states.
const (
	Passed  State = "passed"  // as it should be, or as a plan would have it
	Failed  State = "failed"  // it ran and did not succeed, or the manifest forbids its run
	Broken  State = "error"   // the tool or the platform could not bring it to its end
	Skipped State = "skipped" // nothing to judge yet: it runs, waits or is blocked
)

// Case is one job.
type Case struct {
	Name     string
	Manifest string // as in Report.Manifests
	Place    Place  // of its name; the zero Place when unknown
	State    State
	Word     string // the action of a plan, the verdict of a run, or how far it is
	Why      string
	Log      []string // last lines of a run that failed
	Runs

	// Forbidden is a job whose run the manifest forbids: that is a Problem as well.
	Forbidden bool
}

// Runs is what is known of the run of a job.
type Runs struct {
	ID        string
	URL       string // for a browser
	Digest    string
	Key       string
	Commit    string // that started the run
	CoreHours float64
	Cost      float64 // USD without licenses
	Seconds   float64 // from the start of the command to the end
}

// Row is one line of a table: a job, or points of a matrix that are alike.
type Row struct {
	Name   string
	Word   string
	Why    string
	Cost   string // what it costs or can cost at most, in words
	Weight Weight
}

// Weight says how much a row matters.
type Weight int

// The weights: a row that need not be read, one that a reader may want, one that spends
// or that a person must look at.
const (
	Silent Weight = iota
	Minor
	Major
)

// Trouble is an error that ended the command.
type Trouble struct {
	Message string
	Hints   []string
}

// Key is the same for all reports on the same files and folders: SHA-256 of their paths,
// hex. A manifest that comes into a folder does not change it.
func (r Report) Key() string {
	names := r.Asked
	if len(names) == 0 {
		names = r.Manifests
	}
	sum := sha256.Sum256([]byte(strings.Join(slices.Sorted(slices.Values(names)), "\n")))
	return hex.EncodeToString(sum[:])
}
