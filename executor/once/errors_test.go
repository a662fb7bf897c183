package once

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// TestErrorsSayWhatHappenedAndWhatToDo holds the words of each against what people read:
// a hint that says "nothing was submitted" is relied on.
func TestErrorsSayWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	heat := Job{Namespace: "ns", Name: "heat"}
	const rival = "wait for it to end and apply again; or --replace-running stops it first; or, if it is another job, give this one another name: or a namespace: of its own"
	submitted := Found{
		ID: "j1", Namespace: "elsewhere", History: []rescale.Status{
			{Status: "Executing", Date: time.Date(2026, 11, 23, 10, 5, 0, 0, time.UTC)}, {Status: "Pending", Date: time.Date(2026, 11, 23, 10, 1, 0, 0, time.UTC)},
		},
	}
	for _, test := range []struct {
		name       string
		err        error
		text, hint string
		cause      error
	}{
		{name: "a step", err: &StepError{Job: "heat", Act: "creating", Err: cause}, cause: cause, text: `creating job "heat": cause`},
		{
			name: "a step that lacks a project", err: &StepError{Job: "heat", Act: "creating", Err: &rescale.Error{Fields: []rescale.FieldError{{Path: "name"}, {Path: "projectId"}}}},
			hint: "your organization wants to know who pays: write project: with the name or id of one of your projects; nothing was submitted",
		},
		{
			name: "a step that lacks a project, in the other spelling", err: &StepError{Job: "heat", Act: "creating", Err: &rescale.Error{Fields: []rescale.FieldError{{Path: "project_id"}}}},
			hint: "your organization wants to know who pays: write project: with the name or id of one of your projects; nothing was submitted",
		},
		{name: "a step with another field", err: &StepError{Job: "heat", Act: "creating", Err: &rescale.Error{Fields: []rescale.FieldError{{Path: "name"}}}}},
		{
			name: "a lost create", err: &UnresolvedError{cause}, cause: cause, text: "the answer was lost and the platform shows no such draft yet: cause",
			hint: "run the same command again: it looks for the draft first; nothing was submitted",
		},
		{
			name: "a draft that is not listed", err: &InvisibleError{"j1"},
			text: "the platform's job list does not show draft j1 yet, so it may hide one that another runner made",
			hint: "run the same command again in a minute: it continues with the draft; nothing was submitted",
		},
		{
			name: "a list that moves", err: &UnstableError{"heat"}, text: `looking for job "heat" on the platform: the job list changed while it was read, 3 times in a row`,
			hint: "apply again in a moment; nothing was started",
		},
		{
			name: "a list that moves, for nobody", err: &MovingError{}, text: "reading the platform's job list: it changed while it was read, 3 times in a row",
			hint: "run the same command again in a moment; nothing was changed",
		},
		{
			name: "a draft that cannot be changed", err: &DraftError{ID: "j1", Err: cause}, cause: cause, text: "cause",
			hint: "delete draft j1 on the platform, which costs nothing; the next apply makes a new one",
		},
		{
			name: "a run on other runs", err: &OtherRunsError{Name: "post", ID: "j1", Built: "1.1:mesh", Wanted: "2.1:mesh"},
			text: `another runner has started job "post" as j1, built on 1.1:mesh instead of 2.1:mesh`,
			hint: "let the pipelines that apply this manifest agree on what runs again, then apply: it says what to do",
		},
		{
			name: "a name that was cut", err: &NameCutError{Sent: "long", Stored: "lo"},
			text: `the platform has cut its name, and with it the marker: "long" was sent, "lo" is stored; the draft was deleted`,
			hint: "write a shorter title: (or name:) into the manifest; nothing was submitted",
		},
		{
			name: "a rival", err: &RivalError{Job: heat, Rival: submitted}, hint: rival,
			text: `applying job "heat": it changed while run j1 is still active, submitted 2026-11-23 10:01 UTC, from elsewhere`,
		},
		{
			name: "a rival of no date", err: &RivalError{Job: heat, Rival: Found{ID: "j1", History: []rescale.Status{{Status: "Pending"}}}},
			hint: rival + "; or, if somebody stopped it and it shows no end: rescale-apply stop j1; rescale-apply delete j1",
			text: `applying job "heat": it changed while run j1 is still active`,
		},
		{
			name: "a rival without statuses", err: &RivalError{Job: heat, Rival: Found{ID: "j1"}}, hint: rival,
			text: `applying job "heat": it changed while run j1 is still active`,
		},
		{
			name: "nobody waits", err: &WaitError{Job: "heat", Draft: "j1"},
			text: `applying job "heat": draft j1 of another runner, with other content, goes first; the draft of this runner was withdrawn`,
			hint: "apply again when it has run, or without --no-wait: a draft that nobody submits is deleted after 15 minutes; nothing was submitted",
		},
		{
			name: "a draft that stays", err: &UndeletableError{ID: "j1", Err: cause}, cause: cause, text: "draft j1 cannot be deleted: cause",
			hint: "delete draft j1 on the platform, which costs nothing, and apply again; nothing was submitted",
		},
		{name: "a draft that is gone", err: &vanishedError{ID: "j1"}, text: "j1 was deleted on the platform meanwhile"},
		{name: "a draft that is gone, it says", err: &vanishedError{ID: "j1", Err: cause}, cause: cause, text: "j1 was deleted on the platform meanwhile: cause"},
		{name: "a draft that was withdrawn", err: &vanishedError{ID: "j1", madeWay: "j0"}, text: "j1 was withdrawn, again and again, for drafts of other runners"},
		{
			name: "a second run", err: &secondRunError{"j1"},
			text: "somebody has submitted it, so that it runs too; look at job j1 on the platform and stop it if it is not wanted",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var hinting interface{ Hint() string }
			hint := ""
			if errors.As(test.err, &hinting) {
				hint = hinting.Hint()
			}
			if diff := cmp.Diff(test.hint, hint); diff != "" {
				t.Errorf("hint (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.text, test.err.Error()); diff != "" && test.text != "" {
				t.Errorf("text (-want +got)\n%s", diff)
			}
			if test.cause != nil && !errors.Is(test.err, test.cause) {
				t.Errorf("it hides %v", test.cause)
			}
		})
	}
}
