package scaffold_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/scaffold"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

func small() scaffold.Catalog {
	return scaffold.Catalog{
		Analyses: []rescale.Analysis{
			{Code: "solver", Versions: []rescale.Version{{VersionCode: "3", MustBeRequested: true}, {Version: "2 R1", VersionCode: "2"}, {VersionCode: "1", AllowedCoreTypes: []string{"dear"}}}},
			{Code: "other", Versions: []rescale.Version{{VersionCode: "0"}}},
		},
		CoreTypes: []rescale.CoreType{
			{Code: "dear", Name: "Dear One", Cores: []int{2, 8}, Price: 2, Active: true},
			{Code: "cheap", Cores: []int{16}, Price: 1, Active: true},
			{Code: "old", Cores: []int{1}, Price: 0.1, Active: true, Deprecated: true},
		},
		MaxJobHours: 6,
	}
}

func proposal() scaffold.Proposal {
	return scaffold.Proposal{Name: "wing", Family: "solvers", Solvers: []scaffold.Solver{{Code: "missing"}, {Code: "solver", Command: "solve"}}}
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		proposal scaffold.Proposal
		catalog  scaffold.Catalog
		given    scaffold.Answers
		want     map[scaffold.Flag]string // the defaults of what is open
	}{
		"all": {
			proposal: proposal(), catalog: small(),
			want: map[scaffold.Flag]string{
				scaffold.Name: "wing", scaffold.Analysis: "solver 2", scaffold.CoreType: "cheap", scaffold.Cores: "16",
				scaffold.Walltime: "6h", scaffold.Command: "solve",
			},
		},
		"what follows from answers": {
			proposal: proposal(), catalog: small(),
			given: scaffold.Answers{scaffold.Name: "x", scaffold.Analysis: "solver 1", scaffold.Walltime: "1h"},
			want:  map[scaffold.Flag]string{scaffold.CoreType: "dear", scaffold.Cores: "2", scaffold.Command: "solve"},
		},
		"another software": {
			proposal: proposal(), catalog: small(),
			given: scaffold.Answers{scaffold.Name: "x", scaffold.Analysis: "other", scaffold.CoreType: "Dear One", scaffold.Walltime: "1h"},
			want:  map[scaffold.Flag]string{scaffold.Cores: "2", scaffold.Command: ""},
		},
		"none of the usual software": {
			proposal: scaffold.Proposal{Solvers: []scaffold.Solver{{Code: "missing", Command: "solve"}}}, catalog: small(),
			given: scaffold.Answers{scaffold.CoreType: "dear", scaffold.Cores: "8"},
			want:  map[scaffold.Flag]string{scaffold.Name: "", scaffold.Analysis: "", scaffold.Walltime: "6h", scaffold.Command: "solve"},
		},
		"no catalog": {
			proposal: proposal(),
			want: map[scaffold.Flag]string{
				scaffold.Name: "wing", scaffold.Analysis: "missing", scaffold.CoreType: "", scaffold.Cores: "1",
				scaffold.Walltime: "8h", scaffold.Command: "",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := make(map[scaffold.Flag]string)
			for _, q := range scaffold.Questions(tc.proposal, tc.catalog, tc.given) {
				got[q.Flag] = q.Default
				if q.Default != "" && q.Check(q.Default) != nil {
					t.Errorf("the default %q of %s does not fit: %v", q.Default, q.Flag, q.Check(q.Default))
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("open questions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadAnswers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		flag   scaffold.Flag
		answer string
		want   string // begins the cause
	}{
		"name":            {flag: scaffold.Name, answer: "Flügel 2", want: "a name has lower-case letters, digits, dots, dashes and underscores, starts with a letter or digit, and has at most 63 characters; such as flugel-2"},
		"nameless":        {flag: scaffold.Name, answer: "?", want: "a name has lower-case"},
		"unknown code":    {flag: scaffold.Analysis, answer: "nope 1", want: `the platform has no software of code "nope"`},
		"unknown version": {flag: scaffold.Analysis, answer: "solver 9", want: `solver has no version "9"`},
		"old core type":   {flag: scaffold.CoreType, answer: "old", want: `solver 2 does not run on core type "old" now`},
		"no size":         {flag: scaffold.Cores, answer: "3", want: "core type cheap has the sizes 16, and multiples of the last"},
		"no number":       {flag: scaffold.Cores, answer: "many", want: "write a whole number, 1 or more"},
		"negative":        {flag: scaffold.Cores, answer: "-1", want: "write a whole number, 1 or more"},
		"bare number":     {flag: scaffold.Walltime, answer: "8", want: "write a number with a unit, such as 8h, 90m or 1d12h"},
		"clock":           {flag: scaffold.Walltime, answer: "1:30:00", want: "write walltime: 1h30m"},
		"zero":            {flag: scaffold.Walltime, answer: "0h", want: "it is zero"},
		"above the limit": {flag: scaffold.Walltime, answer: "6h1m", want: "the account's limit is 6h"},
		"blank command":   {flag: scaffold.Command, answer: " \n", want: "an answer is needed here"},
		"control":         {flag: scaffold.Command, answer: "a\x1b[2J", want: "it holds the invisible character U+001B"},
		"no text":         {flag: scaffold.Command, answer: "a\xff", want: "it is not UTF-8 text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := scaffold.Complete(proposal(), small(), scaffold.Answers{tc.flag: tc.answer}, scaffold.TakeDefaults)
			var bad *scaffold.BadAnswerError
			if !errors.As(err, &bad) || bad.Flag != tc.flag || !strings.HasPrefix(bad.Err.Error(), tc.want) {
				t.Errorf("error is %v, want that of %s: %s", err, tc.flag, tc.want)
			}
		})
	}
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		typed string
		want  scaffold.Answers
		shown string // at the end
		flag  scaffold.Flag
	}{
		"defaults": {
			typed: "\n\n\n\n\n\n",
			want: scaffold.Answers{
				scaffold.Name: "wing", scaffold.Analysis: "solver 2", scaffold.CoreType: "cheap", scaffold.Cores: "16", scaffold.Walltime: "6h", scaffold.Command: "solve",
			},
			shown: "Name of the job [wing]:   solver 2, solver 1\nSoftware for solvers, as CODE or CODE VERSION [solver 2]:   cheap, dear\nCore type [cheap]: " +
				"Cores per slot [16]: Longest time that the job may run [6h]: Command [solve]: ",
		},
		"asked again": {
			typed: "A B\na\nsolver 1\n\n3\n8\n5h\r\n run  it ",
			want: scaffold.Answers{
				scaffold.Name: "a", scaffold.Analysis: "solver 1", scaffold.CoreType: "dear", scaffold.Cores: "8", scaffold.Walltime: "5h", scaffold.Command: "run  it",
			},
			shown: "  2, 8\nCores per slot [2]:   core type dear has the sizes 2, 8, and multiples of the last\nCores per slot [2]: Longest time that the job may run [6h]: Command [solve]: ",
		},
		"the end":           {typed: "a\n", flag: scaffold.Analysis, shown: "[solver 2]: \n"},
		"nothing":           {flag: scaffold.Name, shown: "Name of the job [wing]: \n"},
		"wrong to the last": {typed: "A B", flag: scaffold.Name, shown: "such as a-b\nName of the job [wing]: \n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			got, err := scaffold.Complete(proposal(), small(), nil, scaffold.Terminal(t.Context(), strings.NewReader(tc.typed), &out))
			var missing *scaffold.MissingAnswerError
			if errors.As(err, &missing) != (tc.flag != "") || missing != nil && (missing.Flag != tc.flag || !strings.HasPrefix(missing.Hint(), "add "+string(tc.flag))) {
				t.Errorf("error is %v, want that %q is missing", err, tc.flag)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			if !strings.HasSuffix(out.String(), tc.shown) {
				t.Errorf("shown:\n%s\nwant at the end:\n%s", out.String(), tc.shown)
			}
		})
	}
}

func TestNobodyToAsk(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		ask  scaffold.Asker
		code string
		want scaffold.Flag
	}{
		"refused":          {ask: scaffold.Refuse, want: scaffold.Name},
		"without defaults": {ask: scaffold.TakeDefaults, code: "other", want: scaffold.Command},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := scaffold.Complete(proposal(), small(), scaffold.Answers{scaffold.Analysis: tc.code}, tc.ask)
			var missing *scaffold.MissingAnswerError
			if !errors.As(err, &missing) || missing.Flag != tc.want {
				t.Errorf("error is %v, want that %s is missing", err, tc.want)
			}
		})
	}
}
