package label

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Mark leaves one tag on a run, in place of all that begin alike. A process that finds
// none only has to work it out again, so a failure is a warning and ends nothing.
func (l Labeler) Mark(ctx context.Context, w Wish, prefix, tag string) {
	tags, err := l.Platform.Tags(ctx, w.ID)
	if err != nil {
		l.Warn(w.Job, fmt.Sprintf("reading its tags: %v", err))
		return
	}
	if !slices.ContainsFunc(tags, func(t rescale.Tag) bool { return t.Name == tag }) {
		if err := patience.Settle(ctx, func() error { return l.Platform.AddTag(ctx, w.ID, tag) }); err != nil {
			l.Warn(w.Job, fmt.Sprintf("adding tag %q: %v", tag, err))
			return
		}
	}
	for _, old := range tags {
		if old.Name == tag || !strings.HasPrefix(old.Name, prefix) {
			continue
		}
		if err := patience.Settle(ctx, func() error { return l.Platform.RemoveTag(ctx, w.ID, old.Name) }); err != nil {
			l.Warn(w.Job, fmt.Sprintf("removing tag %q: %v", old.Name, err))
		}
	}
}
