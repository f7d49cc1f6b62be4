package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"clawback"
	"clawback/graphclient"
	"clawback/m365sim"
	"clawback/web"
)

// demoCmd is the whole product on one machine, with customers, people and mail
// of its own making.
type demoCmd struct {
	simulateOptions
	Listen string `help:"Address of the portal." default:"127.0.0.1:8080"`
	Dir    string `help:"Folder for the database and the phishing email; a temporary one, removed at the end, where empty." type:"path"`

	LogLevel string `name:"log-level" help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"warn" env:"CLAWBACK_LOG_LEVEL"`
}

func (c demoCmd) Run(ctx context.Context) error {
	dir, remove, err := c.folder()
	if err != nil {
		return err
	}
	defer remove()
	sim, closeSim, err := c.start(m365sim.Config{})
	if err != nil {
		return err
	}
	defer closeSim()

	p, err := openDemoPortal(ctx, c.Listen, dir, sim, newLogger(c.LogLevel))
	if err != nil {
		return err
	}
	sim.SetPortalURL(p.url())
	seeded, err := seedDemo(ctx, p.store, sim.World())
	if err != nil {
		return errors.Join(err, p.store.Close())
	}
	return p.run(ctx, func() error {
		if err := deliverDemoMail(ctx, p.store, sim, seeded, dir); err != nil {
			return err
		}
		a := addressesOf(sim)
		a.Portal, a.APIToken = p.url(), seeded.token.Reveal()
		fmt.Print(welcome(a, sim.World(), filepath.Join(dir, phishingFile)))
		return writeReadyFile(c.ReadyFile, a)
	})
}

func (c demoCmd) folder() (dir string, remove func(), err error) {
	if c.Dir != "" {
		return c.Dir, func() {}, os.MkdirAll(c.Dir, 0o700)
	}
	dir, err = os.MkdirTemp("", "clawback-demo-")
	return dir, func() { os.RemoveAll(dir) }, err
}

func openDemoPortal(ctx context.Context, listen, dir string, sim *m365sim.Sim, log *slog.Logger) (*portal, error) {
	key, err := demoKey(dir)
	if err != nil {
		return nil, err
	}
	a, world := sim.Addresses(), sim.World()
	return openPortal(ctx, portalConfig{
		Listen: listen, Database: filepath.Join(dir, databaseFile), Key: key, Log: log,
		Integration: clawback.Integration{ClientID: world.Integration.ClientID,
			Credential: clawback.Credential{ClientSecret: clawback.NewSecret(world.Integration.Secret)}},
		Microsoft: graphclient.Config{LoginURL: a.Login, GraphURL: a.Graph, ExchangeURL: a.Exchange, Simulated: true, Log: log},
		Web: web.Config{
			Simulated: true, ProviderTenantID: world.Provider.ID, CookiePrefix: "clawback-demo",
			SignIn: web.SignInConfig{ClientID: world.SignIn.ClientID, ClientSecret: clawback.NewSecret(world.SignIn.Secret), LoginURL: a.Login},
		},
	})
}

const (
	databaseFile = "clawback.db"
	keyFile      = "key.json"
	phishingFile = "phishing.eml"
)

// demoKey reads the folder's key, or makes one.
func demoKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, keyFile)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if err := writeKey(path); err != nil {
			return nil, err
		}
	}
	return readSecret("dir", path, "")
}

func welcome(a addresses, world m365sim.World, phishing string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "\nClawback is ready:  %s\n\nSign in as (one click on the simulated Microsoft page):\n", a.Portal)
	for _, tenant := range append([]m365sim.Tenant{world.Provider}, world.Customers...) {
		for _, person := range tenant.People {
			fmt.Fprintf(&text, "  %-16s %-36s %s\n", person.Name, person.UserPrincipalName, person.Note)
		}
	}
	fmt.Fprintf(&text, "\nA phishing email lies in %d mailboxes of %s. Drop this file on “New remediation”:\n  %s\n",
		phishingUsers+1, world.Customers[0].Name, phishing)
	for _, tenant := range world.Customers {
		if notSetUp(tenant) {
			fmt.Fprintf(&text, "\n%s (%s) is no organization yet: an operator creates it. Its Entra admin center, with nothing set up:\n  %s/admin/%s\n",
				tenant.Name, tenant.Domain, a.Login, tenant.Domain)
		}
	}
	for _, tenant := range world.Customers {
		if tenant.Legacy {
			fmt.Fprintf(&text, "\n%s was onboarded with the integration before 12 March 2026: its setup shows what the consent lacks since.\n", tenant.Name)
		}
	}
	fmt.Fprintf(&text, "\nAPI token:  %s\nSimulated Microsoft 365:  sign-in %s · Graph %s/v1.0 · Exchange %s · control %s\n\nCtrl-C ends the demo.\n",
		a.APIToken, a.Login, a.Graph, a.Exchange, a.Control)
	return text.String()
}
