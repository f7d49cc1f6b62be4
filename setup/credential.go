package setup

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"clawback"
)

// RenewCredential gives a device a new certificate, another secret, or another
// app registration. Where the present one works, the new one waits beside it until
// Microsoft accepts it, so that nothing stands still meanwhile. It returns
// KindNotFound, KindForbidden, KindInvalid about a field, and KindConflict when
// somebody changed the device since it was read.
func (c *Checker) RenewCredential(ctx context.Context, actor clawback.Actor, r clawback.CredentialRequest) (clawback.Device, error) {
	before, err := c.store.FindDeviceSetup(ctx, actor, r.DeviceID)
	if err != nil {
		return clawback.Device{}, err
	}
	device := before.Device
	if device.Connection == clawback.ConnectionIntegration {
		return device, clawback.Errorf(clawback.KindConflict, "“%s” signs in by the integration, whose credential is the provider's.", device.Name)
	}
	organization, err := c.store.FindOrganization(ctx, actor, device.OrganizationID)
	if err != nil {
		return device, err
	}
	if err := notTheTenant(organization, r.ClientID); err != nil {
		return device, err
	}
	credential, err := c.newCredential(organization, r.Kind, r.ClientSecret)
	if err != nil {
		return device, err
	}
	clientID := cmp.Or(strings.TrimSpace(r.ClientID), device.ClientID)
	save := c.store.UpdateDeviceCredential
	if works(before) {
		save = c.store.SaveNextCredential
	}
	device, err = save(ctx, actor, device.ID, clientID, credential, r.Version)
	if err == nil {
		c.wake()
	}
	return device, err
}

// works says whether the present credential may be in use: where nobody knows, it may.
func works(s clawback.DeviceSetup) bool {
	check, made := s.Check(clawback.StepConnect)
	return made && check.Status != clawback.CheckFail
}

// tryNext asks whether Microsoft accepts the credential that follows, and lets it
// follow if so. It answers whether one still waits.
func (c *Checker) tryNext(ctx context.Context, actor clawback.Actor, device clawback.Device) (bool, error) {
	if device.Next.At.IsZero() {
		return false, nil
	}
	conn, err := c.store.FindNextConnection(ctx, device.ID)
	if clawback.KindOf(err) == clawback.KindNotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find the credential that follows: %w", err)
	}
	next := device.Next
	next.Problem = c.nextProblem(ctx, conn)
	if err := c.store.SettleNextCredential(ctx, actor, device.ID, next); err != nil {
		return false, fmt.Errorf("keep the credential that follows: %w", err)
	}
	return next.Problem != "", nil
}

// nextProblem says why a credential can't be used yet, "" when it can: both tokens
// must be this app's, in this tenant.
func (c *Checker) nextProblem(ctx context.Context, conn clawback.Connection) string {
	shown := publicCredential(conn)
	e := clawback.SetupEvidence{At: c.now().UTC(), TenantID: conn.TenantID, ClientID: conn.ClientID,
		Secret: shown.Kind == clawback.CredentialSecret, SecretID: looksLikeID(conn.ClientSecret), CertEnds: shown.EndsAt, CertThumbprint: shown.Thumbprint}
	e.Tenant = c.microsoft.FindTenant(ctx, conn.TenantID)
	e.Tokens = c.microsoft.Tokens(ctx, conn)
	for _, token := range []clawback.TokenEvidence{e.Tokens.Graph, e.Tokens.Exchange} {
		switch {
		case !token.OK():
			v := (&check{e: e, step: clawback.StepConnect}).refused(token.Probe)
			return v.finding + " " + v.advice
		case !strings.EqualFold(token.AppID, conn.ClientID) || !strings.EqualFold(token.TenantID, conn.TenantID):
			return "Microsoft's token is for another app or tenant than the new credential names."
		}
	}
	return ""
}

// lookSooner has a device looked at again soon while a new credential waits: every
// minute for an hour, then with the hour.
func lookSooner(results []clawback.CheckResult, next clawback.NextCredential) {
	for i, r := range results {
		soon := time.Minute
		if r.CheckedAt.Sub(next.At) > time.Hour {
			soon = time.Hour
		}
		if at := r.CheckedAt.Add(soon); r.Step == clawback.StepConnect && at.Before(r.NextAt) {
			results[i].NextAt = at
		}
	}
}
