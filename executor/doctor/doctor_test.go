package doctor_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/doctor"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/golden"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
)

const (
	key   = "1111111111111111111111111111111111111111"
	owner = "ada@example.com"
)

func open(t *testing.T, switches emulator.Switches, faults ...emulator.Fault) *emulator.Server {
	t.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: scratch.Dir(t, "doctor"), Shell: "true",
		Accounts: []emulator.Account{{Key: key, Email: owner}, {Key: "other", Email: "bob@example.com"}},
		Switches: switches,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		if err := server.AddFault(f); err != nil {
			t.Fatal(err)
		}
	}
	return server
}

func connect(t *testing.T, way http.RoundTripper, refusals *doctor.Refusals) *rescale.Client {
	t.Helper()
	client, err := rescale.New(rescale.Config{
		BaseURL: "http://localhost", Key: rescale.NewSecret(key), Transport: way, OnRetry: refusals.Retry,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func examine(t *testing.T, server *emulator.Server) doctor.Report {
	t.Helper()
	refusals := &doctor.Refusals{}
	d := doctor.Doctor{Platform: connect(t, server.Transport(), refusals), Where: "http://localhost", Refusals: refusals}
	report, err := d.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// remarkable are the rows that are not as assumed, but for what no emulator can show.
func remarkable(report doctor.Report) map[string]string {
	rows := make(map[string]string)
	for _, row := range report.Rows {
		if row.Verdict != doctor.AsAssumed && row.Check != "too many requests" {
			rows[row.Check] = string(row.Verdict) + ": " + row.Seen
		}
	}
	return rows
}

// remains are drafts and files that the platform still has.
func remains(t *testing.T, server *emulator.Server) (left []string) {
	t.Helper()
	server.ClearFaults()
	server.Switch(func(s *emulator.Switches) { *s = emulator.Switches{} })
	client := connect(t, server.Transport(), &doctor.Refusals{})
	_, err := client.Jobs(t.Context(), rescale.JobQuery{}, func(j rescale.JobItem) bool {
		left = append(left, "draft "+j.ID)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	err = client.Files(t.Context(), "", func(f rescale.File) bool {
		if !f.Deleted {
			left = append(left, "file "+f.ID)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(left)
	return left
}

// neverSubmits fails the test when something was started or was named like ours.
func neverSubmits(t *testing.T, server *emulator.Server) {
	t.Helper()
	for _, r := range server.Requests() {
		if strings.HasSuffix(r.Path, "/submit/") {
			t.Errorf("%s %s was sent", r.Method, r.Path)
		}
		if bytes.Contains(r.Body, []byte("RESCALE_APPLY")) || bytes.Contains(r.Body, []byte("[ra:")) {
			t.Errorf("%s %s carries a marker: %s", r.Method, r.Path, r.Body)
		}
	}
}

const noWalltime = "differs, harmless: 750 hours"

func TestSwitches(t *testing.T) {
	t.Parallel()
	const unseen = "unknown: not looked at: no list shows the drafts"
	for name, tc := range map[string]struct {
		change func(*emulator.Switches)
		want   map[string]string // rows that are not as assumed; the default walltime unless it is named
		left   int               // drafts and files that stay
	}{
		"by default":         {},
		"no walltime":        {change: func(s *emulator.Switches) { s.DefaultWalltime = -1 }, want: map[string]string{"no walltime": ""}},
		"core type objects":  {change: func(s *emulator.Switches) { s.CoreTypeObjects = true }},
		"plain dates":        {change: func(s *emulator.Switches) { s.PlainDates = true }, want: map[string]string{"dates": "differs, harmless: whole seconds"}},
		"whole seconds":      {change: func(s *emulator.Switches) { s.WholeSeconds = true }, want: map[string]string{"dates": "differs, harmless: whole seconds"}},
		"hidden drafts":      {change: func(s *emulator.Switches) { s.HideDrafts = true }, want: map[string]string{"not completed": "differs, harmless: it does not"}},
		"hidden tags":        {change: func(s *emulator.Switches) { s.HideTags = true }, want: map[string]string{"tags in a job": "differs, harmless: not shown"}},
		"lost tags":          {change: func(s *emulator.Switches) { s.LoseTags = true }, want: map[string]string{"tags": "differs, harmless: taken, and not listed", "tags in a job": "differs, harmless: not shown"}},
		"short inputs":       {change: func(s *emulator.Switches) { s.ShortInputs = true }, want: map[string]string{"input files": "differs, harmless: without checksum"}},
		"ignored types":      {change: func(s *emulator.Switches) { s.IgnoreTypes = true }, want: map[string]string{"file type": "differs, harmless: only after a change"}},
		"old checksums":      {change: func(s *emulator.Switches) { s.Checksums = emulator.OnlyMD5 }, want: map[string]string{"checksum": "differs, harmless: only MD5", "input files": "differs, harmless: without checksum"}},
		"no checksums":       {change: func(s *emulator.Switches) { s.Checksums = emulator.NoChecksums }, want: map[string]string{"checksum": "differs, harmless: none within 2m0s", "input files": "differs, harmless: without checksum"}},
		"names are cut":      {change: func(s *emulator.Switches) { s.NameLimit = 100 }, want: map[string]string{"long names": "differs, harmless: cut to 100"}},
		"names are cut much": {change: func(s *emulator.Switches) { s.NameLimit = 50 }, want: map[string]string{"long names": "differs, matters: cut to 50"}},
		"trash":              {change: func(s *emulator.Switches) { s.Trash = true }, want: map[string]string{"delete": "differs, harmless: shown as before"}},
		"lists come late": {
			change: func(s *emulator.Switches) { s.ListingLag = 20 * time.Second },
			want: map[string]string{
				"new draft in a list": "differs, harmless: within 30s", "listing without": "differs, harmless: within 30s",
			},
		},
		"lists come too late": {
			change: func(s *emulator.Switches) { s.ListingLag = 5 * time.Minute },
			want: map[string]string{
				"new draft in a list": "differs, matters: not within 2m0s", "older drafts in a list": unseen, "order of a list": unseen,
				"owner in a list": unseen, "pages": unseen, "not completed": unseen, "listing without": unseen,
			},
		},
		"clocks differ": {
			change: func(s *emulator.Switches) {
				s.Skew = func(n int) time.Duration { return -time.Duration(n) * 2 * time.Second }
			},
			want: map[string]string{"clocks": "differs, harmless: off by 4s"},
		},
		"clocks differ much": {
			change: func(s *emulator.Switches) {
				s.Skew = func(n int) time.Duration { return time.Duration(n) * 5 * time.Second }
			},
			want: map[string]string{"clocks": "differs, matters: off by 10s"},
		},
		"a delete is refused": {
			change: func(s *emulator.Switches) { s.DraftDeletes = emulator.Refusal{Status: 403, Count: 1} },
			want: map[string]string{
				"delete":           "differs, matters: refused: DELETE /api/v2/jobs/ID/: 403 Forbidden: You do not have permission to delete this job.",
				"deleted for good": "unknown: not looked at: what it looks at could not be made",
				"listing without":  "unknown: not looked at: what it looks at could not be made",
			},
		},
		"every delete is refused": {
			change: func(s *emulator.Switches) { s.DraftDeletes = emulator.Refusal{Status: 403, Count: -1} },
			want: map[string]string{
				"delete":           "differs, matters: refused: DELETE /api/v2/jobs/ID/: 403 Forbidden: You do not have permission to delete this job.",
				"deleted for good": "unknown: not looked at: what it looks at could not be made",
				"listing without":  "unknown: not looked at: what it looks at could not be made",
			},
			left: 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := open(t, emulator.Switches{})
				defer server.Close()
				if tc.change != nil {
					server.Switch(tc.change)
				}
				report := examine(t, server)
				if diff := cmp.Diff(expected(tc.want), withoutIDs(server, remarkable(report))); diff != "" {
					t.Errorf("rows that are not as assumed (-want +got):\n%s", diff)
				}
				if len(report.Left) != tc.left {
					t.Errorf("%d things are left, want %d: %v", len(report.Left), tc.left, report.Left)
				}
				neverSubmits(t, server)
				if left := remains(t, server); len(left) != tc.left {
					t.Errorf("the platform still has %v, want %d things", left, tc.left)
				}
			})
		})
	}
}

// expected adds what the emulator's defaults differ in.
func expected(rows map[string]string) map[string]string {
	want := map[string]string{"no walltime": noWalltime}
	for name, text := range rows {
		want[name] = text
		if text == "" {
			delete(want, name)
		}
	}
	return want
}

// withoutIDs puts ID for the id of each job that was deleted.
func withoutIDs(server *emulator.Server, rows map[string]string) map[string]string {
	for _, r := range server.Requests() {
		if id, deleted := strings.CutPrefix(r.Path, "/api/v2/jobs/"); deleted && r.Method == http.MethodDelete {
			for name, text := range rows {
				rows[name] = strings.ReplaceAll(text, id, "ID/")
			}
		}
	}
	return rows
}

// rewriteList changes each list of jobs.
func rewriteList(change func(results []any) []any) emulator.Fault {
	return emulator.Fault{
		Method: http.MethodGet, Path: "/api/v2/jobs/", Count: -1, Action: emulator.ActionRewrite,
		Rewrite: func(body []byte) []byte {
			var page map[string]any
			if json.Unmarshal(body, &page) != nil {
				return body
			}
			results, _ := page["results"].([]any)
			page["results"] = change(results)
			text, _ := json.Marshal(page)
			return text
		},
	}
}

func eachJob(change func(job map[string]any)) func([]any) []any {
	return func(results []any) []any {
		for _, job := range results {
			change(job.(map[string]any))
		}
		return results
	}
}

func rewriteJob(old, replacement string) emulator.Fault {
	return emulator.Fault{
		Method: http.MethodGet, Path: "/api/v2/jobs/*/", Count: -1, Action: emulator.ActionRewrite,
		Rewrite: func(body []byte) []byte { return bytes.ReplaceAll(body, []byte(old), []byte(replacement)) },
	}
}

// TestBrokenPromises has platforms on which the protocol of starting once would fail.
func TestBrokenPromises(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault emulator.Fault
		check string
		want  string
	}{
		"a list lacks an older draft": {
			fault: rewriteList(func(results []any) []any { return results[:min(1, len(results))] }),
			check: "older drafts in a list", want: "differs, matters: a list lacks an older one",
		},
		"pages lack a draft": {
			fault: emulator.Fault{
				Method: http.MethodGet, Path: "/api/v2/jobs/", After: 3, Count: -1, Action: emulator.ActionRewrite,
				Rewrite: rewriteList(func(results []any) []any { return results[:min(1, len(results))] }).Rewrite,
			},
			check: "pages", want: "differs, matters: a draft is on no page",
		},
		"the oldest comes first": {
			fault: rewriteList(func(results []any) []any { slices.Reverse(results); return results }),
			check: "order of a list", want: "differs, matters: a job is 1m0s newer than the one before it",
		},
		"the owner is another": {
			fault: rewriteList(eachJob(func(job map[string]any) { job["owner"] = "somebody" })),
			check: "owner in a list", want: "differs, matters: another one, or none",
		},
		"the owner is in capitals": {
			fault: rewriteList(eachJob(func(job map[string]any) { job["owner"] = "ADA@example.com" })),
			check: "owner in a list", want: "differs, matters: in other letters",
		},
		"variables are lost": {
			fault: rewriteJob("DOCTOR_CHECK", "OTHER"), check: "variables", want: "differs, matters: other values",
		},
		"the body changes": {
			fault: rewriteJob(`"command":"true"`, `"command":"false"`), check: "body", want: "differs, matters: other: command",
		},
		"updates are ignored": {
			fault: emulator.Fault{Method: http.MethodPut, Path: "/api/v2/jobs/*/", Count: -1, Action: emulator.ActionAnswer, Status: 200, Body: "{}"},
			check: "update", want: "differs, matters: not changed: name, command, envVars",
		},
		"updates of what was deleted are taken": {
			fault: emulator.Fault{Method: http.MethodPut, Path: "/api/v2/jobs/*/", Count: -1, Action: emulator.ActionAnswer, Status: 200, Body: "{}"},
			check: "deleted for good", want: "differs, matters: a change is taken",
		},
		"the checksum is of something else": {
			fault: emulator.Fault{
				Method: http.MethodGet, Path: "/api/v2/files/*/", Count: -1, Action: emulator.ActionRewrite,
				Rewrite: func(body []byte) []byte {
					return bytes.ReplaceAll(body, []byte(`"fileHash":"`), []byte(`"fileHash":"00`))
				},
			},
			check: "checksum", want: "differs, matters: of something else",
		},
		"no long names": {
			fault: emulator.Fault{Method: http.MethodPut, Path: "/api/v2/jobs/*/", After: 1, Count: 3, Action: emulator.ActionAnswer, Status: 400, Body: `{"name":["Ensure this field has no more characters."]}`},
			check: "long names", want: "differs, harmless: refused when longer; 120 are taken",
		},
		"too many requests": {
			fault: emulator.Fault{Method: http.MethodPost, Path: "/api/v2/jobs/", After: 1, Action: emulator.ActionThrottle, RetryAfter: 37 * time.Second},
			check: "too many requests", want: "as assumed: 1; the longest wait asked for was 37s",
		},
		"an answer quotes an address": {
			fault: emulator.Fault{Method: http.MethodPost, Path: "/api/v2/jobs/*/tags/", Action: emulator.ActionAnswer, Status: 403, Body: `{"detail":"ada@example.com may not."}`},
			check: "tags", want: "unknown: POST /api/v2/jobs/ID/tags/: 403 Forbidden: (e-mail) may not.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := open(t, emulator.Switches{}, tc.fault)
				defer server.Close()
				minuteApart(t, server)
				report := examine(t, server)
				rows := make(map[string]string)
				for _, row := range report.Rows {
					rows[row.Check] = fmt.Sprintf("%s: %s", row.Verdict, row.Seen)
				}
				if got := withoutTagID(rows[tc.check]); got != tc.want {
					t.Errorf("%s is %q, want %q", tc.check, got, tc.want)
				}
				if left := remains(t, server); len(left) != 1 || len(report.Left) != 0 {
					t.Errorf("the platform still has %v, want the job that was there before; told: %v", left, report.Left)
				}
			})
		})
	}
}

func withoutTagID(text string) string {
	before, rest, found := strings.Cut(text, "/jobs/")
	if _, after, tags := strings.Cut(rest, "/tags/"); found && tags {
		return before + "/jobs/ID/tags/" + after
	}
	return text
}

// minuteApart has a job of the account that is a minute older than what comes.
func minuteApart(t *testing.T, server *emulator.Server) {
	t.Helper()
	body := `{"name":"mine","jobanalyses":[{"analysis":{"code":"user_included","version":"0"},"command":"true","hardware":{"coreType":"emerald","coresPerSlot":1}}]}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/api/v2/jobs/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Token "+key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := server.Transport().RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("the job of before was answered with %d", answer.StatusCode)
	}
	time.Sleep(time.Minute) // of the test's own clock
}

func TestReport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := open(t, emulator.Switches{NameLimit: 50})
		defer server.Close()
		report := examine(t, server)
		report.Left = []doctor.Left{{Kind: "draft", ID: "AbCdEf", Name: "doctor check", Why: "refused"}, {Kind: "file", Name: "doctor-check", Why: "lost"}}
		var text, object bytes.Buffer
		if err := report.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		if err := report.WriteJSON(&object); err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "testdata/report.txt", text.Bytes())
		golden.Equal(t, "testdata/report.json", object.Bytes())
		if got := report.Matter(); len(got) != 1 || got[0].Check != "long names" {
			t.Errorf("rows that matter are %v, want that of long names", got)
		}
	})
}
