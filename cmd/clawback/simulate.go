package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"clawback/m365sim"
)

// simulateOptions are the simulated Microsoft 365's, of the demo and alone.
type simulateOptions struct {
	Mailboxes  int           `help:"Mailboxes of the first customer's tenant." default:"60"`
	Customers  int           `help:"Customers' tenants, from 4 on; those beyond have at most 40 mailboxes each." default:"4"`
	Latency    time.Duration `help:"Time of one request, or of one inner request of a batch, four at a time." default:"50ms"`
	Jitter     time.Duration `name:"latency-jitter" help:"Time a request takes longer on average, with a long tail." default:"0s"`
	TraceDelay time.Duration `name:"trace-delay" help:"Time after which a delivered email shows in the message trace." default:"0s"`
	TokenLife  time.Duration `name:"token-life" help:"How long tokens last; a short life ends in the middle of a run." default:"3599s"`
	Seed       uint64        `help:"The same seed gives the same tenants, people and ids." default:"1"`
	Record     string        `help:"Write every exchange with the simulated Microsoft 365 to this file, a JSON line each." type:"path"`
	ReadyFile  string        `name:"ready-file" help:"Write the addresses to this file once everything answers." type:"path"`
}

// start starts the simulator; close ends it and the recording.
func (o simulateOptions) start(cfg m365sim.Config) (sim *m365sim.Sim, close func(), err error) {
	cfg.Mailboxes, cfg.Customers, cfg.Seed = o.Mailboxes, o.Customers, o.Seed
	cfg.Latency, cfg.LatencyJitter, cfg.TraceDelay = o.Latency, o.Jitter, o.TraceDelay
	cfg.TokenLife = o.TokenLife
	var record *os.File
	if o.Record != "" {
		if record, err = os.Create(o.Record); err != nil {
			return nil, nil, fmt.Errorf("--record: %w", err)
		}
		cfg.Record = record
	}
	if sim, err = m365sim.Start(cfg); err != nil {
		return nil, nil, err
	}
	return sim, func() {
		sim.Close()
		if record != nil {
			record.Close()
		}
	}, nil
}

// addresses are where everything answers, as written to the ready file.
type addresses struct {
	Portal   string `json:"portal,omitempty"`
	Login    string `json:"login"`
	Graph    string `json:"graph"`
	Exchange string `json:"exchange"`
	APIToken string `json:"api_token,omitempty"`
	Control  string `json:"control"`
}

func addressesOf(sim *m365sim.Sim) addresses {
	a := sim.Addresses()
	return addresses{Login: a.Login, Graph: a.Graph, Exchange: a.Exchange, Control: a.Control}
}

// writeReadyFile puts the file there whole, for whoever waits for it.
func writeReadyFile(path string, a addresses) error {
	if path == "" {
		return nil
	}
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	temporary := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	if err := os.WriteFile(temporary, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("--ready-file: %w", err)
	}
	return os.Rename(temporary, path)
}

type simulateCmd struct {
	simulateOptions
	PortalURL    string `name:"portal-url" help:"The portal's address: the sign-in app's redirect URI begins with it." default:"http://127.0.0.1:8080"`
	LoginAddr    string `name:"login-listen" help:"Address of the sign-in." default:"127.0.0.1:0"`
	GraphAddr    string `name:"graph-listen" help:"Address of Microsoft Graph." default:"127.0.0.1:0"`
	ExchangeAddr string `name:"exchange-listen" help:"Address of Exchange Online." default:"127.0.0.1:0"`
	TLS          bool   `name:"tls" help:"Speak TLS at sign-in, Graph and Exchange, with an authority of its own: GET /ca.pem of the control."`
	ControlAddr  string `name:"control-listen" help:"Address of the control, loopback only." default:"127.0.0.1:0"`
}

func (c simulateCmd) Run(ctx context.Context) error {
	sim, closeSim, err := c.start(m365sim.Config{
		PortalURL: c.PortalURL, LoginAddr: c.LoginAddr, GraphAddr: c.GraphAddr, ExchangeAddr: c.ExchangeAddr, ControlAddr: c.ControlAddr, TLS: c.TLS,
	})
	if err != nil {
		return err
	}
	defer closeSim()

	a := addressesOf(sim)
	fmt.Printf("Simulated Microsoft 365\n  sign-in   %s\n  Graph     %s/v1.0\n  Exchange  %s\n  control   %s\n", a.Login, a.Graph, a.Exchange, a.Control)
	if err := writeReadyFile(c.ReadyFile, a); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
