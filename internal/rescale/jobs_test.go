package rescale

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestJobRequestIsTheGuides(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(201, fixture(t, "job-create-response")))
	job, err := p.client(t).CreateJob(t.Context(), JobRequest{
		Name:                 "LS-DYNA cURL API Setup",
		BillingPriorityValue: PriorityInstant,
		JobAnalyses: []JobAnalysis{{
			UseRescaleLicense: true,
			Command:           "ls-dyna -n 2 -i neon.refined.rev01.k -p single",
			Analysis:          AnalysisRef{Code: "ls_dyna", Version: "9.0.0"},
			Hardware:          Hardware{CoresPerSlot: 2, Slots: 1, CoreType: "hpc-3"},
			InputFiles:        []InputRef{{ID: "yMqdxd"}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sent := p.arrivals()[0]
	if diff := cmp.Diff(decodeJSON(t, fixture(t, "job-create-request")), decodeJSON(t, sent.Body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if sent.Chunked || sent.Length != int64(len(sent.Body)) {
		t.Errorf("got %+v", sent)
	}
	if job.Name != "LS-DYNA cURL API Setup" || len(job.Tiles) != 1 || job.Tiles[0].Walltime != 750 || job.Tiles[0].CoreType != "hpc-3" {
		t.Errorf("got %+v", job)
	}
}

func TestJobRequestWithEverything(t *testing.T) {
	t.Parallel()
	yes := true
	p := newPlatform(t, reply(201, `{"id":"QwErTy"}`))
	_, err := p.client(t).CreateJob(t.Context(), JobRequest{
		Name: "wing", Description: "d", IsLowPriority: true, BillingPriorityValue: PriorityOnDemand, ProjectID: "pRoJa",
		JobAnalyses: []JobAnalysis{{
			Analysis: AnalysisRef{Code: "user_included"}, Command: "a && b > c", EnvVars: map[string]string{"A": "1"},
			Hardware:              Hardware{CoreType: "granite", CoresPerSlot: 4, Slots: 2, Walltime: 6},
			InputFiles:            []InputRef{{ID: "kTqWzb", Decompress: &yes}},
			OnDemandLicenseSeller: &LicenseSeller{Code: "rescale", Name: "Rescale"},
			UserDefinedLicenseSettings: &LicenseFeatures{FeatureSets: []FeatureSet{
				{Name: "USER_SPECIFIED_0", Features: []LicenseFeature{{Name: "ansys_hpc", Count: 8}}},
			}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"wing","description":"d","isLowPriority":true,"billingPriorityValue":"ON_DEMAND","projectId":"pRoJa",` +
		`"jobanalyses":[{"analysis":{"code":"user_included"},"command":"a && b > c",` +
		`"hardware":{"coreType":"granite","coresPerSlot":4,"slots":2,"walltime":6},"envVars":{"A":"1"},` +
		`"inputFiles":[{"id":"kTqWzb","decompress":true}],"onDemandLicenseSeller":{"code":"rescale","name":"Rescale"},` +
		`"userDefinedLicenseSettings":{"featureSets":[{"name":"USER_SPECIFIED_0","features":[{"name":"ansys_hpc","count":8}]}]}}]}`
	if diff := cmp.Diff(decodeJSON(t, want), decodeJSON(t, p.arrivals()[0].Body)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

// What goes beside the fields of every job: secrets, scripts, access, and what is put in last.
func TestJobRequestWithRareFields(t *testing.T) {
	t.Parallel()
	none := ""
	p := newPlatform(t, answers(reply(201, `{"id":"QwErTy"}`), reply(200, `{}`)))
	request := JobRequest{
		Name: "wing", ClusterID: "cLuStE", PublicKey: "ssh-rsa AAAA", SSHPort: 2222, CIDRRule: &none,
		Automations: []JobAutomation{{Automation: AutomationRef{ID: "aUtO"}, Environment: map[string]string{}}},
		JobAnalyses: []JobAnalysis{{
			Analysis: AnalysisRef{Code: "user_included"}, Command: "a", EnvVars: map[string]string{"A": "1"}, Hardware: Hardware{CoreType: "granite", CoresPerSlot: 4},
			PreProcessScript: &FileRef{"pRe"}, PreProcessScriptCommand: "./pre", PostProcessScript: &FileRef{"pOsT"}, PostProcessScriptCommand: "./post",
			Secrets: map[string]Secret{"TOKEN": NewSecret("hush <3")},
			Extra:   map[string]any{"flags": map[string]any{"igCv": true}, "hardware": map[string]any{"isReusable": true}},
		}},
		Extra: map[string]any{"resourceFilters": []any{}, "paramFile": map[string]any{"id": "pArAm"}},
	}
	c := p.client(t)
	if _, err := c.CreateJob(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if err := c.UpdateJob(t.Context(), "QwErTy", request); err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"wing","clusterId":"cLuStE","publicKey":"ssh-rsa AAAA","sshPort":2222,"cidrRule":"",` +
		`"jobAutomations":[{"automation":{"id":"aUtO"},"environmentVariables":{}}],"resourceFilters":[],"paramFile":{"id":"pArAm"},` +
		`"jobanalyses":[{"analysis":{"code":"user_included"},"command":"a","envVars":{"A":"1","TOKEN":"hush <3"},"flags":{"igCv":true},` +
		`"hardware":{"coreType":"granite","coresPerSlot":4,"isReusable":true},` +
		`"preProcessScript":{"id":"pRe"},"preProcessScriptCommand":"./pre","postProcessScript":{"id":"pOsT"},"postProcessScriptCommand":"./post"}]}`
	for _, sent := range p.arrivals() {
		if diff := cmp.Diff(decodeJSON(t, want), decodeJSON(t, sent.Body)); diff != "" {
			t.Errorf("%s body (-want +got):\n%s", sent.Method, diff)
		}
	}
	if _, there := request.JobAnalyses[0].EnvVars["TOKEN"]; there || strings.Contains(fmt.Sprintf("%+v", request), "hush") {
		t.Errorf("the request shows the secret: %+v", request)
	}
}

// A platform may quote the body that it refuses, in any form.
func TestSecretsAreInNoError(t *testing.T) {
	t.Parallel()
	secrets := map[string]string{
		"plain": "hunter2hunter2", "two lines": "-----BEGIN-----\nMIIEpAIBAAKCAQEA\n", "quoted": `a"b\c<d>&e`, "url": "p@ss/word?x=1&y=2", "short": "x7",
	}
	for name, value := range secrets {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		for form, body := range map[string]string{
			"json":   `{"jobanalyses":[{"envVars":{"TOKEN":` + string(encoded) + `}}]}`,
			"detail": `{"detail":"cannot use ` + strings.Trim(string(encoded), `"`) + ` here"}`,
			"text":   "refused: " + string(encoded), "raw": "refused: " + value, "page": "<title>" + value + "</title>",
			"query": "see https://host/?" + url.QueryEscape(value) + " and " + url.QueryEscape(value),
		} {
			p := newPlatform(t, reply(400, body))
			c := newClient(t, Config{BaseURL: p.URL, Key: NewSecret(testKey), Hide: []Secret{NewSecret(value), {}}})
			_, err := c.CreateJob(t.Context(), JobRequest{Name: "x", JobAnalyses: []JobAnalysis{{Secrets: map[string]Secret{"TOKEN": NewSecret(value)}}}})
			for line := range strings.Lines(value) {
				if err == nil || strings.Contains(err.Error(), strings.TrimSpace(line)) || strings.Contains(err.Error(), url.QueryEscape(value)) {
					t.Errorf("%s as %s: %v", name, form, err)
				}
			}
			if got := c.Redact("TOKEN=" + value); strings.Contains(got, strings.TrimSpace(value)) {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
}

// The encoder would make one character of all bytes that are no text.
func TestNothingIsSentThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(201, `{"id":"QwErTy"}`))
	c := p.client(t)
	tile := func(t JobAnalysis) JobRequest { return JobRequest{JobAnalyses: []JobAnalysis{t}} }
	for path, job := range map[string]JobRequest{
		"Name":              {Name: "M\xfcnchen"},
		"EnvVars.A":         tile(JobAnalysis{EnvVars: map[string]string{"A": "\xe9"}}),
		"EnvVars.TOKEN":     tile(JobAnalysis{Secrets: map[string]Secret{"TOKEN": NewSecret("secret\xe9")}}),
		"Extra.flags[1].a?": tile(JobAnalysis{Extra: map[string]any{"flags": []any{1, map[string]any{"a\xff": 1}}}}),
	} {
		_, err := c.CreateJob(t.Context(), job)
		if want := "encoding a job: the text in " + path + " is not UTF-8"; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := c.AddTag(t.Context(), "QwErTy", "caf\xe9"); err == nil {
		t.Error("a tag that is not UTF-8 is sent")
	}
	if sent := p.arrivals(); len(sent) > 0 {
		t.Errorf("sent %v", sent)
	}
}

// What is no letter at its ends, no text at all, or has control characters is hidden like any other secret.
func TestSecretsOfAnyBytesAreHidden(t *testing.T) {
	t.Parallel()
	for secret, text := range map[string]string{
		"x7": "say x7.", "a$!": "say a$! now", "é": "say é now", "\xe9": "say \xe9 now", "\xff\xfe": "say \xff\xfe now", "(1": "(1",
		"long\xe9secret": "say long\xe9secret now", "tab\tsecret": "tab\tsecret",
	} {
		c := newClient(t, Config{Hide: []Secret{NewSecret(secret)}})
		for shown, hide := range map[string]func(string) string{"log": c.Redact, "message": c.veil.cover} {
			if got := hide(text); strings.Contains(got, secret) || !strings.Contains(got, redacted) {
				t.Errorf("%s: %q shows %q", shown, got, secret)
			}
		}
	}
	if got := newClient(t, Config{Hide: []Secret{NewSecret("x7")}}).Redact("0x77"); got != "0x77" {
		t.Errorf("a word with the secret inside of it becomes %q", got)
	}
}

func TestProjectAssignment(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, `{"projectId":"pRoJa"}`))
	if err := p.client(t).AssignProject(t.Context(), "acme", "QwErTy", "pRoJa"); err != nil {
		t.Fatal(err)
	}
	sent := p.arrivals()[0]
	if sent.Method != "POST" || sent.Path != "/api/v2/organizations/acme/jobs/QwErTy/project-assignment/" || sent.Body != `{"projectId":"pRoJa"}` {
		t.Errorf("sent %+v", sent)
	}
}

func TestCustomFields(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, answers(reply(200, `{"Cost center":{"meta":{"name":"Cost center"},"value":"A-17"},"Empty":{"value":null}}`), reply(200, `{}`)))
	c := p.client(t)
	got, err := c.CustomFields(t.Context(), "QwErTy")
	if diff := cmp.Diff(map[string]any{"Cost center": "A-17"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if err := c.SetCustomFields(t.Context(), "QwErTy", map[string]any{"Cost center": "B-2"}); err != nil {
		t.Fatal(err)
	}
	if sent := p.arrivals()[1]; sent.Path != "/api/v2/jobs/QwErTy/custom-fields/" || sent.Body != `{"Cost center":"B-2"}` {
		t.Errorf("sent %+v", sent)
	}
}

func TestJob(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, fixture(t, "sample-job")))
	got, err := p.client(t).Job(t.Context(), "QwErTy")
	yes := true
	want := Job{
		ID: "QwErTy", Name: "wing-sweep/a07 [rk:9f31c2]", Description: "angle 7 deg", Owner: "ada@example.com",
		DateInserted: time.Date(2026, 3, 2, 8, 15, 3, 551200000, time.UTC), ProjectID: "pRoJa",
		Tiles: []Tile{{
			AnalysisCode: "user_included", VersionCode: "0", Command: "cd case01\n./solve.sh; rc=$?\necho $rc > exit_code.txt\nexit $rc",
			EnvVars: map[string]string{"OMP_NUM_THREADS": "4"}, CoreType: "granite", CoresPerSlot: 4, Slots: 1, Walltime: 6, Inputs: []string{"kTqWzb"},
			InputFiles: []TileFile{{
				File:       File{ID: "kTqWzb", Name: "case01.zip", Type: InputFile, Size: 48213, Complete: true},
				Decompress: &yes,
			}},
			PreProcess: Script{Known: true}, PostProcess: Script{Known: true}, Templates: []TileTemplate{},
		}},
		Raw:    json.RawMessage(strings.TrimSpace(fixture(t, "sample-job"))),
		Params: Params{Known: true},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := p.client(t).Job(t.Context(), "ZxCvBn"); err == nil || !strings.Contains(err.Error(), `job "QwErTy" instead of "ZxCvBn"`) {
		t.Errorf("the record of another job is accepted: %v", err)
	}
}

func TestJobSpellings(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want Job
	}{
		"objects": {
			`{"id":"a","clonedFrom":{"id":"b"},"projectId":null,"owner":null,"jobanalyses":[{"analysis":{"code":"x","version":null},
				"envVars":{"N":4,"S":"t","E":null},"hardware":{"coreType":{"code":"hpc-3","io":35.0},"coresPerSlot":2.0,"walltime":null},"inputFiles":null}]}`,
			Job{ID: "a", ClonedFrom: "b", Tiles: []Tile{{AnalysisCode: "x", EnvVars: map[string]string{"N": "4", "S": "t", "E": ""}, CoreType: "hpc-3", CoresPerSlot: 2}}},
		},
		"cloned": {
			`{"id":"a","clonedFrom":"RcAFeb","jobanalyses":[{"envVars":null}]}`,
			Job{ID: "a", ClonedFrom: "RcAFeb", Tiles: []Tile{{EnvVars: map[string]string{}}}},
		},
		"old": {`{"id":"a"}`, Job{ID: "a"}},
		"everything that explains": {
			`{"id":"a","clusterId":"c","userTags":[{"name":"Sweep A","normalizedName":"sweep a"}],
				"jobAutomations":[{"automation":{"id":"u","name":"Mail"},"environmentVariables":{"N":4}},{"automation":{"id":"v"}}],
				"jobanalyses":[{"preProcessScript":{"id":"s","name":"pre.sh","typeId":4,"fileChecksums":[{"hashFunction":"sha512","fileHash":"AB"}]},
				"preProcessScriptCommand":"bash pre.sh","postProcessScript":null,
				"inputFiles":[{"id":"f","name":"deck.k","decompress":false,"fileChecksums":[{"hashFunction":"sha512","fileHash":"CD"}]},{"id":"g"}]}]}`,
			Job{
				ID: "a", ClusterID: "c", Tags: []string{"Sweep A"},
				Automations: []JobAutomation{{AutomationRef{"u"}, map[string]string{"N": "4"}}, {AutomationRef{"v"}, nil}},
				Tiles: []Tile{{
					EnvVars: map[string]string{}, Inputs: []string{"f", "g"},
					InputFiles: []TileFile{
						{File{ID: "f", Name: "deck.k", SHA512: "cd", Complete: true}, new(bool)}, {File{ID: "g", Complete: true}, nil},
					},
					PreProcess:  Script{true, File{ID: "s", Name: "pre.sh", Type: ScriptFile, SHA512: "ab", Complete: true}, "bash pre.sh"},
					PostProcess: Script{Known: true},
				}},
			},
		},
		"none of them": {
			`{"id":"a","userTags":[],"jobAutomations":[],"jobanalyses":[{"inputFiles":[]}]}`,
			Job{ID: "a", Tags: []string{}, Automations: []JobAutomation{}, Tiles: []Tile{{EnvVars: map[string]string{}, InputFiles: []TileFile{}}}},
		},
		// What only explains keeps nobody from recognizing a job.
		"what nobody can read": {
			`{"id":"a","clusterId":{"name":"c"},"userTags":["x"],"jobAutomations":{"a":1},"jobanalyses":[{"envVars":{"K":"v"},
				"preProcessScript":{"id":"s","typeId":"script"},"inputFiles":[{"id":"f","decryptedSize":"12","dateUploaded":"yesterday"}]}]}`,
			Job{ID: "a", Tiles: []Tile{{
				EnvVars: map[string]string{"K": "v"}, Inputs: []string{"f"}, InputFiles: []TileFile{{File{ID: "f", Complete: true}, nil}},
			}}},
		},
	} {
		p := newPlatform(t, reply(200, tc.body))
		got, err := p.client(t).Job(t.Context(), "a")
		tc.want.Raw = json.RawMessage(tc.body)
		if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestCallsOnOneJob(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, ""))
	c, ctx := p.client(t), t.Context()
	for _, err := range []error{
		c.SubmitJob(ctx, "QwErTy"), c.StopJob(ctx, "QwErTy"), c.ForceStopJob(ctx, "QwErTy"), c.DeleteJob(ctx, "QwErTy"),
		c.AddTag(ctx, "QwErTy", "Sweep A"), c.RemoveTag(ctx, "QwErTy", "Sweep A"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	var got []string
	for _, a := range p.arrivals() {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s", a.Method, a.Path, a.Body)))
	}
	want := []string{
		"POST /api/v2/jobs/QwErTy/submit/", "POST /api/v2/jobs/QwErTy/stop/", "POST /api/v2/jobs/QwErTy/force_stop/",
		"DELETE /api/v2/jobs/QwErTy/",
		`POST /api/v2/jobs/QwErTy/tags/ {"name":"Sweep A"}`, `DELETE /api/v3/jobs/QwErTy/tags/ {"name":"Sweep A"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, `[{"name":"Sweep A","normalizedName":"sweep a"}]`))
	got, err := p.client(t).Tags(t.Context(), "QwErTy")
	if diff := cmp.Diff([]Tag{{Name: "Sweep A", NormalizedName: "sweep a"}}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"job-statuses": {"Completed/Completed successfully", "Executing/", "Validated/", "Started/", "Queued/", "Pending/"},
		"sample-statuses-failed": {
			"Completed/A run failed", "Stopping/A run failed", "Executing/", "Validated/", "Started/", "Queued/", "Pending/",
		},
		"sample-statuses-success": {"Completed/Completed successfully", "Executing/", "Validated/", "Started/", "Queued/", "Pending/"},
	} {
		p := newPlatform(t, reply(200, fixture(t, name)))
		found, err := p.client(t).Statuses(t.Context(), "QwErTy")
		var got []string
		for _, s := range found {
			got = append(got, s.Status+"/"+s.Reason)
			if s.Date.IsZero() || s.Date.Location() != time.UTC || s.ID == "" {
				t.Errorf("%s: got %+v", name, s)
			}
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestStatusesOfADraft(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, answers(reply(200, `{"count":0,"previous":null,"next":null,"results":[]}`), reply(404, `{"detail":"Not found."}`), reply(404, ""), reply(200, `{"results":[{"status":"Stopped","statusDate":"2016-11-15T19:01:13Z"},{"status":"Started"}]}`)))
	c := p.client(t)
	if got, err := c.Statuses(t.Context(), "QwErTy"); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := c.Statuses(t.Context(), "QwErTy"); err == nil {
		t.Errorf("no such job: got %v", got)
	}
	if got, err := c.ClusterStatuses(t.Context(), "QwErTy"); err != nil || len(got) != 0 {
		t.Errorf("no cluster: got %v, %v", got, err)
	}
	if got, err := c.ClusterStatuses(t.Context(), "QwErTy"); err != nil || len(got) != 2 || got[0].Status != "Stopped" {
		t.Errorf("stopped cluster: got %v, %v", got, err)
	}
}

func listJobs(t *testing.T, q JobQuery, steps ...http.HandlerFunc) ([]JobItem, Listing, *platform, error) {
	t.Helper()
	p := newPlatform(t, answers(steps...))
	var items []JobItem
	l, err := p.client(t).Jobs(t.Context(), q, func(i JobItem) bool { items = append(items, i); return true })
	return items, l, p, err
}

func TestJobs(t *testing.T) {
	t.Parallel()
	const last = `{"count":3,"next":null,"results":[{"id":"OlDeSt","name":"x","owner":"ada@example.com","dateInserted":"2026-03-01T16:00:00Z","jobStatus":null}]}`
	at := "Mon, 02 Mar 2026 08:20:00 GMT"
	items, l, p, err := listJobs(t, JobQuery{State: StateNotCompleted, PageSize: 2},
		replyWith("Date", at, 200, fixture(t, "sample-jobs")), replyWith("Date", "Mon, 02 Mar 2026 09:00:00 GMT", 200, last))
	want := []JobItem{
		{ID: "QwErTy", Name: "wing-sweep/a07 [rk:9f31c2]", Owner: "ada@example.com", DateInserted: time.Date(2026, 3, 2, 8, 15, 3, 551200000, time.UTC), Status: "Executing", ClusterStatus: "Started"},
		{ID: "ZxCvBn", Name: "draft", Owner: "bob@example.com", DateInserted: time.Date(2026, 3, 1, 17, 0, 0, 1000, time.UTC)},
		{ID: "OlDeSt", Name: "x", Owner: "ada@example.com", DateInserted: time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC)},
	}
	if diff := cmp.Diff(want, items); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	wantListing := Listing{At: time.Date(2026, 3, 2, 8, 20, 0, 0, time.UTC), Count: 3, Pages: 2, Stable: true}
	if diff := cmp.Diff(wantListing, l); diff != "" {
		t.Errorf("listing (-want +got):\n%s", diff)
	}
	var queries []string
	for _, a := range p.arrivals() {
		queries = append(queries, a.Path+"?"+a.Query)
	}
	if diff := cmp.Diff([]string{"/api/v2/jobs/?page_size=2&state=not_completed", "/api/v2/jobs/?page=2&page_size=2&state=not_completed"}, queries); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestListingsThatMove(t *testing.T) {
	t.Parallel()
	page := func(count int, next string, ids ...string) http.HandlerFunc {
		return reply(200, projectsPage(count, next, ids...))
	}
	for name, tc := range map[string]struct {
		steps  []http.HandlerFunc
		ids    string
		stable bool
	}{
		"still":         {[]http.HandlerFunc{page(3, "?page=2", "a", "b"), page(3, "", "c")}, "a b c", true},
		"one came":      {[]http.HandlerFunc{page(3, "?page=2", "a", "b"), page(4, "", "b", "c")}, "a b c", false},
		"one went":      {[]http.HandlerFunc{page(4, "?page=2", "a", "b"), page(3, "", "d")}, "a b d", false},
		"one of each":   {[]http.HandlerFunc{page(4, "?page=2", "a", "b"), page(4, "", "b", "c")}, "a b c", false},
		"promises more": {[]http.HandlerFunc{page(9, "?page=2", "a", "b"), page(9, "")}, "a b", true},
		"nobody":        {[]http.HandlerFunc{page(0, "")}, "", true},
	} {
		items, l, _, err := listJobs(t, JobQuery{}, tc.steps...)
		ids := strings.Join(convert(items, func(i JobItem) string { return i.ID }), " ")
		if err != nil || ids != tc.ids || l.Stable != tc.stable {
			t.Errorf("%s: got %s, %+v, %v", name, ids, l, err)
		}
	}
}

func TestListingEndsWhenToldTo(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(200, projectsPage(400, "?page=2", "a", "b", "c")))
	n := 0
	l, err := p.client(t).Jobs(t.Context(), JobQuery{}, func(JobItem) bool { n++; return n < 2 })
	if err != nil || n != 2 || len(p.arrivals()) != 1 || l.Count != 400 || !l.Stable || l.At.IsZero() {
		t.Errorf("%d items, %d requests, %+v, %v", n, len(p.arrivals()), l, err)
	}
}

func TestListingWithoutIDsIsRefused(t *testing.T) {
	t.Parallel()
	_, _, _, err := listJobs(t, JobQuery{}, reply(200, `{"count":2,"next":null,"results":[{"id":"a"},{"name":"x"}]}`))
	if err == nil || !strings.Contains(err.Error(), "a job without id") {
		t.Errorf("got %v", err)
	}
}
