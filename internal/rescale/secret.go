package rescale

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
)

const redacted = "[redacted]"

// Secret holds a key that must not be seen. However it is printed or marshalled,
// also inside another struct, only "[redacted]" or an address appears. The zero
// Secret is no key.
type Secret struct {
	// A pointer, because fmt prints the fields of unexported struct members
	// without asking their methods, but stops at a pointer.
	text *string
}

// NewSecret hides s. An empty s gives the zero Secret.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{text: &s}
}

// IsZero tells that there is no key.
func (s Secret) IsZero() bool { return s.text == nil }

// String hides the key.
func (s Secret) String() string { return redacted }

// GoString hides the key from %#v.
func (s Secret) GoString() string { return redacted }

// Format hides the key from every verb, %x and %d too.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalJSON hides the key.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// MarshalText hides the key from encoders that know no JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func (s Secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// authorization is the header value for the key. A session JWT has three parts
// and starts with an encoded "{" (rescale-api.md §1.2).
func (s Secret) authorization() string {
	key := s.reveal()
	if strings.HasPrefix(key, "ey") && strings.Count(key, ".") == 2 {
		return "Bearer " + key
	}
	return "Token " + key
}

// shortestSecret keeps a toy key such as "key" from turning every message about
// keys into [redacted]. Keys of the platform have 40 characters.
const shortestSecret = 8

// What error bodies and transport errors are known to quote (rescale-api.md §2.5).
var (
	signedQuery   = regexp.MustCompile(`(?i)(https?://[^\s"'<>?]*)\?[^\s"'<>]*`)
	urlPassword   = regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://)[^\s"'<>/@]*@`)
	loosePassword = regexp.MustCompile(`[^\s"'<>/@:]+:[^\s"'<>/@]+@`)
	encryptionKey = regexp.MustCompile(`(?i)(encodedEncryptionKey["']?\s*[:=]\s*["']?)[^\s"',}]+`)
	authScheme    = regexp.MustCompile(`\b(Token|Bearer|Basic) [A-Za-z0-9._~+/=-]{8,}`)
)

// redact makes foreign text fit to be shown: without the key and other secrets,
// and without control characters that could drive a terminal.
func redact(text string, key Secret) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if k := key.reveal(); len(k) >= shortestSecret {
		text = strings.ReplaceAll(text, k, redacted)
	}
	text = urlPassword.ReplaceAllString(text, "${1}"+redacted+"@")
	text = loosePassword.ReplaceAllString(text, redacted+"@")
	text = signedQuery.ReplaceAllString(text, "${1}?"+redacted)
	text = encryptionKey.ReplaceAllString(text, "${1}"+redacted)
	return authScheme.ReplaceAllString(text, "${1} "+redacted)
}

// cleanURL is a configured URL, fit to be shown in an error.
func cleanURL(raw string) string { return shorten(redact(raw, Secret{}), 200) }

// shorten cuts text to n characters, and says so.
func shorten(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n]) + "…"
}
