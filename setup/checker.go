package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"clawback"

	"github.com/google/uuid"
)

// Microsoft is what the checks ask. Every look answers for itself, without error.
type Microsoft interface {
	FindTenant(ctx context.Context, domainOrID string) clawback.TenantEvidence
	Tokens(ctx context.Context, conn clawback.Connection) clawback.TokensEvidence
	Directory(ctx context.Context, conn clawback.Connection, objectID string) clawback.DirectoryEvidence
	DirectoryAs(ctx context.Context, conn clawback.Connection, objectID string, token clawback.Secret) clawback.DirectoryEvidence
	Calls(ctx context.Context, conn clawback.Connection) clawback.CallsEvidence
}

// CheckStore keeps what the checks found.
type CheckStore interface {
	FindDeviceSetup(ctx context.Context, actor clawback.Actor, deviceID string) (clawback.DeviceSetup, error)
	SaveChecks(ctx context.Context, actor clawback.Actor, deviceID string, results []clawback.CheckResult) ([]clawback.CheckResult, error)
	TouchStep(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) error
	FindConnection(ctx context.Context, deviceID string) (clawback.Connection, error)
}

// RunStore keeps what has come in while checks are made.
type RunStore interface {
	BeginCheckRun(ctx context.Context, actor clawback.Actor, deviceID string, rest time.Duration) (clawback.CheckRun, bool, error)
	SaveCheckLayers(ctx context.Context, run clawback.CheckRun, layers map[clawback.SetupStep][]clawback.LayerResult) error
	FinishCheckRun(ctx context.Context, run clawback.CheckRun) error
}

// DriftStore keeps how a device's setup changes by and by.
type DriftStore interface {
	SaveGrants(ctx context.Context, actor clawback.Actor, deviceID string, granted []string) error
	ListPassedSteps(ctx context.Context, actor clawback.Actor, deviceID string) ([]clawback.SetupStep, error)
	SaveNotices(ctx context.Context, actor clawback.Actor, deviceID string, notices []clawback.SetupNotice) error
}

// ScheduleStore says which devices to look at.
type ScheduleStore interface {
	ListDevicesToCheck(ctx context.Context, now time.Time) ([]string, error)
	ListRemediatedDevices(ctx context.Context, organizationID string) ([]string, error)
}

// DeviceStore keeps devices.
type DeviceStore interface {
	FindOrganization(ctx context.Context, actor clawback.Actor, id string) (clawback.Organization, error)
	FindDevice(ctx context.Context, actor clawback.Actor, id string) (clawback.Device, error)
	CreateDevice(ctx context.Context, actor clawback.Actor, n clawback.NewDevice) (clawback.Device, error)
	ReconnectDevice(ctx context.Context, actor clawback.Actor, id string, n clawback.NewDevice) (clawback.Device, error)
}

// CredentialStore keeps what signs devices in, and what is going to.
type CredentialStore interface {
	UpdateDeviceCredential(ctx context.Context, actor clawback.Actor, id, clientID string, c clawback.Credential, version int) (clawback.Device, error)
	SaveNextCredential(ctx context.Context, actor clawback.Actor, id, clientID string, c clawback.Credential, version int) (clawback.Device, error)
	FindNextConnection(ctx context.Context, deviceID string) (clawback.Connection, error)
	SettleNextCredential(ctx context.Context, actor clawback.Actor, deviceID string, next clawback.NextCredential) error
}

// ConsentStore keeps the consents to the integration.
type ConsentStore interface {
	CreateConsent(ctx context.Context, actor clawback.Actor, deviceID string) (clawback.ConsentMade, error)
	ReturnConsent(ctx context.Context, who clawback.Actor, token string, back clawback.ConsentReturn) (clawback.Consent, clawback.ConsentOutcome, error)
}

// Store is all of them.
type Store interface {
	CheckStore
	RunStore
	DriftStore
	ScheduleStore
	DeviceStore
	CredentialStore
	ForwardStore
	LookStore
	ConsentStore
}

// Config is what a Checker works with.
type Config struct {
	Store       Store
	Microsoft   Microsoft
	Integration string           // client id of the provider's integration; empty where there is none
	Now         func() time.Time // nil: time.Now
	Log         *slog.Logger     // nil: none
}

// Checker gathers evidence about devices and keeps what follows from it.
type Checker struct {
	store       Store
	microsoft   Microsoft
	integration string
	now         func() time.Time
	log         *slog.Logger
	due         chan struct{} // something is due before the next look

	mu    sync.Mutex
	locks map[string]*sync.Mutex // one check of a device at a time
	begun sync.WaitGroup         // checks that nobody waits for
}

const (
	lookEvery = 10 * time.Second // how often Run asks what is due
	// fresh is how old a check may be to be relied on when removal is switched on.
	fresh = 15 * time.Minute
)

// New makes a Checker.
func New(cfg Config) *Checker {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Checker{store: cfg.Store, microsoft: cfg.Microsoft, integration: cfg.Integration, now: cfg.Now, log: cfg.Log,
		due: make(chan struct{}, 1), locks: map[string]*sync.Mutex{}}
}

// CheckDevice makes every check of a device now, for a person, and notes who
// worked on the step. It returns KindNotFound and KindForbidden.
func (c *Checker) CheckDevice(ctx context.Context, actor clawback.Actor, deviceID string, step clawback.SetupStep) ([]clawback.CheckResult, error) {
	if err := c.store.TouchStep(ctx, actor, deviceID, step); err != nil {
		return nil, err
	}
	return c.check(ctx, actor, deviceID)
}

// check makes all checks of a device and waits for them.
func (c *Checker) check(ctx context.Context, actor clawback.Actor, deviceID string) ([]clawback.CheckResult, error) {
	run, _, err := c.store.BeginCheckRun(ctx, actor, deviceID, 0)
	if err != nil {
		return nil, err
	}
	return c.run(ctx, actor, run)
}

// run gathers, judges and saves. Two checks of one device follow each other, so
// that the older never overwrites the younger.
func (c *Checker) run(ctx context.Context, actor clawback.Actor, run clawback.CheckRun) ([]clawback.CheckResult, error) {
	deviceID := run.DeviceID
	defer c.finish(ctx, run)
	lock := c.lock(deviceID)
	lock.Lock()
	defer lock.Unlock()
	before, err := c.store.FindDeviceSetup(ctx, actor, deviceID)
	if err != nil {
		return nil, err
	}
	if before.Device.Disconnected() {
		return nil, clawback.Errorf(clawback.KindConflict, "“%s” is disconnected: there is nothing to check. Connect it again first.", before.Device.Name)
	}
	limited, cancel := context.WithTimeout(ctx, clawback.CheckTime)
	defer cancel()
	waits, err := c.tryNext(limited, actor, before.Device)
	if err != nil {
		return nil, err
	}
	conn, err := c.store.FindConnection(ctx, deviceID)
	if err != nil {
		return nil, fmt.Errorf("find the device's connection: %w", err)
	}
	evidence := recalled(c.gather(limited, conn, c.showing(ctx, run, before)), before)
	evidence.SecretEnds = secretEnds(conn.ClientSecret, evidence.Directory.Application.Secrets)
	judged := resultsOf(evidence, principalOf(evidence, before))
	lookAtStages(judged, evidence)
	if waits {
		lookSooner(judged, before.Device.Next)
	}
	results, err := c.store.SaveChecks(ctx, actor, deviceID, judged)
	if err != nil {
		return nil, err
	}
	return results, c.noteDrift(ctx, actor, before, evidence, results)
}

// recalled adds to evidence what was known of the device before.
func recalled(e clawback.SetupEvidence, before clawback.DeviceSetup) clawback.SetupEvidence {
	e.ConsentedAt, e.Legacy, e.Worked = before.ConsentedAt(), before.Device.Legacy(), before.Worked()
	e.GrantedAt = grantTimes(e, before)
	e.RoleHeld = slices.ContainsFunc(before.Grants, func(g clawback.GrantChange) bool { return slices.Contains(g.Granted, securityReaderGrant) })
	e.RoleEnded, e.SecretEnded = ended(before.Notices, clawback.CauseRoleEnds, e.At), ended(before.Notices, clawback.CauseSecretEnds, e.At)
	return e
}

// ended answers when what was announced last came to its end; zero where it has not.
func ended(notices []clawback.SetupNotice, cause clawback.CheckCause, at time.Time) time.Time {
	for _, n := range notices { // the newest first
		if n.Cause == cause && n.EndsAt.After(at) {
			return time.Time{}
		}
		if n.Cause == cause {
			return n.EndsAt
		}
	}
	return time.Time{}
}

// noteDrift keeps what is granted, where both tokens told it, and what somebody must know.
func (c *Checker) noteDrift(ctx context.Context, actor clawback.Actor, before clawback.DeviceSetup, e clawback.SetupEvidence, results []clawback.CheckResult) error {
	if e.Tokens.Exchange.OK() && e.Tokens.Graph.OK() {
		if err := c.store.SaveGrants(ctx, actor, before.Device.ID, granted(e)); err != nil {
			return fmt.Errorf("keep what is granted: %w", err)
		}
	}
	passed, err := c.store.ListPassedSteps(ctx, actor, before.Device.ID)
	if err != nil {
		return fmt.Errorf("list what passed once: %w", err)
	}
	if notices := noticesOf(before, passed, e, results); len(notices) > 0 {
		if err := c.store.SaveNotices(ctx, actor, before.Device.ID, notices); err != nil {
			return fmt.Errorf("keep notices: %w", err)
		}
	}
	return nil
}

// principalOf answers the object id of the app's service principal; an app that
// can't sign in any more has the one of its last token.
func principalOf(e clawback.SetupEvidence, before clawback.DeviceSetup) string {
	known, _ := before.Check(clawback.StepConnect)
	return cmp.Or(e.Tokens.Graph.ObjectID, e.Tokens.Exchange.ObjectID, known.PrincipalID)
}

func (c *Checker) lock(deviceID string) *sync.Mutex {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.locks[deviceID] == nil {
		c.locks[deviceID] = &sync.Mutex{}
	}
	return c.locks[deviceID]
}

// gather asks in two rounds: who we are, then everything that takes a token. It
// hands what it has over as it comes, with the layers that can be told by it.
func (c *Checker) gather(ctx context.Context, conn clawback.Connection, show func(clawback.SetupEvidence, []clawback.CheckLayer)) clawback.SetupEvidence {
	shown := publicCredential(conn)
	e := clawback.SetupEvidence{At: c.now().UTC(), TenantID: conn.TenantID, ClientID: conn.ClientID,
		Secret: shown.Kind == clawback.CredentialSecret, SecretID: looksLikeID(conn.ClientSecret), CertEnds: shown.EndsAt, CertThumbprint: shown.Thumbprint,
		Integration: conn.Kind == clawback.ConnectionIntegration}
	if e.Integration {
		e.Unconfigured = conn.ClientSecret.IsZero() && conn.PrivateKeyPEM.IsZero()
	}
	var round sync.WaitGroup
	round.Go(func() { e.Tenant = c.microsoft.FindTenant(ctx, conn.TenantID) })
	round.Go(func() { e.Tokens = c.microsoft.Tokens(ctx, conn) })
	round.Wait()
	arrived := []clawback.CheckLayer{clawback.LayerCredential, clawback.LayerClaims}
	show(e, arrived)
	if !e.Tokens.Exchange.OK() && !e.Tokens.Graph.OK() {
		return e
	}
	objectID := cmp.Or(e.Tokens.Graph.ObjectID, e.Tokens.Exchange.ObjectID)
	var mu sync.Mutex
	came := func(layer clawback.CheckLayer, take func()) {
		mu.Lock()
		defer mu.Unlock()
		take()
		if arrived = append(arrived, layer); len(arrived) < len(clawback.CheckLayers()) {
			show(e, arrived)
		}
	}
	round.Go(func() {
		found := c.microsoft.Directory(ctx, conn, objectID)
		came(clawback.LayerDirectory, func() { e.Directory = found })
	})
	round.Go(func() {
		found := c.microsoft.Calls(ctx, conn)
		came(clawback.LayerCall, func() { e.Calls = found })
	})
	round.Wait()
	return e
}

// looksLikeID says whether a secret is a GUID, as a secret's id is and its value never.
func looksLikeID(secret clawback.Secret) bool {
	_, err := uuid.Parse(strings.TrimSpace(secret.Reveal()))
	return err == nil
}

func resultsOf(e clawback.SetupEvidence, principalID string) []clawback.CheckResult {
	var results []clawback.CheckResult
	for _, step := range clawback.CheckedSteps() {
		r := clawback.CheckResult{Step: step, Diagnosis: Diagnose(step, e), CheckedAt: e.At, GrantedAt: e.GrantedAt[step]}
		r.PrincipalID, r.NextAt = principalID, e.At.Add(r.Recheck())
		results = append(results, r)
	}
	return results
}

// Run checks what is due by itself until the context ends: devices that nobody
// has checked, grants that Microsoft does not honour yet, and everything daily.
func (c *Checker) Run(ctx context.Context) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	defer c.begun.Wait()
	for {
		if err := c.RunOnce(ctx); err != nil && ctx.Err() == nil {
			c.log.ErrorContext(ctx, "check devices", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.due:
		case <-ticker.C:
		}
	}
}

// RunOnce checks what is due now. A device that can't be checked holds up no other.
func (c *Checker) RunOnce(ctx context.Context) error {
	due, err := c.store.ListDevicesToCheck(ctx, c.now())
	if err != nil {
		return fmt.Errorf("list devices to check: %w", err)
	}
	var failed []error
	for _, id := range due {
		if _, err := c.check(ctx, clawback.Bot(""), id); err != nil {
			failed = append(failed, fmt.Errorf("device %s: %w", id, err))
		}
	}
	return errors.Join(failed...)
}

// EnforceBlockedBy says which required check keeps an organization from
// removing, in words for people, or "" when none does. A check that was not made
// lately is made first.
func (c *Checker) EnforceBlockedBy(ctx context.Context, organizationID string) (string, error) {
	devices, err := c.store.ListRemediatedDevices(ctx, organizationID)
	if err != nil {
		return "", fmt.Errorf("list devices: %w", err)
	}
	if len(devices) == 0 {
		return "No device is connected that the auto remediation could work on.", nil
	}
	for _, id := range devices {
		device, err := c.current(ctx, id)
		if err != nil {
			return "", err
		}
		if check, blocked := device.Blocking(); blocked {
			return fmt.Sprintf("“%s” of the device “%s” does not pass: %s", check.Step.Name(), device.Device.Name, check.Finding), nil
		}
	}
	return "", nil
}

// current answers a device's setup by checks that are not old, passed or not.
func (c *Checker) current(ctx context.Context, deviceID string) (clawback.DeviceSetup, error) {
	bot := clawback.Bot("")
	setup, err := c.store.FindDeviceSetup(ctx, bot, deviceID)
	if err != nil {
		return setup, err
	}
	if _, blocked := setup.Blocking(); !blocked && c.now().Sub(setup.Checks[0].CheckedAt) < fresh {
		return setup, nil
	}
	if _, err := c.check(ctx, bot, deviceID); err != nil {
		return setup, err
	}
	return c.store.FindDeviceSetup(ctx, bot, deviceID)
}
