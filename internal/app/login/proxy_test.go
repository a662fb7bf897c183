package login_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/app/login"
)

func TestProxiesThatAreNoURL(t *testing.T) {
	t.Parallel()
	for value, why := range map[string]string{
		"http://ada:50%off@proxy.example.com:3128":  `its user name or password has the character "%"`,
		"http://ada:50%@proxy.example.com:3128":     `its user name or password has the character "%"`,
		"ada:50%zz@proxy.example.com:3128":          `its user name or password has the character "%"`,
		"http://ada:se#cret@proxy.example.com:3128": `its user name or password has the character "#"`,
		"http://ada:se cret@proxy.example.com:3128": `its user name or password has the character " "`,
		"http://ada:se^cret@proxy.example.com:3128": `its user name or password has the character "^"`,
		"http://ada:se/cret@proxy.example.com:3128": `its user name or password has the character "/"`,
		"http://ada:se?cret@proxy.example.com:3128": `its user name or password has the character "?"`,
		"http://ada:secr\u00e9t@proxy.example.com":  "its user name or password has the character \"\u00e9\"",
		"http://ada:secr\xe9t@proxy.example.com":    `its user name or password has the character "\xe9"`,
		"http://acme\\ada:secret@proxy.example.com": `its user name or password has the character "\\"`,
		"http://proxy.example.com:3128\n":           `its host has the character "\n"`,
		"http://proxy.example.com:3128/path":        `its host has the character "/"`,
		"http:proxy.example.com:3128":               "its port is no number from 1 to 65535",
		"http://proxy.example.com:http":             "its port is no number from 1 to 65535",
		"http://proxy.example.com:99999":            "its port is no number from 1 to 65535",
		"ftp://proxy.example.com:3128":              "it is of no kind that is known: http, https, socks5",
		"http://":                                   "it names no host",
		"http://ada:secret@":                        "it names no host",
		"http://ada:secret@:3128":                   "it names no host",
		"http://[::1:3128":                          "the brackets of its host are not in order",
	} {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
			err := login.CheckProxy("https://eu.rescale.com", getenv("", map[string]string{name: value}))
			var wrong *login.ProxyError
			if !errors.As(err, &wrong) || err.Error() != "the proxy in "+name+": "+why {
				t.Errorf("%q: %v, want %s", value, err, why)
			}
			if wrong != nil && (strings.Contains(err.Error()+wrong.Hint(), "secr") || strings.Contains(err.Error()+wrong.Hint(), "50")) {
				t.Errorf("%q: the password is shown: %v, %s", value, err, wrong.Hint())
			}
		}
	}
}

func TestProxiesThatCanBeUsed(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"", "proxy.example.com", "proxy.example.com:3128", "http://proxy.example.com:3128/", "https://proxy.example.com", "HTTP://PROXY", "http://my_proxy:80",
		"socks5://127.0.0.1:1080", "socks5h://[::1]:1080", "http://[fe80::1]", "http://ada:50%25off@proxy.example.com:3128", "http://ada@proxy", "http://ada:p@ss!$&'()*+,;=~:word@proxy:1",
	} {
		if err := login.CheckProxy("https://eu.rescale.com", getenv("", map[string]string{"HTTPS_PROXY": value})); err != nil {
			t.Errorf("%q: %v", value, err)
		}
		if _, err := url.Parse("http://" + strings.TrimPrefix(value, "http://")); err != nil && !strings.Contains(value, "://") {
			t.Errorf("net/http does not take %q: %v", value, err)
		}
	}
	if err := login.CheckProxy("http://127.0.0.1:8099", getenv("", map[string]string{"HTTPS_PROXY": "50%off"})); err != nil {
		t.Errorf("an emulator on this machine has no proxy: %v", err)
	}
}

func TestWhichProxy(t *testing.T) {
	t.Parallel()
	const https, all = "http://https.example.com:3128", "socks5://all.example.com:1080"
	for name, tc := range map[string]struct {
		env  map[string]string
		want string
	}{
		"none":                         {nil, ""},
		"HTTPS_PROXY":                  {map[string]string{"HTTPS_PROXY": https}, https},
		"ALL_PROXY":                    {map[string]string{"ALL_PROXY": all}, all},
		"all_proxy":                    {map[string]string{"all_proxy": all}, all},
		"both":                         {map[string]string{"ALL_PROXY": all, "https_proxy": https}, https},
		"HTTP_PROXY is for http":       {map[string]string{"HTTP_PROXY": https}, ""},
		"the platform in NO_PROXY":     {map[string]string{"ALL_PROXY": all, "NO_PROXY": ".rescale.com"}, ""},
		"another host in no_proxy":     {map[string]string{"ALL_PROXY": all, "no_proxy": "example.com"}, all},
		"nothing goes through a proxy": {map[string]string{"HTTPS_PROXY": "http://a:50%off@b", "NO_PROXY": "*"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := getenv("", tc.env)
			if err := login.CheckProxy("https://eu.rescale.com", env); err != nil {
				t.Fatal(err)
			}
			is, err := login.Proxy(env)(httptest.NewRequest(http.MethodGet, "https://eu.rescale.com/api/v2/users/me/", nil))
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if is != nil {
				got = is.String()
			}
			if got != tc.want {
				t.Errorf("goes through %q, want %q", got, tc.want)
			}
		})
	}
}
