// Package executor makes the platform have run what the manifest says, once.
//
// It works in three stages. Observe reads what the platform and the disk hold.
// NewPlan decides, purely, what each job needs and why. Apply does it: upload,
// create, submit, poll, download, and writes every step into the journal before
// and after it happens. Apply is the only code that changes the world.
//
// Creating a job on the platform saves a draft, which costs nothing; only
// submit spends money, and it acts on an id. So a run is recorded as "creating"
// with its key before the draft is made, as "created" with its id after, as
// "submitting" before the money is spent and as "submitted" after. Whatever
// instant a process dies at, the next one reads from the journal, or finds by
// the marker in the job's name, how far the run came, and goes on from there
// (design.md §4).
//
// The package knows no YAML, no flags and no terminal.
package executor
