package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/rescale-apply/rescale-apply/executor/planner"
	"github.com/rescale-apply/rescale-apply/internal/app/cmdline"
	"github.com/rescale-apply/rescale-apply/internal/app/local"
	"github.com/rescale-apply/rescale-apply/internal/app/login"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/content/hashcache"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/state"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// session is a manifest that passed every offline check, and the platform it
// is meant for.
type session struct {
	manifest
	platform  *rescale.Client
	keySource string            // where the key came from
	local     *local.Platform   // nil unless --local
	account   string            // state identity of the platform: its URL, or local:ID
	stateOf   map[string]string // path of the state file, by job name
	secrets   map[string]rescale.Secret
	resolved  resolver.Result
	notices   *notices
}

// session checks the manifest, connects it with its platform and does the work
// of one verb on it. Nothing is sent before the work begins.
func (t *tool) session(c *cli.Context, work func(*session) error) (err error) {
	m, err := t.load(c)
	if err != nil {
		return err
	}
	if _, err := m.wishes(c); err != nil {
		return err // before anything is asked
	}
	s := &session{manifest: m, stateOf: make(map[string]string), notices: &notices{showing: t.plainly()}}
	ofFile := make(map[string]string)
	for _, job := range m.jobs {
		path, known := ofFile[job.File]
		if !known {
			path = m.statePath(c, m.source(job.File))
			ofFile[job.File] = path
		}
		s.stateOf[job.Name.V] = path
	}
	unfit := s.readSecrets(t.Getenv)
	t.hide(append(secretsOf(t.Env), slices.Collect(maps.Values(s.secrets))...))
	if len(unfit) > 0 && !readOnly(c) {
		return t.problems(c, m, unfit)
	}
	if err := t.nameSpaces(c.Context, m); err != nil {
		return err
	}
	if err := t.connect(c, s); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return work(s)
}

// readSecrets takes the values of secrets out of the environment, which nobody
// does afterwards, and gives those that are missing or cannot be sent as they are.
// Commands that only look do without: a plan may be made where there are none.
func (s *session) readSecrets(getenv func(string) string) (unfit diag.List) {
	s.secrets = make(map[string]rescale.Secret)
	var problems diag.Gathering
	for _, job := range s.jobs {
		var own diag.List
		for _, name := range job.Secrets {
			value := getenv(name.V)
			switch {
			case value == "":
				own.Add(name.Pos, diag.MissingSecret, "export "+name.V+"=…, or pass it as a secret of your CI; its value stands in no file",
					"secret %s is not set in the environment", name.V)
				continue
			case !utf8.ValidString(value):
				own.Add(name.Pos, diag.NotText, "export it in UTF-8; bytes that are no text fit into base64, which the command decodes",
					"secret %s is not UTF-8, and the job would get another value", name.V)
			}
			s.secrets[name.V] = rescale.NewSecret(value)
		}
		problems.Add(own)
	}
	return problems.List().Sort()
}

// statePath is where the state of a manifest is: beside it, so that there is one
// whatever is given with it, unless --state or --local say something else.
func (m manifest) statePath(c *cli.Context, source diag.Source) string {
	switch given := c.String("state"); {
	case given != "":
		return given
	case c.Bool("local"):
		return m.localState(source)
	}
	manifest := realManifest(source)
	return filepath.Join(filepath.Dir(manifest), stateFolder, filepath.Base(manifest)+stateSuffix)
}

// localFolder is where the local platform of an apply is, and beside it the state
// of every manifest that it ran: job ids mean something there only. Without a manifest
// it is that of the current folder.
func (m manifest) localFolder() string {
	if len(m.sources) == 0 {
		return filepath.Join(realPath("."), stateFolder, "local")
	}
	return filepath.Join(filepath.Dir(realManifest(m.sources[0])), stateFolder, "local")
}

func (m manifest) localState(source diag.Source) string {
	manifest := realManifest(source)
	name, err := filepath.Rel(filepath.Dir(realManifest(m.sources[0])), manifest)
	if err != nil {
		name = manifest
	}
	flat := strings.NewReplacer("/", "+", ":", "+").Replace(filepath.ToSlash(name))
	return filepath.Join(m.localFolder(), flat+stateSuffix)
}

// stateFolder is where state and the local platform live, beside the manifest.
const (
	stateFolder = ".rescale"
	stateSuffix = ".state.jsonl"
)

// realPath is absolute and free of links, as far as the path is there.
func realPath(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target
	}
	return path
}

// connect chooses the platform: the embedded one, or the one of the login.
func (t *tool) connect(c *cli.Context, s *session) (err error) {
	var found login.Login
	if c.Bool("local") {
		if err := onlyLocal(c); err != nil {
			return err
		}
		found, err = t.embed(c, s)
	} else {
		found, err = t.login(c)
	}
	if err != nil {
		return err
	}
	s.keySource = found.Source
	config := rescale.Config{
		BaseURL: found.URL, Key: rescale.NewSecret(found.Key), UserAgent: programName + "/" + Version(),
		ReadOnly: readOnly(c), OnRetry: s.retrying, OnWait: s.waiting, Hide: slices.Collect(maps.Values(s.secrets)),
		Transport: rescale.NewTransport(login.Proxy(t.Getenv)),
	}
	if c.Bool("verbose") {
		config.Transport = &chatty{next: config.Transport, tell: s.notices.line}
	}
	if s.platform, err = rescale.New(config); err != nil {
		return errors.Join(err, s.close())
	}
	if s.account == "" {
		s.account = s.platform.BaseURL()
	}
	return nil
}

// onlyLocal refuses flags that name another platform beside --local: one of the
// two would silently be left out.
func onlyLocal(c *cli.Context) error {
	for _, flag := range []string{"profile", "api-url", "token-file"} {
		if c.IsSet(flag) {
			return cmdline.Usage(fmt.Sprintf("--local and --%s exclude each other", flag),
				"--local is a platform of its own, on this machine: leave one of the two out")
		}
	}
	return nil
}

// embed opens the local platform beside the manifest.
func (t *tool) embed(c *cli.Context, s *session) (login.Login, error) {
	dir := filepath.Join(s.localFolder(), "platform")
	var err error
	if readOnly(c) {
		s.local, err = local.Visit(c.Context, dir, t.Environ)
	} else {
		s.local, err = local.Own(c.Context, dir, t.Environ, func() {
			fmt.Fprintln(t.Stderr, "another command is using the local platform here; waiting for its end")
		})
	}
	if err != nil {
		return login.Login{}, err
	}
	s.account = s.local.Identity()
	return login.Login{URL: s.local.URL, Key: s.local.Key}, nil
}

func (t *tool) login(c *cli.Context) (login.Login, error) {
	for _, flag := range []string{"profile", "api-url", "token-file"} {
		if c.IsSet(flag) && strings.TrimSpace(c.String(flag)) == "" {
			return login.Login{}, cmdline.Usage("--"+flag+" has no value", "leave it out, or look whether the variable is set that was to fill it")
		}
	}
	found, err := login.Find(login.Wishes{
		Profile: c.String("profile"), URL: c.String("api-url"), TokenFile: c.String("token-file"),
	}, t.Getenv)
	if err != nil {
		return found, err
	}
	if len(found.Unused) > 0 {
		fmt.Fprintf(t.Stderr, "notice: --profile %s names a key and its address; not used: %s\n", c.String("profile"), strings.Join(found.Unused, ", "))
	}
	return found, login.CheckProxy(found.URL, t.Getenv)
}

// readOnly tells that the command must not change anything: the client then
// refuses to send anything but GET.
func readOnly(c *cli.Context) bool { return c.Command.Name != "apply" }

func (s *session) close() error {
	if s.platform != nil {
		s.platform.Close()
	}
	if s.local == nil {
		return nil
	}
	return s.local.Close()
}

// resolved resolves with what is remembered of digests, and shows long hashing.
func (t *tool) resolved(ctx context.Context, s *session) (resolver.Result, diag.List, error) {
	memory := hashcache.Open(s.hashPaths()...)
	defer s.keep(memory)
	reading := &show.Reading{Out: t.Stderr, Live: t.Screen.Stderr && t.animated(), Size: t.Screen.Size, Ours: t.Screen.Foreground}
	s.notices.through(showing{reading.Note, reading.Print})
	defer s.notices.through(t.plainly())
	defer reading.Close()
	return resolver.Resolve(ctx, s.jobs, s.platform, files.Reading{Memory: memory, Tell: reading.Tell, Given: s.given, Contained: s.contained, Notice: t.remarks()})
}

// resolve checks the jobs against the catalogs and the disk.
func (t *tool) resolve(c *cli.Context, s *session) error {
	resolved, problems, err := t.resolved(c.Context, s)
	if err != nil {
		return s.refused(err)
	}
	if len(problems) > 0 {
		return t.problems(c, s.manifest, problems)
	}
	s.resolved = resolved
	t.slips(s.manifest)
	return nil
}

// identity is what the state file belongs to.
func (s *session) identity() state.Identity {
	return state.Identity{Tool: programName + " " + Version(), Platform: s.account, Account: s.resolved.User.Email}
}

// recall gives what the journal and the platform know of the runs of the jobs, without
// resolving the manifest: verbs that look back know the jobs by name.
func (s *session) recall(ctx context.Context) (planner.Observation, state.Snapshot, error) {
	var err error
	if s.resolved.User, err = s.platform.Me(ctx); err != nil {
		return planner.Observation{}, state.Snapshot{}, s.refused(fmt.Errorf("asking the platform for your account: %w", err))
	}
	snapshot, err := s.readJournals()
	if err != nil {
		return planner.Observation{}, snapshot, err
	}
	return planner.Recollect(ctx, s.platform, s.resolved.User.Email, named(s.jobs), snapshot)
}

// named are jobs as far as verbs that look back must know them.
func named(jobs []spec.Job) (list []resolver.Job) {
	for _, job := range jobs {
		list = append(list, resolver.Job{Name: job.Name.V, Namespace: job.Namespace.V, Success: job.Success})
	}
	return list
}

// refused adds to an error about the key where that key came from: people have
// more than one.
func (s *session) refused(err error) error {
	if !rescale.IsAuth(err) || s.keySource == "" {
		return err
	}
	return &keyError{err, s.keySource}
}

// keyError is an error about the key, with its source.
type keyError struct {
	error
	source string
}

// Unwrap gives the platform's refusal.
func (e *keyError) Unwrap() error { return e.error }

// Hint tells where the key came from.
func (e *keyError) Hint() string { return "the key was taken from " + e.source }

// hashPaths is where digests of input files are remembered: beside the state of
// each manifest.
func (s *session) hashPaths() []string {
	var paths []string
	for _, source := range s.sources {
		paths = append(paths, filepath.Join(filepath.Dir(realManifest(source)), stateFolder, "hashes"))
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// keep remembers digests for the next command, also when this one was stopped
// while it hashed. Where that is not possible the next one hashes again.
func (s *session) keep(memory *hashcache.Cache) {
	if memory.Save() != nil {
		return
	}
	for _, path := range s.hashPaths() {
		_ = hide(filepath.Dir(path)) // it may not be there, as nothing was worth remembering
	}
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
