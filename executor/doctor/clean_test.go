package doctor_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/doctor"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/raced"
)

// counting cancels at one request: before it is sent, or when its answer is there.
type counting struct {
	next   http.RoundTripper
	n      atomic.Int64
	at     int64
	before bool
	cancel context.CancelFunc
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	mine := c.n.Add(1) == c.at
	if mine && c.before {
		c.cancel()
	}
	answer, err := c.next.RoundTrip(r)
	if mine {
		c.cancel()
	}
	return answer, err
}

// TestInterrupted stops the checks at each of their requests: nothing stays, and every
// check has its row.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	var requests int
	synctest.Test(t, func(t *testing.T) {
		server := open(t, emulator.Switches{})
		defer server.Close()
		examine(t, server)
		requests = len(server.Requests())
	})
	if requests < 30 {
		t.Fatalf("a visit takes %d requests, want what there is to check", requests)
	}
	step := 1
	if testing.Short() || raced.On {
		step = 7 // no divisor of a repeating pattern of requests
	}
	for at := 0; at < requests; at += step {
		for _, before := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				server := open(t, emulator.Switches{})
				defer server.Close()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				refusals := &doctor.Refusals{}
				way := &counting{next: server.Transport(), at: int64(at + 1), before: before, cancel: cancel}
				report, err := doctor.Doctor{Platform: connect(t, way, refusals), Refusals: refusals}.Run(ctx)
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("stopped at request %d: error %v", at, err)
				}
				if left := remains(t, server); len(left) != 0 || len(report.Left) != 0 {
					t.Errorf("stopped at request %d: the platform still has %v; told: %v", at, left, report.Left)
				}
				if len(report.Rows) < 20 {
					t.Errorf("stopped at request %d: %d rows, want one for each check", at, len(report.Rows))
				}
			})
		}
	}
}

// TestLostAnswers has each kind of change take its effect and lose its answer.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"create":             {Method: http.MethodPost, Path: "/api/v2/jobs/"},
		"the last create":    {Method: http.MethodPost, Path: "/api/v2/jobs/", After: 2},
		"upload":             {Method: http.MethodPost, Path: "/api/v2/files/contents/"},
		"upload of a script": {Method: http.MethodPost, Path: "/api/v2/files/contents/", After: 1},
		"update":             {Method: http.MethodPut, Path: "/api/v2/jobs/*/"},
		"tag":                {Method: http.MethodPost, Path: "/api/v2/jobs/*/tags/"},
		"delete":             {Method: http.MethodDelete, Path: "/api/v2/jobs/*/"},
		"delete of a file":   {Method: http.MethodDelete, Path: "/api/v2/files/*/"},
		"the first list":     {Method: http.MethodGet, Path: "/api/v2/jobs/"},
	} {
		for _, action := range []emulator.Action{emulator.ActionDropAfter, emulator.ActionHTMLAfter, emulator.ActionTruncate, emulator.ActionDropBefore} {
			t.Run(name+" "+string(action), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					fault := fault
					fault.Action = action
					server := open(t, emulator.Switches{ListingLag: 3 * time.Second}, fault)
					defer server.Close()
					report := examine(t, server)
					created := slices.ContainsFunc(report.Left, func(l doctor.Left) bool { return l.ID != "" })
					if left := remains(t, server); len(left) != 0 || created {
						t.Errorf("the platform still has %v; told: %v", left, report.Left)
					}
					mayBe := strings.Contains(name, "create") && action == emulator.ActionDropBefore
					if (len(report.Left) > 0) != mayBe {
						t.Errorf("told: %v; want what may be there: %t", report.Left, mayBe)
					}
				})
			})
		}
	}
}

// TestSubmittedByAPerson leaves a draft of a lost answer that somebody has submitted.
func TestSubmittedByAPerson(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := open(t, emulator.Switches{}, emulator.Fault{Method: http.MethodPost, Path: "/api/v2/jobs/", Action: emulator.ActionDropAfter})
		defer server.Close()
		if err := server.AddFault(emulator.Fault{
			Method: http.MethodGet, Path: "/api/v2/jobs/*/statuses/", Count: -1, Action: emulator.ActionAnswer, Status: 200,
			Body: `{"count":1,"next":null,"previous":null,"results":[{"id":"s","status":"Pending","statusReason":null,"statusDate":"2026-01-01T00:00:00Z"}]}`,
		}); err != nil {
			t.Fatal(err)
		}
		report := examine(t, server)
		if len(report.Left) != 1 || report.Left[0].Why != "somebody has submitted it" {
			t.Errorf("left: %v, want the draft that was submitted", report.Left)
		}
		if left := remains(t, server); len(left) != 1 {
			t.Errorf("the platform has %v, want the job that was submitted", left)
		}
	})
}

// TestNothingToCheck has accounts with which not even a draft can be made.
func TestNothingToCheck(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault emulator.Fault
		want  string
	}{
		"a wrong key": {
			fault: emulator.Fault{Path: "/api/v2/users/me/", Action: emulator.ActionAnswer, Status: 401, Body: `{"detail":"Invalid token."}`},
			want:  "asking the platform for your account: GET /api/v2/users/me/: 401 Unauthorized: Invalid token.",
		},
		"no software": {
			fault: emulator.Fault{Path: "/api/v2/analyses/", Action: emulator.ActionAnswer, Status: 200, Body: `{"count":0,"results":[],"next":null}`},
			want:  "this account may use no software on any hardware, so that no draft can be made",
		},
		"a key that expires meanwhile": {
			fault: emulator.Fault{Method: http.MethodPost, Path: "/api/v2/jobs/", Action: emulator.ActionAnswer, Status: 401, Body: `{"detail":"API key is no longer active"}`},
			want:  "POST /api/v2/jobs/: 401 Unauthorized: API key is no longer active",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := open(t, emulator.Switches{}, tc.fault)
				defer server.Close()
				report, err := doctor.Doctor{Platform: connect(t, server.Transport(), &doctor.Refusals{})}.Run(t.Context())
				if err == nil || err.Error() != tc.want {
					t.Errorf("error is %v, want %s", err, tc.want)
				}
				for _, row := range report.Rows[4:] {
					if row.Verdict != doctor.Unknown {
						t.Errorf("row %+v, want unknown", row)
					}
				}
				if left := remains(t, server); len(left) != 0 || len(report.Rows) < 20 {
					t.Errorf("the platform still has %v; %d rows", left, len(report.Rows))
				}
			})
		})
	}
}
