package emulator

import (
	"runtime"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/api"
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
