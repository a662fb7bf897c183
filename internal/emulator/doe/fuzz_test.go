package doe_test

import (
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/emulator/doe"
)

// Whatever is read is rendered or refused, and a text without placeholders stays as it is.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"plain", `${x?string("0.00##")}`, `${x?string("##0.#E00")}`, "${x!\"a\"}<#-- c -->${y}", "<#if>", "#{x}", "${", `${x?string("#E0")}`, `${x?string(".0%")}`,
	} {
		f.Add(text, "12.5")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		template, err := doe.Parse(text)
		if err != nil {
			return
		}
		got, err := template.Render(map[string]string{"x": value})
		if err == nil && !strings.Contains(text, "${") && !strings.Contains(text, "<#--") && got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}
