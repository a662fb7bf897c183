package login_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app/login"
)

// FuzzProfiles: whatever stands in a file of profiles, it is a login, or an error that
// names the file and quotes nothing of it: any word of it may be the key.
func FuzzProfiles(f *testing.F) {
	for _, seed := range []string{
		profiles, "[default]\napikey SECRET-0123456789\n", "apikey = SECRET-0123456789", "[default]\napikey = 'SECRET-0123456789", "[",
		"\xff\xfe[\x00d\x00]", "[default]\r\napikey=\\\r\nSECRET-0123456789", "[default]\napikey = \"\"\"SECRET-0123456789\n", "[SECRET-0123456789]\napikey = x",
		"[default]\napibaseurl = https://SECRET-0123456789\n",
	} {
		f.Add([]byte(seed), "default")
		f.Add([]byte(seed), "")
	}
	f.Fuzz(func(t *testing.T, text []byte, profile string) {
		path := filepath.Join(t.TempDir(), "apiconfig")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		getenv := func(name string) string { return map[string]string{"RESCALE_CONFIG_FILE": path}[name] }
		found, err := login.Find(login.Wishes{Profile: profile}, getenv)
		if err == nil {
			if found.Key == "" || found.URL == "" || found.Key != strings.TrimSpace(found.Key) {
				t.Errorf("a login without a key or an address: %+v", found)
			}
			return
		}
		if strings.Contains(err.Error(), "SECRET") && !strings.Contains(profile, "SECRET") {
			t.Errorf("the message quotes the file: %v", err)
		}
		var broken *login.Error
		if errors.As(err, &broken) && broken.Path != path {
			t.Errorf("the message names %q", broken.Path)
		}
	})
}
