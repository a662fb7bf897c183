package login

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http/httpproxy"
)

// ProxyError means that a proxy variable is no URL. Requests would go past the proxy,
// the key with them. It never quotes the value, which may hold a password.
type ProxyError struct{ Variable, Why, Help string }

// Error names the variable and what is wrong with it.
func (e *ProxyError) Error() string { return fmt.Sprintf("the proxy in %s: %s", e.Variable, e.Why) }

// Hint tells what to write.
func (e *ProxyError) Hint() string { return e.Help }

// Proxy tells through which proxy a request goes, by the variables HTTPS_PROXY or else
// ALL_PROXY, and NO_PROXY, in large letters or small ones. net/http reads no ALL_PROXY.
func Proxy(getenv func(string) string) func(*http.Request) (*url.URL, error) {
	_, value := proxyVariable(getenv)
	proxies := httpproxy.Config{HTTPSProxy: value, NoProxy: withoutProxy(getenv)}
	choose := proxies.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return choose(r.URL) }
}

func proxyVariable(getenv func(string) string) (name, value string) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		if value := getenv(name); value != "" {
			return name, value
		}
	}
	return "", ""
}

// withoutProxy are the hosts that no proxy is used for.
func withoutProxy(getenv func(string) string) string {
	return firstOf(getenv("NO_PROXY"), getenv("no_proxy"))
}

// CheckProxy refuses a variable that names the proxy of a platform and cannot be read
// as one: it would be left out without a word, or another host taken for the proxy. A
// platform of http is on this machine, and has none; with NO_PROXY=* there is none. A
// platform that NO_PROXY names does not help: it sends to storage elsewhere.
func CheckProxy(platform string, getenv func(string) string) error {
	if target, err := url.Parse(platform); err != nil || target.Scheme != "https" {
		return nil //nolint:nilerr // what is no address is refused with the address
	}
	name, value := proxyVariable(getenv)
	if value == "" || strings.TrimSpace(withoutProxy(getenv)) == "*" {
		return nil
	}
	return checkProxy(name, value)
}

// checkProxy takes [scheme://][user[:password]@]host[:port].
func checkProxy(variable, value string) error {
	scheme, rest, found := strings.Cut(value, "://")
	if !found {
		scheme, rest = "http", value
	}
	rest = strings.TrimSuffix(rest, "/")
	at := strings.LastIndexByte(rest, '@')
	user, address := rest[:max(0, at)], rest[at+1:]
	host, port := apart(address)
	number, err := strconv.Atoi(port)
	e := &ProxyError{Variable: variable, Help: "write " + variable + "=http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT"}
	switch strange, inUser := strangeIn(user, address); {
	case inUser:
		e.Why = fmt.Sprintf("its user name or password has the character %q", strange)
		e.Help = fmt.Sprintf("in a user name or password write %s for it", escaped(strange))
	case strange != "":
		e.Why = fmt.Sprintf("its host has the character %q", strange)
	case !known(scheme):
		e.Why = "it is of no kind that is known: http, https, socks5"
	case host == "":
		e.Why = "it names no host"
	case err != nil || number < 1 || number > 65535:
		e.Why = "its port is no number from 1 to 65535"
	case strings.Count(address, "[") != strings.Count(address, "]"):
		e.Why = "the brackets of its host are not in order"
	default:
		return nil
	}
	return e
}

// apart parts a host from its port, which may be left out.
func apart(address string) (host, port string) {
	host, port, err := net.SplitHostPort(address)
	switch {
	case err == nil:
		return host, port
	case strings.Contains(address, ":") && !strings.HasPrefix(address, "["):
		return address, "" // more colons than one
	}
	return address, "80"
}

func known(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "http", "https", "socks5", "socks5h":
		return true
	}
	return false
}

// strangeIn is the first character that cannot stand where it does; a % can, with two
// digits behind it that make one character of the three.
func strangeIn(user, address string) (strange string, inUser bool) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"
	for i, r := range user {
		_, err := url.PathUnescape(user[i:min(i+3, len(user))])
		if r == '%' && err == nil || r != '%' && strings.ContainsRune(letters+"~!$&'()*+,;=:@", r) {
			continue
		}
		return first(user[i:]), true
	}
	if i := strings.IndexFunc(address, func(r rune) bool { return !strings.ContainsRune(letters+"[]:", r) }); i >= 0 {
		return first(address[i:]), false
	}
	return "", false
}

// first is the first character of a text, or its first byte if that is none.
func first(text string) string {
	_, n := utf8.DecodeRuneInString(text)
	return text[:n]
}

// escaped is a character as it is written in a URL.
func escaped(character string) string {
	var b strings.Builder
	for i := range len(character) {
		fmt.Fprintf(&b, "%%%02X", character[i])
	}
	return b.String()
}
