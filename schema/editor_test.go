package schema_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/schema"
)

// The program that editors run for YAML; .ci/run installs it.
const languageServer = "yaml-language-server"

// TestEditor shows the schema to the language server that editors use: it
// completes, explains, accepts what is right and marks what is not.
func TestEditor(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath(languageServer)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	e := startEditor(t, program)

	t.Run("completion", func(t *testing.T) {
		for name, tc := range map[string]struct {
			text string // the cursor is at |
			want []string
		}{
			"top level":           {"version: 1\n|", []string{"name", "vars", "matrix", "hardware", "kind"}},
			"under a key":         {"hardware:\n  coreType: emerald\n  |", []string{"coresPerSlot", "slots", "walltime"}},
			"a value":             {"priority: |", []string{"on-demand", "economy", "reserved"}},
			"an input":            {"inputs:\n  - |", []string{"path", "id", "exclude"}},
			"a range":             {"matrix:\n  aoa:\n    |", []string{"from", "to", "step", "count"}},
			"a check of a log":    {"success:\n  log:\n    |", []string{"contains", "lacks", "file"}},
			"one of several":      {"analyses:\n  - command: a\n    |", []string{"analysis", "hardware", "inputs", "extra"}},
			"below it":            {"analyses:\n  - command: a\n    hardware:\n      |", []string{"coreType", "walltime"}},
			"of defaults as well": {"kind: defaults\noutputs:\n  |", []string{"download", "exclude", "to"}},
		} {
			labels := e.completion(t, tc.text)
			for _, label := range tc.want {
				if !labels[label] {
					t.Errorf("%s: %q is not offered, only %v", name, label, labels)
				}
			}
		}
	})
	t.Run("hover", func(t *testing.T) {
		for text, want := range map[string]string{
			"hardware:\n  wall|time: 8h":                          "Longest run time",
			"success:\n  log: {cont|ains: End}":                   "A text that the log must contain",
			"limits: {max|Cost: 120}":                             "US dollars",
			"analyses:\n  - com|mand: ./Allrun":                   "What runs on the platform",
			"hardware:\n  coresPer|Slot: ${{ matrix.cores }}":     "You pay for cores",
			"name: a\nmatrix:\n  aoa: {fr|om: 0, to: 1, step: 1}": "The first number",
		} {
			if got := e.hover(t, text); !strings.Contains(got, want) {
				t.Errorf("%q is explained as %q", text, got)
			}
		}
	})
	t.Run("problems", func(t *testing.T) {
		for text, want := range map[string][]string{
			"version: 1\nname: a\nanalysis: {code: a}\nhardware: {coreType: e, coresPerSlot: 4, walltime: 8h}\ncommand: a": nil,
			"version: 1\nname: a\nhardware: {coreType: e}\ncommand: a": {
				`3:1 Missing property "coresPerSlot".`, `1:1 Missing property "analysis".`,
			},
			"version: 1\nname: a\nanalyses: [{analysis: {code: a}}]":                                                 {`3:12 Missing property "command".`},
			"version: 1\nkind: defaults\nhardware: {coreType: e}":                                                    nil,
			"name: a\nhardware:\n  coresPerSlot: ${{ matrix.cores }}\n  walltime: ${{ vars.h }}h":                    nil,
			"kind: defaults\nhardware: {slots: 1}\n---\nname: a\nmatrix: {x: [1, b], y: {from: 0, to: 1, count: 3}}": nil,
			"name: a\nhardware: {corePerSlot: 4}":                                                                    {"2:12 Property corePerSlot is not allowed."},
			"name: a\nanalyses: [{comand: x}]":                                                                       {"2:13 Property comand is not allowed."},
			"name: a\nextra: {any: [1, {a: b}]}\nautomations: [a, '${{ vars.a }}']\nssh: {cidr: [a], port: 22}":      nil,
			"name: a\ncommand: a": nil,
			"version: 1": {
				`1:1 Missing property "name".`, `1:1 Missing property "analysis".`, `1:1 Missing property "hardware".`, `1:1 Missing property "command".`,
			},
			"name: a\nhardware:\n  walltime: 8": {`3:13 Incorrect type. Expected "string".`},
			"name: a\nhardware: {walltime: 8x}": {"2:22 walltime is a number with a unit, such as 8h, 90m or 1d12h"},
			"name: Wing":                        {"1:7 a name has lower-case letters, digits, dots, dashes and underscores, starts with a letter or digit, and has at most 63 characters"},
			"name: a\nsuccess: {log: [{contains: End}, {file: a, lacks: [b, c]}], files: [a]}": nil,
			"name: a\nsuccess: {log: {contain: End}}":                                          {"2:17 Property contain is not allowed."},
			"name: a\nmatrix: {aoa: 4}":                                                        {`2:15 Incorrect type. Expected "array | Range | Folders | Files".`},
		} {
			if diff := cmp.Diff(want, e.problems(t, text)); diff != "" {
				t.Errorf("%q (-want +got)\n%s", text, diff)
			}
		}
	})
}

// editor speaks the language server protocol as an editor does.
type editor struct {
	in       io.Writer
	messages chan message
	schema   string // its address
	id       int
	document int
}

// message is a request, an answer or a notice of the protocol.
type message struct {
	ID     *json.RawMessage `json:"id,omitempty"`
	Method string           `json:"method,omitempty"`
	Params json.RawMessage  `json:"params,omitempty"`
	Result json.RawMessage  `json:"result,omitempty"`
}

func startEditor(t *testing.T, program string) *editor {
	t.Helper()
	file := filepath.Join(t.TempDir(), "job.schema.json")
	if err := os.WriteFile(file, schema.JSON(), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	command := exec.CommandContext(ctx, program, "--stdio")
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	path := "/" + strings.TrimPrefix(filepath.ToSlash(file), "/") // C:/ has none
	e := &editor{in: in, messages: make(chan message, 100), schema: (&url.URL{Scheme: "file", Path: path}).String()}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(e.messages)
		receive(out, e.messages)
	}()
	t.Cleanup(func() {
		cancel()
		<-read
		_ = command.Wait() // it was killed
	})
	e.ask(t, "initialize", map[string]any{"processId": nil, "rootUri": nil, "capabilities": map[string]any{}})
	e.tell(t, "initialized", map[string]any{})
	e.tell(t, "workspace/didChangeConfiguration", map[string]any{"settings": map[string]any{"yaml": map[string]any{
		"validate": true, "hover": true, "completion": true, "schemaStore": map[string]any{"enable": false},
	}}})
	return e
}

func receive(out io.Reader, messages chan<- message) {
	reader := textproto.NewReader(bufio.NewReader(out))
	for {
		header, err := reader.ReadMIMEHeader()
		if err != nil {
			return
		}
		length, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			return
		}
		var m message
		body := make([]byte, length)
		if _, err := io.ReadFull(reader.R, body); err != nil || json.Unmarshal(body, &m) != nil {
			return
		}
		messages <- m
	}
}

func (e *editor) send(t *testing.T, m map[string]any) {
	t.Helper()
	m["jsonrpc"] = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(e.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		t.Fatal(err)
	}
}

func (e *editor) tell(t *testing.T, method string, params any) {
	t.Helper()
	e.send(t, map[string]any{"method": method, "params": params})
}

// await reads until a message is the wanted one; the server's own questions get
// an empty answer.
func (e *editor) await(t *testing.T, wanted func(message) bool) message {
	t.Helper()
	for m := range e.messages {
		if wanted(m) {
			return m
		}
		if m.ID != nil && m.Method != "" {
			e.send(t, map[string]any{"id": m.ID, "result": nil})
		}
	}
	t.Fatal("the language server ended")
	return message{}
}

func (e *editor) ask(t *testing.T, method string, params any) json.RawMessage {
	t.Helper()
	e.id++
	e.send(t, map[string]any{"id": e.id, "method": method, "params": params})
	return e.await(t, func(m message) bool { return m.Method == "" && m.ID != nil && string(*m.ID) == strconv.Itoa(e.id) }).Result
}

// open shows a text to the server, below the line that README.md gives.
func (e *editor) open(t *testing.T, text string) string {
	t.Helper()
	e.document++
	address := fmt.Sprintf("file:///case/%d/job.yaml", e.document)
	e.tell(t, "textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": address, "languageId": "yaml", "version": 1, "text": "# yaml-language-server: $schema=" + e.schema + "\n" + text,
	}})
	return address
}

// at opens a text with the cursor at | and asks about that place.
func (e *editor) at(t *testing.T, method, text string) json.RawMessage {
	t.Helper()
	before, after, _ := strings.Cut(text, "|")
	lines := strings.Split(before, "\n")
	return e.ask(t, method, map[string]any{
		"textDocument": map[string]any{"uri": e.open(t, before+after)},
		"position":     map[string]any{"line": len(lines), "character": len(lines[len(lines)-1])},
	})
}

func (e *editor) completion(t *testing.T, text string) map[string]bool {
	t.Helper()
	var answer struct{ Items []struct{ Label string } }
	if err := json.Unmarshal(e.at(t, "textDocument/completion", text), &answer); err != nil {
		t.Fatal(err)
	}
	labels := make(map[string]bool)
	for _, item := range answer.Items {
		labels[item.Label] = true
	}
	return labels
}

func (e *editor) hover(t *testing.T, text string) string {
	t.Helper()
	var answer struct{ Contents struct{ Value string } }
	if err := json.Unmarshal(e.at(t, "textDocument/hover", text), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Contents.Value
}

// problems are what the server says about a text, as line:column message.
func (e *editor) problems(t *testing.T, text string) []string {
	t.Helper()
	address := e.open(t, text)
	var found struct {
		URI         string
		Diagnostics []struct {
			Message string
			Range   struct{ Start struct{ Line, Character int } }
		}
	}
	e.await(t, func(m message) bool {
		return m.Method == "textDocument/publishDiagnostics" && json.Unmarshal(m.Params, &found) == nil && found.URI == address
	})
	var list []string
	for _, d := range found.Diagnostics {
		list = append(list, fmt.Sprintf("%d:%d %s", d.Range.Start.Line, d.Range.Start.Character+1, d.Message))
	}
	return list
}
