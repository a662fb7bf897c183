package logs

import "fmt"

// NotStartedError says that a job has printed nothing, because it has not begun.
type NotStartedError struct {
	ID     string
	Status string // empty for a draft
}

// Error names the job and what it waits for.
func (e *NotStartedError) Error() string {
	if e.Status == "" {
		return fmt.Sprintf("reading the log of job %s: it is a draft, which was not submitted", e.ID)
	}
	return fmt.Sprintf("reading the log of job %s: it has not begun, its status is %s", e.ID, e.Status)
}

// Hint says how to wait for it.
func (e *NotStartedError) Hint() string {
	return "rescale-apply logs " + e.ID + " --follow waits for it"
}

// AbsentError says that a run left no such file.
type AbsentError struct {
	ID, Run, File string
	Partial       bool // it is listed, and not stored as a whole yet
}

// Error names the job, the run and the file.
func (e *AbsentError) Error() string {
	why := "there is no such file"
	if e.Partial {
		why = "it is not stored as a whole yet"
	}
	return fmt.Sprintf("reading %s of run %s of job %s: %s", e.File, e.Run, e.ID, why)
}

// Hint says how to see what there is.
func (e *AbsentError) Hint() string {
	if e.Partial {
		return "the platform is still storing it; try again in a minute"
	}
	return "rescale-apply logs " + e.ID + " --list shows what there is"
}
