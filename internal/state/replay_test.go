package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/state"
)

func TestReplayGivesWhatWasAppended(t *testing.T) {
	t.Parallel()
	head, got, err := replay(text(t, write(t, story())))
	if err != nil {
		t.Fatal(err)
	}
	want := story()
	for i := range want {
		want[i].At = got[i].At
	}
	same(t, want, got)
	same(t, []any{1, ada.Tool, ada.Platform, ada.Account}, []any{head.Format, head.Tool, head.Platform, head.Account})
	if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(head.Lineage) || head.Created.IsZero() {
		t.Errorf("header %+v", head)
	}
}

// The text is for people: members in order, nothing escaped that need not be.
func TestLinesAreGreppable(t *testing.T) {
	t.Parallel()
	all := lines(text(t, write(t, story())))
	if !strings.HasPrefix(all[0], `{"format":1,"tool":"rescale-apply 0.1.0","platform":"https://platform.rescale.com","account":"ada@example.com","lineage":"`) {
		t.Error(all[0])
	}
	if !strings.Contains(all[3], `"command","value":"sh <run> && \"ls\""`) || !strings.HasPrefix(all[3], `{"kind":"creating","at":"20`) {
		t.Error(all[3])
	}
}

// What the package comment tells an auditor to type.
func TestChecksumIsThatOfAllObjects(t *testing.T) {
	t.Parallel()
	seal := regexp.MustCompile(`,"crc":"([0-9a-f]*)"}\n?$`)
	objects := ""
	for _, line := range lines(text(t, write(t, story()))) {
		objects += seal.ReplaceAllString(line, "}")
		same(t, fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(objects))), seal.FindStringSubmatch(line)[1])
	}
}

// atTear is what a journal torn after size bytes holds.
func atTear(whole []byte, size int, states []state.Snapshot) state.Snapshot {
	want := state.Snapshot{New: true, Runs: map[string][]state.Run{}, Files: map[string][]state.File{}}
	if complete := bytes.Count(whole[:size], []byte("\n")); complete > 0 {
		want = states[complete-1]
	}
	want.Torn = size > 0 && whole[size-1] != '\n'
	return want
}

func TestEveryTearIsRead(t *testing.T) {
	t.Parallel()
	whole := text(t, write(t, story()))
	states := prefixStates(t, whole)
	path := filepath.Join(t.TempDir(), "s")
	for size := range len(whole) + 1 {
		put(t, path, whole[:size])
		same(t, atTear(whole, size, states), read(t, path))
		same(t, true, bytes.Equal(whole[:size], text(t, path))) // reading repairs nothing
		if t.Failed() {
			t.Fatalf("torn after %d bytes", size)
		}
	}
}

func TestEveryTearHeals(t *testing.T) {
	t.Parallel()
	whole := text(t, write(t, story()[:2]))
	states := prefixStates(t, whole)
	path := filepath.Join(t.TempDir(), "s")
	for size := range len(whole) + 1 {
		put(t, path, whole[:size])
		j := open(t, path)
		healed, want := j.Snapshot(), atTear(whole, size, states)
		want.Header = healed.Header // a new one when the old one was torn
		same(t, want, healed)
		if err := j.Append(story()[2]); err != nil {
			t.Fatal(err)
		}
		after := j.Snapshot()
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		after.Torn = false
		same(t, after, read(t, path))
		if t.Failed() {
			t.Fatalf("torn after %d bytes", size)
		}
	}
}

func TestTailOfAPowerFailureHeals(t *testing.T) {
	t.Parallel()
	whole := string(text(t, write(t, story()[:2])))
	for name, tc := range map[string]struct {
		text string
		want bool // New
	}{
		"zeros":              {whole + strings.Repeat("\x00", 300), false},
		"zeros and the end":  {whole + strings.Repeat("\x00", 300) + `"crc":"00000000"}` + "\n", false},
		"empty line":         {whole + "\n", false},
		"zeros for a header": {strings.Repeat("\x00", 300), true},
		"half zeros":         {`{"form` + strings.Repeat("\x00", 300), true},
		"empty file":         {"", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			put(t, path, []byte(tc.text))
			j := open(t, path)
			s := j.Snapshot()
			same(t, []bool{tc.want, tc.text != ""}, []bool{s.New, s.Torn})
			if err := j.Append(story()[0]); err != nil {
				t.Fatal(err)
			}
			same(t, false, read(t, path).Torn)
		})
	}
}

// damages is what can happen to one line; each must be found.
func damages() map[string]func(all []string, i int) []string {
	return map[string]func(all []string, i int) []string{
		"one digit": func(all []string, i int) []string {
			return edit(all, i, strings.Replace(all[i], `"at":"2`, `"at":"3`, 1))
		},
		"one letter": func(all []string, i int) []string { return edit(all, i, strings.Replace(all[i], `":"`, `":"x`, 1)) },
		"wrong sum":  func(all []string, i int) []string { return edit(all, i, flipSum(all[i])) },
		"no sum": func(all []string, i int) []string {
			return edit(all, i, regexp.MustCompile(`,"crc".*`).ReplaceAllString(all[i], "}"))
		},
		"CRLF":         func(all []string, i int) []string { return edit(all, i, strings.Replace(all[i], "\n", "\r\n", 1)) },
		"doubled":      func(all []string, i int) []string { return edit(all, i, all[i]+all[i]) },
		"cut and lost": func(all []string, i int) []string { return edit(all, i, all[i][:len(all[i])/2]+"\n") },
		"newline lost": func(all []string, i int) []string { return edit(all, i, strings.TrimSuffix(all[i], "\n")) },
		"zeroed":       func(all []string, i int) []string { return edit(all, i, strings.Repeat("\x00", 40)+"\n") },
		"lost":         func(all []string, i int) []string { return edit(all, i, "") },
	}
}

func edit(all []string, i int, line string) []string {
	changed := append([]string{}, all...)
	changed[i] = line
	return changed
}

func flipSum(line string) string {
	digit := len(line) - len("0\"}\n")
	flipped := byte('0')
	if line[digit] == '0' {
		flipped = '1'
	}
	return line[:digit] + string(flipped) + line[digit+1:]
}

func TestDamageIsFoundInItsLine(t *testing.T) {
	t.Parallel()
	all := lines(text(t, write(t, story())))
	for name, damage := range damages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range all[:len(all)-2] { // so that a line follows even when two became one
				bad := strings.Join(damage(all, i), "")
				if bad == strings.Join(all, "") {
					continue // a header has no "at"
				}
				wantLine := i + 1
				if name == "doubled" {
					wantLine++
				}
				_, _, err := replay([]byte(bad))
				var damaged *state.DamagedError
				if !errors.As(err, &damaged) || damaged.Line != wantLine {
					t.Errorf("line %d: got %v", i+1, err)
				}
			}
		})
	}
}

// A readable last line with a wrong sum was not torn: somebody changed it.
func TestChangedLastLineIsDamage(t *testing.T) {
	t.Parallel()
	path := write(t, story())
	all := lines(text(t, path))
	last := len(all) - 1
	bad := strings.Join(edit(all, last, strings.Replace(all[last], `"size":7`, `"size":8`, 1)), "")
	put(t, path, []byte(bad))
	_, err := state.Open(path, ada)
	var damaged *state.DamagedError
	if !errors.As(err, &damaged) {
		t.Fatalf("got %v", err)
	}
	same(t, []any{path, last + 1}, []any{damaged.Path, damaged.Line})
	same(t, bad, string(text(t, path)))
	if hint := damaged.Hint(); !strings.Contains(hint, "rescale-apply state rebuild -f MANIFEST") || !strings.Contains(hint, "nothing is started twice") {
		t.Error(hint)
	}
}

// Two writers that did not see each other's lock break the running sum.
func TestForkedJournalIsDamage(t *testing.T) {
	t.Parallel()
	common := write(t, story()[:3])
	base := text(t, common)
	grow := func(r state.Record) []byte {
		path := filepath.Join(t.TempDir(), "s")
		put(t, path, base)
		j := open(t, path)
		if err := j.Append(r); err != nil {
			t.Fatal(err)
		}
		return text(t, path)[len(base):]
	}
	one, two := grow(story()[3]), grow(story()[7])
	_, _, err := replay(bytes.Join([][]byte{base, one, two}, nil))
	var damaged *state.DamagedError
	if !errors.As(err, &damaged) || damaged.Line != 6 {
		t.Fatalf("got %v", err)
	}
}

func TestNewerIsRefused(t *testing.T) {
	t.Parallel()
	base := text(t, write(t, story()[:1]))
	for name, tc := range map[string]struct {
		text string
		want state.NewerError
	}{
		"format":                {`{"format":2,"anything":["else"]}` + "\n" + `garbage` + "\n", state.NewerError{Format: 2}},
		"kind in the last line": {string(sealed(base, `{"kind":"melted"}`)), state.NewerError{Format: 1, Kind: "melted"}},
		"kind before the last": {
			string(sealed(sealed(base, `{"kind":"melted","job":"a"}`), `{"kind":"forgot"}`)),
			state.NewerError{Format: 1, Kind: "melted"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			put(t, path, []byte(tc.text))
			tc.want.Path = path
			_, err := state.Open(path, ada)
			var newer *state.NewerError
			if !errors.As(err, &newer) {
				t.Fatalf("got %v", err)
			}
			same(t, tc.want, *newer)
			same(t, tc.text, string(text(t, path)))
			if !strings.Contains(newer.Hint(), "upgrade") {
				t.Error(newer.Hint())
			}
		})
	}
}

// sealed appends an object to a journal, as another version would.
func sealed(journal []byte, object string) []byte {
	seal := regexp.MustCompile(`,"crc":"[0-9a-f]{8}"}\n`)
	objects := seal.ReplaceAll(journal, []byte("}"))
	sum := crc32.ChecksumIEEE(append(objects, object...))
	return fmt.Appendf(bytes.Clone(journal), "%s,\"crc\":\"%08x\"}\n", strings.TrimSuffix(object, "}"), sum)
}

func TestUnknownMembersAreIgnored(t *testing.T) {
	t.Parallel()
	base := text(t, write(t, story()[:1]))
	_, records, err := replay(sealed(base, `{"kind":"creating","job":"a","key":"k","digest":"d","colour":{"deep":[1]}}`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, state.Record{Kind: state.KindCreating, Job: "a", Key: "k", Digest: "d"}, records[1])
}

func TestSoundSumOfNonsenseIsDamage(t *testing.T) {
	t.Parallel()
	base := text(t, write(t, story()[:1]))
	for name, object := range map[string]string{
		"submitted from nothing": `{"kind":"submitted","job":"a","key":"k","id":"1"}`,
		"member missing":         `{"kind":"creating","job":"a"}`,
		"wrong type":             `{"kind":"forgot","job":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := replay(sealed(base, object))
			var damaged *state.DamagedError
			if !errors.As(err, &damaged) || damaged.Line != 3 {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// --state may name anything. What is not ours stays as it is.
func TestSomebodysFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"manifest":               "version: 1\nname: polar\n",
		"one line":               "hello\n",
		"one line, no newline":   "hello",
		"key":                    "0123456789abcdef",
		"other JSON":             `{"a":1}` + "\n",
		"other JSON, alike":      `{"format":"iges","layers":3}`,
		"array":                  `[]`,
		"empty line":             "\n",
		"format zero":            `{"format":0,"crc":"00000000"}` + "\n",
		"alike with a newline":   `{"format":1,"layers":3}` + "\n",
		"format of another type": `{"format":"iges"}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "s")
			put(t, path, []byte(content))
			_, err := state.Open(path, ada)
			var damaged *state.DamagedError
			if !errors.As(err, &damaged) || damaged.Line != 1 {
				t.Fatalf("got %v", err)
			}
			same(t, content, string(text(t, path)))
		})
	}
	if _, err := state.Read(t.TempDir(), ada); err == nil {
		t.Error("a folder is no journal")
	}
}

// A file that somebody wrote by hand, sum included, gets a message of its own.
func TestDamageIsToldWithoutTypesOfTheProgram(t *testing.T) {
	t.Parallel()
	body := `{"format":1,"tool":7}`
	sum := crc32.ChecksumIEEE([]byte(body))
	path := filepath.Join(t.TempDir(), "s")
	put(t, path, fmt.Appendf(nil, "%s,\"crc\":\"%08x\"}\n", body[:len(body)-1], sum))
	_, err := state.Read(path, ada)
	var damaged *state.DamagedError
	if !errors.As(err, &damaged) || !strings.Contains(err.Error(), "tool cannot be a number") {
		t.Errorf("got %v", err)
	}
}

func TestForeignIsRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		id   state.Identity
		fine bool
	}{
		"account":       {state.Identity{Tool: "x", Platform: ada.Platform, Account: "bob@example.com"}, false},
		"platform":      {state.Identity{Tool: "x", Platform: "https://eu.rescale.com", Account: ada.Account}, false},
		"other version": {state.Identity{Tool: "rescale-apply 0.9.0", Platform: ada.Platform, Account: ada.Account}, true},
		"not compared":  {state.Identity{}, true},
		"same account":  {state.Identity{Tool: "x", Platform: ada.Platform, Account: "Ada@Example.com"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, story())
			_, err := state.Read(path, tc.id)
			if tc.fine {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var foreign *state.ForeignError
			if !errors.As(err, &foreign) {
				t.Fatalf("got %v", err)
			}
			same(t, state.ForeignError{Path: path, Want: tc.id, Got: ada}, *foreign)
			for _, part := range []string{tc.id.Account, tc.id.Platform, ada.Account, ada.Platform} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q lacks %q", err, part)
				}
			}
			if _, err := state.Open(path, tc.id); !errors.As(err, &foreign) {
				t.Errorf("open: %v", err)
			}
		})
	}
}

func TestReadOfAMissingFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := read(t, filepath.Join(dir, "none", "s"))
	same(t, state.Snapshot{New: true, Runs: map[string][]state.Run{}, Files: map[string][]state.File{}}, s)
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("reading made %v %v", left, err)
	}
}

func FuzzReplay(f *testing.F) {
	dir := f.TempDir()
	j, err := state.Open(filepath.Join(dir, "s"), ada)
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range story() {
		if err := j.Append(r); err != nil {
			f.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "s"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, uint16(len(whole)))
	f.Add(whole, uint16(300))
	f.Add(whole[:200], uint16(100))
	f.Add([]byte("{\"format\":2}\n"), uint16(5))
	f.Add([]byte(`{"format":0,"tool":"x"}00`), uint16(23))
	f.Add([]byte("\x00\x00\n{}\n"), uint16(3))
	f.Fuzz(func(t *testing.T, b []byte, cut uint16) {
		head, records, err := replay(b)
		// A text without a whole line is a torn header or somebody else's file; which
		// one, its prefixes may tell differently.
		if err != nil || !bytes.Contains(b, []byte("\n")) {
			return
		}
		prefix := b[:min(int(cut), len(b))]
		prefixHead, prefixRecords, err := replay(prefix)
		if err != nil {
			t.Fatalf("a prefix of a sound journal is refused: %v", err)
		}
		if len(prefixRecords) > 0 {
			same(t, head, prefixHead)
			same(t, records[:len(prefixRecords)], prefixRecords)
		}
	})
}
