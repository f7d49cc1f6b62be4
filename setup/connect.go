package setup

import (
	"strings"
	"time"

	"clawback"
)

// connect asks whether the app can sign in at all.
func (c *check) connect() verdict {
	if v, ok := c.signedIn(c.e.Tokens.Graph); !ok {
		return v
	}
	token := c.e.Tokens.Graph
	expected := "appid " + c.e.ClientID + " of tenant " + c.e.TenantID
	shown := looked(token.Probe, expected)
	shown.Found = "appid " + token.AppID + " of tenant " + token.TenantID + ", service principal " + token.ObjectID
	if !strings.EqualFold(token.AppID, c.e.ClientID) || !strings.EqualFold(token.TenantID, c.e.TenantID) {
		c.layer(clawback.LayerClaims, clawback.CheckFail, "The token is another app's or another tenant's.", shown)
		return verdict{
			status: clawback.CheckFail, cause: clawback.CauseWrongApp, who: whoPortal, place: clawback.PlaceConnection,
			finding: "Microsoft's token is for another app or tenant than the device names.",
			advice:  "Compare the client id and the tenant of the device with the app registration's overview, and connect it anew.",
		}
	}
	c.layer(clawback.LayerClaims, clawback.CheckPass, "The token is this app's, in this tenant.", shown)
	c.principal()
	c.layer(clawback.LayerCall, clawback.CheckNotApplicable, "Nothing more to try: a fresh token is the proof.")
	v := passed("The app signs in to this tenant with its %s.", c.credentialName())
	if c.e.Integration {
		v = passed("The integration signs in to this tenant: the consent is there.")
	}
	v.notes = c.connectNotes()
	return v
}

// connectNotes say what is too much, and until when the credential is good.
func (c *check) connectNotes() []string {
	var notes []string
	if ends := c.credentialEnds(); !ends.IsZero() {
		notes = append(notes, "The "+c.credentialName()+" ends at "+dayOf(ends)+".")
	}
	if beyond := beyondNeed(c.e); len(beyond) > 0 {
		notes = append(notes, "Granted beyond what is needed: "+strings.Join(beyond, ", ")+". Clawback works without; take it back.")
	}
	return notes
}

func (c *check) credentialEnds() time.Time {
	switch {
	case c.e.Integration:
		return time.Time{} // the provider's own
	case c.e.Secret:
		return c.e.SecretEnds
	}
	return c.e.CertEnds
}

func (c *check) credentialName() string {
	switch {
	case c.e.Integration:
		return "credential"
	case c.e.Secret:
		return "client secret"
	}
	return "certificate"
}

// principal shows the service principal, where the app may read it.
func (c *check) principal() {
	p := c.e.Directory.Principal
	shown := looked(p.Probe, "enabled for sign-in")
	switch {
	case p.OK() && p.Enabled:
		shown.Found = "“" + p.Name + "”, enabled"
		c.layer(clawback.LayerDirectory, clawback.CheckPass, "The app's service principal is there and enabled.", shown)
	case p.OK():
		shown.Found = "“" + p.Name + "”, sign-in disabled"
		c.layer(clawback.LayerDirectory, clawback.CheckUnknown, "The directory says that sign-in is disabled, though a token was issued.", shown)
	default:
		c.directoryUnread(p.Probe, "enabled for sign-in")
	}
}

// directoryUnread is a directory that the app may not read, which is no fault, or
// that gave no answer.
func (c *check) directoryUnread(p clawback.Probe, expected string) {
	switch {
	case p.Refused():
		c.layer(clawback.LayerDirectory, clawback.CheckNotApplicable,
			"The app may not read the directory. That is not needed; with it, the exact cause of a failure can be named.", looked(p, expected))
	default:
		c.layer(clawback.LayerDirectory, clawback.CheckUnknown, "The directory gave no answer.", looked(p, expected))
	}
}

// signedIn is the first layer of every check: the tenant is there and the app
// gets a token that can be read.
func (c *check) signedIn(token clawback.TokenEvidence) (verdict, bool) {
	tenant := looked(c.e.Tenant.Probe, "tenant "+c.e.TenantID)
	if c.e.Tenant.OK() {
		tenant.Found = "tenant " + c.e.Tenant.TenantID
	}
	shown := looked(token.Probe, "a token")
	if token.OK() {
		c.layer(clawback.LayerCredential, clawback.CheckPass, "The tenant is there, and Microsoft accepts the app's "+c.credentialName()+".", tenant, shown)
		return verdict{}, true
	}
	v := c.refused(token.Probe)
	c.layer(clawback.LayerCredential, v.status, v.finding, tenant, shown)
	return v, false
}

// refused says why there is no token. Microsoft warns that its codes change; an
// unknown one is told in general words.
func (c *check) refused(p clawback.Probe) verdict {
	switch {
	case c.e.Unconfigured:
		return integrationAbsent()
	case clawback.PersonalTenant(c.e.TenantID):
		return verdict{status: clawback.CheckFail, cause: clawback.CausePersonalTenant, who: whoPortal, place: clawback.PlaceConnection,
			finding: "The device names the tenant of personal Microsoft accounts, such as outlook.com; Clawback works on a company's Microsoft 365.",
			advice:  "Take the tenant id from the overview page of your company's Entra, and connect the device anew."}
	case c.e.Tenant.Absent() || p.Answer.Code == "AADSTS90002":
		return verdict{status: clawback.CheckFail, cause: clawback.CauseTenantUnknown, who: whoPortal, place: clawback.PlaceConnection,
			finding: "Microsoft knows no tenant with the id of this device.",
			advice:  "Compare the tenant id with Entra's overview page, and connect the device anew."}
	case p.Answer.Kind != clawback.AnswerUnauthorized:
		return noAnswer(p)
	}
	if c.e.Integration {
		if v, ok := c.integrationRefused(p.Answer.Code); ok {
			return v
		}
	}
	if v, ok := c.credentialRefused(p.Answer.Code); ok {
		v.status = clawback.CheckFail
		return v
	}
	return verdict{status: clawback.CheckFail, cause: clawback.CauseCredentialRefused, who: whoApps, place: clawback.PlaceCredentials,
		finding: "Microsoft refuses the app a token: " + lower(found(p)),
		advice:  "Look at the app registration and its credential, then check again."}
}

func (c *check) credentialRefused(code string) (verdict, bool) {
	switch code {
	case "AADSTS700016":
		return c.appMissing(), true
	case "AADSTS7000112":
		return verdict{cause: clawback.CausePrincipalDisabled, who: whoApps, place: clawback.PlaceEnterpriseApp,
			finding: "Sign-in is disabled for the app's service principal.",
			advice:  "Open the enterprise application, then Properties, set “Enabled for users to sign-in?” to Yes and save."}, true
	case "AADSTS7000215":
		return c.secretRefused(), true
	case "AADSTS7000222":
		return verdict{cause: clawback.CauseSecretExpired, who: whoApps, place: clawback.PlaceCredentials,
			finding: "The client secret has expired" + sinceWhen(c.e.SecretEnded) + ".",
			advice:  "Let Clawback make a certificate for the device, or create a new client secret and enter its value here."}, true
	case "AADSTS700027", "AADSTS700030", "AADSTS7000218":
		return c.certificateRefused(), true
	case "AADSTS500011", "AADSTS650052":
		return verdict{cause: clawback.CauseNoExchange, who: whoPortal, place: clawback.PlaceTenant,
			finding: "This tenant has no Exchange Online.",
			advice:  "Connect the tenant in which the mailboxes are. If it is new, wait until Microsoft has set up Exchange Online."}, true
	}
	if strings.HasPrefix(code, "AADSTS5300") || code == "AADSTS530032" || code == "AADSTS530035" {
		return verdict{cause: clawback.CauseConditionalAccess, who: whoConditional, place: clawback.PlaceConditionalAccess,
			finding: "A Conditional Access policy of the tenant blocks the app.",
			advice:  "Find the policy for workload identities, and exclude the app from it or allow the addresses Clawback comes from."}, true
	}
	return verdict{}, false
}

func sinceWhen(ended time.Time) string {
	if ended.IsZero() {
		return ""
	}
	return ": it was good until " + dayOf(ended)
}

// appMissing is told by what was there before: Microsoft says the same of an app
// that is gone and of one that never was.
func (c *check) appMissing() verdict {
	if c.e.Worked {
		return verdict{cause: clawback.CauseAppMissing, who: whoApps, place: clawback.PlaceEnterpriseApp,
			finding: "The app is gone from the tenant: it signed in before, and now the tenant has no app with this client id.",
			advice:  "Restore it in Entra under “App registrations”, “Deleted applications”, which is possible for 30 days. Else connect another app."}
	}
	return verdict{cause: clawback.CauseAppMissing, who: whoApps, place: clawback.PlaceEnterpriseApp,
		finding: "The tenant has no app with this client id; the likeliest reason is the client id of another tenant's app.",
		advice: "Compare client id and tenant id with the overview of the app registration: both must stand on the same page. " +
			"If they do, the app was deleted: restore it, or connect another one."}
}

func (c *check) secretRefused() verdict {
	if c.e.SecretID {
		return verdict{cause: clawback.CauseSecretIDPasted, who: whoPortal, place: clawback.PlaceConnection,
			finding: "What was entered is the secret's id, not its value.",
			advice:  "In “Certificates & secrets” the column to copy is “Value”. It is shown only once: create a new secret if it is gone."}
	}
	return verdict{cause: clawback.CauseSecretWrong, who: whoApps, place: clawback.PlaceCredentials,
		finding: "The client secret is wrong: it was mistyped, deleted, or is another app's.",
		advice:  "Let Clawback make a certificate for the device, or create a new client secret and enter its value here."}
}

func (c *check) certificateRefused() verdict {
	if !c.e.CertEnds.IsZero() && !c.e.At.Before(c.e.CertEnds) {
		return verdict{cause: clawback.CauseCertificateExpired, who: whoPortal, place: clawback.PlaceConnection,
			finding: "The certificate expired at " + dayOf(c.e.CertEnds) + ".",
			advice:  "Let Clawback make a new one, and upload it to the app registration."}
	}
	return verdict{cause: clawback.CauseCertificateUnknown, who: whoApps, place: clawback.PlaceCredentials,
		finding: "The app registration does not know the device's certificate: none was uploaded yet, or another one.",
		advice: "Download the certificate here and upload it to the app registration under “Certificates & secrets”, then “Certificates”. " +
			"Its thumbprint must be listed there: " + c.e.CertThumbprint + "."}
}
