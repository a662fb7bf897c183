package access_test

import (
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/spec/access"
)

func TestKeyProblem(t *testing.T) {
	t.Parallel()
	const body = " AAAAB3NzaC1yc2EAAAADAQABAAAB"
	for key, want := range map[string]string{
		"ssh-rsa" + body: "", "ssh-dss" + body: "", "ecdsa-sha2-nistp256" + body: "", "ecdsa-sha2-nistp384" + body: "",
		"ecdsa-sha2-nistp521" + body + " ada@example.com on a laptop": "",
		"ssh-ed25519" + body:                  "the platform refuses keys of type ssh-ed25519",
		"sk-ssh-ed25519@openssh.com" + body:   "the platform refuses keys of type sk-ssh-ed25519@openssh.com",
		"ssh-rsa":                             "has only its type",
		"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAA": "is not whole",
		"":                                    "begins with its type",
		"rsa" + body:                          "begins with its type",
		"ssh-rsa" + body + "\nssh-rsa" + body: "is one line",
		"-----BEGIN RSA PRIVATE KEY-----\nA\n-----END RSA PRIVATE KEY-----": "is a private key",
	} {
		why, hint := access.KeyProblem(key)
		if want == "" && why != "" || !strings.Contains(why, want) || (why == "") != (hint == "") {
			t.Errorf("%q: %q, %q", key, why, hint)
		}
	}
}

func TestNetworkHint(t *testing.T) {
	t.Parallel()
	for network, want := range map[string]string{
		"203.0.113.0/24": "", "0.0.0.0/0": "", "2001:db8::/32": "",
		"203.0.113.7": "write 203.0.113.7/32", "2001:db8::1": "write 2001:db8::1/128", "10.0.0.0/8,11.0.0.0/8": "as a list",
		"203.0.113.0/33": "an address and how many", "": "an address and how many", "home": "an address and how many",
	} {
		if got := access.NetworkHint(network); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q", network, got)
		}
	}
}
