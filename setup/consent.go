package setup

import (
	"context"
	"strings"

	"clawback"
)

// AskConsent makes a link for the administrator who grants the integration what
// it asks for. What is granted already is looked at first, since a consent can
// take away what an earlier one gave. It returns the errors of the store, and
// KindConflict where the integration was replaced since the device was connected.
func (c *Checker) AskConsent(ctx context.Context, actor clawback.Actor, deviceID string) (clawback.ConsentMade, error) {
	before, err := c.store.FindDeviceSetup(ctx, actor, deviceID)
	if err != nil {
		return clawback.ConsentMade{}, err
	}
	if d := before.Device; d.Connection == clawback.ConnectionIntegration && d.ClientID != c.integration {
		return clawback.ConsentMade{}, clawback.Errorf(clawback.KindConflict,
			"The integration is another one than “%s” was connected with. Disconnect the device and connect it again, then ask for the consent.", d.Name)
	}
	made, err := c.store.CreateConsent(ctx, actor, deviceID)
	if err != nil || !before.Worked() {
		return made, err
	}
	if _, err := c.check(ctx, actor, deviceID); err != nil {
		c.log.WarnContext(ctx, "check before a consent", "device_id", deviceID, "error", err) // the last one has to do
	}
	return made, nil
}

// ConsentReturned keeps what an administrator came back with, and checks the
// device soon: a token for the expected tenant is the proof, never what came back.
// It returns KindNotFound for a link that was never made.
func (c *Checker) ConsentReturned(ctx context.Context, who clawback.Actor, token string, back clawback.ConsentReturn) (clawback.Consent, clawback.ConsentOutcome, error) {
	consent, outcome, err := c.store.ReturnConsent(ctx, who, token, back)
	if err == nil && outcome == clawback.ConsentGiven {
		c.wake()
	}
	return consent, outcome, err
}

// wake lets Run look at what is due now.
func (c *Checker) wake() {
	select {
	case c.due <- struct{}{}:
	default: // it looks already
	}
}

func integrationAbsent() verdict {
	return verdict{status: clawback.CheckFail, cause: clawback.CauseIntegrationAbsent, who: whoProvider,
		finding: "This installation of Clawback has no integration, or another one than the device was connected with.",
		advice:  "Ask whoever operates Clawback to configure the integration. Until then connect with an app registration of your own."}
}

// integrationRefused says why the integration gets no token, where that is
// another matter than with a customer's own app.
func (c *check) integrationRefused(code string) (verdict, bool) {
	switch code {
	case "AADSTS700016":
		return c.noConsentYet(), true
	case "AADSTS7000215", "AADSTS7000222", "AADSTS700027", "AADSTS700030", "AADSTS7000218":
		return verdict{status: clawback.CheckFail, cause: clawback.CauseIntegrationRefused, who: whoProvider,
			finding: "Microsoft refuses the integration's own credential: it expired, or is wrong.",
			advice:  "Nothing to do in your tenant. Whoever operates Clawback renews the integration's credential."}, true
	}
	return verdict{}, false
}

func (c *check) noConsentYet() verdict {
	switch {
	case c.youngConsent():
		return verdict{status: clawback.CheckPropagating, cause: clawback.CausePropagating,
			finding: "Somebody came back with a consent at " + clockOf(c.e.ConsentedAt) + ", and Microsoft knows the integration not everywhere in this tenant yet.",
			advice:  "Nothing to do: this usually takes a minute, at times more. It is looked at again by itself, every half a minute."}
	case c.e.Worked:
		return verdict{status: clawback.CheckFail, cause: clawback.CauseAppMissing, who: whoGraph, place: clawback.PlaceConsent,
			finding: "The integration is gone from the tenant: it signed in before, and now the tenant does not know it.",
			advice:  "Somebody deleted its enterprise application. Have the consent granted again; the role Security Reader must be assigned again, too."}
	case !c.e.ConsentedAt.IsZero():
		return verdict{status: clawback.CheckFail, cause: clawback.CauseNoConsentYet, who: whoGraph, place: clawback.PlaceConsent,
			finding: "Somebody came back with a consent at " + clockOf(c.e.ConsentedAt) + ", but this tenant does not know the integration.",
			advice:  "Perhaps it was granted in another tenant, or taken back. Have it granted again by an administrator of this tenant."}
	}
	return verdict{status: clawback.CheckFail, cause: clawback.CauseNoConsentYet, who: whoGraph, place: clawback.PlaceConsent,
		finding: "Nobody has consented to the integration in this tenant yet.",
		advice:  "Grant the consent with the button below, or send the link to an administrator who may."}
}

// youngConsent says whether somebody came back with a consent so lately that
// Microsoft may not honour it everywhere.
func (c *check) youngConsent() bool {
	return !c.e.ConsentedAt.IsZero() && c.e.At.Sub(c.e.ConsentedAt) < clawback.Propagation
}

// consentLacks is a permission that the integration asks for and the tenant's
// consent does not grant. A custom app's mistakes can't be made with it: what it
// asks for is the provider's.
func (c *check) consentLacks(p permission) verdict {
	granted := c.grantListed(p)
	shown := c.consented(p)
	v := verdict{status: clawback.CheckFail, cause: clawback.CauseConsentAgain, who: whoGraph, place: clawback.PlaceConsent,
		finding: "The consent of this tenant does not grant " + p.value + " on " + p.api + ".",
		advice:  "Grant admin consent again: with “Admin consent” on the page of this step, or in Entra on the permissions page of the enterprise application."}
	switch {
	case granted && c.young(), c.youngConsent():
		v = c.propagatingConsent(p)
	case p.value == clawback.ManageAsAppPermission && c.e.Legacy:
		v.finding = "This tenant's consent is older than " + p.value + ": the integration asks for it since 12 March 2026, and the device was onboarded before."
	}
	if !c.e.Directory.Grants.OK() {
		c.directoryUnread(c.e.Directory.Grants.Probe, p.value+" on "+p.api)
		return v
	}
	c.layer(clawback.LayerDirectory, v.status, v.finding, shown)
	return v
}

func (c *check) propagatingConsent(p permission) verdict {
	since := c.e.GrantedAt[c.step]
	if c.e.ConsentedAt.After(since) {
		since = c.e.ConsentedAt
	}
	return verdict{status: clawback.CheckPropagating, cause: clawback.CausePropagating,
		finding: "Consent was given at " + clockOf(since) + ", and Microsoft does not put " + p.value + " into tokens yet.",
		advice:  "Nothing to do: this usually takes some minutes, at times an hour. It is looked at again by itself, every half a minute."}
}

func (c *check) grantListed(p permission) bool {
	for _, g := range c.e.Directory.Grants.Grants {
		if strings.EqualFold(g.RoleID, p.id) && (p.resourceID == "" || strings.EqualFold(g.ResourceID, p.resourceID)) {
			return true
		}
	}
	return false
}
