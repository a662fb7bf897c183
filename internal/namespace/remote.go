package namespace

import (
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// Address returns the address of a repository without what differs between its clones, as
// namespaces begin with it; empty where the remote says nothing.
func Address(remote string) string { return address(remote, ".") }

// address returns the address of a remote without what differs between clones of one
// repository or is private: scheme, user, password, port, query and .git. The address
// of a repository on this machine is its name, because its path may differ elsewhere. A
// relative path starts at root; the address is empty where the remote says nothing.
func address(remote, root string) string {
	remote = helper.ReplaceAllString(strings.TrimSpace(remote), "")
	scheme, rest, isURL := strings.Cut(remote, "://")
	switch {
	case remote == "":
		return ""
	case isURL && strings.EqualFold(scheme, "file"):
		return ofFile(decoded(rest), root)
	case isURL:
		host, inside := splitURL(rest)
		return atHost(host, decoded(inside))
	case strings.HasPrefix(remote, `\\`):
		return ofShare(remote)
	case drive.MatchString(remote):
		return ofPath(remote, root)
	}
	if host, inside, is := splitSSH(remote); is {
		return atHost(host, inside)
	}
	return ofPath(remote, root)
}

var (
	helper = regexp.MustCompile(`^[A-Za-z0-9+.-]+::`)  // of git remote-HELPER, before the address
	drive  = regexp.MustCompile(`^[A-Za-z]:([\\/]|$)`) // C:\sims, which is no host C
	port   = regexp.MustCompile(`^[0-9]*$`)
)

// splitURL splits what follows the scheme of a URL. By hand: people paste passwords
// with / and ? into it.
func splitURL(rest string) (host, inside string) {
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	if last := strings.LastIndex(rest, "@"); last >= end && strings.Contains(rest[:end], ":") {
		return splitURL(rest[last+1:]) // what seemed to be a path can be the rest of a password
	}
	host, _ = cutLast(rest[:end], "@")
	host, number := splitPort(host)
	inside = rest[end:]
	if i := strings.IndexAny(inside, "?#"); i >= 0 {
		inside = inside[:i]
	}
	if !port.MatchString(number) { // ssh://git@host:acme/sims, a mixture of both forms
		inside = number + inside
	}
	return host, inside
}

// splitSSH splits an address of the form USER@HOST:PATH; a colon after a slash belongs
// to a path of this machine.
func splitSSH(remote string) (host, inside string, is bool) {
	before, inside, is := strings.Cut(remote, ":")
	if open := strings.IndexByte(remote, '['); open >= 0 && open < len(before) { // [::1] or [HOST:PORT]
		before, inside, is = strings.Cut(remote, "]:")
	}
	if !is || strings.Contains(before, "/") {
		return "", "", false
	}
	if after, user := cutLast(before, "@"); user {
		before = after
	} else if after, password := cutLast(inside, "@"); password { // USER:PASSWORD@HOST, a URL without its scheme
		host, inside = splitURL(after)
		return host, inside, true
	}
	if before = strings.TrimPrefix(before, "["); strings.Count(before, ":") == 1 {
		before, _ = splitPort(before)
	}
	return before, inside, true
}

// splitPort removes the port of a host, which is in square brackets when it is an IPv6
// address.
func splitPort(host string) (name, number string) {
	if inner, after, found := strings.Cut(strings.TrimPrefix(host, "["), "]"); found {
		return inner, strings.TrimPrefix(after, ":")
	}
	name, number, _ = strings.Cut(host, ":")
	return name, number
}

// atHost returns the address of a repository on a server.
func atHost(host, inside string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	inside = bare(inside)
	if behind, door := doors()[host]; door {
		host = behind
	}
	if host == "dev.azure.com" { // ORG/PROJECT/_git/NAME by https, v3/ORG/PROJECT/NAME by ssh
		inside = strings.Replace(strings.TrimPrefix(inside, "v3/"), "/_git/", "/", 1)
	}
	return strings.Trim(host+"/"+inside, "/")
}

// doors maps hosts that lead to another one: ssh through the port of https, and that of
// Azure DevOps. (GitHub: "Using SSH over the HTTPS port"; GitLab and Bitbucket: the
// same with altssh; Azure DevOps: "Use SSH key authentication".)
func doors() map[string]string {
	return map[string]string{
		"ssh.github.com":       "github.com",
		"altssh.gitlab.com":    "gitlab.com",
		"altssh.bitbucket.org": "bitbucket.org",
		"ssh.dev.azure.com":    "dev.azure.com",
	}
}

// ofFile returns the address of what follows file://, with a host where it is on a
// share.
func ofFile(rest, root string) string {
	host, inside, _ := strings.Cut(rest, "/")
	switch {
	case drive.MatchString(rest): // file://C:/sims, with a slash too few
		return ofPath(rest, root)
	case host == "", strings.EqualFold(host, "localhost"):
		return ofPath("/"+inside, root)
	}
	return atHost(host, inside)
}

// ofShare returns the address of \\HOST\SHARE\PATH.
func ofShare(remote string) string {
	host, inside, _ := strings.Cut(strings.TrimLeft(slashes(remote), "/"), "/")
	return atHost(host, inside)
}

// ofPath returns the name of a repository from its path, which differs on each machine.
func ofPath(remote, root string) string {
	if drive.MatchString(remote) {
		remote = slashes(remote)
	} else if remote = filepath.ToSlash(remote); !path.IsAbs(remote) {
		remote = path.Join(slashes(root), remote)
	}
	if name := path.Base(bare(remote)); name != "." {
		return name
	}
	return ""
}

// slashes converts Windows paths, wherever they are read.
func slashes(p string) string { return strings.ReplaceAll(p, `\`, "/") }

// bare returns a path without surrounding slashes and without .git at its end.
func bare(p string) string {
	p = strings.Trim(path.Clean("/"+p), "/")
	p = strings.TrimSuffix(p, ".git")
	return strings.TrimSuffix(p, "/")
}

// decoded returns a path without URL escapes, as ssh and paths have none.
func decoded(p string) string {
	if plain, err := url.PathUnescape(p); err == nil {
		return plain
	}
	return p
}

// cutLast cuts at the last separator; without one, everything comes after it.
func cutLast(s, separator string) (after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, false
	}
	return s[i+len(separator):], true
}
