package rescale

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// projectsPage is one page with projects of the given ids.
func projectsPage(count int, next string, ids ...string) string {
	results := make([]string, 0, len(ids))
	for _, id := range ids {
		results = append(results, fmt.Sprintf(`{"id": %q}`, id))
	}
	link, _ := json.Marshal(next)
	if next == "" {
		link = []byte("null")
	}
	return fmt.Sprintf(`{"count": %d, "previous": null, "next": %s, "results": [%s]}`, count, link, strings.Join(results, ","))
}

// pagingCase is a platform's pages and what comes of them.
type pagingCase struct {
	pages   []string
	want    string // ids
	err     string
	queries []string
}

const pagingPath = "/api/v2/users/me/projects/"

func pagingCases() map[string]pagingCase {
	const path = pagingPath
	return map[string]pagingCase{
		"one page":       {pages: []string{projectsPage(2, "", "a", "b")}, want: "a b"},
		"empty":          {pages: []string{projectsPage(0, "")}},
		"array":          {pages: []string{`[{"id": "a"}]`}, want: "a"},
		"no next member": {pages: []string{`{"count": 1, "results": [{"id": "a"}]}`}, want: "a"},
		"foreign host, page_size lost": {
			pages:   []string{projectsPage(2, "https://EU.rescale.com"+path+"?page=2&state=x", "a"), projectsPage(2, "", "b")},
			want:    "a b",
			queries: []string{"page_size=200", "page=2&page_size=200&state=x"},
		},
		"page_size reset": {
			pages:   []string{projectsPage(2, path+"?page=2&page_size=10", "a"), projectsPage(2, "", "b")},
			want:    "a b",
			queries: []string{"page_size=200", "page=2&page_size=200"},
		},
		"no slash":      {pages: []string{projectsPage(2, "https://x/api/v2/users/me/projects?page=2", "a"), projectsPage(2, "", "b")}, want: "a b"},
		"below a proxy": {pages: []string{projectsPage(2, "https://x/proxy"+path+"?page=2", "a"), projectsPage(2, "", "b")}, want: "a b"},
		"relative":      {pages: []string{projectsPage(2, "?page=2", "a"), projectsPage(2, "", "b")}, want: "a b"},
		"promises more": {pages: []string{projectsPage(9, "?page=2", "a"), projectsPage(9, "?page=3")}, want: "a"},
		"last names itself": {
			pages: []string{projectsPage(2, "?page=2", "a"), projectsPage(2, "?page=2", "b")}, want: "a b",
		},
		"repeats a page": {
			pages: []string{projectsPage(9, "?page=2", "a"), projectsPage(9, "?page=2", "b")}, err: "incomplete after 2 pages: the next page is one that was read, after 2 of 9",
		},
		"back to the first": {
			pages: []string{projectsPage(2, "?page=1", "a")}, err: "incomplete after 1 pages",
		},
		"out of the API": {pages: []string{projectsPage(9, "https://x/login", "a")}, err: "leads to something else"},
		"climbs":         {pages: []string{projectsPage(9, "https://x/api/%2e%2e/y", "a")}, err: "leads to something else"},
		"no scheme": {
			pages:   []string{projectsPage(2, "EU.rescale.com"+path+"?page=2", "a"), projectsPage(2, "", "b")},
			want:    "a b",
			queries: []string{"page_size=200", "page=2&page_size=200"},
		},
		"grows":         {pages: []string{projectsPage(9, "further/?page=2", "a")}, err: "leads to something else"},
		"no URL":        {pages: []string{projectsPage(9, "http://[", "a")}, err: "no URL"},
		"bad query":     {pages: []string{projectsPage(9, "?%zz", "a")}, err: "broken query"},
		"not a listing": {pages: []string{`{"detail": "maintenance"}`}, err: "a listing without results"},
		"null results":  {pages: []string{`{"count": 0, "results": null}`}, err: "a listing without results"},
		"null":          {pages: []string{`null`}, err: "a listing without results"},
	}
}

func TestPaging(t *testing.T) {
	t.Parallel()
	for name, tc := range pagingCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var steps []http.HandlerFunc
			for _, p := range tc.pages {
				steps = append(steps, reply(200, p))
			}
			p := newPlatform(t, answers(steps...))
			got, err := p.client(t).Projects(t.Context())
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) || got != nil {
					t.Errorf("got %v, %v, want %s", got, err, tc.err)
				}
				return
			}
			ids := convert(got, func(p Project) string { return p.ID })
			if err != nil || strings.Join(ids, " ") != tc.want {
				t.Errorf("got %v, %v, want %s", ids, err, tc.want)
			}
			for i, a := range p.arrivals() {
				if a.Path != pagingPath || tc.queries != nil && a.Query != tc.queries[i] {
					t.Errorf("request %d is %s?%s", i, a.Path, a.Query)
				}
			}
		})
	}
}

func TestAListingThatNeverEnds(t *testing.T) {
	t.Parallel()
	n := 0
	c := newClient(t, Config{BaseURL: "http://127.0.0.1", Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		n++
		return respond(r, 200, projectsPage(1<<30, fmt.Sprintf("?page=%d", n+1), fmt.Sprint("p", n))), nil
	})})
	got, err := c.Projects(t.Context())
	var cut *IncompleteError
	if !errors.As(err, &cut) || cut.Pages != maxPages || n != maxPages || got != nil {
		t.Errorf("got %d entries, %v after %d requests", len(got), err, n)
	}
}

func TestAFailingPageFailsTheListing(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, answers(reply(200, projectsPage(2, "?page=2", "a")), reply(403, "")))
	if got, err := p.client(t).Projects(t.Context()); err == nil || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]float64{
		`0.11`: 0.11, `"0.0420"`: 0.042, `null`: 0, `""`: 0, `"35.0"`: 35, `48`: 48, `1.0`: 1, `" 2 "`: 2, `1e3`: 1000,
	} {
		var n number
		if err := json.Unmarshal([]byte(in), &n); err != nil || float64(n) != want {
			t.Errorf("%s: got %v, %v", in, n, err)
		}
	}
	for _, in := range []string{`"NaN"`, `"Inf"`, `"x"`, `{}`, `[]`, `true`, `"1e999"`} {
		var n number
		if err := json.Unmarshal([]byte(in), &n); err == nil {
			t.Errorf("%s: got %v", in, n)
		}
	}
	if got := wholes([]number{0, 2.0, 1e300, -1e300}); !cmp.Equal(got, []int{0, 2, 1<<31 - 1, -1 << 31}) {
		t.Errorf("got %v", got)
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"hpc-3"`: "hpc-3", `{"code": "hpc-3", "name": "Onyx"}`: "hpc-3", `{"id": "abc"}`: "abc", `null`: "", `7`: "7",
	} {
		var r reference
		if err := json.Unmarshal([]byte(in), &r); err != nil || string(r) != want {
			t.Errorf("%s: got %q, %v", in, r, err)
		}
	}
	var r reference
	if err := json.Unmarshal([]byte(`{"name": "Onyx"}`), &r); err == nil {
		t.Errorf("got %q", r)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	want := time.Date(2016, 11, 15, 19, 1, 13, 948641000, time.UTC)
	for in, want := range map[string]time.Time{
		`"2016-11-15T19:01:13.948641Z"`:      want,
		`"2016-11-15T19:01:13.948641+00:00"`: want,
		`"2016-11-15T12:01:13.948641-07:00"`: want,
		`"2016-11-15T19:01:13Z"`:             want.Truncate(time.Second),
		`null`:                               {},
		`""`:                                 {},
	} {
		var d date
		if err := json.Unmarshal([]byte(in), &d); err != nil || !d.Equal(want) || d.Location() != time.UTC {
			t.Errorf("%s: got %v, %v", in, d, err)
		}
	}
	for _, in := range []string{`"yesterday"`, `7`, `"2016-11-15"`} {
		var d date
		if err := json.Unmarshal([]byte(in), &d); err == nil {
			t.Errorf("%s: got %v", in, d)
		}
	}
}

func FuzzNextLink(f *testing.F) {
	for _, seed := range []string{
		"https://eu.rescale.com/api/v2/jobs/?page=2", "//evil.example.com/api/v2/jobs/", "?page=2", "/api/../../etc",
		"https://x/api/%2e%2e/y", "http://[", "javascript:alert(1)", "https://a@b/api/", "/api/v2/\x00", "/api/#?", "https:///api/?;",
	} {
		f.Add(seed)
	}
	base, err := url.Parse("https://eu.rescale.com")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, link string) {
		query, err := nextPage("/api/v2/jobs/", link)
		if err != nil {
			return
		}
		u, err := url.Parse(base.String() + "/api/v2/jobs/?" + query.Encode())
		if err != nil {
			t.Fatalf("%q became %q: %v", link, query, err)
		}
		if !sameOrigin(u, base) || u.User != nil || u.Path != "/api/v2/jobs/" || u.Fragment != "" {
			t.Errorf("%q leads to %s", link, u)
		}
	})
}
