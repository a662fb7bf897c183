package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/golden"
	"github.com/rescale-apply/rescale-apply/internal/raced"
)

// The accounts of every script's platform.
const (
	activeKey   = "1111111111111111111111111111111111111111"
	expiredKey  = "2222222222222222222222222222222222222222"
	inactiveKey = "3333333333333333333333333333333333333333"
	otherKey    = "4444444444444444444444444444444444444444"
	projectKey  = "5555555555555555555555555555555555555555" // of an organization where somebody has to pay
)

// Scripts mostly wait, for the clocks of their platforms: more than one of them fits on a
// processor.
const scriptsPerProcessor = 3

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", strconv.Itoa(scriptsPerProcessor*runtime.GOMAXPROCS(0))); err != nil { // before -parallel is read, which wins
		panic(err)
	}
	programs := crashes()
	programs[programName] = traced
	testscript.Main(m, programs)
}

// raceOneOf is of how many scripts one is run under the race detector, which makes each
// of their processes several times slower.
const raceOneOf = 8

// TestScripts runs every script against a platform of its own, through the real
// program in a process of its own; and once more with the state deleted before each
// command: what is printed and the exit codes are the same.
func TestScripts(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob(filepath.Join(root, "testdata", "e2e", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	params, scripts := scriptParams(root), stateless(t, all)
	if raced.On {
		params.Dir = ""
		for i := 0; i < len(all); i += raceOneOf {
			params.Files = append(params.Files, all[i])
		}
	}
	if testing.Short() {
		testscript.Run(t, params)
		return
	}
	kept, deleted := t.TempDir(), t.TempDir()
	t.Run("state", func(t *testing.T) {
		t.Run("kept", func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, leaveTraces(params, scripts, kept, ""))
		})
		t.Run("deleted", func(t *testing.T) {
			t.Parallel()
			again := leaveTraces(params, scripts, deleted, "1")
			again.Dir, again.Files, again.UpdateScripts = "", scripts, false
			testscript.Run(t, again)
		})
	})
	compareTraces(t, kept, deleted)
}

// scriptParams say how scripts are run.
func scriptParams(root string) testscript.Params {
	return testscript.Params{
		Deadline:            time.Now().Add(10 * time.Minute),
		Dir:                 filepath.Join(root, "testdata", "e2e"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       golden.Update(),
		Setup:               func(env *testscript.Env) error { return setUp(env, root) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"emu": emu, "exitcode": exitCode, "cpdir": copyDir, "replace": replace,
		},
		Condition: condition,
	}
}

// platform is the emulator of one script.
type platform struct {
	server *emulator.Server
	web    *httptest.Server
}

type platformKey struct{}

func setUp(env *testscript.Env, root string) error {
	data, err := os.MkdirTemp("", "platform")
	if err != nil {
		return err
	}
	server, err := emulator.Open(emulator.Config{
		Dir: data,
		Env: append(os.Environ(), "PATH="+filepath.Join(env.WorkDir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH")),
		Accounts: []emulator.Account{
			{Key: activeKey, Email: "ada@example.com", Name: "Ada", MaxJobHours: 48, Projects: []emulator.Project{
				{ID: "pAero", Name: "aero-2026"}, {ID: "pTwinA", Name: "twin"}, {ID: "pTwinB", Name: "twin"},
			}},
			{Key: expiredKey, Email: "eve@example.com", State: emulator.Expired},
			{Key: inactiveKey, Email: "ian@example.com", State: emulator.Inactive},
			{Key: otherKey, Email: "bob@example.com", Projects: []emulator.Project{{ID: "pWings", Name: "wings", Default: true}}},
			{Key: projectKey, Email: "eva@example.com", CompanyCode: "acme", ProjectRequired: true, Projects: []emulator.Project{
				{ID: "pCfd", Name: "cfd"}, {ID: "pCrash", Name: "crash"},
			}},
		},
		Automations: []emulator.Automation{{ID: "AuToMa"}, {ID: "OtHeR"}},
		Clusters:    []string{"AbCdEf", "GhIjKl"},
		// Everybody sees everybody's jobs: nobody may take them for their own. And what is
		// run before and after a command must be a script. What a job was given is listed among
		// what it left: nobody may take it for a result.
		Switches: emulator.Switches{SharedJobs: true, StrictTypes: true, ListInputs: true},
	})
	if err != nil {
		return err
	}
	web := httptest.NewServer(server)
	env.Values[platformKey{}] = &platform{server, web}
	env.Defer(func() {
		web.Close()
		if err := server.Close(); err != nil {
			env.T().Log("closing the emulator: ", err)
		}
		if err := os.RemoveAll(data); err != nil {
			env.T().Log("removing its data: ", err)
		}
	})
	env.Setenv("RESCALE_API_URL", web.URL)
	env.Setenv("RESCALE_API_KEY", activeKey)
	env.Setenv("EXPIRED_KEY", expiredKey)
	env.Setenv("INACTIVE_KEY", inactiveKey)
	env.Setenv("OTHER_KEY", otherKey)
	env.Setenv("PROJECT_KEY", projectKey)
	env.Setenv("ROOT", root)
	tool, err := exec.LookPath(programName)
	if err != nil {
		return err
	}
	env.Setenv("TOOL", tool)
	env.Setenv("GORACE", "atexit_sleep_ms=0") // else each of hundreds of processes takes a second to end
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("USERPROFILE", env.WorkDir)
	return nil
}

func condition(name string) (bool, error) {
	if file, ok := strings.CutPrefix(name, "exists:"); ok {
		_, err := os.Stat(file)
		return err == nil, nil
	}
	if name == "ci" { // where a test that is left out is a test that failed
		return os.Getenv("CI") != "", nil
	}
	program, ok := strings.CutPrefix(name, "program:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	_, err := exec.LookPath(program)
	return err == nil, nil
}

// emu shows and steers the platform of the script:
//
//	emu requests [METHOD ...]   the requests so far, one a line: METHOD PATH STATUS; or none
//	emu changes                 the requests that are not GET
//	emu forget                  forget the requests so far
//	emu jobs                    every job: ID STATUS SUBMITS NAME
//	emu body                    the last create body, as JSON
//	emu fault ACTION METHOD PATH [after=N] [count=N] [status=N] [body=TEXT]
//	emu switch [NAME=VALUE]     trouble from now on, as the flags of emulate: refuse-deletes=403,2 trash=true
//	                            cut-names=40 whole-seconds=true bills=true skew=2s (seed 1)
//	                            fields=JSON (custom fields of workspaces)
//	emu asked METHOD PATH       wait until such a request was made
//	emu await JOBNAME STATUS    wait until the newest such job has the status
//	emu stop JOBNAME            stop the job as a person would in the web UI
//	emu delete ID               delete the job as a person would
//	emu clone JOBNAME           clone the job as a person would, and submit the clone
//	emu double JOBNAME          make the job once more, key and all, and submit it, as no apply does
//	emu files                   every input file: OWNER SIZE NAME; or none
//	emu remove NAME             delete the newest file of that name as a person would
//	emu send METHOD PATH [BODY] send a request of the owner of the jobs
//	emu alter FILE              write to the file on this disk while the next upload is answered
func emu(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: emu requests|changes|forget|jobs|body|fault|switch|asked|await|stop|delete|clone|double|files|remove|send|alter")
	}
	p := ts.Value(platformKey{}).(*platform)
	switch args[0] {
	case "requests":
		p.print(ts, func(r emulator.Request) bool { return len(args) == 1 || slices.Contains(args[1:], r.Method) })
	case "changes":
		p.print(ts, func(r emulator.Request) bool { return r.Method != http.MethodGet })
	case "forget":
		p.server.ResetRequests()
	case "jobs":
		for _, j := range p.server.Jobs() {
			status := cmp.Or(j.Status, "draft")
			if j.Deleted {
				status = "deleted"
			}
			fmt.Fprintf(ts.Stdout(), "%s %s %d %s\n", j.ID, status, j.Submitted, j.Name)
		}
	case "body":
		jobs := p.server.Jobs()
		if len(jobs) == 0 {
			ts.Fatalf("no job was created")
		}
		writeIndented(ts, jobs[len(jobs)-1].Body)
	case "fault":
		p.fault(ts, args[1:])
	case "switch":
		p.change(ts, args[1:])
	case "stop", "delete":
		p.interfere(ts, args)
	case "clone", "double":
		p.clone(ts, args)
	case "files":
		p.files(ts)
	case "remove":
		p.remove(ts, args[1:])
	case "send":
		p.ask(ts, args[1:])
	case "alter":
		p.alter(ts, args[1:])
	case "asked":
		p.asked(ts, args[1:])
	case "await":
		p.await(ts, args[1:])
	default:
		ts.Fatalf("emu: unknown command %q", args[0])
	}
}

func (p *platform) print(ts *testscript.TestScript, wanted func(emulator.Request) bool) {
	n := 0
	for _, r := range p.server.Requests() {
		if wanted(r) {
			n++
			fmt.Fprintf(ts.Stdout(), "%s %s %d\n", r.Method, r.Path, r.Status)
		}
	}
	if n == 0 {
		fmt.Fprintln(ts.Stdout(), "none")
	}
}

func writeIndented(ts *testscript.TestScript, raw json.RawMessage) {
	var v any
	ts.Check(json.Unmarshal(raw, &v))
	enc := json.NewEncoder(ts.Stdout())
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	ts.Check(enc.Encode(v))
}

func (p *platform) fault(ts *testscript.TestScript, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: emu fault ACTION METHOD PATH [after=N] [count=N] [status=N] [body=TEXT]")
	}
	f := emulator.Fault{Action: emulator.Action(args[0]), Method: args[1], Path: args[2], Count: 1}
	for _, option := range args[3:] {
		name, value, _ := strings.Cut(option, "=")
		if name == "body" {
			f.Body = value
			continue
		}
		n, err := strconv.Atoi(value)
		ts.Check(err)
		switch name {
		case "after":
			f.After = n
		case "count":
			f.Count = n
		case "status":
			f.Status = n
		default:
			ts.Fatalf("emu fault: unknown option %q", option)
		}
	}
	ts.Check(p.server.AddFault(f))
}

// await waits for what a script is about to disturb.
func (p *platform) await(ts *testscript.TestScript, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: emu await JOBNAME STATUS")
	}
	ts.Check(p.server.Await(context.Background(), func(jobs []emulator.JobInfo) bool {
		for _, j := range slices.Backward(jobs) {
			if strings.HasPrefix(j.Name, args[0]) {
				return cmp.Or(j.Status, "draft") == args[1] && !j.Deleted
			}
		}
		return false
	}))
}

// asked waits for a request; path is a pattern of path.Match.
func (p *platform) asked(ts *testscript.TestScript, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: emu asked METHOD PATH")
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, r := range p.server.Requests() {
			if matched, err := path.Match(args[1], r.Path); err == nil && matched && r.Method == args[0] {
				return
			}
		}
		<-tick.C
	}
}

// interfere does what a person does in the web UI, as the owner of the job.
func (p *platform) interfere(ts *testscript.TestScript, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: emu %s JOB", args[0])
	}
	id := args[1]
	for _, j := range p.server.Jobs() {
		if strings.HasPrefix(j.Name, args[1]) {
			id = j.ID
		}
	}
	method, target := http.MethodDelete, "/api/v2/jobs/"+id+"/"
	if args[0] == "stop" {
		method, target = http.MethodPost, target+"stop/"
	}
	p.send(ts, method, target, nil)
}

// clone makes what the web UI makes: marker and key included, and clonedFrom; a double has
// only the first two.
func (p *platform) clone(ts *testscript.TestScript, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: emu %s JOBNAME", args[0])
	}
	for _, j := range p.server.Jobs() {
		if !strings.HasPrefix(j.Name, args[1]) {
			continue
		}
		var body map[string]any
		ts.Check(json.Unmarshal(j.Body, &body))
		if args[0] == "clone" {
			body["clonedFrom"] = j.ID
		}
		text, err := json.Marshal(body)
		ts.Check(err)
		var made struct{ ID string }
		ts.Check(json.Unmarshal(p.send(ts, http.MethodPost, "/api/v2/jobs/", text), &made))
		p.send(ts, http.MethodPost, "/api/v2/jobs/"+made.ID+"/submit/", nil)
		return
	}
	ts.Fatalf("emu %s: no job %s", args[0], args[1])
}

// send is a request of the person who owns the jobs.
func (p *platform) send(ts *testscript.TestScript, method, target string, body []byte) []byte {
	request, err := http.NewRequest(method, p.web.URL+target, bytes.NewReader(body))
	ts.Check(err)
	request.Header.Set("Content-Type", "application/json")
	return p.do(ts, request, activeKey)
}

// do sends a request of the account that has the key.
func (p *platform) do(ts *testscript.TestScript, request *http.Request, key string) []byte {
	request.Header.Set("Authorization", "Token "+key)
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	ts.Check(err)
	if response.StatusCode >= http.StatusBadRequest {
		ts.Fatalf("%s %s: %s", request.Method, request.URL.Path, response.Status)
	}
	return answer
}

// exitCode runs a program and checks the code that it exits with:
//
//	exitcode 3 rescale-apply validate -f bad.yaml
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N program [args...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		code = exited.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// copyDir copies a folder of the repository into the work folder, without what a
// person who tried it has left there:
//
//	cpdir examples/heat heat
func copyDir(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cpdir FROM TO")
	}
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(filepath.Join(ts.Getenv("ROOT"), args[0]))))
	for _, own := range []string{".rescale", "results"} {
		ts.Check(os.RemoveAll(filepath.Join(ts.MkAbs(args[1]), own)))
	}
}

// replace changes a text in a file, which must be there; \n is a new line:
//
//	replace job.yaml 'slots: 1' 'slots: 2'
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE OLD NEW")
	}
	file := ts.MkAbs(args[0])
	text, err := os.ReadFile(file)
	ts.Check(err)
	if !strings.Contains(string(text), args[1]) {
		ts.Fatalf("%s does not contain %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(file, []byte(strings.ReplaceAll(string(text), args[1], strings.ReplaceAll(args[2], `\n`, "\n"))), 0o644))
}
