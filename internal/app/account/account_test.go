package account_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/account"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
	"github.com/rescale-apply/rescale-apply/internal/golden"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/internal/scratch"
)

// platform has one account.
type platform struct {
	user      rescale.User
	workspace rescale.Workspace
	projects  []rescale.Project
	meErr     error
	placeErr  error
	billErr   error
}

func (p platform) BaseURL() string { return "https://eu.rescale.com" }

func (p platform) Me(ctx context.Context) (rescale.User, error) {
	return p.user, errors.Join(ctx.Err(), p.meErr)
}

func (p platform) Workspace(ctx context.Context) (rescale.Workspace, error) {
	return p.workspace, errors.Join(ctx.Err(), p.placeErr)
}

func (p platform) Projects(ctx context.Context) ([]rescale.Project, error) {
	return p.projects, errors.Join(ctx.Err(), p.billErr)
}

func ada() platform {
	return platform{
		user: rescale.User{
			Email: "ada@example.com", FullName: "Ada L.", MaxJobHours: 48, CompanyCode: "acme", CompanyName: "Acme Inc.",
			Projects: []rescale.Project{{ID: "pAero", Name: "Aero"}},
		},
		workspace: rescale.Workspace{ID: "04-040723682", Name: "Aerodynamics", CompanyCode: "acme"},
		projects: []rescale.Project{
			{ID: "pAero", Name: "Aero", Default: true, Remaining: []string{"All: My budget ($100.00 available)", "Members: (no budget)"}},
			{ID: "pCfd", Name: "pCfd"},
		},
	}
}

// TestBothForms compares text and JSON of what a platform says, and of one that says little.
func TestBothForms(t *testing.T) {
	t.Parallel()
	refusing := platform{user: rescale.User{Email: "bob@example.com", Projects: ada().user.Projects}}
	refusing.placeErr = &rescale.Error{Status: http.StatusNotFound}
	refusing.billErr = &rescale.Error{Status: http.StatusForbidden}
	for name, tc := range map[string]struct {
		platform platform
		keyFrom  string
	}{
		"whole":   {ada(), "profile aero in ~/.config/rescale/apiconfig"},
		"refused": {refusing, "RESCALE_API_KEY"},
		"little":  {platform{user: rescale.User{Email: "eve@example.com"}}, ""},
		"v3":      {platform{user: rescale.User{Email: "eve@example.com"}, workspace: rescale.Workspace{Name: "W", CompanyCode: "acme"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := account.Read(t.Context(), tc.platform, tc.keyFrom)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, name, a)
		})
	}
}

func compare(t *testing.T, name string, a account.Account) {
	t.Helper()
	var text, object bytes.Buffer
	a.Text(&text)
	if err := a.JSON(&object); err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, filepath.Join("testdata", name+".txt"), text.String())
	golden.Equal(t, filepath.Join("testdata", name+".json"), object.String())
}

func TestReadFails(t *testing.T) {
	t.Parallel()
	bad, outage := &rescale.Error{Status: http.StatusUnauthorized}, &rescale.Error{Status: http.StatusBadGateway}
	noKey, noPlace, noBill := ada(), ada(), ada()
	noKey.meErr, noPlace.placeErr, noBill.billErr = bad, outage, outage
	for name, tc := range map[string]struct {
		platform platform
		want     error
	}{"key": {noKey, bad}, "workspace": {noPlace, outage}, "projects": {noBill, outage}} {
		if _, err := account.Read(t.Context(), tc.platform, ""); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	got := []string{
		account.Line("ada@example.com", "https://eu.rescale.com", "aero"),
		account.Line("ada@example.com", "https://eu.rescale.com", ""),
	}
	want := []string{"as ada@example.com on https://eu.rescale.com, project aero", "as ada@example.com on https://eu.rescale.com"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAgainstTheEmulator reads what a client really decodes.
func TestAgainstTheEmulator(t *testing.T) {
	t.Parallel()
	server, err := emulator.Open(emulator.Config{Dir: scratch.Dir(t, "account"), Accounts: []emulator.Account{{
		Key: "k", Email: "ada@example.com", Name: "Ada", CompanyCode: "acme", MaxJobHours: 48,
		Projects: []emulator.Project{{ID: "pAero", Name: "Aero", Default: true}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	client, err := rescale.New(rescale.Config{BaseURL: "http://localhost", Key: rescale.NewSecret("k"), Transport: server.Transport(), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	a, err := account.Read(t.Context(), client, "a test")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "emulator", a)
}
