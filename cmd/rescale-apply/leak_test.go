package main

import (
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// canary is in every secret of the tests below, and in nothing else.
const canary = "C4NARY"

// leak is one try to get a secret of the machine into the output.
type leak struct {
	job   string            // lines of the manifest, behind those that each has
	files map[string]string // of the repository
	links map[string]string // of the repository
	args  []string          // instead of -f job.yaml
	whole bool              // job is the whole manifest
	owner bool              // who may run any manifest sees it: only a contained command does not
}

// leaks are known tries. OUTSIDE is a folder beside the repository, with the files key and
// table.csv.
func leaks() map[string]leak {
	table := func(path string) leak { return leak{job: "matrix: {csv: " + path + "}\n"} }
	deck := func(path string) leak {
		return leak{job: "inputs: [{path: " + path + ", template: true, as: deck.k}]\n"}
	}
	linked := func(l leak, target string) leak {
		l.links = map[string]string{"link": target}
		return l
	}
	row := table("OUTSIDE/table.csv")
	row.owner = true
	template := deck("OUTSIDE/plain")
	template.owner = true
	return map[string]leak{
		"a table that is a key":             table("OUTSIDE/key"),
		"a table by a link":                 linked(table("link"), "OUTSIDE/key"),
		"a table's cell as a job's name":    row,
		"a table of the environment":        table("/proc/self/environ"),
		"the environment by a link":         linked(table("link"), "/proc/self/environ"),
		"the environment by another root":   table("/proc/self/root/proc/self/environ"),
		"a table with a value of a field":   {job: "matrix: {csv: OUTSIDE/wide.csv}\npriority: ${{ matrix.p }}\n"},
		"a template of the environment":     deck("/proc/self/environ"),
		"a template by a link":              linked(deck("link"), "/proc/self/environ"),
		"a template that is a key":          template,
		"a reference in a template":         deck("OUTSIDE/reference"),
		"a reference in a linked template":  linked(deck("link"), "OUTSIDE/reference"),
		"a script":                          {job: "preProcess: {script: /proc/self/environ, command: env}\n"},
		"a public key":                      {job: "ssh: {publicKeyFile: OUTSIDE/key, cidr: 203.0.113.0/24}\n"},
		"a public key of a refused type":    {job: "ssh: {publicKeyFile: OUTSIDE/ed25519, cidr: 203.0.113.0/24}\n"},
		"a manifest by a link":              {links: map[string]string{"m.yaml": "OUTSIDE/key"}, args: []string{"-f", "m.yaml"}},
		"a manifest of the environment":     {links: map[string]string{"m.yaml": "/proc/self/environ"}, args: []string{"-f", "m.yaml"}},
		"a manifest by a link in a folder":  {links: map[string]string{"m.yaml": "OUTSIDE/key"}, args: []string{"-f", ".", "-R"}},
		"a manifest in a linked folder":     {links: map[string]string{"d": "/proc/self"}, args: []string{"-f", "d/environ"}},
		"variables of another place":        {args: []string{"-f", "job.yaml", "--var-file", "OUTSIDE/key"}},
		"variables by a link":               {links: map[string]string{"v": "OUTSIDE/key"}, args: []string{"-f", "job.yaml", "--var-file", "v"}},
		"an ignore file":                    {job: "inputs: [\"*.k\"]\n", links: map[string]string{".rescaleignore": "/proc/self/environ"}},
		"an ignore file that is a key":      {job: "inputs: [\"*.k\"]\n", links: map[string]string{".rescaleignore": "OUTSIDE/key"}},
		"names of secrets by a pattern":     {job: "inputs: [\"OUTSIDE/*/none\"]\n"},
		"a pattern of the system":           {job: "inputs: [\"/proc/*/environ\"]\n"},
		"a similar name":                    {job: "inputs: [OUTSIDE/name-of-C4NARx]\n"},
		"a link in a packed folder":         {job: "inputs: [{path: d, pack: d.tar.gz}]\n", links: map[string]string{"d/environ": "/proc/self/environ"}},
		"a folder by a link, packed":        {job: "inputs: [{path: d, pack: d.tar.gz}]\n", links: map[string]string{"d": "/proc/self"}},
		"the key in the manifest":           {job: "description: KEY\nbad: KEY\n"},
		"a variable with the key":           {job: "vars: {a: x}\npriority: ${{ vars.a }}\n", args: []string{"-f", "job.yaml", "--var", "a=KEY"}},
		"a text that is no YAML":            {whole: true, job: "version: 1\nname: [KEY\n"},
		"a template of the key":             {job: "inputs: [{path: t, template: true, as: x}]\n", files: map[string]string{"t": "KEY\n"}},
		"a name of a job":                   {job: "matrix: {a: [KEY]}\n"},
		"an address with a password":        {job: "bad: https://user:" + canary + "@example.com/\n"},
		"results in a folder of the system": {job: "outputs: {download: [a], to: /proc/self/environ}\n"},
	}
}

// TestNoWayToASecret tries every known way to get a secret into what is printed: without
// containment by whoever may write a manifest, and in a contained command altogether.
func TestNoWayToASecret(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are other links and no /proc")
	}
	web := httptest.NewServer(openServer(t, canary+activeKey, ""))
	t.Cleanup(web.Close)
	for name, try := range leaks() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := try.build(t)
			for _, verb := range [][]string{{"render"}, {"plan", "-o", "json"}, {"plan"}} {
				for _, contained := range []string{"", "--contained"} {
					if contained == "" && try.owner {
						continue
					}
					code, out := try.run(t, dir, web.URL, append(verb, strings.Fields(contained)...))
					if strings.Contains(out, canary) || strings.Contains(out, "panic") || code < 0 {
						t.Errorf("%s %s: exit code %d\n%s", verb, contained, code, out)
					}
					if contained != "" && try.owner && code != 3 {
						t.Errorf("%s: exit code %d, want 3\n%s", verb, code, out)
					}
				}
			}
		})
	}
}

// build makes the repository and the folder beside it.
func (l leak) build(t *testing.T) (repo string) {
	t.Helper()
	top := t.TempDir()
	repo, outside := filepath.Join(top, "repo"), filepath.Join(top, "outside")
	put := func(name, text string) {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(l.said(text, outside)), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"key": canary + "-0123456789\n" + canary + "\n", "plain": canary + "\n", "table.csv": "a\n" + canary + "\n",
		"wide.csv": "p\n" + canary + "\n", "reference": "x ${{ " + canary + " }} ${{ vars." + canary + " }} ${{\n",
		"ed25519": "ssh-ed25519-" + canary + " AAAA\n", "name-of-" + canary: "", "d/" + canary: "",
	} {
		put(filepath.Join(outside, name), text)
	}
	put(filepath.Join(repo, ".git", "HEAD"), "ref: refs/heads/main\n")
	put(filepath.Join(repo, ".git", "config"), "[core]\n")
	put(filepath.Join(repo, "deck.k"), "*KEYWORD\n")
	head := "version: 1\nname: leak\nnamespace: leaks\nanalysis: {code: user_included, version: \"0\"}\nhardware: {coreType: emerald, coresPerSlot: 1}\ncommand: \"true\"\n"
	if l.whole {
		head = ""
	}
	put(filepath.Join(repo, "job.yaml"), head+l.job)
	for name, text := range l.files {
		put(filepath.Join(repo, name), text)
	}
	for name, target := range l.links {
		link := filepath.Join(repo, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(l.said(target, outside), link)); err != nil {
			t.Fatal(err)
		}
	}
	return repo
}

func (leak) said(text, outside string) string {
	return strings.NewReplacer("OUTSIDE", outside, "KEY\n", canary+activeKey+"\n", "=KEY", "="+canary+activeKey, "[KEY", "["+canary+activeKey).Replace(text)
}

// run runs the program as a CI would, with secrets around.
func (l leak) run(t *testing.T, repo, url string, args []string) (code int, out string) {
	t.Helper()
	given := l.args
	if given == nil {
		given = []string{"-f", "job.yaml"}
	}
	for _, arg := range given {
		args = append(args, l.said(arg, filepath.Join(filepath.Dir(repo), "outside")))
	}
	cmd := exec.CommandContext(t.Context(), programName, args...)
	cmd.Dir = repo
	cmd.Env = append(os.Environ(), "RESCALE_API_URL="+url, "RESCALE_API_KEY="+canary+activeKey, "DEPLOY_TOKEN="+canary+"-of-the-ci", "HOME="+repo)
	text, err := cmd.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(text)
}
