package source

import (
	"path"
	"regexp"
	"strings"
)

// login is the name of an account that everybody has on a server with ssh; anything else
// before @ may be a token.
var login = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,15}$`)

// windowsPath begins a path of Windows, which is no host of one letter.
var windowsPath = regexp.MustCompile(`^[A-Za-z]:([\\/]|$)`)

// public returns the address of a remote or of a page without what is private: user,
// password, query. Of a path on this machine only the last name is left.
func public(address string) string {
	address = strings.TrimSpace(address)
	scheme, rest, isURL := strings.Cut(address, "://")
	switch {
	case isURL && strings.EqualFold(scheme, "file"), windowsPath.MatchString(address), strings.HasPrefix(address, `\\`):
		return lastName(address)
	case isURL:
		user, rest := cutUser(rest)
		if strings.HasSuffix(strings.ToLower(scheme), "ssh") && login.MatchString(user) {
			rest = user + "@" + rest
		}
		return scheme + "://" + rest
	}
	host, inside, isSSH := strings.Cut(address, ":")
	if !isSSH || strings.Contains(host, "/") {
		return lastName(address)
	}
	if user, after, found := strings.Cut(host, "@"); found && login.MatchString(user) {
		return user + "@" + after + ":" + withoutQuery(inside)
	}
	// USER:PASSWORD@HOST is a URL without its scheme.
	_, bare := cutUser(address)
	return bare
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

// lastName is what may be known of a path on this machine.
func lastName(address string) string {
	name := path.Base(strings.TrimSuffix(strings.ReplaceAll(address, `\`, "/"), "/.git"))
	if name == "." || name == ".." || name == "/" || strings.HasSuffix(name, ":") {
		return ""
	}
	return name
}
