package yamlsrc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/raced"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
)

const maxMemory = 200 << 20 // what the program promises for any manifest

// fill repeats unit until a text has the largest size that is read.
func fill(unit string) string { return strings.Repeat(unit, yamlsrc.MaxBytes/len(unit)) }

// count writes lines until a text is nearly as large as allowed.
func count(format string) string {
	var b strings.Builder
	for i := 0; b.Len() < yamlsrc.MaxBytes-100; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// nested writes n mappings inside each other.
func nested(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// laughs is a text of a few lines that unfolds to 9^39 values.
func laughs() string {
	b := strings.Builder{}
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d%s]\n", i, i, i-1, strings.Repeat(fmt.Sprintf(",*a%d", i-1), 8))
	}
	return b.String()
}

// merges repeats a mapping of a thousand keys a thousand times.
func merges() string {
	var b strings.Builder
	b.WriteString("a: &a {k: x")
	for i := range 1000 {
		fmt.Fprintf(&b, ", k%d: x", i)
	}
	b.WriteString("}\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "b%d: {<<: *a}\n", i)
	}
	return b.String()
}

// hostile texts are as bad as a text of their size can be, each in its way.
func hostile() map[string]func() string {
	const marks = yamlsrc.MaxValues + 900
	fixed := func(s string) func() string { return func() string { return s } }
	filled := func(head, unit string) func() string {
		return func() string { return head + fill(unit)[:yamlsrc.MaxBytes-len(head)-len(unit)] }
	}
	repeated := func(head, unit, tail string, per int) func() string {
		return func() string { return head + strings.Repeat(unit, marks/per) + tail }
	}
	counted := func(format, tail string) func() string { return func() string { return count(format) + tail } }
	return map[string]func() string{
		"open lists":               filled("", "["),
		"open mappings":            filled("", "{"),
		"dashes":                   filled("", "- "),
		"question marks":           filled("", "? "),
		"flow keys":                filled("{", "a,"),
		"empty keys":               filled("", "a:\n"),
		"colons":                   filled("", ": "),
		"documents":                filled("", "---\n"),
		"documents by dots":        filled("", "a\n...\n"),
		"broken documents":         filled("", "--- [\n"),
		"anchors":                  counted("- &a%d\n", ""),
		"directives":               counted("%%TAG !a%d! x\n", "---\na: 1\n"),
		"broken directives":        filled("", "%\n"),
		"tags":                     filled("", "!!a "),
		"comments":                 filled("", "#\n"),
		"comments behind a value":  filled("a: b\n", " #\n"),
		"comments, indented":       filled("a:\n  b:\n    c: d\n", "    # x\n  # y\n"),
		"long word":                filled("a: ", "x"),
		"long words":               filled("a: ", "x "),
		"long words on lines":      filled("", "x\n"),
		"long open quote":          filled("a: \"", "x"),
		"long open quote on lines": filled("a: \"", "x\n"),
		"long escapes":             filled("a: \"", `\x`),
		"quotes":                   filled("", `"`),
		"long alias":               filled("a: *", "x"),
		"long key":                 filled("? ", "x"),
		"blank lines":              filled("", "\n"),
		"tabs":                     filled("", "\t"),
		"block text":               filled("a: |\n", " x\n"),
		"byte order marks":         filled("", "\ufeff"),
		"YAML line breaks":         filled("", "\u0085"),
		"most keys":                repeated("{", "a,", "", 1),
		"most keys, closed":        repeated("{", "a,", "}", 1),
		"most items":               repeated("[", "a,", "]", 1),
		"most wide items":          repeated("[", "日,", "]", 1),
		"most pairs":               repeated("[", "a: b,", "]", 2),
		"most comments alone":      repeated("", "# c\n\n", "a: b\n", 1),
		"most empty pairs":         repeated("[", "? : ,", "]", 3),
		"most equal keys":          repeated("", "a:\n", "", 1),
		"most comments":            repeated("", "a: b # c\n# d\n\n# e\n", "", 4),
		"most aliases":             repeated("a: &a [b]\nc: [", "*a,", "]", 1),
		"most strange keys":        repeated("", "1: a\n", "", 1),
		"deep by indentation":      func() string { return nested(2800) },
		"deep by brackets":         repeated("a: ", "[b,\n", "", 2),
		"unfolding":                laughs,
		"unfolding by merge keys":  merges,
		"alias of itself":          fixed("a: *a"),
	}
}

const hostileCase = "YAMLSRC_HOSTILE_CASE"

// usage is what a child process reports.
type usage struct {
	Sys      uint64
	Elapsed  time.Duration
	Problems int
}

// TestHostile reads every hostile text in a process of its own, whose memory
// can be measured.
func TestHostile(t *testing.T) {
	if name := os.Getenv(hostileCase); name != "" {
		measure(t, name)
		return
	}
	t.Parallel()
	if testing.Short() || raced.On {
		t.Skip("measures memory in many processes, for 20 s")
	}
	for name := range hostile() {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestHostile$")
			cmd.Env = append(os.Environ(), hostileCase+"="+name)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var got usage
			_, report, _ := bytes.Cut(out, []byte("usage: "))
			if err := json.NewDecoder(bytes.NewReader(report)).Decode(&got); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Logf("%d MB, %v, %d problems", got.Sys>>20, got.Elapsed.Round(time.Millisecond), got.Problems)
			if got.Sys > maxMemory {
				t.Errorf("took %d MB of memory", got.Sys>>20)
			}
		})
	}
}

// measure reads one text and prints what that took. MemStats.Sys never falls,
// so it bounds the peak.
func measure(t *testing.T, name string) {
	t.Helper()
	src := diag.Source{Name: "f", Text: []byte(hostile()[name]())}
	start := time.Now()
	_, list := yamlsrc.Parse(src)
	elapsed := time.Since(start)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	report, err := json.Marshal(usage{Sys: m.Sys, Elapsed: elapsed, Problems: len(list)})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("usage: %s\n", report)
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want string
	}{
		"bytes":            {strings.Repeat("a", yamlsrc.MaxBytes+1), "f:1:1: the text is longer than the 4 MB that a manifest may have [too-large]"},
		"many bytes":       {strings.Repeat("a", 10<<20), "f:1:1: the text is longer than the 4 MB that a manifest may have [too-large]"},
		"depth, brackets":  {strings.Repeat("[", 101) + strings.Repeat("]", 101), "f:1:101: nested deeper than 100 levels [too-large]"},
		"depth, lines":     {nested(101), "f:101:101: nested deeper than 100 levels [too-large]"},
		"depth of library": {strings.Repeat("[\n", 20_000), "f:10001:1: nested deeper than 100 levels [too-large]"},
		"values":           {"[" + strings.Repeat("a,", yamlsrc.MaxValues) + "]", "f:1:200000: the text has more than 100000 values [too-large]"},
		"values, aliases":  {"a: &a [b, c]\nd: [" + strings.Repeat("*a,", 50_000) + "]", ""},
		"marks":            {"a: [b]\nc: |\n" + strings.Repeat(" ,,,,,,,,,,\n", 10_101), ""},
		"directives":       {strings.Repeat("%YAML 1.1\n", 101), "f:101:1: the text has more than 100 lines that start with % [too-large]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs, list := yamlsrc.Parse(source(tc.text))
			if len(docs) != 0 || len(list) != 1 {
				t.Fatalf("%d documents, problems: %.300v", len(docs), list)
			}
			if got := list[0].String(); tc.want != "" && got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// What is just within the limits is read.
func TestLargestAllowed(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"bytes":      "a: |\n" + strings.Repeat(" xxx\n", (yamlsrc.MaxBytes-5)/5),
		"depth":      strings.Repeat("[", 100) + strings.Repeat("]", 100),
		"values":     "[" + strings.Repeat("a,", yamlsrc.MaxValues-1) + "]",
		"directives": "%YAML 1.1\n---\na: 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if docs, list := yamlsrc.Parse(source(text)); len(docs) != 1 || len(list) != 0 {
				t.Errorf("%d documents, problems: %.300v", len(docs), list)
			}
		})
	}
}
