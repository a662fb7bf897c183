package rescale

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
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

// IsZero reports whether there is no key.
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

// What error bodies and transport errors are known to quote (rescale-api.md §2.5).
var (
	signedQuery   = regexp.MustCompile(`(?i)(https?://[^\s"'<>?]*)\?[^\s"'<>]*`)
	urlPassword   = regexp.MustCompile(`(?i)([a-z][a-z0-9+.-]*://)[^\s"'<>/@]*@`)
	loosePassword = regexp.MustCompile(`[^\s"'<>/@:]+:[^\s"'<>/@]+@`)
	encryptionKey = regexp.MustCompile(`(?i)(encodedEncryptionKey["']?\s*[:=]\s*["']?)[^\s"',}]+`)
	authScheme    = regexp.MustCompile(`\b(Token|Bearer|Basic) [A-Za-z0-9._~+/=-]{8,}`)
)

// veil hides secrets in foreign text: a platform that refuses a body may quote it.
// A veil must not show what it hides when it is printed, so that it is a function.
type veil struct{ hide func(string) string }

// Below these lengths a secret would blot out half of a message: a toy key such as
// "key" every word about keys, and a password of two digits every number.
const (
	shortestKey    = 8 // those of the platform have 40
	shortestInside = 4
	shortestLine   = 8 // of a secret of several lines
)

// newVeil hides the key, and what else is secret.
func newVeil(key Secret, others []Secret) veil {
	var forms, words []string
	if k := key.reveal(); len(k) >= shortestKey {
		forms = append(forms, k)
	}
	for _, s := range others {
		text := s.reveal()
		switch {
		case strings.TrimSpace(text) == "":
		case len(text) < shortestInside:
			words = append(words, wholeWord(text))
		default:
			forms = append(forms, quotations(text)...)
		}
	}
	// Of two that begin alike the longer one has to go first.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range forms {
		pairs = append(pairs, form, redacted)
	}
	inside := strings.NewReplacer(pairs...)
	if len(words) == 0 {
		return veil{inside.Replace}
	}
	whole := regexp.MustCompile(strings.Join(words, "|"))
	return veil{func(text string) string { return whole.ReplaceAllString(inside.Replace(text), redacted) }}
}

// wholeWord is a pattern for a short secret where it does not stand inside of a word.
// What is no UTF-8 in it matches any such bytes: a pattern can hold none.
func wholeWord(secret string) string {
	quoted := regexp.QuoteMeta(strings.ToValidUTF8(secret, "\uFFFD"))
	quoted = strings.ReplaceAll(quoted, "\uFFFD", "\uFFFD+")
	if isWord(secret[0]) {
		quoted = `\b` + quoted
	}
	if isWord(secret[len(secret)-1]) {
		quoted += `\b`
	}
	return quoted
}

// isWord tells the characters between which a pattern sees no border of a word.
func isWord(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

// quotations are the forms in which a text can quote a secret: as it is, without
// control characters, in JSON, in a URL, and line by line.
func quotations(secret string) []string {
	forms := []string{secret, printable(secret), url.QueryEscape(secret), url.PathEscape(secret)}
	for _, escape := range []bool{true, false} {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(escape)
		if e.Encode(secret) == nil {
			quoted := strings.TrimSpace(b.String())
			forms = append(forms, quoted[1:len(quoted)-1])
		}
	}
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); len(line) >= shortestLine {
			forms = append(forms, line, printable(line))
		}
	}
	return forms
}

// printable is text without what could drive a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// cover makes foreign text fit to be shown: without secrets, and without control
// characters.
func (v veil) cover(text string) string {
	text = printable(text)
	if v.hide != nil {
		text = v.hide(text)
	}
	text = urlPassword.ReplaceAllString(text, "${1}"+redacted+"@")
	text = loosePassword.ReplaceAllString(text, redacted+"@")
	text = signedQuery.ReplaceAllString(text, "${1}?"+redacted)
	text = encryptionKey.ReplaceAllString(text, "${1}"+redacted)
	return authScheme.ReplaceAllString(text, "${1} "+redacted)
}

// cleanURL is a configured URL, fit to be shown in an error.
func cleanURL(raw string) string { return shorten(veil{}.cover(raw), 200) }

// shorten cuts text to n characters, and says so.
func shorten(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n]) + "…"
}

// longestNumber is how many digits a number of JSON has at most.
const longestNumber = 24

// Hider hides secrets in the texts of this machine: those long enough not to be met by
// chance, and in URLs and headers whatever says that it is one. What can be a number of
// JSON stays.
func Hider(secrets []Secret) func(text string) string {
	strong := slices.DeleteFunc(slices.Clone(secrets), func(s Secret) bool {
		text := strings.TrimSpace(s.reveal())
		return len(text) < shortestKey || len(text) <= longestNumber && strings.Trim(text, "0123456789.+-") == ""
	})
	v := newVeil(Secret{}, strong)
	return func(text string) string {
		text = urlPassword.ReplaceAllString(hideCut(v.hide(text), strong), "${1}"+redacted+"@")
		return authScheme.ReplaceAllString(text, "${1} "+redacted)
	}
}

// ellipsis stands where a message cuts a long text.
const ellipsis = "…"

// hideCut hides what a cut has left of secrets: their beginnings before an ellipsis, and
// their ends behind one.
func hideCut(text string, secrets []Secret) string {
	parts := strings.Split(text, ellipsis)
	for i := range parts {
		for _, secret := range secrets {
			whole := secret.reveal()
			for n := len(whole) - 1; n >= shortestKey && len(parts) > 1; n-- {
				if before, cut := strings.CutSuffix(parts[i], whole[:n]); cut && i+1 < len(parts) {
					parts[i] = before + redacted
				}
				if behind, cut := strings.CutPrefix(parts[i], whole[len(whole)-n:]); cut && i > 0 {
					parts[i] = redacted + behind
				}
			}
		}
	}
	return strings.Join(parts, ellipsis)
}
