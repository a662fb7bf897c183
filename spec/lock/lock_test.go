package lock_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/lock"
)

// whole is a lock with every form of an entry.
func whole() *lock.Lock {
	return lock.New(
		[]lock.Analysis{
			{Code: "openfoam_plus", Version: "v2312+", Since: "2026-11-01"},
			{Code: "ls_dyna", Wanted: "R9.10", Version: "9.10", Since: "2026-11-01"},
			{Code: "ls_dyna", Version: "14.1.0", Since: "2026-11-02"},
		},
		[]lock.CoreType{
			{Code: "quartz", Since: "2026-11-01"},
			{Code: "emerald", Cores: []int{1, 2, 36}, Memory: 4000, OnDemand: 0.16, Economy: 0.0000001, Since: "2026-11-01"},
		},
	)
}

const wholeText = `# What the platform's catalog gave to the manifests here. It belongs into git.
# rescale-apply catalog lock wrote it; rescale-apply catalog update takes what the catalog gives now.
formatVersion: 1
analyses:
  - code: ls_dyna
    version: "14.1.0"
    since: 2026-11-02
  - code: ls_dyna
    wanted: R9.10
    version: "9.10"
    since: 2026-11-01
  - code: openfoam_plus
    version: v2312+
    since: 2026-11-01
coreTypes:
  - code: emerald
    coresPerSlot: [1, 2, 36]
    memoryPerCoreMB: 4000
    onDemandUSDPerCoreHour: 0.16
    economyUSDPerCoreHour: 0.0000001
    since: 2026-11-01
  - code: quartz
    since: 2026-11-01
`

// alike compares what locks say, not where.
func alike() cmp.Options {
	return cmp.Options{
		cmpopts.IgnoreUnexported(lock.Lock{}), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(lock.Lock{}, "Path"),
		cmpopts.IgnoreFields(lock.Analysis{}, "Pos"), cmpopts.IgnoreFields(lock.CoreType{}, "At"),
	}
}

func TestTextIsReadAsItWas(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(wholeText, string(whole().Text())); diff != "" {
		t.Errorf("text (-want +got)\n%s", diff)
	}
	got, problems := lock.Read(diag.Source{Name: lock.Name, Text: []byte(wholeText)})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(whole(), got, alike()); diff != "" {
		t.Errorf("lock (-want +got)\n%s", diff)
	}
	newest, _ := got.Analysis("ls_dyna", "")
	if want := (diag.Position{File: lock.Name, Line: 6, Col: 14, Width: 8}); newest.Version != "14.1.0" || newest.Pos != want {
		t.Errorf("%+v, want the place %+v", newest, want)
	}
	if emerald, known := got.CoreType("emerald"); !known || emerald.At.OnDemand.Line != 19 {
		t.Errorf("%+v", emerald)
	}
	for _, unknown := range []string{"", "R9"} {
		if _, known := got.Analysis("openfoam", unknown); known {
			t.Errorf("openfoam %q is known", unknown)
		}
	}
	if _, known := got.CoreType("ls_dyna"); known {
		t.Error("an analysis is taken for a core type")
	}
	if diff := cmp.Diff([]string{"emerald", "ls_dyna", "openfoam_plus", "quartz"}, got.Codes()); diff != "" {
		t.Error(diff)
	}
}

func TestBadLocks(t *testing.T) {
	t.Parallel()
	const head = "formatVersion: 1\n"
	for name, tc := range map[string]struct{ text, want, hint string }{
		"empty":         {"", "lock:1:1: the lock is empty [empty-file]", "delete the file"},
		"only comments": {"# nothing\n", "lock:1:1: the lock is empty [empty-file]", "delete the file"},
		"a list":        {"- 1\n", "lock:1:1: a lock is a mapping with formatVersion, analyses and coreTypes [wrong-type]", ""},
		"newer":         {"formatVersion: 2\n", "lock:1:16: formatVersion cannot be 2 [bad-value]", "a newer rescale-apply wrote the file: install that one"},
		"another":       {head + "---\nformatVersion: 1\n", "lock:3:1: a lock is one document, and this is another one [bad-value]", "delete what follows"},
		"unknown key":   {head + "coretypes: []\n", "lock:2:1: unknown key \"coretypes\" [unknown-key]", "did you mean coreTypes?"},
		"no version":    {head + "analyses:\n  - {code: a, since: 2026-11-01}\n", `lock:3:5: key "version" is missing under analyses[0] [missing-key]`, ""},
		"a number":      {head + "analyses:\n  - {code: a, version: 9.10, since: 2026-11-01}\n", "lock:3:24: analyses[0].version must be a text, not 9.10 [wrong-type]", `put it in quotes: "9.10"`},
		"no day":        {head + "coreTypes: [{code: a, since: today}]\n", "lock:2:30: coreTypes[0].since cannot be \"today\" [bad-value]", "write a day such as 2026-11-01"},
		"a low price":   {head + "coreTypes: [{code: a, since: 2026-11-01, onDemandUSDPerCoreHour: -1}]\n", "lock:2:66: ", ""},
		"twice":         {head + "coreTypes:\n- {code: a, since: 2026-11-01}\n- {code: a, since: 2026-11-02}\n", "lock:4:10: core type a has an entry at line 3 already [bad-value]", "delete one of the two"},
		"a conflict":    {head + "<<<<<<< HEAD\nanalyses: []\n=======\n>>>>>>> other\n", "lock:2", ""},
		"a bomb":        {"a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n", "lock:", ""},
	} {
		got, problems := lock.Read(diag.Source{Name: "lock", Text: []byte(tc.text)})
		if got != nil || len(problems) == 0 {
			t.Errorf("%s: %+v %v", name, got, problems)
			continue
		}
		if !strings.HasPrefix(problems[0].String(), tc.want) || !strings.HasPrefix(problems[0].Hint, tc.hint) || problems[0].Hint == "" {
			t.Errorf("%s: %s\nhint: %s\nwant %s\nhint: %s", name, problems[0], problems[0].Hint, tc.want, tc.hint)
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	was, _ := whole().CoreType("emerald")
	none, _ := whole().CoreType("quartz")
	changed := func(change func(*lock.CoreType)) lock.CoreType {
		now := was
		change(&now)
		return now
	}
	for name, tc := range map[string]struct {
		was, now lock.CoreType
		want     []string
	}{
		"the same":       {was, was, nil},
		"hidden":         {was, none, nil},
		"price rose":     {was, changed(func(c *lock.CoreType) { c.OnDemand = 0.2 }), []string{"price of emerald rose from 0.16 to 0.2 USD per core-hour since 2026-11-01"}},
		"economy fell":   {was, changed(func(c *lock.CoreType) { c.Economy = 1e-8 }), []string{"economy price of emerald fell from 0.0000001 to 0.00000001 USD per core-hour since 2026-11-01"}},
		"sizes, memory":  {was, changed(func(c *lock.CoreType) { c.Cores, c.Memory = []int{8}, 1 }), []string{"sizes of emerald changed from 1, 2, 36 to 8 cores since 2026-11-01", "memory of emerald changed from 4000 to 1 MB per core since 2026-11-01"}},
		"known at last ": {none, lock.CoreType{Code: "quartz", OnDemand: 2, Cores: []int{4}}, []string{"sizes of quartz changed from unknown to 4 cores since 2026-11-01", "price of quartz is 2 USD per core-hour, and was unknown on 2026-11-01"}},
	} {
		if diff := cmp.Diff(tc.want, words(tc.was.Changes(tc.now)), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func words(changes []lock.Change) (list []string) {
	for _, c := range changes {
		list = append(list, c.Message)
	}
	return list
}

func TestMerge(t *testing.T) {
	t.Parallel()
	fresh := lock.New(
		[]lock.Analysis{{Code: "ls_dyna", Version: "15.0", Since: "2026-12-01"}, {Code: "abaqus", Version: "2026", Since: "2026-12-01"}},
		[]lock.CoreType{{Code: "emerald", Cores: []int{1, 2, 36}, OnDemand: 0.17, Since: "2026-12-01"}, {Code: "quartz", Since: "2026-12-01"}},
	)
	all := func(string) bool { return true }
	no := func(string) bool { return false }
	only := func(code string) func(string) bool { return func(c string) bool { return c == code } }
	const (
		added    = "the newest version of abaqus: added as 2026"
		newer    = "the newest version of ls_dyna was 14.1.0 on 2026-11-02 and is 15.0 now"
		price    = "price of emerald rose from 0.16 to 0.17 USD per core-hour since 2026-11-01"
		dropped  = "version R9.10 of ls_dyna: dropped, no manifest uses it"
		dropped2 = "the newest version of openfoam_plus: dropped, no manifest uses it"
	)
	for name, tc := range map[string]struct {
		merge lock.Merge
		old   *lock.Lock
		want  []string
		codes string
	}{
		"the first":       {lock.Merge{Fresh: fresh, Add: all, Change: no}, nil, []string{added, "the newest version of ls_dyna: added as 15.0", "core type emerald: added", "core type quartz: added"}, "abaqus emerald ls_dyna quartz"},
		"lock":            {lock.Merge{Fresh: fresh, Add: all, Change: no}, whole(), []string{added}, "abaqus emerald ls_dyna openfoam_plus quartz"},
		"lock of all":     {lock.Merge{Fresh: fresh, Add: all, Change: no, Unused: lock.Drop}, whole(), []string{dropped, dropped2, added}, "abaqus emerald ls_dyna quartz"},
		"update":          {lock.Merge{Fresh: fresh, Add: all, Change: all}, whole(), []string{newer, added, price}, "abaqus emerald ls_dyna openfoam_plus quartz"},
		"update one":      {lock.Merge{Fresh: fresh, Add: only("emerald"), Change: only("emerald")}, whole(), []string{price}, "emerald ls_dyna openfoam_plus quartz"},
		"nothing changed": {lock.Merge{Fresh: whole(), Add: all, Change: all, Unused: lock.Drop}, whole(), nil, "emerald ls_dyna openfoam_plus quartz"},
	} {
		got, changes := tc.merge.Into(tc.old)
		if diff := cmp.Diff(tc.want, words(changes), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		if codes := strings.Join(got.Codes(), " "); codes != tc.codes {
			t.Errorf("%s: %s, want %s", name, codes, tc.codes)
		}
	}
	updated, _ := lock.Merge{Fresh: fresh, Add: all, Change: all}.Into(whole())
	emerald, _ := updated.CoreType("emerald")
	want := lock.CoreType{Code: "emerald", Cores: []int{1, 2, 36}, Memory: 4000, OnDemand: 0.17, Economy: 0.0000001, Since: "2026-12-01"}
	if diff := cmp.Diff(want, emerald); diff != "" {
		t.Errorf("emerald (-want +got)\n%s", diff)
	}
	if quartz, _ := updated.CoreType("quartz"); quartz.Since != "2026-11-01" {
		t.Errorf("quartz has not changed, and is of %s", quartz.Since)
	}
}
