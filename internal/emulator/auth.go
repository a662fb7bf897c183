package emulator

import (
	"net/http"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/emulator/api"
)

// Texts of rescale-api.md §1.3, and Django REST Framework's for malformed headers.
const (
	noCredentials = "Authentication credentials were not provided."
	invalidToken  = "Invalid token."
	keyExpired    = "API key is no longer active"
	userInactive  = "User inactive or deleted."
	emptyToken    = "Invalid token header. No credentials provided."
	brokenToken   = "Invalid token header. Token string should not contain spaces."
)

// authenticate finds the account that the request's key belongs to. A key that was made for a job is as good as its
// owner's while the job is active.
func (s *Server) authenticate(r *http.Request) (*Account, error) {
	key, problem := bearer(r.Header.Get("Authorization"))
	if problem != "" {
		return nil, unauthorized(problem)
	}
	account, known := s.keys[key]
	if !known {
		job, alive, ofJob := s.cluster.Key(key)
		switch {
		case !ofJob:
			return nil, unauthorized(invalidToken)
		case !alive:
			return nil, unauthorized(keyExpired)
		}
		if account = s.accountOf(job.Owner); account == nil {
			return nil, unauthorized(invalidToken)
		}
	}
	switch account.State {
	case Expired:
		return nil, unauthorized(keyExpired)
	case Inactive:
		return nil, unauthorized(userInactive)
	default:
		return account, nil
	}
}

func (s *Server) accountOf(email string) *Account {
	for i := range s.cfg.Accounts {
		if s.cfg.Accounts[i].Email == email {
			return &s.cfg.Accounts[i]
		}
	}
	return nil
}

// bearer reads the header. Keys come with the scheme Token, session tokens with Bearer (§1.2); any other scheme
// counts as none.
func bearer(header string) (key, problem string) {
	fields := strings.Fields(header)
	if len(fields) == 0 {
		return "", noCredentials
	}
	scheme := strings.ToLower(fields[0])
	if scheme != "token" && scheme != "bearer" {
		return "", noCredentials
	}
	switch {
	case len(fields) == 1:
		return "", emptyToken
	case len(fields) > 2:
		return "", brokenToken
	}
	key = fields[1]
	if isSessionToken(key) != (scheme == "bearer") {
		return "", invalidToken
	}
	return key, ""
}

// isSessionToken tells a JSON web token from an API key, as Rescale's own client does.
func isSessionToken(key string) bool {
	return strings.HasPrefix(key, "ey") && strings.Count(key, ".") == 2
}

func unauthorized(text string) error {
	refusal := api.Refuse(http.StatusUnauthorized, "%s", text)
	refusal.Header = http.Header{"Www-Authenticate": {"Token"}}
	return refusal
}
