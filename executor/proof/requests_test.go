package proof_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// crowd makes foreign jobs of the account that are newer than ours.
func crowd(t *testing.T, server *emulator.Server, n int) {
	t.Helper()
	client, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret(key), Transport: server.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		_, err := client.CreateJob(t.Context(), rescale.JobRequest{
			Name: fmt.Sprintf("somebody's %d", i),
			JobAnalyses: []rescale.JobAnalysis{{
				Analysis: rescale.AnalysisRef{Code: "user_included", Version: "0"}, Command: "true",
				Hardware: rescale.Hardware{CoreType: "emerald", CoresPerSlot: 1},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// counted is the number of requests since the last reset, by what they ask for.
func counted(server *emulator.Server) (gets, all int) {
	for _, r := range server.Requests() {
		if r.Method == http.MethodGet {
			gets++
		}
	}
	return gets, len(server.Requests())
}

// TestAPlanWithoutStateCostsFewRequests: an account with thousands of newer jobs of other
// people's making is read in pages, and of ours only what is asked for: three requests
// for the account and the catalogs, the pages, and two for each run that is looked at.
func TestAPlanWithoutStateCostsFewRequests(t *testing.T) {
	t.Parallel()
	foreign := 5000
	if testing.Short() {
		foreign = 600
	}
	const account, own = 3, 2
	pages := (foreign + 199) / 200
	synctest.Test(t, func(t *testing.T) {
		server := open(t, 0)
		defer server.Close()
		s := newSite(t, single, nil)
		r := runner{site: s, transport: server.Transport()}
		if err := r.apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		crowd(t, server, foreign)
		s.loseState(t)
		for name, tc := range map[string]struct {
			manifest string
			pending  bool
		}{
			"unchanged": {single, false},
			"changed":   {strings.Replace(single, `"true"`, `"true again"`, 1), true},
		} {
			server.ResetRequests()
			again := runner{site: site{dir: s.dir, manifest: tc.manifest}, transport: server.Transport()}
			pending, err := again.pending(t.Context())
			if err != nil || pending != tc.pending {
				t.Errorf("%s: pending %v, %v", name, pending, err)
			}
			if gets, all := counted(server); gets != all || gets > account+pages+own {
				t.Errorf("%s: %d GETs of %d requests, at most %d", name, gets, all, account+pages+own)
			}
		}
	})
}

// TestASweepCostsFewRequests: two for each job, and the lists that elect for a batch.
func TestASweepCostsFewRequests(t *testing.T) {
	t.Parallel()
	points := 1000
	if testing.Short() {
		points = 200
	}
	synctest.Test(t, func(t *testing.T) {
		server := open(t, standstill)
		defer server.Close()
		manifest := single + fmt.Sprintf("matrix: {n: {from: 1, to: %d, step: 1}}\n", points)
		r := runner{site: newSite(t, manifest, nil), transport: server.Transport(), noWait: true}
		if err := r.apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, all := counted(server); float64(all) > 2.1*float64(points) {
			t.Errorf("%d requests for %d jobs", all, points)
		}
		b, err := billOf(server)
		if err = errors.Join(err, b.check(points)); err != nil {
			t.Error(err)
		}
	})
}

// TestDraftsLiveShortly: no more drafts wait for their submits than the platform takes at once.
func TestDraftsLiveShortly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := open(t, standstill)
		defer server.Close()
		most := 0
		watch := transport(func(h *http.Request) (*http.Response, error) {
			answer, err := server.Transport().RoundTrip(h)
			if creates(h) {
				if b, failed := billOf(server); failed == nil {
					most = max(most, b.drafts)
				}
			}
			return answer, err
		})
		manifest := single + "matrix: {n: {from: 1, to: 175, step: 1}}\n"
		r := runner{site: newSite(t, manifest, nil), transport: watch, noWait: true, parallel: 1}
		if err := r.apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		if most != 50 {
			t.Errorf("%d drafts at a time, want a submit burst of 50", most)
		}
	})
}

// transport is a way to the platform as a function.
type transport func(*http.Request) (*http.Response, error)

// RoundTrip calls it.
func (f transport) RoundTrip(h *http.Request) (*http.Response, error) { return f(h) }
