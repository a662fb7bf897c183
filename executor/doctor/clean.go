package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// clean removes all that this visit made, and gives what it could not remove. Drafts go
// before the files that they name.
func (v *visit) clean(ctx context.Context) []Left {
	ctx, cancel := context.WithTimeoutCause(ctx, cleaning, errTime)
	defer cancel()
	left := v.findDraft(ctx)
	for _, d := range v.drafts {
		if why := v.remove(ctx, d.gone, func() error { return v.Platform.DeleteJob(ctx, d.ID) }); why != "" {
			left = append(left, Left{Kind: "draft", ID: d.ID, Name: d.Name, Why: why})
		}
	}
	left = append(left, v.findFiles(ctx)...)
	for _, f := range v.files {
		if why := v.remove(ctx, f.gone, func() error { return v.Platform.DeleteFile(ctx, f.ID) }); why != "" {
			left = append(left, Left{Kind: "file", ID: f.ID, Name: f.Name, Why: why})
		}
	}
	return left
}

// remove tries a few times, and gives why it did not come to pass. Deleting twice does no
// harm, also after a lost answer.
func (v *visit) remove(ctx context.Context, gone bool, remove func() error) (why string) {
	if gone {
		return ""
	}
	var err error
	for _, pause := range patience.SettlePauses() {
		if slept := patience.Sleep(ctx, pause); slept != nil {
			break
		}
		if err = v.change(ctx, remove); err == nil {
			return ""
		}
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	return errorText(err)
}

// findDraft looks for a draft that was made though no answer said so.
func (v *visit) findDraft(ctx context.Context) []Left {
	if !v.unsure {
		return nil
	}
	var found []rescale.JobItem
	_, _, err := late(ctx, func() (bool, error) {
		_, err := v.Platform.Jobs(ctx, rescale.JobQuery{}, func(item rescale.JobItem) bool {
			if strings.HasPrefix(item.Name, v.label()) && !v.made(item.ID) {
				found = append(found, item)
			}
			return len(found) == 0
		})
		return len(found) > 0, err
	})
	for _, item := range found {
		if err = v.adopt(ctx, item); err == nil {
			return nil
		}
	}
	why := "its creation got no answer, and no list shows it"
	if err != nil {
		why = errorText(err)
	}
	return []Left{{Kind: "draft", Name: v.jobName(len(v.drafts) + 1), Why: why}}
}

var errSubmitted = errors.New("somebody has submitted it")

// adopt takes a draft for one of this visit, by the nonce in its name. Somebody may have
// submitted it meanwhile: then it is no draft, and stays.
func (v *visit) adopt(ctx context.Context, item rescale.JobItem) error {
	history, err := v.Platform.Statuses(ctx, item.ID)
	if err != nil {
		return err
	}
	if len(history) > 0 {
		return errSubmitted
	}
	v.drafts = append(v.drafts, &draft{Job: rescale.Job{ID: item.ID, Name: item.Name}})
	return nil
}

// findFiles looks for files of which no answer told: an upload is repeated after a lost
// answer. Where one may be missing it is looked for a few times.
func (v *visit) findFiles(ctx context.Context) []Left {
	if len(v.files) == 0 && !v.unstored {
		return nil
	}
	var err error
	for n, pause := range patience.SettlePauses() {
		if n > 0 && !v.unstored {
			break
		}
		if err = patience.Sleep(ctx, pause); err != nil {
			break
		}
		if err = v.adoptFiles(ctx); err == nil && len(v.files) > 0 {
			break
		}
	}
	if err == nil || !v.unstored {
		return nil
	}
	return []Left{{Kind: "file", Name: v.fileLabel(), Why: errorText(err)}}
}

func (v *visit) adoptFiles(ctx context.Context) error {
	return v.Platform.Files(ctx, v.fileLabel(), func(f rescale.File) bool {
		known := slices.ContainsFunc(v.files, func(s *stored) bool { return s.ID == f.ID })
		if strings.HasPrefix(f.Name, v.fileLabel()) && !f.Deleted && !known {
			v.files = append(v.files, &stored{File: f})
		}
		return true
	})
}
