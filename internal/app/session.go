package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/local"
	"github.com/rescale-apply/rescale-apply/internal/app/login"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/spec"
)

// session is a manifest that passed every offline check, and the platform it
// is meant for.
type session struct {
	manifest
	platform *rescale.Client
	url      string
	local    *local.Platform // nil unless --local
	account  string          // state identity of the platform: its URL, or "local"
	state    string          // path of the state file
	resolved resolver.Result
}

// manifest is what the user wrote.
type manifest struct {
	sources []diag.Source
	jobs    []spec.Job
}

// load reads and checks the manifests; problems are printed here, with their
// source lines.
func (t *tool) load(c *cli.Context) (manifest, error) {
	m, err := t.read(c)
	if err != nil {
		return m, err
	}
	jobs, problems := spec.Load(m.sources)
	if len(problems) > 0 {
		return m, t.problems(c, m.sources, problems)
	}
	m.jobs, err = targets(jobs, c.StringSlice("target"))
	return m, err
}

func (t *tool) read(c *cli.Context) (manifest, error) {
	names := c.StringSlice("filename")
	if len(names) == 0 {
		return manifest{}, cmdline.Usage("no manifest given", fmt.Sprintf("rescale-apply %s -f job.yaml", c.Command.Name))
	}
	var m manifest
	for _, name := range names {
		source, err := t.source(name)
		if err != nil {
			return m, err
		}
		m.sources = append(m.sources, source)
	}
	return m, nil
}

// source reads one manifest, but never more of it than the limit and one byte:
// the parser refuses a longer one by its length.
func (t *tool) source(name string) (diag.Source, error) {
	if name == "-" {
		text, err := io.ReadAll(io.LimitReader(t.Stdin, yamlsrc.MaxBytes+1))
		return diag.Source{Name: "<stdin>", Dir: ".", Text: text}, err
	}
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return diag.Source{}, cmdline.Usage(fmt.Sprintf("no manifest %s", name), nearbyManifests(name))
	}
	if err == nil && info.IsDir() {
		return diag.Source{}, cmdline.Usage(fmt.Sprintf("%s is a folder, not a manifest", name), nearbyManifests(filepath.Join(name, "job.yaml")))
	}
	file, err := os.Open(name)
	if err != nil {
		return diag.Source{}, fmt.Errorf("reading manifest %s: %w", name, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, yamlsrc.MaxBytes+1))
	return diag.Source{Name: name, Dir: filepath.Dir(name), Text: text}, err
}

// nearbyManifests suggests the YAML files that are there.
func nearbyManifests(name string) string {
	found, err := filepath.Glob(filepath.Join(filepath.Dir(name), "*.y*ml"))
	if err != nil || len(found) == 0 {
		return ""
	}
	return diag.DidYouMean(name, found)
}

// targets keeps the jobs that were asked for.
func targets(jobs []spec.Job, wanted []string) ([]spec.Job, error) {
	if len(wanted) == 0 {
		return jobs, nil
	}
	if err := knownJobs(jobs, wanted, "--target"); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(jobs, func(j spec.Job) bool { return !slices.Contains(wanted, j.Name.V) }), nil
}

// knownJobs refuses names that the manifest does not have.
func knownJobs(jobs []spec.Job, wanted []string, flag string) error {
	var names []string
	for _, job := range jobs {
		names = append(names, job.Name.V)
	}
	for _, name := range wanted {
		if !slices.Contains(names, name) {
			return cmdline.Usage(fmt.Sprintf("%s %s: the manifest has no such job", flag, name), diag.DidYouMean(name, names))
		}
	}
	return nil
}

// problems prints what is wrong with the manifest, and gives it as the error
// that ends the command.
func (t *tool) problems(c *cli.Context, sources []diag.Source, list diag.List) error {
	printer := diag.Printer{Sources: sources, Color: t.Screen.Stderr && t.colors(c)}
	printer.Print(t.Stderr, list)
	noun := "problem"
	if len(list) > 1 {
		noun = "problems"
	}
	fmt.Fprintf(t.Stderr, "%s: %d %s, nothing was uploaded or started\n", programName, len(list), noun)
	return list
}

// open connects a checked manifest with its platform. Nothing is sent yet.
func (t *tool) open(c *cli.Context) (*session, error) {
	m, err := t.load(c)
	if err != nil {
		return nil, err
	}
	s := &session{manifest: m}
	if err := t.connect(c, s); err != nil {
		return nil, err
	}
	s.state = c.String("state")
	if s.state == "" {
		s.state = defaultState(m.sources[0], s.local != nil)
	}
	return s, nil
}

// folder is where state and the local platform live: beside the manifest.
func folder(source diag.Source, isLocal bool) string {
	dir := filepath.Join(source.Dir, ".rescale")
	if isLocal {
		dir = filepath.Join(dir, "local")
	}
	return dir
}

func defaultState(source diag.Source, isLocal bool) string {
	base := filepath.Base(source.Name)
	if source.Name == "<stdin>" {
		base = "stdin"
	}
	return filepath.Join(folder(source, isLocal), base+".state.jsonl")
}

// connect chooses the platform: the embedded one, or the one of the login.
func (t *tool) connect(c *cli.Context, s *session) error {
	found := login.Login{}
	if c.Bool("local") {
		platform, err := local.Open(c.Context, filepath.Join(folder(s.sources[0], true), "platform"), t.Environ)
		if err != nil {
			return err
		}
		s.local, s.account = platform, "local"
		found.URL, found.Key = platform.URL, platform.Key
	} else {
		var err error
		found, err = login.Find(login.Wishes{
			Profile: c.String("profile"), URL: c.String("api-url"), TokenFile: c.String("token-file"),
		}, t.Getenv)
		if err != nil {
			return err
		}
		s.account = found.URL
	}
	s.url = found.URL
	config := rescale.Config{BaseURL: found.URL, Key: rescale.NewSecret(found.Key), UserAgent: programName + "/" + Version()}
	if c.Bool("verbose") {
		config.Transport = &chatty{next: rescale.NewTransport(), out: t.Stderr}
	}
	config.ReadOnly = readOnly(c)
	var err error
	if s.platform, err = rescale.New(config); err != nil {
		return errors.Join(err, s.close())
	}
	return nil
}

// readOnly tells that the command must not change anything: the client then
// refuses to send anything but GET.
func readOnly(c *cli.Context) bool { return c.Command.Name != "apply" }

func (s *session) close() error {
	if s.local == nil {
		return nil
	}
	return s.local.Close()
}

// resolve checks the jobs against the catalogs and the disk.
func (t *tool) resolve(c *cli.Context, s *session) error {
	resolved, problems, err := resolver.Resolve(c.Context, s.jobs, s.platform)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return t.problems(c, s.sources, problems)
	}
	s.resolved = resolved
	return nil
}

// identity is what the state file belongs to.
func (s *session) identity() state.Identity {
	return state.Identity{Tool: programName + " " + Version(), Platform: s.account, Account: s.resolved.User.Email}
}

// interval is how often to ask for the state of jobs.
func (s *session) interval(c *cli.Context) time.Duration {
	switch {
	case c.IsSet("poll-interval"):
		return c.Duration("poll-interval")
	case s.platform.Local():
		return localInterval
	}
	return defaultInterval
}

// withTimeout bounds ctx by --timeout; 0 means no bound.
func withTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, limit, errTimeout)
}
