// Package api answers the platform's requests (rescale-api.md §2.7) for callers who are known by now. It knows
// neither authentication nor throttling nor sockets: it turns a Request into an Answer or an error, and one place
// elsewhere writes them.
package api

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/catalog"
	"github.com/rescale-apply/rescale-apply/internal/emulator/cluster"
	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
	"github.com/rescale-apply/rescale-apply/internal/emulator/wire"
)

// Project is a project that an account may bill.
type Project struct {
	ID, Name string
	Default  bool
}

// Automation is something that the platform does for a job. Nothing of it happens here.
type Automation struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	IsActive    bool   `json:"isActive"`
}

// Account is a user as the API sees one.
type Account struct {
	Email, Name     string
	CompanyCode     string
	MaxJobHours     int
	Projects        []Project
	ProjectRequired bool
}

// Quirks choose between behaviours of the platform that are not known for sure. The zero value is the documented
// default.
type Quirks struct {
	RefuseResubmit  bool // a second submit is 400 instead of 200 without effect
	SharedJobs      bool // every account sees the jobs of all accounts
	ListingLag      time.Duration
	CoreTypeObjects bool
	Checksums       wire.Checksums
	PlainDates      bool
	HideTags        bool // jobs do not show their tags
	ShortInputs     bool // jobs show little of their input files
	HideDrafts      bool // drafts are not part of state=not_completed
	DefaultWalltime *int // hours; nil stores null
	IgnoreProjects  bool // projectId in a body is checked and forgotten
	LoseTags        bool // tags are accepted and forgotten
	IgnoreTypes     bool // every upload is an input file
	ListInputs      bool // inputs are listed among the outputs
	StrictTypes     bool // scripts, templates and tables must be files of their types
	DraftDeletes    Refusal
	Trash           bool // deleted jobs can still be read
	NameLimit       int  // longest name in characters, longer ones are cut; 0: none
	StrictNames     bool // members that are not in camel case are unknown
	ForceAfterStop  bool // force_stop/ is refused before stop/
	EarlyTails      int  // the first tails of each run are no JSON
	Bills           bool // accounts administer their workspaces
	FlatLibrary     bool // there are neither folders nor tags of files
	HideAttached    bool // nobody can read which storage a job has
	RefuseReattach  bool // storage that a job has is not attached again
	LaxAttach       bool // storage can be attached that is not started
	Fields          []CustomField
}

// Refusal refuses a request some times.
type Refusal struct {
	Status int // 0: never
	Count  int // refusals; 0 means 1, a negative number all
}

// API answers requests.
type API struct {
	Store   *disk.Store
	Catalog *catalog.Catalog
	Cluster *cluster.Cluster
	// Automations and Clusters can be attached to jobs. Clusters are ids.
	Automations []Automation
	Clusters    []string
	// Quirks returns the choices that hold now.
	Quirks func() Quirks
	// Pinned returns the instant as of which job listings are to be served, or zero for now.
	Pinned func() time.Time

	tails early
}

// Request is one authenticated request.
type Request struct {
	*http.Request
	Account *Account
	Base    string // origin under which the client reached the server, without a slash at the end
	JSON    []byte // body; read already unless it is an upload
	V3      bool
	version string // what the path begins with
	vars    map[string]string
}

// Answer is what a request brings about. Body is nil for an empty one.
type Answer struct {
	Status int
	Header http.Header
	Body   any // marshalled to JSON, unless it is a Stream or a Text
}

// Text is a body that is not marshalled.
type Text string

// Stream is a body of bytes: the next Length of the file. The receiver closes it.
type Stream struct {
	Source *os.File
	Length int64
}

// Error is an answer that refuses.
type Error struct {
	Status int
	Header http.Header
	Body   any // marshalled to JSON
}

func (e *Error) Error() string { return fmt.Sprintf("%d: %v", e.Status, e.Body) }

// Refuse returns an error with the usual body.
func Refuse(status int, format string, args ...any) *Error {
	return &Error{Status: status, Body: map[string]string{"detail": fmt.Sprintf(format, args...)}}
}

func notFound() *Error { return Refuse(http.StatusNotFound, "Not found.") }

func ok(body any) (Answer, error) { return Answer{Status: http.StatusOK, Body: body}, nil }

func (a *API) style(r *Request) wire.Style {
	quirks := a.Quirks()
	return wire.Style{
		Base: r.Base, V3: r.V3, CoreTypeObjects: quirks.CoreTypeObjects,
		Checksums: quirks.Checksums, PlainDates: quirks.PlainDates,
		HideTags: quirks.HideTags, ShortInputs: quirks.ShortInputs,
	}
}

func (a *API) mayRead(r *Request, owner string, sharedWith []string) bool {
	return owner == r.Account.Email || a.Quirks().SharedJobs || slices.Contains(sharedWith, r.Account.Email)
}

// job finds the job that the path names. Other users' jobs are not found, and deleted ones only in the trash.
func (a *API) job(r *Request) (*disk.Job, error) {
	job, ok := a.Store.Record(r.vars["id"])
	if !ok || !job.Deleted.IsZero() && !a.Quirks().Trash || !a.mayRead(r, job.Owner, job.SharedWith) {
		return nil, notFound()
	}
	return job, nil
}

// ownJob is job for requests that change it. Shared jobs, and those in the trash, may only be read.
func (a *API) ownJob(r *Request) (*disk.Job, error) {
	job, err := a.job(r)
	if err == nil && !job.Deleted.IsZero() {
		return nil, notFound()
	}
	if err == nil && job.Owner != r.Account.Email {
		return nil, Refuse(http.StatusForbidden, "You do not have permission to perform this action.")
	}
	return job, err
}
