package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// latePauses are the pauses between looks for something that may come late, two minutes
// in all.
func latePauses() []time.Duration {
	return []time.Duration{
		0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute,
	}
}

// late looks until it sees something, and gives how long that took at most.
func late(ctx context.Context, look func() (bool, error)) (took time.Duration, seen bool, err error) {
	start := time.Now()
	for _, pause := range latePauses() {
		if err := patience.Sleep(ctx, pause); err != nil {
			return 0, false, err
		}
		if seen, err = look(); seen || err != nil {
			break
		}
	}
	return time.Since(start).Round(time.Second), seen, err
}

// soon is what passes for at once: requests take their time.
const soon = 2 * time.Second

func after(took time.Duration) string {
	if took <= soon {
		return "at once"
	}
	return fmt.Sprintf("within %v", took)
}

// draft is a job that was created and never is submitted.
type draft struct {
	rescale.Job  // as the platform answered
	request      rescale.JobRequest
	began, ended time.Time // of the call, by the local clock
	gone         bool
}

// label begins the names of all drafts of this visit.
func (v *visit) label() string { return "doctor check " + v.nonce }

func (v *visit) jobName(n int) string {
	return fmt.Sprintf("%s-%d, safe to delete", v.label(), n)
}

// create makes a draft with the inputs.
func (v *visit) create(ctx context.Context, inputs []rescale.InputRef) (*draft, error) {
	request := v.body
	request.Name = v.jobName(len(v.drafts) + 1)
	tile := request.JobAnalyses[0]
	tile.Command, tile.EnvVars, tile.InputFiles = "true", environment(), inputs
	request.JobAnalyses = []rescale.JobAnalysis{tile}
	d := &draft{request: request, began: time.Now()}
	err := v.change(ctx, func() (err error) { d.Job, err = v.Platform.CreateJob(ctx, request); return err })
	d.ended = time.Now()
	if err != nil {
		v.unsure = v.unsure || patience.OutcomeUnknown(err)
		return nil, err
	}
	v.drafts = append(v.drafts, d)
	return d, nil
}

// environment has the form and the length of the key that apply sends, under another name.
func environment() map[string]string {
	return map[string]string{"DOCTOR_CHECK": "1:" + strings.Repeat("0123456789abcdef", 4) + ":1.1:check/aoa=-4.5,name=\"ä b\" $x"}
}

// changed is the body of a draft after a change of its name, its command and its variables.
func changed(request rescale.JobRequest, name string) rescale.JobRequest {
	tile := request.JobAnalyses[0]
	tile.Command, tile.EnvVars = "true # changed", maps.Clone(tile.EnvVars)
	tile.EnvVars["DOCTOR_CHANGED"] = "1"
	request.Name, request.JobAnalyses = name, []rescale.JobAnalysis{tile}
	return request
}

// draftsWanted is how many drafts are made: three, so that pages of two do not hold them.
const draftsWanted = 3

// draft gives the nth draft, from 0.
func (v *visit) draft(n int) (*draft, error) {
	if n >= len(v.drafts) || v.drafts[n].gone {
		return nil, errMissing
	}
	return v.drafts[n], nil
}

// all gives the drafts when every one of them was made.
func (v *visit) all() ([]*draft, error) {
	if len(v.drafts) < draftsWanted {
		return nil, errMissing
	}
	return v.drafts, nil
}

// stored is a file that was uploaded.
type stored struct {
	rescale.File // as the platform answered
	content      string
	gone         bool
}

// fileLabel begins the names of all files of this visit. It has no blank, at which a
// search would be split.
func (v *visit) fileLabel() string { return "doctor-check-" + v.nonce }

// upload stores a file of a few bytes that no other one equals.
func (v *visit) upload(ctx context.Context, ending string, kind rescale.FileType) (*stored, error) {
	f := &stored{content: "# doctor check " + v.nonce + ending + ", safe to delete\n"}
	var err error
	f.File, err = v.Platform.Upload(ctx, rescale.Upload{
		Name: v.fileLabel() + ending, Type: kind, Size: int64(len(f.content)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(f.content)), nil },
	})
	if f.ID != "" { // also when only its type could not be changed
		v.files = append(v.files, f)
	}
	var refused *rescale.Error
	if f.ID == "" && !(errors.As(err, &refused) && refused.Status/100 == 4) {
		v.unstored = true
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// file gives the nth file, from 0.
func (v *visit) file(n int) (*stored, error) {
	if n >= len(v.files) || v.files[n].gone {
		return nil, errMissing
	}
	return v.files[n], nil
}

// mostListed bounds a listing: the drafts are the newest jobs, or nearly.
const (
	mostListed  = 1000
	leastListed = 25 // enough to see an order
)

// list reads the newest jobs, as far as they are needed to see all drafts.
func (v *visit) list(ctx context.Context, q rescale.JobQuery) ([]rescale.JobItem, rescale.Listing, error) {
	var items []rescale.JobItem
	missing := 0
	for _, d := range v.drafts {
		if !d.gone {
			missing++
		}
	}
	listing, err := v.Platform.Jobs(ctx, q, func(item rescale.JobItem) bool {
		items = append(items, item)
		if v.stands(item.ID) {
			missing--
		}
		return len(items) < mostListed && (missing > 0 || len(items) < leastListed)
	})
	return items, listing, err
}

func (v *visit) made(id string) bool {
	return slices.ContainsFunc(v.drafts, func(d *draft) bool { return d.ID == id })
}

// stands is made, without what was deleted again.
func (v *visit) stands(id string) bool {
	return slices.ContainsFunc(v.drafts, func(d *draft) bool { return d.ID == id && !d.gone })
}

func shows(items []rescale.JobItem, id string) bool {
	return slices.ContainsFunc(items, func(item rescale.JobItem) bool { return item.ID == id })
}
