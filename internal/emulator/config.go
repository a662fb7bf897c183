package emulator

import (
	"runtime"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/api"
	"github.com/rescale-apply/rescale-apply/internal/emulator/cluster"
	"github.com/rescale-apply/rescale-apply/internal/emulator/wire"
)

// Config says what to emulate. Only Dir and an account are needed.
type Config struct {
	// Dir holds everything the platform knows; it is created when missing. One server can use it at a time.
	Dir      string
	Accounts []Account
	// Speed is how many seconds of the platform pass in a real one. It scales the waits between statuses and the
	// walltime. 0: the waits take no time at all, and walltime counts in real hours.
	Speed float64
	// Shell runs the commands; empty means bash.
	Shell string
	// Env is the environment of the commands, before the platform adds its own: at least PATH. HOME is always the
	// job's own.
	Env []string
	// BaseURL is the origin in absolute links and in RESCALE_API_BASE_URL, without a slash at the end. Empty: the
	// address that Serve listens on for jobs, the address that the client used for links.
	BaseURL string
	// MaxRunning bounds the jobs whose commands run at a time; 0 means the number of CPUs. Others wait in the queue.
	MaxRunning int
	// StopGrace is the real time between SIGTERM and SIGKILL when a job is stopped; 0 means 5 seconds.
	StopGrace time.Duration
	// Throttle limits requests per scope and account. Scopes that are not named are free.
	Throttle map[Scope]Rate
	Switches Switches
}

// AccountState says whether an account's key works.
type AccountState string

// States of an account. The zero value is active.
const (
	Active   AccountState = "active"
	Expired  AccountState = "expired"  // the key is no longer active
	Inactive AccountState = "inactive" // the user is deactivated
)

// Account is a user with an API key.
type Account struct {
	Key             string
	Email           string
	Name            string
	CompanyCode     string
	State           AccountState
	MaxJobHours     int // upper limit of walltime; 0 means 750
	Projects        []Project
	ProjectRequired bool // jobs must name a project
}

// Project is a project that an account may bill.
type Project = api.Project

// Switches choose between behaviours of the platform that are not known for sure (rescale-api.md §13), and call up
// rare ones. The zero value is the documented default.
type Switches struct {
	// RefuseResubmit answers a second submit with 400, as the platform has announced, instead of 200 without effect.
	RefuseResubmit bool
	// SharedJobs shows all accounts' jobs to every account, as if they were shared.
	SharedJobs bool
	// ListingLag serves job listings as they were that long ago. See also Server.PinListing.
	ListingLag time.Duration
	// CoreTypeObjects answers hardware.coreType as an object in version 2 as well.
	CoreTypeObjects bool
	// Checksums chooses which checksums files show.
	Checksums Checksums
	// PlainDates leaves out fractions of seconds.
	PlainDates bool
	// HideTags leaves userTags out of jobs.
	HideTags bool
	// ShortInputs shows of the input files and scripts of a job what old samples do: id, name, type and size.
	ShortInputs bool
	// HideDrafts leaves drafts out of state=not_completed.
	HideDrafts bool
	// DefaultWalltime, in hours, is stored when a job names none; 0 means 750, a negative number stores null.
	DefaultWalltime int
	// FailedReason is the reason of Completed after a failure or stop; empty repeats the reason of Stopping.
	FailedReason string
	// StuckStop gives a job that is stopped before Validated no further status.
	StuckStop bool
	// NoCapacity names core types that never get hardware.
	NoCapacity []string
	// Preempting names core types on which low-priority jobs use up their restarts.
	Preempting []string
	// IgnoreProjects checks the projectId of a body, but takes a project by assignment only.
	IgnoreProjects bool
	// LoseTags accepts tags and forgets them.
	LoseTags bool
	// IgnoreTypes stores every upload as an input file; only a later change gives it another type.
	IgnoreTypes bool
	// StrictTypes refuses scripts that are files of another type.
	StrictTypes bool
}

// Checksums says which checksums a file shows.
type Checksums = wire.Checksums

// Choices of checksums.
const (
	AllChecksums = wire.AllChecksums
	OnlyMD5      = wire.OnlyMD5
	OnlySHA512   = wire.OnlySHA512
	NoChecksums  = wire.NoChecksums
)

const defaultHours = 750 // the platform's own in the guide's sample

func (c *Config) setDefaults() {
	if c.Shell == "" {
		c.Shell = "bash"
	}
	if c.MaxRunning <= 0 {
		c.MaxRunning = runtime.NumCPU()
	}
	if c.StopGrace <= 0 {
		c.StopGrace = 5 * time.Second
	}
}

func (s Switches) api() api.Quirks {
	out := api.Quirks{
		RefuseResubmit: s.RefuseResubmit, SharedJobs: s.SharedJobs, ListingLag: s.ListingLag,
		CoreTypeObjects: s.CoreTypeObjects, Checksums: s.Checksums, PlainDates: s.PlainDates, HideDrafts: s.HideDrafts,
		IgnoreProjects: s.IgnoreProjects, LoseTags: s.LoseTags, IgnoreTypes: s.IgnoreTypes, StrictTypes: s.StrictTypes,
		HideTags: s.HideTags, ShortInputs: s.ShortInputs,
	}
	switch hours := s.DefaultWalltime; {
	case hours == 0:
		standard := defaultHours
		out.DefaultWalltime = &standard
	case hours > 0:
		out.DefaultWalltime = &hours
	}
	return out
}

func (s Switches) cluster() cluster.Quirks {
	return cluster.Quirks{
		FailedReason: s.FailedReason, StuckStop: s.StuckStop, NoCapacity: s.NoCapacity, Preempting: s.Preempting,
	}
}

func (a *Account) profile() *api.Account {
	out := &api.Account{
		Email: a.Email, Name: a.Name, CompanyCode: a.CompanyCode, MaxJobHours: a.MaxJobHours,
		Projects: a.Projects, ProjectRequired: a.ProjectRequired,
	}
	if out.MaxJobHours <= 0 {
		out.MaxJobHours = defaultHours
	}
	return out
}
