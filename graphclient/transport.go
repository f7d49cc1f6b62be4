package graphclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	maxAnswer      = 32 << 20
	maxHeaders     = 1 << 20
	connsPerHost   = 64
	dialTimeout    = 10 * time.Second
	idleConnection = 90 * time.Second
)

var (
	errNotSent  = errors.New("its time was over before it could be sent")
	errTooLarge = errors.New("the answer is larger than 32 MB")
)

// defaultTransport keeps connections for many tenants at sixteen batches each
// and speaks HTTP/1.1, so that one slow answer holds up no other.
func defaultTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialTimeout,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
		MaxConnsPerHost:        connsPerHost,
		MaxIdleConnsPerHost:    connsPerHost,
		IdleConnTimeout:        idleConnection,
		MaxResponseHeaderBytes: maxHeaders,
	}
}

// newHTTPClient follows no redirect: it could carry a token or repeat a removal.
// The timeout is each exchange's own.
func newHTTPClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// exchange is one request and what came over the wire, whatever the layers above
// make of it. Connected and refused are set by the transport's goroutines.
type exchange struct {
	sendBy    time.Time // after it nothing is sent; zero for any time
	connected atomic.Bool
	refused   atomic.Bool

	status int
	header http.Header
	body   []byte
	err    error
}

type exchangeKey struct{}

func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// wire is the innermost RoundTripper: the last word on whether a request leaves,
// and the first note of what came back.
type wire struct {
	base http.RoundTripper
	now  func() time.Time
}

// RoundTrip sends a request if its time is not over, and notes the status.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	x, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		x = new(exchange)
	}
	req, err := w.guard(req, x)
	if err != nil {
		return nil, err
	}

	resp, err := w.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	x.status, x.header = resp.StatusCode, resp.Header.Clone()
	// The SDK would answer a claims challenge by itself, and panic on a broken one;
	// every 401 is answered in one place instead.
	resp.Header.Del("WWW-Authenticate")
	resp.Body = &limitedBody{ReadCloser: resp.Body, left: maxAnswer}
	return resp, nil
}

// CloseIdleConnections passes on what http.Client asks of its transport.
func (w *wire) CloseIdleConnections() {
	if base, ok := w.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// guard refuses a late request, and makes its body refuse too: the wait for a
// connection comes after this, the first byte of the body after that.
func (w *wire) guard(req *http.Request, x *exchange) (*http.Request, error) {
	if x.late(w.now()) {
		return nil, errNotSent
	}
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { x.connected.Store(true) }}
	guarded := req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	if req.Body == nil {
		return guarded, nil
	}

	content, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	guarded.ContentLength = int64(len(content))
	guarded.GetBody = func() (io.ReadCloser, error) {
		return &guardedBody{content: bytes.NewReader(content), now: w.now, x: x}, nil
	}
	guarded.Body, err = guarded.GetBody()
	return guarded, err
}

func (x *exchange) late(now time.Time) bool {
	if x.sendBy.IsZero() || !now.After(x.sendBy) {
		return false
	}
	x.refused.Store(true)
	return true
}

// guardedBody refuses its first byte when the time to send is over.
type guardedBody struct {
	content *bytes.Reader
	now     func() time.Time
	x       *exchange
	begun   bool
}

func (b *guardedBody) Read(p []byte) (int, error) {
	if !b.begun && b.x.late(b.now()) {
		return 0, errNotSent
	}
	b.begun = true
	return b.content.Read(p)
}

func (b *guardedBody) Close() error { return nil }

// limitedBody fails, rather than ends, where an answer is too large.
type limitedBody struct {
	io.ReadCloser
	left int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
