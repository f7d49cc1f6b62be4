package setup

import (
	"context"
	"math"
	"strings"
	"time"

	"clawback"
)

// ConnectDevice connects a tenant, which is found live and must be the
// organization's own: with the customer's own app, for which by default a
// certificate is made whose public part goes to the app registration, or with the
// integration, which waits for its consent then. It returns KindNotFound,
// KindForbidden, KindConflict, KindInvalid about a field, and KindUnavailable when
// Microsoft does not answer.
func (c *Checker) ConnectDevice(ctx context.Context, actor clawback.Actor, r clawback.ConnectRequest) (clawback.Device, error) {
	organization, err := c.store.FindOrganization(ctx, actor, r.OrganizationID)
	if err != nil {
		return clawback.Device{}, err
	}
	tenantID, err := c.boundTenant(ctx, organization, r.Tenant)
	if err != nil {
		return clawback.Device{}, err
	}
	device, err := c.newDevice(organization, r)
	if err != nil {
		return clawback.Device{}, err
	}
	device.OrganizationID, device.TenantID, device.Name = organization.ID, tenantID, r.Name
	if strings.TrimSpace(r.Name) == "" {
		device.Name = organization.Name + " Microsoft 365"
	}
	return c.store.CreateDevice(ctx, actor, device)
}

// newDevice answers what signs a device in.
func (c *Checker) newDevice(organization clawback.Organization, r clawback.ConnectRequest) (clawback.NewDevice, error) {
	if r.Connection == clawback.ConnectionIntegration {
		if err := c.checkIntegration(r); err != nil {
			return clawback.NewDevice{}, err
		}
		return clawback.NewDevice{Connection: r.Connection, ClientID: c.integration, OnboardedOn: r.OnboardedOn}, nil
	}
	if err := notTheTenant(organization, r.ClientID); err != nil {
		return clawback.NewDevice{}, err
	}
	credential, err := c.newCredential(organization, r.Kind, r.ClientSecret)
	return clawback.NewDevice{Connection: clawback.ConnectionCustomApp, ClientID: r.ClientID, OnboardedOn: r.OnboardedOn,
		ClientSecret: credential.ClientSecret, CertificatePEM: credential.CertificatePEM, PrivateKeyPEM: credential.PrivateKeyPEM}, err
}

func (c *Checker) checkIntegration(r clawback.ConnectRequest) error {
	switch {
	case c.integration == "":
		return clawback.Invalid("connection", "This installation has no integration. Connect with an app registration of your own.")
	case r.OnboardedOn.IsZero():
		return clawback.Invalid("onboarded_on", "Enter the day on which the integration was added to your Microsoft 365; for a new one that is today.")
	case r.OnboardedOn.After(c.now().Add(24 * time.Hour)): // it may be tomorrow already where the admin is
		return clawback.Invalid("onboarded_on", "This day has not come yet. For a new connection enter today.")
	}
	return nil
}

// tenantTime is how long somebody waits for Microsoft to say which tenant it is.
const tenantTime = 10 * time.Second

// boundTenant finds the tenant and holds it against the organization's.
func (c *Checker) boundTenant(ctx context.Context, organization clawback.Organization, tenant string) (string, error) {
	tenant = strings.ToLower(strings.TrimSpace(tenant))
	if tenant == "" || strings.ContainsAny(tenant, "/\\@ \t") {
		return "", clawback.Invalid("tenant", "Enter the tenant's domain, like contoso.com, or its id.")
	}
	ctx, cancel := context.WithTimeout(ctx, tenantTime)
	defer cancel()
	found := c.microsoft.FindTenant(ctx, tenant)
	switch {
	case found.OK() && found.TenantID == organization.TenantID:
		return found.TenantID, nil
	case !found.OK() && !found.Absent():
		return "", tenantUnanswered(tenant, found.Answer)
	case clawback.PersonalTenant(tenant), clawback.PersonalTenant(found.TenantID), clawback.PersonalDomain(tenant):
		return "", clawback.Invalid("tenant", "“%s” is for personal Microsoft accounts, such as outlook.com; Clawback works on a company's Microsoft 365. Enter the domain of %s's own, like %s.",
			tenant, organization.Name, organization.Domain)
	case found.Absent():
		return "", clawback.Invalid("tenant", "Microsoft knows no tenant “%s”. Compare with the “Primary domain” on Entra's overview page.", tenant)
	}
	return "", clawback.Invalid("tenant", "“%s” is another tenant than %s's own (%s). Only that one can be connected here; a further tenant is an organization of its own.",
		tenant, organization.Name, organization.Domain)
}

// tenantUnanswered tells a Microsoft that has enough of questions, one that is slow and one that is down apart.
func tenantUnanswered(tenant string, a clawback.Answer) error {
	switch {
	case a.Kind == clawback.AnswerThrottled && a.RetryAfter > 0:
		return clawback.Errorf(clawback.KindUnavailable, "Microsoft answers no more questions for %s, not even which tenant “%s” is. Nothing was saved: connect again after that.",
			wait(a.RetryAfter), tenant)
	case a.Kind == clawback.AnswerThrottled:
		return clawback.Errorf(clawback.KindUnavailable, "Microsoft is asked too much at the moment to say which tenant “%s” is. Nothing was saved: connect again in some minutes.", tenant)
	case a.Kind == clawback.AnswerUnavailable && a.Status == 0:
		return clawback.Errorf(clawback.KindUnavailable, "Microsoft could not be reached to ask which tenant “%s” is. Nothing was saved: connect again in a minute. If it stays, ask whoever operates Clawback whether its way to the internet is open.", tenant)
	case a.Status == 0:
		return clawback.Errorf(clawback.KindUnavailable, "Microsoft is slow: it did not say in time which tenant “%s” is. Nothing was saved: connect again in a minute.", tenant)
	}
	return clawback.Errorf(clawback.KindUnavailable, "Microsoft's sign-in is out of order (status %d) and could not say which tenant “%s” is. Nothing was saved: connect again in a minute.",
		a.Status, tenant)
}

// wait tells a time in whole seconds or minutes, rounded up.
func wait(d time.Duration) string {
	if seconds := int(math.Ceil(d.Seconds())); seconds < 120 {
		return countOf(seconds, "second")
	}
	return countOf(int(math.Ceil(d.Minutes())), "minute")
}

// notTheTenant refuses the id of the tenant in place of the app's: both stand on
// the overview of an app registration, one above the other.
func notTheTenant(organization clawback.Organization, clientID string) error {
	if strings.EqualFold(strings.TrimSpace(clientID), organization.TenantID) {
		return clawback.Invalid("client_id", "This is the id of the tenant, not of the app. Copy “Application (client) ID” from the overview of the app registration.")
	}
	return nil
}

func (c *Checker) newCredential(organization clawback.Organization, kind clawback.CredentialKind, secret clawback.Secret) (clawback.Credential, error) {
	switch {
	case kind == clawback.CredentialCertificate:
		return NewCertificate(organization.Name, c.now())
	case kind != clawback.CredentialSecret:
		return clawback.Credential{}, clawback.Invalid("kind", "Choose a certificate or a client secret.")
	case strings.TrimSpace(secret.Reveal()) == "":
		return clawback.Credential{}, clawback.Invalid("client_secret", "Enter the value of the client secret.")
	case looksLikeID(secret):
		return clawback.Credential{}, clawback.Invalid("client_secret",
			"This is the secret's id, not its value. Copy the column “Value”; it is shown only once, so create a new secret if it is gone.")
	}
	return clawback.Credential{ClientSecret: clawback.NewSecret(strings.TrimSpace(secret.Reveal()))}, nil
}

// FindCredential answers what may be shown of a device's credential. It returns
// KindNotFound.
func (c *Checker) FindCredential(ctx context.Context, actor clawback.Actor, deviceID string) (clawback.PublicCredential, error) {
	device, err := c.store.FindDevice(ctx, actor, deviceID)
	if err != nil {
		return clawback.PublicCredential{}, err
	}
	conn, err := c.store.FindConnection(ctx, deviceID)
	if err != nil {
		return clawback.PublicCredential{}, err
	}
	return c.shown(ctx, device, conn)
}

// shown answers what may be shown of a device's credential and of one that waits.
func (c *Checker) shown(ctx context.Context, device clawback.Device, conn clawback.Connection) (clawback.PublicCredential, error) {
	shown := publicCredential(conn)
	if device.Next.At.IsZero() {
		return shown, nil
	}
	next, err := c.store.FindNextConnection(ctx, device.ID)
	if clawback.KindOf(err) == clawback.KindNotFound {
		return shown, nil // it was adopted meanwhile
	}
	following := publicCredential(next)
	shown.Next = &following
	return shown, err
}

// ReconnectDevice connects a device again that was disconnected, as ConnectDevice
// would: its tenant is looked for anew, its history kept. It returns the errors of
// ConnectDevice, and KindConflict for a device that is connected.
func (c *Checker) ReconnectDevice(ctx context.Context, actor clawback.Actor, deviceID string, r clawback.ConnectRequest) (clawback.Device, error) {
	device, err := c.store.FindDevice(ctx, actor, deviceID)
	if err != nil {
		return device, err
	}
	organization, err := c.store.FindOrganization(ctx, actor, device.OrganizationID)
	if err != nil {
		return device, err
	}
	if _, err := c.boundTenant(ctx, organization, device.TenantID); err != nil {
		return device, err
	}
	r.Connection, r.OnboardedOn = device.Connection, device.OnboardedOn
	if strings.TrimSpace(r.ClientID) == "" {
		r.ClientID = device.ClientID
	}
	fresh, err := c.newDevice(organization, r)
	if err != nil {
		return device, err
	}
	device, err = c.store.ReconnectDevice(ctx, actor, deviceID, fresh)
	if err == nil {
		c.wake()
	}
	return device, err
}
