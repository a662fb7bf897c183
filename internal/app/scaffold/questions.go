package scaffold

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/offer"
	"github.com/rescale-apply/rescale-apply/spec/hint"
)

// Catalog is what the platform offers the account. The zero Catalog offers nobody knows
// what: then every code is taken, and defaults that a catalog would give are missing.
type Catalog struct {
	Analyses    []rescale.Analysis
	CoreTypes   []rescale.CoreType
	MaxJobHours int // longest walltime; 0 when there is no limit
}

// Question is one thing that no folder can tell.
type Question struct {
	Flag    Flag
	Text    string
	Default string   // empty when there is none
	Choices []string // the usual answers, the best first; others may fit as well
	// Check gives why an answer does not fit.
	Check func(answer string) error
}

func flags() []Flag { return []Flag{Name, Analysis, CoreType, Cores, Walltime, Command} }

// Questions are those that the answers leave open, with the defaults that follow from the
// answers and, where they are missing, from the defaults of the questions before.
func Questions(p Proposal, c Catalog, given Answers) []Question {
	so := make(Answers, len(given))
	var open []Question
	for _, flag := range flags() {
		q := question(flag, p, c, so)
		if so[flag] = given[flag]; so[flag] == "" {
			open = append(open, q)
			so[flag] = q.Default
		}
	}
	return open
}

// question is one question after the answers to those before it.
func question(flag Flag, p Proposal, c Catalog, before Answers) Question {
	switch flag {
	case Name:
		return Question{Flag: flag, Text: "Name of the job", Default: p.Name, Check: checkName}
	case Analysis:
		return c.analysisQuestion(p)
	case CoreType:
		return c.coreTypeQuestion(before[Analysis])
	case Cores:
		return c.coresQuestion(before[CoreType])
	case Walltime:
		return c.walltimeQuestion()
	default:
		code, _ := splitAnalysis(before[Analysis])
		return Question{Flag: Command, Text: "Command", Default: p.solver(code).Command, Check: checkCommand}
	}
}

var jobName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`) // as the schema says

func checkName(answer string) error {
	if jobName.MatchString(answer) {
		return nil
	}
	const why = "a name has lower-case letters, digits, dots, dashes and underscores, starts with a letter or digit, and has at most 63 characters"
	if slug := hint.Slug(answer); slug != "" {
		return fmt.Errorf("%s; such as %s", why, slug)
	}
	return errors.New(why)
}

var errEmpty = errors.New("an answer is needed here")

// splitAnalysis reads CODE or CODE VERSION. Versions may have blanks in them.
func splitAnalysis(answer string) (code, version string) {
	code, version, _ = strings.Cut(strings.TrimSpace(answer), " ")
	return code, strings.TrimSpace(version)
}

func (c Catalog) analysis(code string) (rescale.Analysis, bool) {
	i := slices.IndexFunc(c.Analyses, func(a rescale.Analysis) bool { return a.Code == code })
	if i < 0 {
		return rescale.Analysis{}, false
	}
	return c.Analyses[i], true
}

func findVersion(a rescale.Analysis, version string) (rescale.Version, bool) {
	for _, v := range a.Versions {
		if v.VersionCode == version || v.Version == version {
			return v, true
		}
	}
	return rescale.Version{}, false
}

// version is that of an answer, else the newest; without a catalog it allows everything.
func (c Catalog) version(answer string) rescale.Version {
	code, wanted := splitAnalysis(answer)
	a, _ := c.analysis(code)
	if found, ok := findVersion(a, wanted); ok {
		return found
	}
	newest, _ := offer.Newest(a)
	return newest
}

func (c Catalog) analysisQuestion(p Proposal) Question {
	q := Question{Flag: Analysis, Text: "Software, as CODE or CODE VERSION", Check: c.checkAnalysis}
	if p.Family != "" {
		q.Text = "Software for " + p.Family + ", as CODE or CODE VERSION"
	}
	for _, code := range p.codes() {
		a, ok := offer.Analysis(c.Analyses, code)
		if !ok {
			continue
		}
		for _, v := range a.Versions {
			if !v.MustBeRequested && v.VersionCode != "" {
				q.Choices = append(q.Choices, code+" "+v.VersionCode)
			}
		}
	}
	switch {
	case len(q.Choices) > 0:
		q.Default = q.Choices[0]
	case len(c.Analyses) == 0 && len(p.Solvers) > 0:
		q.Choices = p.codes()
		q.Default = q.Choices[0]
	}
	return q
}

func (c Catalog) checkAnalysis(answer string) error {
	code, version := splitAnalysis(answer)
	if code == "" {
		return errEmpty
	}
	if err := checkText(answer); err != nil {
		return err
	}
	if len(c.Analyses) == 0 {
		return nil
	}
	a, ok := c.analysis(code)
	if !ok {
		return fmt.Errorf("the platform has no software of code %q%s", code, c.near(code))
	}
	if _, ok := findVersion(a, version); !ok && version != "" {
		return fmt.Errorf("%s has no version %q", code, version)
	}
	return nil
}

// near is the code that may be meant, behind a semicolon.
func (c Catalog) near(code string) string {
	var codes []string
	for _, a := range c.Analyses {
		if strings.EqualFold(a.Name, code) {
			return "; the code of " + a.Name + " is " + a.Code
		}
		codes = append(codes, a.Code)
	}
	if names := diag.Nearest(code, codes); len(names) > 0 {
		return "; did you mean " + strings.Join(names, " or ") + "?"
	}
	return ""
}

func (c Catalog) coreTypeQuestion(analysis string) Question {
	q := Question{Flag: CoreType, Text: "Core type"}
	usable := offer.CoreTypes(c.version(analysis), c.CoreTypes)
	for _, t := range usable {
		q.Choices = append(q.Choices, t.Code)
	}
	if len(usable) > 0 {
		q.Default = usable[0].Code
	}
	q.Check = func(answer string) error {
		if strings.TrimSpace(answer) == "" {
			return errEmpty
		}
		if _, ok := findCoreType(usable, answer); !ok && len(c.CoreTypes) > 0 {
			return c.unfitCoreType(analysis, answer, q.Choices)
		}
		return checkText(answer)
	}
	return q
}

// unfitCoreType tells a slip from hardware that does not run the software.
func (c Catalog) unfitCoreType(analysis, answer string, usable []string) error {
	if _, known := findCoreType(c.CoreTypes, answer); known {
		return fmt.Errorf("%s does not run on core type %q now; it runs on %s", analysis, answer, cmp.Or(someOf(usable), "none"))
	}
	if near := diag.Nearest(answer, usable); len(near) > 0 {
		return fmt.Errorf("the platform has no core type %q; did you mean %s?", answer, strings.Join(near, " or "))
	}
	return fmt.Errorf("the platform has no core type %q", answer)
}

func findCoreType(all []rescale.CoreType, wanted string) (rescale.CoreType, bool) {
	for _, t := range all {
		if t.Code == wanted || strings.EqualFold(t.Name, wanted) {
			return t, true
		}
	}
	return rescale.CoreType{}, false
}

// modest is how many cores are proposed at most: the first run of a job is a trial.
const modest = 4

func (c Catalog) coresQuestion(coreType string) Question {
	q := Question{Flag: Cores, Text: "Cores per slot", Default: "1"}
	t, _ := findCoreType(c.CoreTypes, coreType)
	sizes := slices.Sorted(slices.Values(t.Cores))
	for i, n := range sizes {
		q.Choices = append(q.Choices, strconv.Itoa(n))
		if n <= modest || i == 0 {
			q.Default = strconv.Itoa(n)
		}
	}
	q.Check = func(answer string) error {
		n, err := strconv.Atoi(answer)
		switch {
		case err != nil || n < 1 || strconv.Itoa(n) != answer:
			return errors.New("write a whole number, 1 or more")
		case n > mostCores:
			return fmt.Errorf("nothing has more than %d cores", mostCores)
		case len(sizes) == 0 || slices.Contains(sizes, n):
			return nil
		}
		// Several nodes are multiples of the largest machine (rescale-api.md §5).
		if largest := sizes[len(sizes)-1]; n > largest && n%largest == 0 {
			return nil
		}
		return fmt.Errorf("core type %s has the sizes %s, and multiples of the last", coreType, strings.Join(q.Choices, ", "))
	}
	return q
}

// mostCores is more than anybody means, and what the schema takes.
const mostCores = 1_000_000

var duration = regexp.MustCompile(`^(?:([0-9]{1,3})d)?(?:([0-9]{1,4})h)?(?:([0-9]{1,6})m)?$`)

// usual is the walltime that is proposed, in hours.
const usual = 8

func (c Catalog) walltimeQuestion() Question {
	limit := c.MaxJobHours
	hours := usual
	if limit > 0 {
		hours = min(hours, limit)
	}
	q := Question{Flag: Walltime, Text: "Longest time that the job may run", Default: fmt.Sprintf("%dh", hours)}
	q.Check = func(answer string) error {
		m := duration.FindStringSubmatch(answer)
		if m == nil || answer == "" {
			if hint := hint.Walltime(answer); hint != "" {
				return errors.New(hint)
			}
			return errors.New("write a number with a unit, such as 8h, 90m or 1d12h")
		}
		minutes := atoi(m[1])*24*60 + atoi(m[2])*60 + atoi(m[3])
		switch {
		case minutes == 0:
			return errors.New("it is zero")
		case minutes > 365*24*60:
			return errors.New("it is longer than a year")
		case limit > 0 && (minutes+59)/60 > limit:
			return fmt.Errorf("the account's limit is %dh", limit)
		}
		return nil
	}
	return q
}

// atoi is a number of a few digits; 0 without any.
func atoi(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

func checkCommand(answer string) error {
	if strings.TrimSpace(answer) == "" {
		return errEmpty
	}
	return checkText(strings.NewReplacer("\n", " ", "\t", " ").Replace(answer))
}

// checkText refuses what no manifest takes, and no person types on purpose.
func checkText(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("it is not UTF-8 text")
	}
	for _, r := range text {
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) && r != ' ' {
			return fmt.Errorf("it holds the invisible character %U", r)
		}
	}
	return nil
}
