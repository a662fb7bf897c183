package rescale

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// The ways a key can be the problem, told apart by the platform's words, because
// it has no error codes (rescale-api.md §1.3).
type trouble string

const (
	noTrouble  trouble = ""
	keyExpired trouble = "expired"
	keyOwner   trouble = "owner"
	keyInvalid trouble = "invalid"
	keyMissing trouble = "missing"
)

// keyTrouble reads the platform's words about a key.
func keyTrouble(detail string) trouble {
	text := strings.ToLower(detail)
	switch {
	case strings.Contains(text, "key is no longer active"), strings.Contains(text, "signature has expired"):
		return keyExpired
	case strings.Contains(text, "user inactive or deleted"):
		return keyOwner
	case strings.Contains(text, "invalid token"):
		return keyInvalid
	case strings.Contains(text, "credentials were not provided"):
		return keyMissing
	}
	return noTrouble
}

// keyPage is where a user makes and deletes keys (rescale-api.md §1.3).
func keyPage(base string) string { return base + "/user/settings/api-key/" }

// Hint says what to do about it; empty when there is nothing to advise.
func (e *Error) Hint() string {
	if e.Auth() {
		return e.keyHint()
	}
	switch {
	case e.Status == http.StatusForbidden:
		return "the key's account may not do this; ask the owner of the object or your organization's administrator"
	case e.Status == http.StatusNotFound:
		return "it does not exist for this account at " + e.base + "; it may be deleted, or belong to another account or region"
	case e.Status == http.StatusMethodNotAllowed:
		return "this platform does not offer the call; check that " + e.base + " is a Rescale platform"
	case e.Status == http.StatusTooManyRequests:
		return "too many requests of this account; " + e.waitHint(time.Now())
	case e.Status >= 500:
		return "the platform has a problem; " + e.waitHint(time.Now())
	case e.Status/100 == 3:
		return "the answer comes from elsewhere; check that " + e.base + " is a Rescale platform and that no proxy asks for a login"
	case e.Status/100 == 2:
		return "the answer is not Rescale's; check that " + e.base + " is a Rescale platform and that no proxy is in between"
	}
	return ""
}

func (e *Error) keyHint() string {
	page := keyPage(e.base)
	switch keyTrouble(e.Detail) {
	case keyExpired:
		return "the API key has expired; make a new one at " + page
	case keyOwner:
		return "the key's account is deactivated; use the key of an active account, or ask your organization's administrator"
	case keyInvalid:
		return "the API key is wrong, or belongs to another region than " + e.base + "; compare it with " + page + otherRegions(e.base)
	case keyMissing:
		return "no API key was sent; make one at " + page
	case noTrouble: // words that are not known yet
	}
	return "check the API key at " + page
}

// otherRegions lists where else the key could belong.
func otherRegions(base string) string {
	var others []string
	for _, p := range Platforms() {
		if p.URL != base {
			others = append(others, p.URL)
		}
	}
	return ", or use the address of its region: " + strings.Join(others, ", ")
}

func (e *Error) waitHint(now time.Time) string {
	if e.RetryAfter <= 0 {
		return "try again in a few minutes"
	}
	wait := e.RetryAfter.Round(time.Second)
	return fmt.Sprintf("it asks to wait %v, until %s", wait, now.Add(wait).UTC().Format("2006-01-02 15:04:05 UTC"))
}

// Hint says where to look when the platform cannot be reached.
func (e *NetworkError) Hint() string {
	var lookup *net.DNSError
	var certificate *tls.CertificateVerificationError
	var proxy *ProxyError
	switch {
	case errors.Is(e.cause, context.Canceled), errors.Is(e.cause, context.DeadlineExceeded):
		return "" // the caller ended it
	case errors.As(e.cause, &proxy):
		return proxy.Hint()
	case beforeProxy(e.cause) && speaksNoTLS(e.cause):
		return "the proxy in HTTPS_PROXY speaks plain http: write it as http://HOST:PORT; what goes through it stays encrypted"
	case beforeProxy(e.cause):
		return "the proxy in HTTPS_PROXY cannot be reached; correct the variable, or unset it if this network needs no proxy"
	case errors.As(e.cause, &lookup):
		return "check the platform's address and the name service of this network"
	case errors.As(e.cause, &certificate):
		return "the certificate is not trusted; a proxy that inspects traffic needs its root certificate installed on this machine"
	case e.base != nil && IsLoopback(e.base.Hostname()):
		return e.loopbackHint()
	case speaksNoTLS(e.cause):
		return "what answers at " + e.origin() + " does not speak https; check the address and its port, and HTTPS_PROXY if this network needs a proxy"
	}
	return "check the network, and HTTPS_PROXY if this network needs a proxy"
}

// beforeProxy reports whether the way ended at the proxy, of which the platform knows nothing.
func beforeProxy(err error) bool {
	var way *net.OpError
	return errors.As(err, &way) && way.Op == "proxyconnect" // as net/http calls it
}

// loopbackHint is for an emulator on this machine, between which and us no proxy is.
func (e *NetworkError) loopbackHint() string {
	switch {
	case speaksNoTLS(e.cause) && e.base.Scheme == "https":
		return "an emulator speaks plain http: write http://" + e.base.Host
	case nobodyListens(e.cause):
		return "nothing listens at " + e.origin() + "; start the emulator there (rescale-apply emulate --listen " + e.base.Host + "), or correct the address"
	}
	return "look at what the emulator at " + e.origin() + " printed"
}

// origin is the platform's address.
func (e *NetworkError) origin() string {
	if e.base == nil {
		return "the platform's address"
	}
	return e.base.String()
}

// Hint says what the proxy wants.
func (e *ProxyError) Hint() string {
	if e.Status == http.StatusProxyAuthRequired {
		return "the proxy wants a name and a password: set HTTPS_PROXY to http://NAME:PASSWORD@HOST:PORT, with % and a code for special characters, such as %40 for @"
	}
	return "ask whoever runs the proxy in HTTPS_PROXY to let this machine reach the platform"
}

// Hint says that looking comes before repeating.
func (e *OutcomeUnknownError) Hint() string {
	return "the platform may have done it or not; look before it is done again"
}

// Hint passes on the hint about the last failure.
func (e *OutageError) Hint() string {
	var hinted interface{ Hint() string }
	if errors.As(e.Err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// What the platform's upload takes: 5 GB, as a summary of its documentation says
// (rescale-api.md §3.1). It may mean either unit. Only what is larger than the
// larger one is certainly refused; what is between them may be.
const (
	MaxUpload = 5 << 30
	doubtful  = 5_000_000_000
)

// TooLargeHint says what to do with a file that is larger.
const TooLargeHint = "compress it, split it and join the parts in the job's command (split -b 4G, cat), " +
	"or bring it to the platform with its own tools and give its id"

// explain recognises a refusal of the size, whatever words it comes in.
func (u Upload) explain(err error) error {
	var refused *Error
	if errors.As(err, &refused) &&
		(refused.Status == http.StatusRequestEntityTooLarge || refused.Status == http.StatusBadRequest && u.Size > doubtful) {
		return &TooLargeError{Name: u.Name, Size: u.Size, Err: refused}
	}
	return err
}

// transient reports whether the same request may succeed later.
func (c *Client) transient(err error) bool {
	var answer *Error
	if errors.As(err, &answer) {
		return answer.Status == http.StatusTooManyRequests || answer.Status >= 500
	}
	var network *NetworkError
	return errors.As(err, &network) && !c.misdirected(network)
}

// misdirected recognises an address or a proxy that does not work and will not:
// waiting for minutes would hide a typing error. A host name that was found before is
// none; an emulator on this machine that refuses has ended.
func (c *Client) misdirected(err *NetworkError) bool {
	var certificate *tls.CertificateVerificationError
	var lookup *net.DNSError
	var proxy *ProxyError
	return errors.As(err, &certificate) || speaksNoTLS(err) ||
		errors.As(err, &lookup) && lookup.IsNotFound && !c.reached.Load() ||
		errors.As(err, &proxy) && proxy.lasting() ||
		c.Local() && nobodyListens(err)
}

// speaksNoTLS reports whether what answers at an https address does not speak https.
// net/http has an error of its own where it answers in plain http.
func speaksNoTLS(err error) bool {
	var record tls.RecordHeaderError
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &record)
}

// errWSARefused is what Windows calls a refused connection; package syscall has another
// number under the name of the other systems.
const errWSARefused = syscall.Errno(10061)

// nobodyListens reports whether the machine is there and refused the connection.
func nobodyListens(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, errWSARefused)
}
