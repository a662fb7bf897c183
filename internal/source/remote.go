package source

import (
	"regexp"
	"strings"
	"unicode"
)

// login is the name of an account that everybody has on a server with ssh; anything else
// before @ may be a token.
var login = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,15}$`)

// windowsPath begins a path of Windows, which is no host of one letter.
var windowsPath = regexp.MustCompile(`^[A-Za-z]:([\\/]|$)`)

// schemes are those of servers. Others name a program, with arguments that are private,
// or a path on this machine.
var schemes = regexp.MustCompile(`^(https?|git|ssh|git\+ssh|ssh\+git)$`)

// server is a host in the short form of ssh, HOST:PATH.
var server = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// public returns the address of a remote or of a page without what is private: user,
// password, query. What names no server is private as a whole.
func public(address string) string {
	address = strings.TrimSpace(address)
	if strings.ContainsFunc(address, unicode.IsControl) {
		return ""
	}
	scheme, rest, isURL := strings.Cut(address, "://")
	if !isURL {
		return short(address)
	}
	if !schemes.MatchString(strings.ToLower(scheme)) {
		return ""
	}
	user, rest := cutUser(rest)
	if rest == "" || strings.HasPrefix(rest, "/") {
		return ""
	}
	if strings.HasSuffix(strings.ToLower(scheme), "ssh") && login.MatchString(user) {
		rest = user + "@" + rest
	}
	return scheme + "://" + rest
}

// short is an address in the short form of ssh; empty for any other.
func short(address string) string {
	host, inside, found := strings.Cut(address, ":")
	if !found || windowsPath.MatchString(address) || strings.HasPrefix(inside, ":") {
		return ""
	}
	user, after, named := strings.Cut(host, "@")
	if !named {
		user, after = "", host
	}
	if !server.MatchString(after) || strings.Contains(inside, "@") {
		return "" // USER:PASSWORD@HOST is no such form
	}
	if login.MatchString(user) {
		after = user + "@" + after
	}
	return after + ":" + withoutQuery(inside)
}

// cutUser removes user, password and query from what follows the scheme of a URL. By
// hand: people paste passwords with / and ? into it.
func cutUser(rest string) (user, bare string) {
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	last := strings.LastIndex(rest, "@")
	if last >= end && !strings.Contains(rest[:end], ":") {
		last = strings.LastIndex(rest[:end], "@") // a path may contain one
	}
	if last >= 0 {
		user = rest[:last]
	}
	return user, withoutQuery(rest[last+1:])
}

func withoutQuery(text string) string {
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		return text[:i]
	}
	return text
}
