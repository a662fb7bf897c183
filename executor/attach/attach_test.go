package attach_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/attach"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// platform has one draft and some storage.
type platform struct {
	has     []string
	status  map[string]string // of storage; Started without one
	state   string            // of the draft: empty, gone or submitted
	hides   bool              // what a job has cannot be read
	once    bool              // storage that is attached is refused
	ignores bool              // storage is taken without effect
	lose    int               // answers to attaching that are lost
	early   bool              // a lost answer has had no effect
	calls   []string
}

func refusal(status int) error {
	return &rescale.Error{Method: "POST", Path: "/x/", Status: status}
}

func (p *platform) StorageStatus(ctx context.Context, id string) (string, error) {
	p.calls = append(p.calls, "status "+id)
	if p.status[id] == "gone" {
		return "", refusal(http.StatusNotFound)
	}
	if status, told := p.status[id]; told {
		return status, ctx.Err()
	}
	return rescale.StorageStarted, ctx.Err()
}

func (p *platform) AttachedStorage(ctx context.Context, _ string) ([]string, error) {
	p.calls = append(p.calls, "has")
	switch {
	case p.hides:
		return nil, refusal(http.StatusMethodNotAllowed)
	case p.state == "gone":
		return nil, refusal(http.StatusNotFound)
	}
	return slices.Clone(p.has), ctx.Err()
}

func (p *platform) AttachStorage(ctx context.Context, _, device string) error {
	p.calls = append(p.calls, "attach "+device)
	lost := p.lose > 0
	if lost {
		p.lose--
	}
	switch err := p.refuses(device); {
	case lost && p.early:
	case err != nil:
		return err
	case !p.ignores && !slices.Contains(p.has, device):
		p.has = append(p.has, device)
	}
	if lost {
		return &rescale.OutcomeUnknownError{Act: "attaching", Err: errors.New("connection reset")}
	}
	return ctx.Err()
}

func (p *platform) refuses(device string) error {
	status, told := p.status[device]
	switch {
	case p.state == "gone":
		return refusal(http.StatusNotFound)
	case p.state == "submitted", told && status != rescale.StorageStarted && status != "Stopping", p.once && slices.Contains(p.has, device):
		return refusal(http.StatusBadRequest)
	}
	return nil
}

func (p *platform) Job(ctx context.Context, id string) (rescale.Job, error) {
	if p.state == "gone" {
		return rescale.Job{}, refusal(http.StatusNotFound)
	}
	return rescale.Job{ID: id}, ctx.Err()
}

func (p *platform) Statuses(ctx context.Context, _ string) ([]rescale.Status, error) {
	if p.state == "submitted" {
		return []rescale.Status{{Status: "Pending"}}, ctx.Err()
	}
	return nil, ctx.Err()
}

func TestAttach(t *testing.T) {
	t.Parallel()
	two := []string{"A", "B"}
	for name, tc := range map[string]struct {
		platform platform
		wish     attach.Wish
		calls    string
		err      string
		warnings string
	}{
		"nothing wanted": {},
		"fresh draft": {
			wish: attach.Wish{Fresh: true, Devices: two}, calls: "attach A|attach B|has|status A|status B",
		},
		"draft that a crash left between the two": {
			platform: platform{has: []string{"A"}}, wish: attach.Wish{Devices: two}, calls: "has|attach B|has|status A|status B",
		},
		"draft that has all, and more": {
			platform: platform{has: []string{"C", "B", "A"}}, wish: attach.Wish{Devices: two}, calls: "has|status A|status B",
			warnings: "wing: draft dRaFt has storage C, too, which the manifest does not name",
		},
		"attached, and stopped since": {
			platform: platform{has: []string{"A"}, status: map[string]string{"A": "Stopped"}}, wish: attach.Wish{Devices: []string{"A"}}, calls: "has|status A",
			err: `attaching storage to job "wing": storage A is not started: it is Stopped`,
		},
		"stopping, and taken": {
			platform: platform{status: map[string]string{"B": "Stopping"}}, wish: attach.Wish{Fresh: true, Devices: two}, calls: "attach A|attach B|has|status A|status B",
			err: `attaching storage to job "wing": storage B is not started: it is Stopping`,
		},
		"never started, and refused": {
			platform: platform{status: map[string]string{"A": ""}}, wish: attach.Wish{Fresh: true, Devices: two}, calls: "attach A|has|status A",
			err: `attaching storage to job "wing": storage A is not started`,
		},
		"gone since the plan": {
			platform: platform{status: map[string]string{"A": "gone"}}, wish: attach.Wish{Fresh: true, Devices: two}, calls: "attach A|has|status A",
			err: `attaching storage to job "wing": storage A is not started: it is gone`,
		},
		"refused for a reason that nobody knows": {
			platform: platform{state: "", once: true, hides: true, has: []string{"A"}}, wish: attach.Wish{Devices: two}, calls: "has|attach A|has|status A",
			err: `attaching storage to job "wing": draft dRaFt does not have storage A for certain: POST /x/: 400 Bad Request`,
		},
		"taken without effect": {
			platform: platform{ignores: true}, wish: attach.Wish{Fresh: true, Devices: two}, calls: "attach A|attach B|has",
			err: `attaching storage to job "wing": draft dRaFt does not have storage A for certain: the platform took it, and does not show it`,
		},
		"nothing to read, of a fresh draft": {
			platform: platform{hides: true}, wish: attach.Wish{Fresh: true, Devices: two}, calls: "attach A|attach B|has|status A|status B",
		},
		"nothing to read, of a draft that has it": {
			platform: platform{hides: true, has: two}, wish: attach.Wish{Devices: two}, calls: "has|attach A|attach B|has|status A|status B",
		},
		"answer lost after the effect": {
			platform: platform{lose: 1, once: true}, wish: attach.Wish{Fresh: true, Devices: two}, calls: "attach A|has|attach B|has|status A|status B",
		},
		"answer lost before the effect": {
			platform: platform{lose: 1, early: true}, wish: attach.Wish{Fresh: true, Devices: two}, calls: "attach A|has|attach A|attach B|has|status A|status B",
		},
		"answers lost again and again": {
			platform: platform{lose: 9, early: true, hides: true}, wish: attach.Wish{Fresh: true, Devices: two}, calls: "attach A|has|attach A|has|attach A|has|has|status A",
			err: `attaching storage to job "wing": draft dRaFt does not have storage A for certain: attaching: the outcome is unknown: connection reset`,
		},
		"another runner has attached it meanwhile": {
			platform: platform{once: true, has: two}, wish: attach.Wish{Fresh: true, Devices: two}, calls: "attach A|has|attach B|has|has|status A|status B",
		},
		"another runner has submitted it meanwhile": {
			platform: platform{state: "submitted"}, wish: attach.Wish{Fresh: true, Devices: two}, calls: "attach A",
		},
		"another runner has deleted it meanwhile": {
			platform: platform{state: "gone"}, wish: attach.Wish{Devices: two}, calls: "has|attach A",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := tc.platform
				var warnings []string
				attacher := attach.Attacher{Platform: &p, Warn: func(job, message string) { warnings = append(warnings, job+": "+message) }}
				tc.wish.Job, tc.wish.ID = "wing", "dRaFt"
				said := ""
				err := attacher.Attach(t.Context(), tc.wish)
				if err != nil {
					said = err.Error()
				}
				got := []string{strings.Join(p.calls, "|"), said, strings.Join(warnings, "|")}
				if diff := cmp.Diff([]string{tc.calls, tc.err, tc.warnings}, got); diff != "" {
					t.Errorf("calls, error and warnings (-want +got)\n%s", diff)
				}
				var hinted interface{ Hint() string }
				var stopped *attach.StoppedError
				var unsure *attach.Error
				if errors.As(err, &stopped) {
					hinted = stopped
				} else if errors.As(err, &unsure) {
					hinted = unsure
				}
				if err != nil && (hinted == nil || !strings.Contains(hinted.Hint(), "nothing was submitted")) {
					t.Errorf("no hint for %v", err)
				}
			})
		})
	}
}
