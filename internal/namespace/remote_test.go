package namespace

import (
	"strings"
	"testing"
)

// What differs between two clones of one repository does not make two addresses.
func TestAddressesOfOneRepository(t *testing.T) {
	t.Parallel()
	for want, remotes := range map[string][]string{
		"github.com/acme/sims": {
			"https://github.com/acme/sims", "https://github.com/acme/sims.git", "https://github.com/acme/sims.git/", "https://github.com/acme/sims//",
			"HTTPS://GitHub.COM/acme/sims", "http://github.com:8080/acme/sims.git", "https://github.com:443/acme/sims", "https://github.com./acme/sims",
			"https://ada@github.com/acme/sims", "https://ada:s3cret@github.com/acme/sims", "https://s3cret:x-oauth-basic@github.com/acme/sims.git",
			"git://github.com/acme/sims.git", "ssh://git@github.com/acme/sims.git", "ssh://git@github.com:22/acme/sims.git", "git+ssh://git@github.com/acme/sims",
			"git@github.com:acme/sims.git", "git@GITHUB.com:acme/sims", "git@github.com:/acme/sims.git", "github.com:acme/sims", "  git@github.com:acme/sims.git/\n",
			"[git@github.com:22]:acme/sims.git", "git@[github.com:22]:acme/sims.git", "ssh://git@github.com:acme/sims.git",
			"ssh://git@ssh.github.com:443/acme/sims.git", "https://github.com/acme%2Fsims.git", "persistent-https::https://github.com/acme/sims.git",
		},
		"gitlab.example.com/a/b/c": {"git@gitlab.example.com:a/b/c.git", "https://gitlab-ci-token:s3cret@gitlab.example.com/a/b/c.git"},
		"host/~ada/sims":           {"ssh://host/~ada/sims", "host:~ada/sims.git"},
		"host/Acme/My Sims":        {"https://host/Acme/My%20Sims", "git@host:Acme/My Sims.git"},
		"host/acme/sims@v2":        {"https://host/acme/sims@v2.git", "git@host:acme/sims@v2", "https://ada@host/acme/sims@v2"},
		"::1/acme/sims":            {"ssh://git@[::1]:22/acme/sims", "ssh://[::1]/acme/sims", "git@[::1]:acme/sims.git"},
		"dev.azure.com/org/p/sims": {"https://org@dev.azure.com/org/p/_git/sims", "git@ssh.dev.azure.com:v3/org/p/sims"},
		"server/share/sims":        {"file://server/share/sims.git", `\\server\share\sims.git`, `\\SERVER\share\sims`},
		"sims": {
			"/srv/git/sims.git", "/srv/git/sims/", "/home/ada/sims/.git", "../sims.git", "./sims", "sims.git", ".", "../../other/sims", "~/sims",
			"file:///srv/git/sims.git", "file://localhost/srv/git/sims", "file:///C:/git/sims.git", "file://C:/git/sims", "FILE:///srv/my%20disk/sims",
			`C:\git\sims.git`, `C:\git\sims\`, "C:/git/sims", "c:/git/sims.git/", "/srv/a:b/sims", "./a:b/sims",
		},
		"": {"", " ", "/", "https://", "file:///"},
	} {
		for _, remote := range remotes {
			if got := address(remote, "/work/sims"); got != want {
				t.Errorf("address of %q\n got %q\nwant %q", remote, got, want)
			}
		}
	}
}

// Whatever people paste together: what stands before the last @ is no address.
func TestNoSecretIsPartOfAnAddress(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"s3cret", "s3/cret", "s3?cret", "s3#cret", "s3@cret", "s3:cret", "s3@cr/et", "s3%2Fcret", "s3+cret=", "//s3cret"} {
		for _, form := range []string{
			"https://ada:SECRET@github.com/acme/sims.git", "https://:SECRET@github.com/acme/sims", "https://ada:SECRET@github.com:8443/acme/sims.git/",
			"https://github.com/acme/sims.git?private_token=SECRET", "https://github.com/acme/sims#SECRET",
			"ada:SECRET@github.com:acme/sims", "ada:SECRET@github.com/acme/sims",
		} {
			remote := strings.Replace(form, "SECRET", secret, 1)
			if strings.ContainsAny(form, "?#") && strings.Contains(secret, "@") {
				continue // nobody can tell what is what
			}
			if got := address(remote, "/work/sims"); got != "github.com/acme/sims" {
				t.Errorf("address of %q is %q", remote, got)
			}
		}
	}
}
