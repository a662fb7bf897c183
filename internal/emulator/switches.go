package emulator

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/api"
	"github.com/rescale-apply/rescale-apply/internal/emulator/cluster"
	"github.com/rescale-apply/rescale-apply/internal/emulator/wire"
)

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
	// ListInputs lists what a job was given among its outputs, as a resource filter can have it.
	ListInputs bool
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
	// ForceAfterStop answers 400 to force_stop/ for a job that was not told to stop before (rescale-api.md §14 A2).
	ForceAfterStop bool
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
	// StrictTypes refuses scripts, templates and tables of runs that are files of another type.
	StrictTypes bool
	// DraftDeletes refuses to delete each draft so many times; the draft stays a draft.
	DraftDeletes Refusal
	// Trash keeps answering GET for deleted jobs, but in no list. They cannot be submitted or changed.
	Trash bool
	// NameLimit cuts longer names of jobs to so many characters; 0 keeps them whole.
	NameLimit int
	// StrictNames knows project_id and storage_device no more than any other name that is not in camel case.
	StrictNames bool
	// WholeSeconds makes dateInserted, and nothing else, a whole second.
	WholeSeconds bool
	// EarlyTails answers the first so many requests for the tail of each run with a page instead of JSON.
	EarlyTails int
	// Bills makes every account an administrator of its workspace, who may see the workspace's bill.
	Bills bool
	// FlatLibrary knows neither folders nor tags of files (rescale-api.md §3.5): their paths are 404, and moves of files
	// have no effect.
	FlatLibrary bool
	// HideAttached answers 405 to GET for the storage of a job: only attaching it is known (rescale-api.md §7.7).
	HideAttached bool
	// RefuseReattach answers 400 when storage is attached that the job has already.
	RefuseReattach bool
	// LaxAttach attaches storage that is not started, too.
	LaxAttach bool
	// Fields are what every workspace has added to its jobs.
	Fields []CustomField
	// Skew returns how far the clock of the server that creates the nth job is off; n starts at 1. It shows in
	// dateInserted and in the order of lists. Nil: all clocks agree. See also SeededSkew.
	Skew func(n int) time.Duration
}

// CustomField is a field that a workspace has added to its jobs.
type CustomField = api.CustomField

// Checksums says which checksums a file shows.
type Checksums = wire.Checksums

// Choices of checksums.
const (
	AllChecksums = wire.AllChecksums
	OnlyMD5      = wire.OnlyMD5
	OnlySHA512   = wire.OnlySHA512
	NoChecksums  = wire.NoChecksums
)

// Refusal refuses a request some times.
type Refusal = api.Refusal

// ParseRefusal reads STATUS or STATUS,COUNT, such as 403,2; without a count everything is refused.
func ParseRefusal(text string) (Refusal, error) {
	status, count, bounded := strings.Cut(text, ",")
	out := Refusal{Count: -1}
	var err error
	if out.Status, err = strconv.Atoi(status); err != nil || out.Status < 400 || out.Status > 599 {
		return Refusal{}, fmt.Errorf("%q is no status from 400 to 599", status)
	}
	if !bounded {
		return out, nil
	}
	if out.Count, err = strconv.Atoi(count); err != nil || out.Count < 1 {
		return Refusal{}, fmt.Errorf("%q is no count from 1 on", count)
	}
	return out, nil
}

// Switch changes the switches from the next request on.
func (s *Server) Switch(change func(*Switches)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := *s.switches.Load()
	change(&next)
	s.switches.Store(&next)
}

// SeededSkew returns a skew of at most the limit in both directions that depends on nothing but its arguments.
func SeededSkew(limit time.Duration, seed uint64) func(n int) time.Duration {
	return func(n int) time.Duration {
		source := rand.New(rand.NewPCG(seed, uint64(n))) //nolint:gosec // it must be the same each time
		return time.Duration(source.Int64N(2*int64(limit)+1)) - limit
	}
}

// date is the dateInserted of the nth job.
func (s *Server) date(n int, inserted time.Time) time.Time {
	switches := s.switches.Load()
	if switches.Skew != nil {
		inserted = inserted.Add(switches.Skew(n).Truncate(time.Microsecond))
	}
	if switches.WholeSeconds {
		inserted = inserted.Truncate(time.Second)
	}
	return inserted
}

func (s Switches) api() api.Quirks {
	out := api.Quirks{
		RefuseResubmit: s.RefuseResubmit, SharedJobs: s.SharedJobs, ListingLag: s.ListingLag,
		CoreTypeObjects: s.CoreTypeObjects, Checksums: s.Checksums, PlainDates: s.PlainDates, HideDrafts: s.HideDrafts,
		HideTags: s.HideTags, ShortInputs: s.ShortInputs, ListInputs: s.ListInputs,
		IgnoreProjects: s.IgnoreProjects, LoseTags: s.LoseTags, IgnoreTypes: s.IgnoreTypes, StrictTypes: s.StrictTypes,
		DraftDeletes: s.DraftDeletes, Trash: s.Trash, NameLimit: s.NameLimit, StrictNames: s.StrictNames,
		ForceAfterStop: s.ForceAfterStop, EarlyTails: s.EarlyTails, Bills: s.Bills,
		FlatLibrary: s.FlatLibrary, HideAttached: s.HideAttached, RefuseReattach: s.RefuseReattach, LaxAttach: s.LaxAttach,
		Fields: s.Fields,
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
