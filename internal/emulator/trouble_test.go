package emulator_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

func TestDeletesOfDraftsAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		refusal emulator.Refusal
		want    []int // statuses of one delete after the other
	}{
		"never":  {emulator.Refusal{}, []int{204, 404}},
		"once":   {emulator.Refusal{Status: 400}, []int{400, 204, 404}},
		"twice":  {emulator.Refusal{Status: 403, Count: 2}, []int{403, 403, 204, 404}},
		"always": {emulator.Refusal{Status: 403, Count: -1}, []int{403, 403, 403, 403}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			cfg.Switches.DraftDeletes = tc.refusal
			p := open(t, cfg)
			for range 2 { // each draft has a count of its own
				url := "/api/v2/jobs/" + p.create(job{Command: "true"}) + "/"
				var got []int
				for range tc.want {
					answer := p.do("DELETE", url, "")
					if answer.status < 404 && answer.status >= 400 && answer.json(t)["detail"] == "" {
						t.Errorf("refused without a reason: %s", answer.body)
					}
					got = append(got, answer.status)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("statuses (-want +got):\n%s", diff)
				}
			}
			done := p.run(job{Command: "true"})
			p.want(204, "DELETE", "/api/v2/jobs/"+done+"/", "")
		})
	}
}

func TestRefusedDraftCanBeSubmitted(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Switches.DraftDeletes = emulator.Refusal{Status: 403, Count: -1}
	p := open(t, cfg)
	id := p.create(job{Command: "true"})
	p.want(403, "DELETE", "/api/v2/jobs/"+id+"/", "")
	if got := p.results("/api/v2/jobs/" + id + "/statuses/"); len(got) != 0 {
		t.Errorf("no draft any more: %v", got)
	}
	p.want(200, "POST", "/api/v2/jobs/"+id+"/submit/", "")
	p.await(id, completed)
}

func TestTrashAnswersForDeletedJobs(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	p.server.Switch(func(s *emulator.Switches) { s.Trash = true })
	draft, done := p.create(job{Command: "true"}), p.run(job{Command: "true"})
	for _, id := range []string{draft, done} {
		url := "/api/v2/jobs/" + id + "/"
		p.want(204, "DELETE", url, "")
		p.get(url)
		if got := p.results(url + "statuses/"); len(got) == 0 != (id == draft) {
			t.Errorf("%s: statuses %v", id, got)
		}
		p.want(404, "POST", url+"submit/", "")
		p.want(404, "POST", url+"stop/", "")
		p.want(404, "POST", url+"tags/", `{"name":"x"}`)
		p.want(404, "PATCH", url, `{"name":"x"}`)
		p.want(404, "DELETE", url, "")
	}
	for _, list := range []string{"/api/v2/jobs/", "/api/v3/jobs/", "/api/v2/jobs/?state=not_completed"} {
		if got := p.results(list); len(got) != 0 {
			t.Errorf("%s: %v", list, got)
		}
	}
	p.server.Switch(func(s *emulator.Switches) { s.Trash = false })
	p.want(404, "GET", "/api/v2/jobs/"+draft+"/", "")
	if jobs := p.server.Jobs(); jobs[0].Submitted != 0 {
		t.Errorf("a deleted draft was submitted: %+v", jobs[0])
	}
}

// Only one of them may happen to a draft, whatever their order.
func TestDraftIsDeletedOrSubmitted(t *testing.T) {
	t.Parallel()
	p := open(t, config(t))
	for range 20 {
		url := "/api/v2/jobs/" + p.create(job{Command: "sleep 60"}) + "/"
		var submitted, deleted answer
		var both sync.WaitGroup
		both.Go(func() { submitted = p.do("POST", url+"submit/", "") })
		both.Go(func() { deleted = p.do("DELETE", url, "") })
		both.Wait()
		switch got := [2]int{submitted.status, deleted.status}; got {
		case [2]int{200, 400}:
			p.want(202, "POST", url+"force_stop/", "")
		case [2]int{404, 204}:
		default:
			t.Errorf("submit and delete answer %v", got)
		}
	}
}

func TestSkewShowsInDatesAndOrder(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	off := []time.Duration{2 * time.Second, -2 * time.Second, 0}
	cfg.Switches.Skew = func(n int) time.Duration { return off[n-1] }
	p := open(t, cfg)
	first, second, third := p.create(job{Command: "true"}), p.create(job{Command: "true"}), p.create(job{Command: "true"})
	var listed []string
	for _, item := range p.results("/api/v2/jobs/") {
		listed = append(listed, item["id"].(string))
	}
	if diff := cmp.Diff([]string{first, third, second}, listed); diff != "" {
		t.Errorf("newest first (-want +got):\n%s", diff)
	}
	for i, j := range p.server.Jobs() {
		if got := j.Dated.Sub(j.Inserted); got != off[i] {
			t.Errorf("job %d is off by %v, want %v", i, got, off[i])
		}
		shown, err := time.Parse(time.RFC3339Nano, p.get("/api/v2/jobs/" + j.ID + "/")["dateInserted"].(string))
		if err != nil || !shown.Equal(j.Dated) {
			t.Errorf("job %d shows %v, want %v (%v)", i, shown, j.Dated, err)
		}
	}
	p.server.PinListing(p.server.Jobs()[0].Inserted)
	if got := p.results("/api/v2/jobs/"); len(got) != 1 || got[0]["id"] != first {
		t.Errorf("a list as it was after the first job shows %v", got)
	}
}

func TestSeededSkewIsBoundedAndTheSameEachTime(t *testing.T) {
	t.Parallel()
	const limit = 2 * time.Second
	one, again, other := emulator.SeededSkew(limit, 7), emulator.SeededSkew(limit, 7), emulator.SeededSkew(limit, 8)
	ahead, behind, differ := false, false, false
	for n := range 200 {
		skew := one(n)
		if skew < -limit || skew > limit || skew != again(n) {
			t.Errorf("%d: %v, then %v", n, skew, again(n))
		}
		ahead, behind, differ = ahead || skew > 0, behind || skew < 0, differ || skew != other(n)
	}
	if !ahead || !behind || !differ {
		t.Errorf("ahead %v, behind %v, differs by seed %v", ahead, behind, differ)
	}
}
