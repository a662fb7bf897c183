package rescale

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestReadingIsRepeated(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]http.HandlerFunc{
		"reset": hangUp, "429": reply(429, ""), "500": reply(500, ""), "504": reply(504, "<html>"),
		"cut": breakOff(200, `{"em`), "half JSON": reply(200, `{"em`), "empty": reply(200, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t, answers(fault, fault, fault, reply(200, `{"email":"ada@example.com"}`)))
			got, err := p.client(t).Me(t.Context())
			if err != nil || got.Email != "ada@example.com" || len(p.arrivals()) != 4 {
				t.Errorf("got %+v, %v after %d requests", got, err, len(p.arrivals()))
			}
		})
	}
}

func TestReadingIsNotRepeatedInVain(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 405, 409, 413} {
		p := newPlatform(t, reply(status, `{"detail":"no"}`))
		_, err := p.client(t).Me(t.Context())
		var refused *Error
		if !errors.As(err, &refused) || refused.Status != status || len(p.arrivals()) != 1 {
			t.Errorf("%d: got %v after %d requests", status, err, len(p.arrivals()))
		}
	}
}

func TestReadingIsGivenUp(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, reply(504, "<html><head><title>504 Gateway Time-out</title>"))
	_, err := p.client(t).Statuses(t.Context(), "QwErTy")
	var outage *OutageError
	if !errors.As(err, &outage) || outage.Tries != 8 || len(p.arrivals()) != 8 {
		t.Fatalf("got %v after %d requests", err, len(p.arrivals()))
	}
	const want = "GET /api/v2/jobs/QwErTy/statuses/: 504 Gateway Timeout: an HTML page: 504 Gateway Time-out (gave up after 8 tries"
	if !strings.HasPrefix(err.Error(), want) || !strings.Contains(outage.Hint(), "platform has a problem") {
		t.Errorf("got %v, hint %q", err, outage.Hint())
	}
}

func TestSlowAnswersAreRepeated(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, answers(stayAway, reply(200, `{"email":"ada@example.com"}`)))
	c := newClient(t, Config{BaseURL: p.URL, Retry: fastRetry(), Timeout: 50 * time.Millisecond})
	if _, err := c.Me(t.Context()); err != nil {
		t.Error(err)
	}
	p = newPlatform(t, stayAway)
	c = newClient(t, Config{BaseURL: p.URL, Retry: Retry{Attempts: 1}, Timeout: 20 * time.Millisecond})
	_, err := c.Me(t.Context())
	if errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within 20ms") {
		t.Errorf("%v: it must not look as if the caller's time was up", err)
	}
}

// sequence is a platform in memory, for tests with an artificial clock.
func sequence(calls *atomic.Int32, answer func(n int32, r *http.Request) *http.Response) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			r.Body.Close()
		}
		return answer(calls.Add(1), r), nil
	}
}

func throttled(r *http.Request, after string) *http.Response {
	resp := respond(r, 429, `{"detail":"Request was throttled."}`)
	resp.Header.Set("Retry-After", after)
	return resp
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := newClient(t, Config{Transport: sequence(&calls, func(n int32, r *http.Request) *http.Response {
			if n == 1 {
				return throttled(r, "37")
			}
			return respond(r, 200, `{"email":"ada@example.com"}`)
		})})
		began := time.Now()
		if _, err := c.Me(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != 37*time.Second {
			t.Errorf("waited %v, want 37s", waited)
		}
	})
}

func TestLongRetryAfterEndsTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := newClient(t, Config{Transport: sequence(&calls, func(_ int32, r *http.Request) *http.Response {
			return throttled(r, "3600")
		})})
		began := time.Now()
		_, err := c.Me(t.Context())
		var answer *Error
		var outage *OutageError
		if !errors.As(err, &outage) || !errors.As(err, &answer) || answer.RetryAfter != time.Hour {
			t.Fatalf("got %v", err)
		}
		if want := "GET /api/v2/users/me/: 429 Too Many Requests: Request was throttled. (it asks to wait 1h0m0s) (gave up after 1 try)"; err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
		if !strings.Contains(outage.Hint(), "1h0m0s") || !strings.Contains(outage.Hint(), "until 2000-01-01 01:00:00 UTC") {
			t.Errorf("got hint %q", outage.Hint())
		}
		// The scope stays closed, for changes as well, but only this scope.
		time.Sleep(time.Minute) // of the bubble's clock
		err = c.AddTag(t.Context(), "QwErTy", "a")
		if !errors.As(err, &answer) || answer.Status != 429 || calls.Load() != 2 {
			t.Fatalf("v2 job calls have a budget of their own: %v", err)
		}
		err = c.RemoveTag(t.Context(), "QwErTy", "a") // v3, as users/me
		if !errors.As(err, &answer) || answer.RetryAfter != 59*time.Minute || calls.Load() != 2 {
			t.Errorf("got %v after %d calls", err, calls.Load())
		}
		if outcomeOf(err) != notDone || time.Since(began) != time.Minute {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}

func TestThrottlingStopsTheWholeScope(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := newClient(t, Config{BaseURL: "http://127.0.0.1:1", Transport: sequence(&calls, func(n int32, r *http.Request) *http.Response {
			if n == 1 {
				return throttled(r, "30")
			}
			return respond(r, 200, `{"id":"QwErTy"}`)
		})})
		if err := c.StopJob(t.Context(), "QwErTy"); outcomeOf(err) != notDone {
			t.Fatalf("got %v", err)
		}
		began := time.Now()
		if _, err := c.Job(t.Context(), "QwErTy"); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != 30*time.Second {
			t.Errorf("waited %v, want 30s", waited)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := newClient(t, Config{Transport: sequence(&calls, func(_ int32, r *http.Request) *http.Response {
			return throttled(r, "100")
		})})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		_, err := c.Me(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 10*time.Second || calls.Load() != 1 {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		if !strings.Contains(err.Error(), "429") {
			t.Errorf("%v does not say what it waited for", err)
		}
	})
}

func TestBudgetCountsPausesOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := newClient(t, Config{
			Retry: Retry{Attempts: 100, Budget: 5 * time.Minute},
			Transport: sequence(&calls, func(_ int32, r *http.Request) *http.Response {
				time.Sleep(50 * time.Second) // a slow failure, of the bubble's clock
				return respond(r, 503, "")
			}),
		})
		_, err := c.Me(t.Context())
		var outage *OutageError
		if !errors.As(err, &outage) || outage.Waited > 5*time.Minute || outage.Waited < 4*time.Minute {
			t.Errorf("got %v", err)
		}
	})
}

func TestWrongAddressesFailAtOnce(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"lookup":      &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true},
		"certificate": &tls.CertificateVerificationError{Err: errors.New("unknown authority")},
		"not TLS":     tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"},
	} {
		var calls atomic.Int32
		c := newClient(t, Config{Retry: fastRetry(), Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			calls.Add(1)
			return nil, cause
		})})
		_, err := c.Me(t.Context())
		var network *NetworkError
		if !errors.As(err, &network) || calls.Load() != 1 || network.Hint() == "" {
			t.Errorf("%s: got %v after %d calls", name, err, calls.Load())
		}
	}
}

// What answers is there and will not change: waiting for it would hide what is wrong.
func TestServersOfAnotherKindFailAtOnce(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(reply(200, "{}"))
	t.Cleanup(plain.Close)
	host := strings.TrimPrefix(plain.URL, "http://")
	gone := httptest.NewServer(nil)
	gone.Close()
	through := func(proxy string) *http.Transport {
		address, err := url.Parse(proxy)
		if err != nil {
			t.Fatal(err)
		}
		transport := NewTransport(http.ProxyFromEnvironment)
		transport.Proxy = http.ProxyURL(address)
		return transport
	}
	proxy := func(status int) *http.Transport {
		server := httptest.NewServer(reply(status, ""))
		t.Cleanup(server.Close)
		return through(server.URL)
	}
	for name, tc := range map[string]struct {
		cfg        Config
		text, hint string
		not        string // in the hint
	}{
		"https to an emulator": {
			cfg: Config{BaseURL: "https://" + host}, text: "HTTP response to HTTPS client", hint: "write http://" + host, not: "PROXY",
		},
		"https to an http server elsewhere": {
			cfg: Config{BaseURL: "https://rescale.example.com", Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				return nil, http.ErrSchemeMismatch
			})}, text: "HTTP response to HTTPS client", hint: "https://rescale.example.com does not speak https",
		},
		"an emulator that has ended": {
			cfg: Config{BaseURL: gone.URL}, text: "refused", hint: "nothing listens at " + gone.URL + "; start the emulator", not: "PROXY",
		},
		"a proxy that wants a password": {
			cfg:  Config{BaseURL: "https://rescale.example.com", Transport: proxy(407)},
			text: "the proxy answers 407 Proxy Authentication Required", hint: "set HTTPS_PROXY to http://NAME:PASSWORD@HOST:PORT",
		},
		"a proxy that speaks plain http": {
			cfg:  Config{BaseURL: "https://rescale.example.com", Transport: through("https://" + host)},
			text: "proxyconnect tcp", hint: "the proxy in HTTPS_PROXY speaks plain http: write it as http://HOST:PORT", not: "rescale.example.com",
		},
		"a proxy that forbids": {
			cfg:  Config{BaseURL: "https://rescale.example.com", Transport: proxy(403)},
			text: "the proxy answers 403 Forbidden", hint: "ask whoever runs the proxy",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var retries atomic.Int32
			tc.cfg.Retry, tc.cfg.OnRetry = fastRetry(), func(error, time.Duration) { retries.Add(1) }
			_, err := newClient(t, tc.cfg).Me(t.Context())
			var network *NetworkError
			if !errors.As(err, &network) || !strings.Contains(err.Error(), tc.text) || retries.Load() != 0 {
				t.Fatalf("got %v after %d retries, want %q at once", err, retries.Load(), tc.text)
			}
			if hint := network.Hint(); !strings.Contains(hint, tc.hint) || tc.not != "" && strings.Contains(hint, tc.not) {
				t.Errorf("hint %q, want %q", hint, tc.hint)
			}
		})
	}
}

// TestTheAdviceForADeadProxyIsAboutTheProxy: it may come up again, so this is retried.
func TestTheAdviceForADeadProxyIsAboutTheProxy(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"refused": syscall.ECONNREFUSED, "no such host": &net.DNSError{Err: "no such host", Name: "proxy", IsNotFound: true},
	} {
		c := newClient(t, Config{BaseURL: "https://rescale.example.com", Retry: fastRetry(), Transport: roundTrip(func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "proxyconnect", Net: "tcp", Err: cause}
		})})
		_, err := c.Me(t.Context())
		var network *NetworkError
		if !errors.As(err, &network) || !strings.HasPrefix(network.Hint(), "the proxy in HTTPS_PROXY cannot be reached") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A proxy that is overloaded may agree later.
func TestABusyProxyIsAskedAgain(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 502, 503} {
		var calls atomic.Int32
		c := newClient(t, Config{Retry: fastRetry(), Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if calls.Add(1) == 1 {
				return nil, &ProxyError{Status: status}
			}
			return respond(r, 200, `{"email":"ada@example.com"}`), nil
		})})
		if _, err := c.Me(t.Context()); err != nil || calls.Load() != 2 {
			t.Errorf("%d: got %v after %d calls", status, err, calls.Load())
		}
	}
}

// A name server that hiccups during a long run must not end it.
func TestLookupIsRepeatedOnceThePlatformWasReached(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c := newClient(t, Config{Retry: fastRetry(), Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if calls.Add(1) == 2 {
			return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
		}
		return respond(r, 200, `{"email":"ada@example.com"}`), nil
	})})
	for range 2 {
		if _, err := c.Me(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if calls.Load() != 3 {
		t.Errorf("%d calls, want 3", calls.Load())
	}
}
