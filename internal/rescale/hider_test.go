package rescale

import "testing"

// TestHider hides what a text quotes of a secret, whole or cut, and no number.
func TestHider(t *testing.T) {
	t.Parallel()
	hide := Hider([]Secret{NewSecret("0123456789"), NewSecret("short"), NewSecret("a-long-secret-of-a-ci")})
	for text, want := range map[string]string{
		`{"slots":0123456789}`:                 `{"slots":0123456789}`,
		"short":                                "short",
		"x a-long-secret-of-a-ci y":            "x [redacted] y",
		`cannot be "a-long-secr…"`:             `cannot be "[redacted]…"`,
		"…ret-of-a-ci and more":                "…[redacted] and more",
		"a-long-secr":                          "a-long-secr",
		"a-long…":                              "a-long…",
		"https://ada:pass@example.com/x":       "https://[redacted]@example.com/x",
		"Authorization: Token abcdefghijklmno": "Authorization: Token [redacted]",
	} {
		if got := hide(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
