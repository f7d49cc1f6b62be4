package m365sim

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"
)

// Config holds everything that can be chosen when a simulator starts. The zero value is a working simulator.
type Config struct {
	// Seed decides every id, name and address: the same seed gives the same world.
	Seed uint64
	// Mailboxes is the number of licensed user mailboxes of the first customer's tenant, 60 when 0. The second
	// customer's tenant has at most 40, the third's and the fourth's at most 12. The named people always exist, so that
	// the least is seven.
	Mailboxes int
	// Customers is the number of customers' tenants, four when 0, which is the least. Each further one has at most
	// 40 mailboxes, its own app with everything granted, and one admin.
	Customers int
	// Latency is the time of one Graph or Exchange request, or of one inner request of a batch, four at a time.
	Latency time.Duration
	// LatencyJitter is added to it on average, with a long tail: half of the requests take up to 0.4 times as much
	// more, one of a hundred more than 9 times. 0 makes every request take Latency.
	LatencyJitter time.Duration
	// TraceDelay is the time after which a delivered message shows in the message trace; 0 is at once.
	TraceDelay time.Duration
	// Record receives one JSON line for each HTTP exchange with sign-in, Graph or Exchange; nil records nothing.
	Record io.Writer
	// Now is the scenario clock, time.Now when nil.
	Now func() time.Time
	// PortalURL is where the sign-in app's redirect URIs point: PortalURL + "/sign-in/callback", and
	// PortalURL + "/" after signing out.
	PortalURL string
	// PageSize is the page size of lists where the client gives no $top; 0 is Microsoft's default.
	PageSize int

	// LoginAddr, GraphAddr, ExchangeAddr and ControlAddr are listen addresses, "127.0.0.1:0" when empty. The
	// control changes every state without a credential, so that it is refused on any but a loopback address.
	LoginAddr, GraphAddr, ExchangeAddr, ControlAddr string

	// TokenLife is how long tokens last: 3599 s when 0, as most of Microsoft's.
	TokenLife time.Duration
	// Propagation delays what is granted; the zero value makes it count at once.
	Propagation Propagation
	// Switches choose what Microsoft does where it is unconfirmed; see there.
	Switches Switches

	// TLS makes sign-in, Graph and Exchange speak TLS, with an authority of this process alone: see Sim.CA, and
	// GET /ca.pem of control, which stays as it is.
	TLS bool

	// Log receives one line for each service at start; nil is silent.
	Log *slog.Logger
}

const (
	defaultMailboxes = 60
	leastCustomers   = 4
	defaultTokenLife = 3599 * time.Second
	secondMailboxes  = 40
	freshMailboxes   = 12
	anyLoopbackPort  = "127.0.0.1:0"
)

func (c Config) withDefaults() (Config, error) {
	if c.Mailboxes == 0 {
		c.Mailboxes = defaultMailboxes
	}
	c.Customers = cmp.Or(c.Customers, leastCustomers)
	if c.TokenLife == 0 {
		c.TokenLife = defaultTokenLife
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	for _, addr := range []*string{&c.LoginAddr, &c.GraphAddr, &c.ExchangeAddr, &c.ControlAddr} {
		if *addr == "" {
			*addr = anyLoopbackPort
		}
	}

	return c, c.validate()
}

func (c Config) validate() error {
	if c.Mailboxes < 0 || c.PageSize < 0 || c.Latency < 0 || c.LatencyJitter < 0 || c.TraceDelay < 0 {
		return fmt.Errorf("m365sim: mailboxes, page size, latency, its jitter and trace delay must not be negative")
	}
	if c.Customers < leastCustomers {
		return fmt.Errorf("m365sim: there are at least %d customers' tenants", leastCustomers)
	}
	if p := c.Propagation; c.TokenLife < time.Second || p.Tokens < 0 || p.Exchange < 0 || p.Trace < 0 {
		return fmt.Errorf("m365sim: tokens last at least a second, and propagation must not be negative")
	}
	if !isLoopback(c.ControlAddr) {
		return fmt.Errorf("m365sim: control address %q is not a loopback address", c.ControlAddr)
	}

	return nil
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)

	return ip != nil && ip.IsLoopback()
}
