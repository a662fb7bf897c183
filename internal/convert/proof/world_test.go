package proof_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/manifest"
	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// sent is a create body as the formats map it, with the names of what lands in the work
// folder in place of the ids of uploads. Priority is what the two fields of it mean.
type sent struct {
	Name, Project, Priority string
	Tags                    []string
	Fields                  map[string]any
	CIDR, Key               string
	Port                    int
	Automations             []string
	Cluster, Description    string
	Extra                   map[string]any
	Tiles                   []sentTile
}

// sentTile is one analysis. Inputs are "id AbC", "file a.inp", or what an archive holds;
// "packed " stands before those that the platform does not unpack.
type sentTile struct {
	Code, Version, Command, CoreType string
	Cores, Slots, Walltime           int
	Env                              map[string]string
	Inputs                           []string
	Rescale                          bool
	Seller                           string
	Features                         []string
	Extra                            map[string]any
}

// newest is the version of all software that a job gets which asks for none.
const newest = "newest"

// catalog has all software and hardware that the jobs ask for. What else a platform is
// asked, no job here has a reason to ask.
type catalog struct {
	resolver.Platform
	jobs []spec.Job
}

func (catalog) Me(ctx context.Context) (rescale.User, error) {
	return rescale.User{Email: "ada@example.com", CompanyCode: "acme"}, ctx.Err()
}

func (c catalog) Projects(ctx context.Context) ([]rescale.Project, error) {
	var all []rescale.Project
	for _, job := range c.jobs {
		if job.Project.Written() {
			all = append(all, rescale.Project{ID: job.Project.V, Name: job.Project.V})
		}
	}
	return slices.CompactFunc(all, func(a, b rescale.Project) bool { return a.ID == b.ID }), ctx.Err()
}

func (c catalog) Analyses(ctx context.Context) ([]rescale.Analysis, error) {
	versions := make(map[string][]rescale.Version)
	for _, job := range c.jobs {
		for _, tile := range job.Tiles {
			version := cmp.Or(tile.Analysis.Version.V, newest)
			versions[tile.Analysis.Code.V] = append(versions[tile.Analysis.Code.V], rescale.Version{Version: version, VersionCode: version})
		}
	}
	var all []rescale.Analysis
	for code, list := range versions {
		list = append([]rescale.Version{{Version: newest, VersionCode: newest}}, list...)
		all = append(all, rescale.Analysis{Code: code, Name: code, HasRescaleLicense: true, Versions: list})
	}
	return all, ctx.Err()
}

func (c catalog) CoreTypes(ctx context.Context) ([]rescale.CoreType, error) {
	all := make(map[string]rescale.CoreType)
	for _, job := range c.jobs {
		for _, tile := range job.Tiles {
			code := tile.Hardware.CoreType.V
			all[code] = rescale.CoreType{Code: code, Name: code, Active: true, Price: 1}
		}
	}
	return slices.Collect(maps.Values(all)), ctx.Err()
}

func (catalog) ComputePrices(ctx context.Context) ([]rescale.Price, error) { return nil, ctx.Err() }

// Cluster is up, and says no more of itself.
func (catalog) Cluster(ctx context.Context, id string) (rescale.Cluster, error) {
	return rescale.Cluster{ID: id, Status: "Started"}, ctx.Err()
}

func (catalog) File(ctx context.Context, id string) (rescale.File, error) {
	return rescale.File{ID: id, Name: "stored-" + id, Complete: true}, ctx.Err()
}

// written is a manifest with its tables in a folder.
type written struct {
	dir  string
	text manifest.Text
}

// write converts a file twice, and fails unless both texts are the same bytes and are a
// manifest without problems and warnings.
func write(t *testing.T, read convert.Reader, file string, text []byte) written {
	t.Helper()
	found := mustRead(t, read, file, text)
	place := manifest.Place{Source: found.From, Table: "job.csv"}
	w := written{dir: filepath.Join(t.TempDir(), "work"), text: manifest.Write(found.Jobs, place)}
	again := manifest.Write(mustRead(t, read, file, text).Jobs, place)
	if string(again.YAML) != string(w.text.YAML) || fmt.Sprint(again.Tables) != fmt.Sprint(w.text.Tables) {
		t.Errorf("converted twice, the texts differ:\n%s\n%s", w.text.YAML, again.YAML)
	}
	for _, table := range w.text.Tables {
		put(t, w.dir, table.Name, string(table.CSV))
	}
	return w
}

func mustRead(t *testing.T, read convert.Reader, file string, text []byte) convert.Found {
	t.Helper()
	found, err := read(file, text)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return found
}

// put writes a file below a folder.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(_, name string) (diag.Source, error) {
	text, err := os.ReadFile(name)
	return diag.Source{Name: filepath.Base(name), Text: text}, err
}

// load is what validate does with the text.
func (w written) load(t *testing.T) []spec.Job {
	t.Helper()
	jobs, problems := spec.Loader{Open: open}.Load([]diag.Source{{Name: "job.yaml", Dir: w.dir, Text: w.text.YAML}})
	for _, job := range jobs {
		problems = append(problems, job.Warnings...)
	}
	if len(problems) > 0 {
		t.Fatalf("the manifest is not clean: %v\n%s", problems, w.text.YAML)
	}
	return jobs
}

// sends returns the bodies that an apply sends, by name.
func (w written) sends(t *testing.T) []sent {
	t.Helper()
	jobs := w.load(t)
	resolved, problems, err := resolver.Resolve(t.Context(), jobs, catalog{jobs: jobs}, files.Reading{})
	if err != nil || len(problems) > 0 {
		t.Fatalf("the manifest cannot be applied: %v %v\n%s", err, problems, w.text.YAML)
	}
	var all []sent
	for _, job := range resolved.Jobs {
		all = append(all, body(job))
	}
	return sorted(all)
}

func sorted(all []sent) []sent {
	slices.SortStableFunc(all, func(a, b sent) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	return all
}

// body is what the executor would send for a job.
func body(job resolver.Job) sent {
	r := job.Request
	s := sent{Name: r.Name, Project: r.ProjectID, Tags: job.Tags, Fields: job.Fields, Key: r.PublicKey, Port: r.SSHPort, Cluster: r.ClusterID, Description: r.Description, Extra: r.Extra}
	s.Priority = map[string]string{"INSTANT false": "on demand", "ON_DEMAND true": "economy", "RESERVED false": "reserved"}[fmt.Sprint(r.BillingPriorityValue, " ", r.IsLowPriority)]
	if r.CIDRRule != nil {
		s.CIDR = *r.CIDRRule
	}
	for _, a := range r.Automations {
		s.Automations = append(s.Automations, a.Automation.ID)
	}
	for i, a := range r.JobAnalyses {
		tile := sentTile{
			Code: a.Analysis.Code, Version: a.Analysis.Version, Command: a.Command, CoreType: a.Hardware.CoreType,
			Cores: a.Hardware.CoresPerSlot, Slots: a.Hardware.Slots, Walltime: a.Hardware.Walltime,
			Env: a.EnvVars, Rescale: a.UseRescaleLicense, Extra: a.Extra, Inputs: landing(job.Inputs, i),
		}
		if a.OnDemandLicenseSeller != nil {
			tile.Seller = a.OnDemandLicenseSeller.Code
		}
		if a.UserDefinedLicenseSettings != nil {
			for _, set := range a.UserDefinedLicenseSettings.FeatureSets {
				for _, f := range set.Features {
					tile.Features = append(tile.Features, fmt.Sprintf("%s: %s %d", set.Name, f.Name, f.Count))
				}
			}
		}
		s.Tiles = append(s.Tiles, tile)
	}
	return s
}

// landing tells what of the inputs a tile gets.
func landing(inputs []files.Input, tile int) []string {
	var all []string
	for _, in := range inputs {
		before := ""
		if !in.Decompress {
			before = "packed "
		}
		switch {
		case in.Tile != tile:
		case in.ID != "":
			all = append(all, before+"id "+in.ID)
		case in.Archive != nil:
			var names []string
			for _, f := range in.Archive.Files {
				names = append(names, f.Name)
			}
			all = append(all, before+strings.Join(names, " "))
		default:
			all = append(all, before+"file "+in.Name)
		}
	}
	slices.Sort(all)
	return all
}
