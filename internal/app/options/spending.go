package options

import "strings"

// Rerun says what runs again, at whose expense.
type Rerun struct {
	Replace []string // words: NAME, a pattern, or NAME=ID
	Failed  bool
	Running bool
}

// Flags are the flags of reruns.
func (o *Rerun) Flags() []Flag {
	return []Flag{
		{Name: "replace", Into: &o.Replace, Complete: "JOB", Usage: "run a job again although nothing changed, `NAME=ID`: once, after its run ID; NAME or a pattern: each time; may be repeated"},
		{Name: "replace-failed", Into: &o.Failed, Usage: "run again all jobs whose newest run failed or was stopped"},
		{Name: "replace-running", Into: &o.Running, Usage: "stop the active run of a job that changed, then start the new one"},
	}
}

// Check has nothing to refuse: names are checked against the manifest.
func (*Rerun) Check(Call) error { return nil }

// IsPattern reports whether a word means several names.
func IsPattern(word string) bool { return strings.ContainsAny(word, "*?[") }

// Costs says what may be spent.
type Costs struct {
	Max     float64 // USD
	Limited bool    // Max counts
	Locked  bool    // the catalog must give what the lock has
}

// Flags are the flags of costs.
func (o *Costs) Flags() []Flag {
	return []Flag{
		{Name: "max-cost", Default: "no limit", Into: &o.Max, Usage: "refuse to start runs that can cost more than `USD` together"},
		{Name: "locked", Into: &o.Locked, Usage: "refuse versions, sizes and prices that are not those of rescale.lock.yaml"},
	}
}

// Check tells a limit of 0 from none.
func (o *Costs) Check(call Call) error {
	o.Limited = call.Given("max-cost")
	return nil
}

// Transfers says what goes over the line: inputs there and results back.
type Transfers struct {
	NoReuse    bool
	NoDownload bool
}

// Flags are the flags of transfers.
func (o *Transfers) Flags() []Flag {
	return append([]Flag{
		{Name: "no-reuse", Into: &o.NoReuse, Usage: "upload every input of a new run, also those that the platform has"},
	}, o.Results().Flags()...)
}

// Check has nothing to refuse.
func (*Transfers) Check(Call) error { return nil }

// Results are the flags of results alone.
func (o *Transfers) Results() Concern {
	return Flags{{Name: "no-download", Into: &o.NoDownload, Usage: "leave results on the platform: they are not wanted here"}}
}
