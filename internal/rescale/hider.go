package rescale

import (
	"slices"
	"strings"
)

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
