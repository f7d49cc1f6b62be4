// Package graphclient is everything that talks to Microsoft: the token endpoint,
// Microsoft Graph and the Exchange admin API. It answers in root types.
//
// Graph requests are built by Microsoft's SDK and sent by its adapter, but what
// comes back is read here: the SDK panics on some answers, loses the status of
// others and sleeps through a 429.
package graphclient

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"clawback"

	"github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	khttp "github.com/microsoft/kiota-http-go"
	kjson "github.com/microsoft/kiota-serialization-json-go"
)

// Config says where Microsoft is and how long to wait for it. The zero value is
// the real Microsoft 365.
type Config struct {
	LoginURL    string // https://login.microsoftonline.com
	GraphURL    string // https://graph.microsoft.com, without a version
	ExchangeURL string // https://outlook.office365.com

	// Simulated allows plain HTTP, for the simulated Microsoft 365 alone.
	Simulated bool
	// Timeout is the longest wait for one exchange with Microsoft, a minute when 0.
	Timeout time.Duration
	Now     func() time.Time
	Log     *slog.Logger
	// TraceBudget keeps the message trace within Microsoft's limit; nil counts nothing.
	TraceBudget TraceBudget
	// Pauses keeps what Microsoft asked to wait for; nil forgets it at a restart.
	Pauses PauseStore
	// Transport is below everything else; nil is one with limits of its own.
	Transport http.RoundTripper
}

const defaultTimeout = time.Minute

// Client talks to Microsoft for every connection. It is safe for concurrent use.
type Client struct {
	login, graph, exchange string

	timeout time.Duration
	now     func() time.Time
	log     *slog.Logger

	http      *http.Client // for sign-in and Exchange
	graphHTTP *http.Client // with the SDK's own middleware above the same transport

	tokens      tokenStore
	domains     domainStore
	pauses      pauses
	traceTurns  turns
	pauseStore  PauseStore
	traceBudget TraceBudget
	traceSize   int
}

// New checks the configuration. It returns KindInvalid, naming the key, for an
// address that is none or not HTTPS.
func New(cfg Config) (*Client, error) {
	registerJSON()
	cfg = cfg.withDefaults()
	for key, address := range map[string]string{
		"login-url": cfg.LoginURL, "graph-url": cfg.GraphURL, "exchange-url": cfg.ExchangeURL,
	} {
		if err := checkAddress(key, address, cfg.Simulated); err != nil {
			return nil, err
		}
	}

	wire := &wire{base: cfg.Transport, now: cfg.Now}
	c := &Client{
		login: cfg.LoginURL, graph: cfg.GraphURL + "/v1.0", exchange: cfg.ExchangeURL,
		timeout: cfg.Timeout, now: cfg.Now, log: cfg.Log,
		http:      newHTTPClient(wire),
		graphHTTP: newHTTPClient(khttp.NewCustomTransportWithParentTransport(wire, khttp.NewParametersNameDecodingHandler())),
		traceSize: tracePageSize, traceBudget: cfg.TraceBudget, pauseStore: cfg.Pauses,
	}
	return c, c.recall()
}

// recall takes up the pauses that were kept.
func (c *Client) recall() error {
	if c.pauseStore == nil {
		return nil
	}
	until, err := c.pauseStore.ListPauses(context.Background())
	if err != nil {
		return fmt.Errorf("list pauses: %w", err)
	}
	c.pauses.until = until
	return nil
}

// Close gives up the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// CheckToken says whether a fresh token for Graph can be had. The token replaces
// the cached one, so that what Entra granted meanwhile counts from now on.
func (c *Client) CheckToken(ctx context.Context, conn clawback.Connection) error {
	_, err := c.freshToken(ctx, conn, graphResource)
	return err
}

func (cfg Config) withDefaults() Config {
	cfg.LoginURL = address(cfg.LoginURL, "https://login.microsoftonline.com")
	cfg.GraphURL = strings.TrimSuffix(address(cfg.GraphURL, "https://graph.microsoft.com"), "/v1.0")
	cfg.ExchangeURL = address(cfg.ExchangeURL, "https://outlook.office365.com")
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Transport == nil {
		cfg.Transport = defaultTransport()
	}
	return cfg
}

func address(given, otherwise string) string {
	if given == "" {
		return otherwise
	}
	return strings.TrimSuffix(given, "/")
}

func checkAddress(key, address string, simulated bool) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return clawback.Invalid(key, "“%s” is not an address like https://example.com.", address)
	}
	if u.Scheme == "https" || simulated && u.Scheme == "http" {
		return nil
	}
	return clawback.Invalid(key, "“%s” must begin with https://: plain HTTP is for the simulated Microsoft 365 alone.", address)
}

// registerJSON tells the SDK's registries about JSON, the one format used here.
// They are global and not safe for concurrent writing.
var registerJSON = sync.OnceFunc(func() {
	abstractions.RegisterDefaultSerializer(func() serialization.SerializationWriterFactory {
		return kjson.NewJsonSerializationWriterFactory()
	})
	abstractions.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory {
		return kjson.NewJsonParseNodeFactory()
	})
})

// callError makes the error of a call that failed as a whole, and logs it once.
func (c *Client) callError(ctx context.Context, call string, answer clawback.Answer, cause error) *clawback.CallError {
	if answer.At.IsZero() {
		answer.At = c.now()
	}
	c.log.DebugContext(ctx, "call to Microsoft failed", "call", call, "kind", answer.Kind,
		"status", answer.Status, "code", answer.Code, "request_id", answer.RequestID)
	return &clawback.CallError{Answer: answer, Call: call, Err: cause}
}

func invalidCall(call, format string, args ...any) *clawback.CallError {
	return &clawback.CallError{
		Answer: clawback.Answer{Kind: clawback.AnswerInvalid, Message: fmt.Sprintf(format, args...)},
		Call:   call,
	}
}
