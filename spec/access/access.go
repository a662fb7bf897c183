// Package access knows what the platform takes for SSH: types of keys, and networks. It
// knows no manifest.
package access

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"
)

// keyTypes returns the types of keys that the platform takes (rescale-api.md §6.1).
func keyTypes() []string {
	return []string{"ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"}
}

// KeyProblem returns why the platform would refuse a public key; empty when it would
// not.
func KeyProblem(key string) (why, hint string) {
	const example = "copy the line of a file such as id_ecdsa.pub"
	fields := strings.Fields(key)
	switch {
	case !utf8.ValidString(key):
		return "the public key is not UTF-8", "save it with the encoding UTF-8; often only the comment at its end is not"
	case strings.Contains(key, "PRIVATE KEY"):
		return "this is a private key, which must stay where it is", "give the public key, in the file beside it that ends in .pub"
	case strings.ContainsAny(key, "\r\n"):
		return "a public key is one line", example
	case len(fields) > 0 && strings.Contains(fields[0], "ed25519"):
		return "the platform refuses keys of type " + fields[0], "make one that it takes: ssh-keygen -t ecdsa -b 521"
	case len(fields) == 0 || !slices.Contains(keyTypes(), fields[0]):
		return "a public key begins with its type: " + strings.Join(keyTypes(), ", "), example
	case len(fields) < 2:
		return "the public key has only its type", example
	}
	if _, err := base64.StdEncoding.DecodeString(fields[1]); err != nil {
		return "the public key is not whole", example
	}
	return "", ""
}

// NetworkHint is empty for a network.
func NetworkHint(text string) string {
	if _, err := netip.ParsePrefix(text); err == nil {
		return ""
	}
	if address, err := netip.ParseAddr(text); err == nil {
		return fmt.Sprintf("for this address alone write %s/%d", address, address.BitLen())
	}
	if strings.Contains(text, ",") {
		return "write several networks as a list: [203.0.113.0/24, 198.51.100.0/24]"
	}
	return "a network is an address and how many of its bits count, such as 203.0.113.0/24"
}
