package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"clawback"
	"clawback/m365sim"
	"clawback/store"
)

// demoSeed is what the seeding made and later steps need.
type demoSeed struct {
	token     clawback.Secret
	service   clawback.Actor
	main      clawback.Organization
	tenantID  string
	protected string // address of the never-remove inbox
}

// seedDemo fills the database with the simulated tenants as organizations:
// people, devices, a protected inbox, one customer in enforce and one in
// observe mode, one whose device lacks what the integration asks for since it was
// onboarded, an API token with every right. A tenant in which nothing is set
// up gets no organization, so that an operator can create it and go the whole
// way. A database that has them keeps them and gets a new token.
func seedDemo(ctx context.Context, db *store.Store, world m365sim.World) (demoSeed, error) {
	operator := clawback.Bot("the demo")
	organizations, err := db.ListOrganizations(ctx, operator)
	if err != nil {
		return demoSeed{}, err
	}
	if len(organizations) == 0 {
		for i, tenant := range world.Customers {
			if notSetUp(tenant) {
				continue
			}
			if err := seedOrganization(ctx, db, world, tenant, demoModes[i%len(demoModes)]); err != nil {
				return demoSeed{}, fmt.Errorf("seed %s: %w", tenant.Name, err)
			}
		}
	}
	return seedService(ctx, db, world)
}

func notSetUp(tenant m365sim.Tenant) bool { return tenant.App.ClientID == "" && !tenant.Legacy }

// legacyDay is when the demo's customer of the guide's legacy path was onboarded.
var legacyDay = time.Date(2025, time.November, 3, 0, 0, 0, 0, time.UTC)

var demoModes = []clawback.Mode{clawback.ModeEnforce, clawback.ModeObserve}

func seedService(ctx context.Context, db *store.Store, world m365sim.World) (demoSeed, error) {
	operator, main := clawback.Bot("the demo"), world.Customers[0]
	seed := demoSeed{tenantID: main.ID, protected: main.QuarantineAddress}
	token, err := db.CreateToken(ctx, operator, store.NewToken{Name: "SOC automation", Rights: clawback.AllRights(), Everywhere: true})
	if err != nil {
		return seed, err
	}
	seed.token = token
	if seed.service, err = db.ActorByToken(ctx, token.Reveal()); err != nil {
		return seed, err
	}
	organizations, err := db.ListOrganizations(ctx, operator)
	for _, o := range organizations {
		if o.TenantID == main.ID {
			seed.main = o
		}
	}
	return seed, err
}

func seedOrganization(ctx context.Context, db *store.Store, world m365sim.World, tenant m365sim.Tenant, mode clawback.Mode) error {
	operator := clawback.Bot("the demo")
	organization, err := db.CreateOrganization(ctx, operator, store.NewOrganization{Name: tenant.Name, TenantID: tenant.ID, Domain: tenant.Domain})
	if err != nil {
		return err
	}
	if err := seedPeople(ctx, db, world.Provider, tenant, organization.ID); err != nil {
		return err
	}
	device, err := db.CreateDevice(ctx, operator, demoDevice(organization, world, tenant))
	if err != nil {
		return err
	}
	entry, err := seedContext(ctx, db, organization.ID, tenant)
	if err != nil || tenant.Legacy {
		return err // what is left of the guide is the admin's to do
	}
	_, err = db.SaveAutoRemediation(ctx, operator, clawback.AutoRemediation{
		OrganizationID: organization.ID, Mode: mode, Removal: clawback.RemovalSoft, VolumeLimit: clawback.DefaultVolumeLimit,
		NeverRemove: []string{entry}, Devices: []string{device.ID},
	})
	return err
}

func demoDevice(organization clawback.Organization, world m365sim.World, tenant m365sim.Tenant) store.NewDevice {
	device := store.NewDevice{OrganizationID: organization.ID, Name: tenant.Name + " Microsoft 365", TenantID: tenant.ID}
	if tenant.Legacy {
		device.Connection, device.ClientID, device.OnboardedOn = clawback.ConnectionIntegration, world.Integration.ClientID, legacyDay
		return device
	}
	device.Connection, device.ClientID, device.ClientSecret = clawback.ConnectionCustomApp, tenant.App.ClientID, clawback.NewSecret(tenant.App.Secret)
	return device
}

// seedPeople makes the customer's first two people admin and analyst, unless
// they are in the demo to be refused, and gives the organization to the
// provider's engagement manager.
func seedPeople(ctx context.Context, db *store.Store, provider, tenant m365sim.Tenant, organizationID string) error {
	operator := clawback.Bot("the demo")
	for _, person := range tenant.People {
		role, member := memberRole(person)
		if !member {
			continue
		}
		if err := db.SaveMember(ctx, operator, organizationID, tenant.ID, person.ID, person.Name, role); err != nil {
			return err
		}
	}
	for _, person := range provider.People {
		for _, role := range person.AppRoles {
			if role != "EngagementManager" {
				continue
			}
			if err := db.SavePortfolio(ctx, operator, provider.ID, person.ID, person.Name, organizationID); err != nil {
				return err
			}
		}
	}
	return nil
}

// memberRole reads the person's part in the demo from the simulator's note.
func memberRole(person m365sim.Person) (clawback.Role, bool) {
	switch {
	case strings.Contains(person.Note, "admin"):
		return clawback.RoleAdmin, true
	case strings.Contains(person.Note, "analyst"):
		return clawback.RoleAnalyst, true
	}
	return "", false
}

// seedContext proposes and approves the quarantine inbox; another entry waits
// for its review and protects nothing yet.
func seedContext(ctx context.Context, db *store.Store, organizationID string, tenant m365sim.Tenant) (entryID string, err error) {
	operator := clawback.Bot("the demo")
	entry, err := db.CreateContext(ctx, operator, organizationID, clawback.NewContextEntry{
		Address: tenant.QuarantineAddress, Purpose: "Quarantine inbox", Note: "Reported phishing is collected here as evidence.",
	})
	if err != nil {
		return "", err
	}
	if _, err := db.ReviewContext(ctx, operator, entry.ID, clawback.ReviewApproved, "Agreed with the customer."); err != nil {
		return "", err
	}
	_, err = db.CreateContext(ctx, operator, organizationID, clawback.NewContextEntry{
		Address: "soc-archive@" + tenant.Domain, Purpose: "SOC archive", Note: "Copies of what the SOC looked at.",
	})
	return entry.ID, err
}

// seedCmd prepares a folder for serve --simulated, the simulator being a
// process of its own that was started with the same seed and mailboxes.
type seedCmd struct {
	Dir       string `arg:"" help:"An empty or new folder." type:"path"`
	ReadyFile string `name:"ready-file" help:"The ready file of clawback simulate." required:"" type:"existingfile"`
	Listen    string `help:"Address the portal will be served on." default:"127.0.0.1:8080"`
	Mailboxes int    `help:"As given to simulate." default:"60"`
	Customers int    `help:"As given to simulate." default:"4"`
	Seed      uint64 `help:"As given to simulate." default:"1"`
}

// Run writes the database, its key and serve.env, the variables for serve.
func (c seedCmd) Run(ctx context.Context) error {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	a, err := readReadyFile(c.ReadyFile)
	if err != nil {
		return err
	}
	// The same seed makes the same world: this one only tells what is in it.
	sim, err := m365sim.Start(m365sim.Config{Seed: c.Seed, Mailboxes: c.Mailboxes, Customers: c.Customers})
	if err != nil {
		return err
	}
	defer sim.Close()
	key, err := demoKey(c.Dir)
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{Path: filepath.Join(c.Dir, databaseFile), Key: key, Log: newLogger("warn")})
	if err != nil {
		return err
	}
	defer db.Close()
	seed, err := seedDemo(ctx, db, sim.World())
	if err != nil {
		return err
	}
	fmt.Println(seed.token.Reveal())
	return os.WriteFile(filepath.Join(c.Dir, "serve.env"), []byte(c.environment(a, sim.World())), 0o600)
}

func (c seedCmd) environment(a addresses, world m365sim.World) string {
	var lines strings.Builder
	for _, v := range []struct{ name, value string }{
		{"SIMULATED", "true"},
		{"LISTEN", c.Listen},
		{"PUBLIC_URL", "http://" + c.Listen},
		{"DATABASE", filepath.Join(c.Dir, databaseFile)},
		{"KEY_FILE", filepath.Join(c.Dir, keyFile)},
		{"LOGIN_URL", a.Login},
		{"GRAPH_URL", a.Graph},
		{"EXCHANGE_URL", a.Exchange},
		{"PROVIDER_TENANT_ID", world.Provider.ID},
		{"SIGN_IN_CLIENT_ID", world.SignIn.ClientID},
		{"SIGN_IN_CLIENT_SECRET", world.SignIn.Secret},
		{"INTEGRATION_CLIENT_ID", world.Integration.ClientID},
		{"INTEGRATION_CLIENT_SECRET", world.Integration.Secret},
	} {
		fmt.Fprintf(&lines, "CLAWBACK_%s=%s\n", v.name, shellWord(v.value))
	}
	return lines.String()
}

var shellPlain = regexp.MustCompile(`^[\w./:@%+,=-]*$`)

// shellWord answers a value as one word of a shell, in quotes only where it needs them.
func shellWord(value string) string {
	if shellPlain.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
