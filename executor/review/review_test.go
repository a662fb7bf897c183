package review_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/executor/review"
	"github.com/rescale-apply/rescale-apply/spec"
)

const (
	platform = "https://platform.rescale.com"
	account  = "ada@example.com"
)

func usd(amount float64) *float64 { return &amount }

func key(digest string, attempt int) string { return fmt.Sprintf("1:%s:1.%d:heat", digest, attempt) }

// heat is the job of most cases, as it was reviewed.
func heat(change func(*review.Job)) review.Job {
	j := review.Job{Name: "heat", Namespace: "acme", Action: planner.Run, Key: key("aa", 1), Project: "aero", MaxCost: usd(1.5)}
	if change != nil {
		change(&j)
	}
	return j
}

func plan(jobs ...review.Job) review.Plan {
	return review.Plan{Platform: platform, Account: account, Jobs: jobs}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	stopping := func(ids ...string) func(*review.Job) {
		return func(j *review.Job) {
			for _, id := range ids {
				j.Stops = append(j.Stops, review.Run{ID: id})
			}
		}
	}
	action := func(a planner.Action) func(*review.Job) { return func(j *review.Job) { j.Action = a } }
	cost := func(c *float64) func(*review.Job) { return func(j *review.Job) { j.MaxCost = c } }
	each := func(hours, cost *float64) func(*review.Job) { // of a job that nothing bounds as a whole
		return func(j *review.Job) {
			j.Priority, j.MaxCost, j.Attempt = spec.OnDemand, nil, review.Attempt{CoreHours: hours, Cost: cost}
		}
	}
	economy := func(j *review.Job) { j.Priority, j.MaxCost = spec.Economy, nil }
	gone := review.Run{Name: "old", Namespace: "acme", ID: "Xyz", Commit: "7ba84b4"}
	for name, tc := range map[string]struct {
		reviewed, now review.Plan
		want          []string
	}{
		"the same":                  {plan(heat(nil)), plan(heat(nil)), nil},
		"nothing left to do":        {plan(heat(nil)), plan(heat(action(planner.Unchanged))), nil},
		"it runs already":           {plan(heat(nil)), plan(heat(action(planner.Running))), nil},
		"its draft is there":        {plan(heat(nil)), plan(heat(action(planner.Resume))), nil},
		"fewer jobs":                {plan(heat(nil), review.Job{Name: "b"}), plan(heat(nil)), nil},
		"what does not spend":       {plan(), plan(heat(action(planner.Fetch))), nil},
		"a lower bound":             {plan(heat(nil)), plan(heat(cost(usd(1)))), nil},
		"never a bound":             {plan(heat(cost(nil))), plan(heat(cost(nil))), nil},
		"a bound that was found":    {plan(heat(cost(nil))), plan(heat(cost(usd(9)))), nil},
		"attempts alike":            {plan(heat(each(usd(8), usd(1)))), plan(heat(each(usd(8), usd(1)))), nil},
		"a walltime that was found": {plan(heat(each(nil, nil))), plan(heat(each(usd(8), usd(1)))), nil},
		"a cheaper priority":        {plan(heat(each(nil, nil))), plan(heat(economy)), nil},
		"stopped as reviewed":       {plan(heat(stopping("Abc", "Def"))), plan(heat(stopping("Def"))), nil},
		"pruned as reviewed": {
			review.Plan{Platform: platform, Account: account, Prune: []review.Run{gone}},
			review.Plan{Platform: platform, Account: account, Prune: []review.Run{gone}},
			nil,
		},
		"a job more": {plan(), plan(heat(nil)), []string{"heat: the reviewed plan says nothing of it, now run content aa, generation 1, attempt 1"}},
		"a job of another repository": {
			plan(heat(func(j *review.Job) { j.Namespace = "other" })), plan(heat(nil)),
			[]string{"heat: the reviewed plan says nothing of it, now run content aa, generation 1, attempt 1"},
		},
		"it was over": {
			plan(heat(action(planner.Unchanged))), plan(heat(nil)),
			[]string{"heat: the reviewed plan says unchanged, now run content aa, generation 1, attempt 1"},
		},
		"another run was in its way": {
			plan(heat(action(planner.Conflict))), plan(heat(nil)),
			[]string{"heat: the reviewed plan says conflict, now run content aa, generation 1, attempt 1"},
		},
		"an input changed": {
			plan(heat(nil)), plan(heat(func(j *review.Job) { j.Key = key("bb", 1) })),
			[]string{"heat: the reviewed plan says run content aa, generation 1, attempt 1, now run content bb, generation 1, attempt 1"},
		},
		"another attempt": {
			plan(heat(nil)), plan(heat(func(j *review.Job) { j.Action, j.Key = planner.Rerun, key("aa", 2) })),
			[]string{"heat: the reviewed plan says run content aa, generation 1, attempt 1, now rerun content aa, generation 1, attempt 2"},
		},
		"a higher bound": {
			plan(heat(nil)), plan(heat(cost(usd(1.5001)))),
			[]string{"heat: the reviewed plan says at most 1.5 USD, now at most 1.5001 USD"},
		},
		"a bound that was lost": {
			plan(heat(nil)), plan(heat(cost(nil))),
			[]string{"heat: the reviewed plan says at most 1.5 USD, now no bound in USD"},
		},
		"a longer walltime of what nobody bounds": {
			plan(heat(each(usd(8), usd(1)))), plan(heat(each(usd(16), usd(1)))),
			[]string{"heat: the reviewed plan says at most 8 core-h per attempt, now at most 16 core-h per attempt"},
		},
		"no walltime any more": {
			plan(heat(each(usd(8), nil))), plan(heat(each(nil, nil))),
			[]string{"heat: the reviewed plan says at most 8 core-h per attempt, now no bound in core-h per attempt"},
		},
		"a higher price of what nobody bounds": {
			plan(heat(each(usd(8), usd(1)))), plan(heat(each(usd(8), usd(1.2)))),
			[]string{"heat: the reviewed plan says at most 1 USD per attempt, now at most 1.2 USD per attempt"},
		},
		"a price that nobody knew": {
			plan(heat(each(usd(8), nil))), plan(heat(each(usd(8), usd(1)))),
			[]string{"heat: the reviewed plan says no bound in USD per attempt, now at most 1 USD per attempt"},
		},
		"a dearer priority": {
			plan(heat(economy)), plan(heat(each(nil, nil))),
			[]string{"heat: the reviewed plan says priority economy, now priority on-demand"},
		},
		"another project pays": {
			plan(heat(nil)), plan(heat(func(j *review.Job) { j.Project = "" })),
			[]string{"heat: the reviewed plan says project aero, now no project"},
		},
		"a run more is stopped": {
			plan(heat(stopping("Abc"))), plan(heat(stopping("Abc", "Def"))),
			[]string{"heat: the reviewed plan says nothing of run Def, now it is stopped first"},
		},
		"a run more is pruned": {
			plan(),
			review.Plan{Platform: platform, Account: account, Prune: []review.Run{gone}},
			[]string{"old: the reviewed plan says nothing of run Xyz, now it is stopped, as no manifest has the job any more"},
		},
		"elsewhere": {
			plan(),
			review.Plan{Platform: "https://eu.rescale.com", Account: "bob@example.com"},
			[]string{
				"platform: the reviewed plan says https://platform.rescale.com, now https://eu.rescale.com",
				"account: the reviewed plan says ada@example.com, now bob@example.com",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, d := range review.New(tc.reviewed).Compare(tc.now) {
				got = append(got, d.Error())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestCompareASweep compares ten thousand points with each other's plans: the last differs.
func TestCompareASweep(t *testing.T) {
	t.Parallel()
	const points = 10_000
	var reviewed, now review.Plan
	for i := range points {
		name := fmt.Sprintf("wing/n=%d", i)
		j := review.Job{Name: name, Action: planner.Run, Key: "1:aa:1.1:" + name, MaxCost: usd(1)}
		reviewed.Jobs = append(reviewed.Jobs, j)
		if i == points-1 {
			j.Key = "1:bb:1.1:" + name
		}
		now.Jobs = append(now.Jobs, j)
	}
	slices.Reverse(now.Jobs)
	if got := review.New(reviewed).Compare(now); len(got) != 1 || got[0].What != "wing/n=9999" {
		t.Errorf("%d differences, the first %v", len(got), got[0])
	}
}

// text is a plan file.
func text(t *testing.T, p review.Plan, digest string) string {
	t.Helper()
	out, err := json.Marshal(struct {
		FormatVersion int `json:"formatVersion"`
		review.Plan
		PlanDigest string `json:"planDigest"`
	}{1, p, digest})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestParse(t *testing.T) {
	t.Parallel()
	whole := plan(heat(func(j *review.Job) {
		j.Stops = []review.Run{{ID: "Abc", Key: key("cc", 1)}}
		j.Priority, j.Attempt = spec.Economy, review.Attempt{CoreHours: usd(8), Cost: usd(0.75)}
	}), heat(func(j *review.Job) { j.Namespace = "other" }))
	whole.Prune = []review.Run{{Name: "old", ID: "Xyz"}}
	good := text(t, whole, whole.Digest())
	misnamed := plan(heat(func(j *review.Job) { j.Name = "cold" }))
	negative := plan(heat(func(j *review.Job) { j.MaxCost = usd(-1) }))
	twice := plan(heat(nil), heat(nil))
	for name, tc := range map[string]struct{ text, want string }{
		"whole":                 {good, ""},
		"a key of a later tool": {strings.Replace(good, `{"formatVersion":1`, `{"later":{"a":[1]},"formatVersion":1`, 1), ""},
		"empty":                 {" \n", "it is empty"},
		"a manifest":            {"version: 1\n", "it is no JSON object of a plan: invalid character 'v' looking for beginning of value"},
		"cut off":               {good[:len(good)-9], "it is no JSON object of a plan: unexpected EOF"},
		"two":                   {good + good, "something follows the plan in it"},
		"another type":          {`{"jobs":7}`, "it is no JSON object of a plan: json: cannot unmarshal number into Go struct field"},
		"of -o json":            {strings.Replace(good, "planDigest", "digest", 1), "it has no formatVersion and planDigest: plan --out writes them, and -o json does not"},
		"of a later format":     {strings.Replace(good, `"formatVersion":1`, `"formatVersion":2`, 1), "its formatVersion is 2, and this program reads 1"},
		"a key twice":           {strings.Replace(good, `"formatVersion":1`, `"jobs":[],"formatVersion":1`, 1), `an object in it has the key "jobs" twice`},
		"twice, in capitals":    {strings.Replace(good, `"formatVersion":1`, `"JOBS":[],"formatVersion":1`, 1), `it has the key "JOBS", which is written "jobs"`},
		"in capitals only":      {strings.Replace(good, `"maxCost"`, `"MaxCost"`, 1), `it has the key "MaxCost", which is written "maxCost"`},
		"edited bound":          {strings.Replace(good, "1.5", "15", 1), "it was edited: its planDigest is "},
		"edited priority":       {strings.Replace(good, `"priority":"economy"`, `"priority":"on-demand"`, 1), "it was edited: "},
		"edited attempt":        {strings.Replace(good, "0.75", "75", 1), "it was edited: "},
		"edited stop":           {strings.Replace(good, "Abc", "Def", 1), "it was edited: "},
		"edited prune":          {strings.Replace(good, "Xyz", "Zyx", 1), "it was edited: "},
		"edited account":        {strings.Replace(good, account, "bob@example.com", 1), "it was edited: "},
		"another job's key":     {text(t, misnamed, misnamed.Digest()), `job "cold" has the key "1:aa:1.1:heat", which is none of that job`},
		"a bound below nothing": {text(t, negative, negative.Digest()), `job "heat" has a bound below 0`},
		"a job twice":           {text(t, twice, twice.Digest()), `job "heat" is there twice`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := review.Parse([]byte(tc.text))
			if tc.want == "" {
				if diff := cmp.Diff(whole, got); err != nil || diff != "" {
					t.Errorf("%v (-want +got)\n%s", err, diff)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("error %v, want %s", err, tc.want)
			}
		})
	}
}

// TestDigestDoesNotDependOnTheOrder of jobs, which manifests may change.
func TestDigestDoesNotDependOnTheOrder(t *testing.T) {
	t.Parallel()
	a, b := heat(nil), heat(func(j *review.Job) { j.Namespace = "other" })
	if plan(a, b).Digest() != plan(b, a).Digest() {
		t.Error("two orders have two digests")
	}
}

// FuzzParse reads what anybody may have made of a plan file: nothing that it accepts has
// another digest than its own.
func FuzzParse(f *testing.F) {
	f.Add(`{"formatVersion":1,"platform":"p","account":"a","planDigest":"x","jobs":[{"name":"heat","key":"1:aa:1.1:heat","maxCost":null}]}`)
	f.Add(`{"formatVersion":1,"prune":[{"id":"A"}],"planDigest":"` + review.Plan{Prune: []review.Run{{ID: "A"}}}.Digest() + `"}`)
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := review.Parse([]byte(text))
		if err == nil && !strings.Contains(text, plan.Digest()) && !strings.Contains(text, `\u`) {
			t.Errorf("accepted with digest %s", plan.Digest())
		}
	})
}
