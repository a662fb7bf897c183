package sim_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/raced"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

const accountKey = "1111111111111111111111111111111111111111"

// newSetting makes the folders, in memory where there is such a disk, and reads the
// catalogs of the emulator.
func newSetting(t *testing.T) *setting {
	t.Helper()
	if raced.On {
		t.Skip("one thing happens at a time here, which the race detector does not see")
	}
	s := &setting{root: scratch.Dir(t, "sim"), dirty: make(map[string]bool), resolved: make(map[string]resolver.Result)}
	s.catalogs = readCatalogs(t)
	for version := 1; version <= 2; version++ {
		name := filepath.Join(s.dir(0), inputFile(version))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, fmt.Append(nil, "deck ", version), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// catalogs are what the resolver reads, once for all stories.
type catalogs struct {
	resolver.Platform // for what no story asks

	user      rescale.User
	analyses  []rescale.Analysis
	coreTypes []rescale.CoreType
}

// Me returns what was read.
func (c catalogs) Me(ctx context.Context) (rescale.User, error) { return c.user, ctx.Err() }

// Analyses returns what was read.
func (c catalogs) Analyses(ctx context.Context) ([]rescale.Analysis, error) {
	return c.analyses, ctx.Err()
}

// CoreTypes returns what was read.
func (c catalogs) CoreTypes(ctx context.Context) ([]rescale.CoreType, error) {
	return c.coreTypes, ctx.Err()
}

func openEmulator(t *testing.T) (*emulator.Server, *rescale.Client) {
	t.Helper()
	server, err := emulator.Open(emulator.Config{
		Dir: scratch.Dir(t, "sim"), Shell: "true", Env: []string{"PATH=" + os.Getenv("PATH")},
		Accounts: []emulator.Account{{Key: accountKey, Email: owner}},
	})
	if err != nil {
		t.Fatal(err)
	}
	client, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret(accountKey), Transport: server.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	return server, client
}

func readCatalogs(t *testing.T) (c catalogs) {
	t.Helper()
	server, client := openEmulator(t)
	defer server.Close()
	var err error
	if c.user, err = client.Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.analyses, err = client.Analyses(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.coreTypes, err = client.CoreTypes(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// remembered is how many manifests are kept resolved: a night of seeds has millions.
const remembered = 500

// resolve returns what a manifest comes to on a machine. It is the same each time, and
// YAML takes longer to read than all the rest of a story. The machines have the same
// inputs, and differ in their folders.
func (s *setting) resolve(ctx context.Context, m *machine, manifest Manifest, market Market) (resolver.Result, error) {
	text := fmt.Sprintf("# %+v\n%s", market, manifest.text())
	known, ok := s.resolved[text]
	if !ok {
		var err error
		if known, err = s.read(ctx, text, market); err != nil {
			return known, err
		}
		if len(s.resolved) == remembered {
			clear(s.resolved)
		}
		s.resolved[text] = known
	}
	known.Jobs = slices.Clone(known.Jobs)
	for i := range known.Jobs {
		known.Jobs[i].Dir, known.Jobs[i].Manifest = m.dir, filepath.Join(m.dir, "job.yaml")
	}
	return known, nil
}

func (s *setting) read(ctx context.Context, text string, market Market) (resolver.Result, error) {
	jobs, problems := spec.Load([]diag.Source{{Name: "job.yaml", Dir: s.dir(0), Text: []byte(text)}})
	if len(problems) > 0 {
		return resolver.Result{}, problems
	}
	resolved, problems, err := resolver.Resolve(ctx, jobs, s.catalogs.at(market), files.Reading{})
	if err == nil && len(problems) > 0 {
		err = problems
	}
	return resolved, err
}
