package emulator

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/api"
	"github.com/rescale-apply/rescale-apply/internal/emulator/catalog"
)

// Config says what to emulate. Only Dir and an account are needed.
type Config struct {
	// Dir holds everything the platform knows; it is created when missing. One server can use it at a time.
	Dir      string
	Accounts []Account
	// Speed is how many seconds of the platform pass in a real one. It scales the waits between statuses, the walltime
	// and how long a run took by its dates. 0: the waits take no time at all, and walltime counts in real hours.
	Speed float64
	// Shell runs the commands; empty means bash.
	Shell string
	// Env is the environment of the commands, before the platform adds its own: at least PATH. HOME is always the
	// job's own.
	Env []string
	// BaseURL is the origin in absolute links and in RESCALE_API_BASE_URL, without a slash at the end. Empty: the
	// address that Serve listens on for jobs, the address that the client used for links.
	BaseURL string
	// Hosts are names by which clients may call what Serve serves, besides localhost and addresses.
	Hosts []string
	// MaxRunning bounds the jobs whose commands run at a time; 0 means the number of CPUs. Others wait in the queue.
	MaxRunning int
	// StopGrace is the real time between SIGTERM and SIGKILL when a job is stopped; 0 means 5 seconds.
	StopGrace time.Duration
	// Throttle limits requests per scope and account. Scopes that are not named are free.
	Throttle map[Scope]Rate
	// Automations and Clusters are what jobs may name. Nil automations: one that does nothing.
	Automations []Automation
	Clusters    []string // ids of persistent clusters; jobs run as without
	// CatalogFiles hold the API's answers for analyses and core types, to offer those instead of the built-in ones.
	CatalogFiles []string
	Switches     Switches
}

// Automation is something that the platform does for a job. Nothing of it happens here.
type Automation = api.Automation

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
	if c.Automations == nil {
		c.Automations = []Automation{{ID: "aUtoMa", Name: "Notify", Description: "Does nothing on the emulated platform.", IsActive: true}}
	}
	if c.StopGrace <= 0 {
		c.StopGrace = 5 * time.Second
	}
}

// CatalogError tells which files are no catalog.
type CatalogError struct {
	Files []string
	Err   error
}

func (e *CatalogError) Error() string {
	return fmt.Sprintf("reading the catalog in %s: %v", strings.Join(e.Files, ", "), e.Err)
}
func (e *CatalogError) Unwrap() error { return e.Err }

func (c *Config) catalog() (*catalog.Catalog, error) {
	if len(c.CatalogFiles) == 0 {
		return catalog.Load()
	}
	var all bytes.Buffer
	for _, name := range c.CatalogFiles {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, &CatalogError{c.CatalogFiles, err}
		}
		all.Write(text)
	}
	offer, err := catalog.Read(&all)
	if err != nil {
		return nil, &CatalogError{c.CatalogFiles, err}
	}
	return offer, nil
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
