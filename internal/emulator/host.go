package emulator

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// hosts lets requests pass that name this server as those do who know it. A page in a
// browser of this machine can lead a name of its own here (DNS rebinding); it cannot change
// what the browser says that name is. An address is no such name.
func (s *Server) hosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Host
		if host, _, err := net.SplitHostPort(name); err == nil {
			name = host
		}
		name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
		known := net.ParseIP(name) != nil || name == "localhost" || strings.HasSuffix(name, ".localhost") ||
			slices.ContainsFunc(s.cfg.Hosts, func(own string) bool { return strings.EqualFold(own, name) })
		if !known {
			http.Error(w, "This emulator is not known by that name; emulate --host NAME makes it known.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
