package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// endChecks change drafts, and delete what was made.
func endChecks() []check {
	return []check{
		{"update", "a draft can be replaced by another body, and keeps its date", checkUpdate},
		{"tags", "a tag that was added is listed", checkTags},
		{"tags in a job", "a job shows its tags itself", checkOwnTags},
		{"long names", fmt.Sprintf("a job's name of %d characters is kept whole", longName), checkLongNames},
		{"delete", "a draft that was deleted answers 404", checkDelete},
		{"deleted for good", "a draft that was deleted cannot be changed any more", checkDeletedForGood},
		{"listing without", "a list stops showing a deleted draft", checkListingWithout},
		{"deleted file", "a file that was deleted answers 404, or says so", checkFileDelete},
		{"too many requests", "a refusal (429) says how long to wait", func(_ context.Context, v *visit) (finding, error) { return v.Refusals.finding() }},
	}
}

func checkUpdate(ctx context.Context, v *visit) (finding, error) {
	d, err := v.draft(1)
	if err != nil {
		return finding{}, err
	}
	body := changed(d.request, d.request.Name+", changed")
	if err := v.change(ctx, func() error { return v.Platform.UpdateJob(ctx, d.ID, body) }); err != nil {
		return finding{}, err
	}
	job, err := v.Platform.Job(ctx, d.ID)
	if err != nil {
		return finding{}, err
	}
	differ := differences(job, body)
	if len(job.Tiles) == 1 && !maps.Equal(job.Tiles[0].EnvVars, body.JobAnalyses[0].EnvVars) {
		differ = append(differ, "envVars")
	}
	switch {
	case len(differ) > 0:
		return matters("not changed: "+strings.Join(differ, ", "), "a draft that a broken apply left would run as it was")
	case !job.DateInserted.Equal(d.DateInserted):
		return matters("its date moves", "which of two drafts is older changes: both could start a run")
	}
	return fine("changed")
}

// tag is one of several words, as tags may be.
const tag = "doctor check"

func checkTags(ctx context.Context, v *visit) (finding, error) {
	d, err := v.draft(1)
	if err != nil {
		return finding{}, err
	}
	if err := v.change(ctx, func() error { return v.Platform.AddTag(ctx, d.ID, tag) }); err != nil {
		return finding{}, err
	}
	tags, err := v.Platform.Tags(ctx, d.ID)
	if err != nil {
		return finding{}, err
	}
	if !slices.ContainsFunc(tags, func(t rescale.Tag) bool { return strings.EqualFold(t.Name, tag) }) {
		return harmless("taken, and not listed", "tags are for people; apply warns")
	}
	return fine("listed")
}

func checkOwnTags(ctx context.Context, v *visit) (finding, error) {
	d, err := v.draft(1)
	if err != nil {
		return finding{}, err
	}
	job, err := v.Platform.Job(ctx, d.ID)
	if err != nil {
		return finding{}, err
	}
	if !slices.ContainsFunc(job.Tags, func(name string) bool { return strings.EqualFold(name, tag) }) {
		return harmless("not shown", "tags are read by a call of their own")
	}
	return fine("shown")
}

// Lengths of names, in characters. A marker takes about 35.
const (
	longName  = 250
	leastName = 60
)

// checkLongNames tries shorter and shorter names until one is taken.
func checkLongNames(ctx context.Context, v *visit) (finding, error) {
	d, err := v.draft(2)
	if err != nil {
		return finding{}, err
	}
	for _, length := range []int{longName, 200, 150, 120, 100, 80, leastName} {
		name := d.request.Name + " " + strings.Repeat("x", max(0, length-1-utf8.RuneCountInString(d.request.Name)))
		err = v.change(ctx, func() error { return v.Platform.UpdateJob(ctx, d.ID, changed(d.request, name)) })
		var refused *rescale.Error
		if errors.As(err, &refused) && refused.Status == 400 {
			continue
		}
		if err != nil {
			return finding{}, err
		}
		job, err := v.Platform.Job(ctx, d.ID)
		if err != nil {
			return finding{}, err
		}
		return judgeName(length, utf8.RuneCountInString(job.Name), job.Name == name)
	}
	return matters(fmt.Sprintf("refused from %d characters on", leastName), "there is no room for the marker behind a title")
}

func judgeName(sent, kept int, same bool) (finding, error) {
	switch {
	case same && sent == longName:
		return fine("kept whole")
	case same:
		return harmless(fmt.Sprintf("refused when longer; %d are taken", sent), "a job with a longer title is refused before it costs anything")
	case kept < leastName:
		return matters(fmt.Sprintf("cut to %d", kept), "there is no room for the marker behind a title")
	case kept < sent:
		return harmless(fmt.Sprintf("cut to %d", kept), "a job whose title leaves no room for the marker is refused before it costs anything")
	}
	return matters("changed", "the marker at the end of a name may not be found again")
}

func checkDelete(ctx context.Context, v *visit) (finding, error) {
	d, err := v.draft(0)
	if err != nil {
		return finding{}, err
	}
	const stays = "a draft that has to make way stays: apply ends with exit code 6"
	if err := v.change(ctx, func() error { return v.Platform.DeleteJob(ctx, d.ID) }); err != nil {
		return matters("refused: "+errorText(err), stays)
	}
	d.gone = true
	_, err = v.Platform.Job(ctx, d.ID)
	switch {
	case patience.NotFound(err):
		return fine("404")
	case err != nil:
		return finding{}, err
	}
	return harmless("shown as before", "lists tell that it is gone")
}

// checkDeletedForGood changes a deleted draft, as the next best thing to submitting it,
// which nothing here may do.
func checkDeletedForGood(ctx context.Context, v *visit) (finding, error) {
	d, err := v.deleted()
	if err != nil {
		return finding{}, err
	}
	err = v.change(ctx, func() error { return v.Platform.UpdateJob(ctx, d.ID, changed(d.request, d.request.Name)) })
	var refused *rescale.Error
	switch {
	case err == nil:
		return matters("a change is taken", "a draft that had to make way could still be submitted")
	case errors.As(err, &refused) && refused.Status/100 == 4:
		return fine(fmt.Sprintf("refused with %d", refused.Status))
	}
	return finding{}, err
}

// deleted is the draft that checkDelete deleted.
func (v *visit) deleted() (*draft, error) {
	if len(v.drafts) == 0 || !v.drafts[0].gone {
		return nil, errMissing
	}
	return v.drafts[0], nil
}
