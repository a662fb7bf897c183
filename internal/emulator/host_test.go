package emulator

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestHosts answers to who knows the address, and to no name that somebody leads here.
func TestHosts(t *testing.T) {
	t.Parallel()
	s := &Server{cfg: Config{Hosts: []string{"Sims.example"}}}
	handler := s.hosts(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for host, want := range map[string]int{
		"127.0.0.1:8099": 204, "localhost:8099": 204, "LOCALHOST": 204, "[::1]:8099": 204, "10.0.0.7": 204, "sims.example:8099": 204, "a.localhost": 204,
		"evil.example": 421, "127.0.0.1.evil.example:8099": 421, "localhost.evil.example": 421, "": 421,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v2/users/me/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", host, w.Code, want)
		}
	}
}
