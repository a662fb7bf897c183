package login_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/app/login"
)

const profiles = `
[default]
apibaseurl = https://eu.rescale.com
apikey = default%(key)s;1

[korea]
platform_url = https://kr.rescale.com/
api_key = korean

[bare]
apibaseurl = https://eu.rescale.com

[old]
apiurl = https://platform.rescale.jp/api/v3/
apikey = old
`

func TestFind(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	write(t, filepath.Join(home, ".config", "rescale", "apiconfig"), profiles)
	token := filepath.Join(home, "token")
	write(t, token, " from-file \n")
	for name, tc := range map[string]struct {
		wishes login.Wishes
		env    map[string]string
		want   login.Login
	}{
		"the default profile, percent signs as they stand": {
			login.Wishes{}, nil, login.Login{URL: "https://eu.rescale.com", Key: "default%(key)s;1"},
		},
		"a profile by name": {
			login.Wishes{Profile: "korea"}, nil, login.Login{URL: "https://kr.rescale.com", Key: "korean"},
		},
		"an address with the API path": {
			login.Wishes{Profile: "old"}, nil, login.Login{URL: "https://platform.rescale.jp", Key: "old"},
		},
		"a profile that is asked for wins over the variables, whole": {
			login.Wishes{Profile: "korea"},
			map[string]string{"RESCALE_API_KEY": "from-env", "RESCALE_API_URL": "https://eu.rescale.com"},
			login.Login{URL: "https://kr.rescale.com", Key: "korean", Unused: []string{"RESCALE_API_KEY", "RESCALE_API_URL"}},
		},
		"a profile, and its own address once more": {
			login.Wishes{Profile: "korea", URL: "https://KR.rescale.com/"}, nil, login.Login{URL: "https://kr.rescale.com", Key: "korean"},
		},
		"the default profile, and its own address": {
			login.Wishes{}, map[string]string{"RESCALE_API_URL": "https://eu.rescale.com/"}, login.Login{URL: "https://eu.rescale.com", Key: "default%(key)s;1"},
		},
		"a key of the environment, and an address on the command line": {
			login.Wishes{URL: "https://example.com"}, map[string]string{"RESCALE_API_KEY": "from-env"}, login.Login{URL: "https://example.com", Key: "from-env"},
		},
		"the variables win over the default profile": {
			login.Wishes{},
			map[string]string{"RESCALE_API_KEY": "from-env", "RESCALE_API_URL": "https://kr.rescale.com"},
			login.Login{URL: "https://kr.rescale.com", Key: "from-env"},
		},
		"flags win over all": {
			login.Wishes{URL: "https://example.com", TokenFile: token},
			map[string]string{"RESCALE_API_KEY": "from-env"},
			login.Login{URL: "https://example.com", Key: "from-file"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := login.Find(tc.wishes, getenv(home, tc.env))
			if err != nil {
				t.Fatal(err)
			}
			got.Source = ""
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestFindRefuses(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	write(t, filepath.Join(home, ".config", "rescale", "apiconfig"), profiles)
	torn := t.TempDir()
	write(t, filepath.Join(torn, ".config", "rescale", "apiconfig"), "[default]\napikey 0123456789abcdef\n")
	address := t.TempDir()
	write(t, filepath.Join(address, ".config", "rescale", "apiconfig"), "[default]\napibaseurl https://itar.rescale.com\napikey = 0123456789abcdef\n")
	keyless := t.TempDir()
	write(t, filepath.Join(keyless, ".config", "rescale", "apiconfig"), "apikey = 0123456789abcdef\n[default]\n")
	regional := t.TempDir()
	write(t, filepath.Join(regional, ".config", "rescale", "apiconfig"), "[eu]\napikey = a\n[kr]\napikey = b\n")
	wide := t.TempDir()
	write(t, filepath.Join(wide, ".config", "rescale", "apiconfig"), "\xff\xfe[\x00d\x00e\x00f\x00]\x00\n\x00a\x00=\x00b\x00")
	const key, session = "0123456789abcdef0123456789abcdef01234567", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0123456789abcdef.c2lnbmF0dXJl"
	empty := filepath.Join(home, "empty")
	write(t, empty, "\n")
	for name, tc := range map[string]struct {
		wishes     login.Wishes
		home       string
		text, hint string
		env        map[string]string
	}{
		"a profile's key for another address": {
			login.Wishes{Profile: "korea", URL: "https://example.com"}, home, "the key of profile korea goes to https://kr.rescale.com only", "RESCALE_API_KEY", nil,
		},
		"the default profile's key for another address": {
			login.Wishes{URL: "https://example.com"}, home, "no API key for https://example.com: the one of profile [default] goes to https://eu.rescale.com only", "--profile default", nil,
		},
		"the default profile's key for the address of a variable": {
			login.Wishes{}, home, "the one of profile [default] goes to https://eu.rescale.com only", "--profile default", map[string]string{"RESCALE_API_URL": "https://example.com"},
		},
		"a key for the address of a profile that has its own": {
			login.Wishes{},
			home, "no address is given for the key of RESCALE_API_KEY, and profile [default] is for https://eu.rescale.com",
			"RESCALE_API_URL=https://eu.rescale.com",
			map[string]string{"RESCALE_API_KEY": "from-env"},
		},
		"two flags with a key":            {login.Wishes{Profile: "korea", TokenFile: empty}, home, "both name a key", "leave one of the two out", nil},
		"a profile without key":           {login.Wishes{Profile: "bare"}, home, "profile [bare] has no key", "apikey = KEY", nil},
		"no key":                          {login.Wishes{}, t.TempDir(), "no API key for https://platform.rescale.com", "--local", nil},
		"no such profile":                 {login.Wishes{Profile: "corea"}, home, "no profile [corea]", "did you mean korea?", nil},
		"no profile file":                 {login.Wishes{Profile: "korea"}, t.TempDir(), "no profile [korea]", "write the lines [korea], apibaseurl = URL and apikey = KEY into it", nil},
		"a key without =":                 {login.Wishes{}, torn, "a line is neither", "apikey = KEY", nil},
		"a URL without =":                 {login.Wishes{}, address, "a line is neither", "apibaseurl = URL", nil},
		"no token file":                   {login.Wishes{TokenFile: filepath.Join(home, "nothing")}, home, "reading credentials from ", "", nil},
		"a token file by a mistyped name": {login.Wishes{TokenFile: "rescale-production-key.txt"}, home, "rescale-production-key.txt", "", nil},
		"a profile file in UTF-16":        {login.Wishes{}, wide, "it is UTF-16", "UTF-8", nil},
		"no default section":              {login.Wishes{}, regional, "no API key", "apiconfig has no section [default]; choose one with --profile: eu, kr", nil},
		"no key in the file":              {login.Wishes{}, keyless, "no API key", "apiconfig, which has no line apikey = KEY below a line [default]", nil},
		"the key as the token file":       {login.Wishes{TokenFile: key}, home, "from the file of --token-file: ", "not the key itself", nil},
		"a session key as the token file": {login.Wishes{TokenFile: session}, home, "from the file of --token-file: ", "not the key itself", nil},
		"the key as the profile":          {login.Wishes{Profile: key}, home, "no such profile", "not the key", nil},
		"empty token":                     {login.Wishes{TokenFile: empty}, home, "the file is empty", "the API key and nothing else", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := login.Find(tc.wishes, getenv(tc.home, tc.env))
			if err == nil || !strings.Contains(err.Error(), tc.text) || strings.Contains(err.Error(), "0123456789abcdef") {
				t.Fatalf("error %v, want %q", err, tc.text)
			}
			var advised interface{ Hint() string }
			if !errors.As(err, &advised) || !strings.Contains(advised.Hint(), tc.hint) {
				t.Errorf("no hint %q in %v", tc.hint, err)
			}
		})
	}
}

func getenv(home string, env map[string]string) func(string) string {
	return func(name string) string {
		if name == "HOME" {
			return home
		}
		return env[name]
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"in the order of the file":     {profiles, []string{"default", "korea", "bare", "old"}},
		"a key in the place of a name": {"[default]\n[1111111111111111111111111111111111111111]\n", []string{"default"}},
		"no profile file":              {"[default\nnonsense", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			write(t, filepath.Join(home, ".config", "rescale", "apiconfig"), tc.text)
			got := login.Profiles(func(name string) string { return map[string]string{"HOME": home}[name] })
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestVendorsToken is about the file in which the vendor's client keeps its key.
func TestVendorsToken(t *testing.T) {
	t.Parallel()
	const token, settings, profile = "token", "config.csv", "apiconfig"
	for name, tc := range map[string]struct {
		files  map[string]string
		mode   os.FileMode // of the token; 0 means 0600
		wishes login.Wishes
		env    map[string]string
		want   login.Login // Source is the name of the file, or the variable
		err    string
	}{
		"alone": {files: map[string]string{token: "vendor\n"}, want: login.Login{URL: login.DefaultURL, Key: "vendor", Source: token}},
		"readable by others": {
			files: map[string]string{token: "vendor"}, mode: 0o640, want: login.Login{URL: login.DefaultURL, Key: "vendor", Source: token, Open: true},
		},
		"with the address of that client": {
			files: map[string]string{token: "vendor", settings: "key,value\ntar_workers,4\napi_base_url,https://eu.rescale.com/\n"},
			want:  login.Login{URL: "https://eu.rescale.com", Key: "vendor", Source: token},
		},
		"an address that is given wins": {
			files:  map[string]string{token: "vendor", settings: "api_base_url,https://eu.rescale.com\n"},
			wishes: login.Wishes{URL: "https://kr.rescale.com"}, want: login.Login{URL: "https://kr.rescale.com", Key: "vendor", Source: token},
		},
		"an address in a variable wins": {
			files: map[string]string{token: "vendor", settings: "api_base_url,https://eu.rescale.com\n"},
			env:   map[string]string{"RESCALE_API_URL": "https://kr.rescale.com"}, want: login.Login{URL: "https://kr.rescale.com", Key: "vendor", Source: token},
		},
		"settings that are no table": {
			files: map[string]string{token: "vendor", settings: "a,\"b\n"}, want: login.Login{URL: login.DefaultURL, Key: "vendor", Source: token},
		},
		"the variable comes first": {
			files: map[string]string{token: "vendor"}, env: map[string]string{"RESCALE_API_KEY": "from-env"},
			want: login.Login{URL: login.DefaultURL, Key: "from-env", Source: "RESCALE_API_KEY"},
		},
		"the default profile comes first": {
			files: map[string]string{token: "vendor", profile: "[default]\napikey = mine\n"}, want: login.Login{URL: login.DefaultURL, Key: "mine", Source: profile},
		},
		"a default profile without a key, for another address": {
			files: map[string]string{token: "vendor", profile: "[default]\napibaseurl = https://eu.rescale.com\n"}, err: "profile [default] is for https://eu.rescale.com",
		},
		"empty":    {files: map[string]string{token: " \n"}, err: "the file is empty"},
		"a folder": {files: map[string]string{"token/inside": "x"}, err: "no API key for https://platform.rescale.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			folder := filepath.Join(home, ".config", "rescale")
			for name, text := range tc.files {
				write(t, filepath.Join(folder, name), text)
			}
			if tc.mode != 0 {
				if err := os.Chmod(filepath.Join(folder, token), tc.mode); err != nil {
					t.Fatal(err)
				}
			}
			got, err := login.Find(tc.wishes, getenv(home, tc.env))
			if tc.err != "" {
				if err == nil || !strings.Contains(err.Error(), tc.err) {
					t.Errorf("error %v, want %q", err, tc.err)
				}
				return
			}
			got.Source = filepath.Base(got.Source)
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("error %v (-want +got)\n%s", err, diff)
			}
		})
	}
}
