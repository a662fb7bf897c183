package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

func draftChecks() []check {
	return []check{
		{"drafts", "a job that was created is a draft, without any status", checkDrafts},
		{"body", "a draft reads back as it was sent", checkBody},
		{"variables", "a draft shows its variables, under which its key stands", checkVariables},
		{"input files", "a draft shows its input files with their checksums", checkInputs},
		{"no walltime", "without a walltime there is none", checkWalltime},
		{"dates", "dateInserted is finer than a second", checkDates},
		{"clocks", fmt.Sprintf("dates of drafts agree within %v", skew), checkClocks},
	}
}

// checkDrafts makes all drafts, one after the other.
func checkDrafts(ctx context.Context, v *visit) (finding, error) {
	var inputs []rescale.InputRef
	if f, err := v.file(0); err == nil {
		keep := false
		inputs = []rescale.InputRef{{ID: f.ID, Decompress: &keep}}
	}
	for range draftsWanted {
		d, err := v.create(ctx, inputs)
		if err != nil {
			return finding{}, err
		}
		history, err := v.Platform.Statuses(ctx, d.ID)
		if err != nil {
			return finding{}, err
		}
		if len(history) > 0 {
			return matters("it has status "+history[0].Status, "a draft cannot be told from a job that runs")
		}
		inputs = nil
	}
	return fine("no status")
}

func checkBody(ctx context.Context, v *visit) (finding, error) {
	d, err := v.draft(0)
	if err != nil {
		return finding{}, err
	}
	job, err := v.Platform.Job(ctx, d.ID)
	if err != nil {
		return finding{}, err
	}
	if differ := differences(job, d.request); len(differ) > 0 {
		return matters("other: "+strings.Join(differ, ", "), "a run may be another than the manifest asks for")
	}
	return fine("the same")
}

// differences names the fields of a stored job that are not as they were sent.
func differences(job rescale.Job, sent rescale.JobRequest) []string {
	if len(job.Tiles) != 1 {
		return []string{"jobanalyses"}
	}
	tile, asked := job.Tiles[0], sent.JobAnalyses[0]
	var names []string
	for _, field := range []struct {
		name string
		same bool
	}{
		{"name", job.Name == sent.Name},
		{"analysis", tile.AnalysisCode == asked.Analysis.Code && tile.VersionCode == asked.Analysis.Version},
		{"command", tile.Command == asked.Command},
		{"coreType", tile.CoreType == asked.Hardware.CoreType},
		{"coresPerSlot", tile.CoresPerSlot == asked.Hardware.CoresPerSlot},
		{"slots", tile.Slots == asked.Hardware.Slots},
	} {
		if !field.same {
			names = append(names, field.name)
		}
	}
	return names
}

func checkVariables(ctx context.Context, v *visit) (finding, error) {
	d, err := v.draft(1)
	if err != nil {
		return finding{}, err
	}
	job, err := v.Platform.Job(ctx, d.ID)
	if err != nil {
		return finding{}, err
	}
	const why = "no draft and no run is known again: nothing is submitted"
	switch sent := d.request.JobAnalyses[0].EnvVars; {
	case len(job.Tiles) != 1 || len(job.Tiles[0].EnvVars) == 0:
		return matters("none", why)
	case !contains(job.Tiles[0].EnvVars, sent):
		return matters("other values", why)
	case len(job.Tiles[0].EnvVars) > len(sent):
		return harmless("more than were sent", "only those of this tool are read")
	}
	return fine("as they were sent")
}

func contains(all, some map[string]string) bool {
	for name, value := range some {
		if all[name] != value {
			return false
		}
	}
	return true
}

func checkWalltime(ctx context.Context, v *visit) (finding, error) {
	d, err := v.draft(1)
	if err != nil {
		return finding{}, err
	}
	job, err := v.Platform.Job(ctx, d.ID)
	if err != nil || len(job.Tiles) == 0 {
		return finding{}, errors.Join(err, errMissingTile(job))
	}
	if hours := job.Tiles[0].Walltime; hours > 0 {
		return harmless(fmt.Sprintf("%d hours", hours), "a job whose manifest names none ends by itself then")
	}
	return fine("none")
}

func errMissingTile(job rescale.Job) error {
	if len(job.Tiles) > 0 {
		return nil
	}
	return errors.New("the draft shows no analysis")
}

// checkDates looks at how fine dates are. All of three are whole seconds by chance once in
// 10^18 times.
func checkDates(_ context.Context, v *visit) (finding, error) {
	drafts, err := v.all()
	if err != nil {
		return finding{}, err
	}
	whole := true
	for _, d := range drafts {
		if d.DateInserted.IsZero() {
			return matters("none", "which of two drafts is older cannot be told: nothing is submitted")
		}
		whole = whole && d.DateInserted.Equal(d.DateInserted.Truncate(time.Second))
	}
	if whole {
		return harmless("whole seconds", "drafts of one second are told apart by their ids")
	}
	return fine("fractions of a second")
}

// skew is how far dates of drafts may be off against each other (package once).
const skew = 5 * time.Second

// checkClocks compares the time between two drafts by the platform's clocks with that
// between the calls. A date may be cut to a second.
func checkClocks(_ context.Context, v *visit) (finding, error) {
	drafts, err := v.all()
	if err != nil {
		return finding{}, err
	}
	var off time.Duration
	for i, a := range drafts {
		for _, b := range drafts[i+1:] {
			between := b.DateInserted.Sub(a.DateInserted)
			off = max(off, between-b.ended.Sub(a.began), b.began.Sub(a.ended)-between)
		}
	}
	if drafts[0].DateInserted.IsZero() {
		return finding{}, errMissing
	}
	seen := fmt.Sprintf("off by %v", off.Round(100*time.Millisecond))
	switch {
	case off > skew:
		return matters(seen, "of two applies at once, both could start a run")
	case off > time.Second:
		return harmless(seen, "drafts that are so near wait for each other")
	}
	return fine("within a second")
}
