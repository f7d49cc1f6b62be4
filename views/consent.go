package views

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"clawback"
)

// ConsentsPath asks for a consent; by POST only.
func ConsentsPath(deviceID string) string { return DevicePath(deviceID) + "/consents" }

// ConsentLinkPath is the link to forward, for who asked for it.
func ConsentLinkPath(deviceID, id string) string {
	return ConsentsPath(deviceID) + "/" + url.PathEscape(id)
}

// ConsentRevokePath makes a link worthless; by POST only.
func ConsentRevokePath(deviceID, id string) string { return ConsentLinkPath(deviceID, id) + "/revoke" }

// ConsentPath is the page behind the link that was forwarded.
func ConsentPath(token string) string { return "/consent/" + url.PathEscape(token) }

// ConsentReturnPath is where Microsoft sends an administrator back to.
func ConsentReturnPath() string { return "/consent/return" }

// ConsentMadeData is the link of a consent, which who asked for it alone can read,
// for some minutes.
type ConsentMadeData struct {
	Consent clawback.Consent
	Link    string
}

// message is ready to be sent along with the link.
func (d ConsentMadeData) message() string {
	return "Hello,\n\nour security team removes malicious email from our mailboxes with Clawback. For that an administrator of our Microsoft 365 (" +
		d.Consent.Domain + ") has to consent once. Only a Global Administrator or a Privileged Role Administrator can do it.\n\n" +
		"This page says what is asked for and leads to Microsoft:\n" + d.Link + "\n\nIt works once, until " + utc(d.Consent.ExpiresAt) +
		". You need no account in Clawback."
}

// ConsentData is a consent as who has its link sees it: nothing of the
// organization but its domain.
type ConsentData struct {
	Consent   clawback.Consent
	Microsoft string
	Now       time.Time
}

// Open says whether the link still works.
func (d ConsentData) Open() bool { return d.Consent.Status(d.Now) == clawback.ConsentOpen }

// Heading names the page.
func (d ConsentData) Heading() string { return consentHeading(d.Consent.Status(d.Now)) }

func consentHeading(status clawback.ConsentStatus) string {
	switch status {
	case clawback.ConsentReturned:
		return "This link was used already"
	case clawback.ConsentRevoked:
		return "This link was withdrawn"
	case clawback.ConsentExpired:
		return "This link has expired"
	}
	return "Consent to Clawback"
}

func consentOverWords(status clawback.ConsentStatus) string {
	switch status {
	case clawback.ConsentReturned:
		return "Somebody came back from Microsoft with it, and it works once. There is nothing left to do; whoever sent it sees in Clawback whether all that is needed is granted."
	case clawback.ConsentRevoked:
		return "It is not needed any more. If you think that it is, ask whoever sent it for a new one."
	}
	return "A link works for seven days. Ask whoever sent it for a new one."
}

// integrationPermissions are what the integration asks for.
func integrationPermissions() []clawback.Permission {
	var list []clawback.Permission
	for _, p := range clawback.Permissions() {
		if p.API != "" && p.Value != "Directory.Read.All" {
			list = append(list, p)
		}
	}
	return list
}

// ConsentReturnedData is what came back from Microsoft. Device leads who may see
// it to the device's setup.
type ConsentReturnedData struct {
	Consent clawback.Consent
	Outcome clawback.ConsentOutcome
	Back    clawback.ConsentReturn
	Device  string
	Now     time.Time
}

// Status answers the HTTP status.
func (d ConsentReturnedData) Status() int {
	switch d.Outcome {
	case clawback.ConsentOver:
		return http.StatusGone
	case clawback.ConsentUnavailable:
		return http.StatusServiceUnavailable
	case clawback.ConsentElsewhere:
		return http.StatusConflict
	}
	return http.StatusOK
}

// Heading names the page.
func (d ConsentReturnedData) Heading() string {
	switch d.Outcome {
	case clawback.ConsentGiven:
		return "Thank you"
	case clawback.ConsentRefused:
		return "The consent was not granted"
	case clawback.ConsentNotAllowed:
		return "Your account may not consent"
	case clawback.ConsentUnavailable:
		return "Microsoft could not do it right now"
	case clawback.ConsentFailed:
		return "Microsoft did not grant it"
	case clawback.ConsentElsewhere:
		return "That was another organization’s Microsoft 365"
	}
	return consentHeading(d.Consent.Status(d.Now))
}

func (d ConsentReturnedData) words() string {
	switch d.Outcome {
	case clawback.ConsentGiven:
		return "You can close this page. Clawback now looks for itself whether everything is granted, and tells whoever sent you the link."
	case clawback.ConsentRefused:
		return "It was declined or cancelled at Microsoft, and nothing was granted. A Global Administrator or a Privileged Role Administrator of " + d.Consent.Domain +
			" has to accept: nobody else may consent to permissions on mail. The same link still works for them."
	case clawback.ConsentNotAllowed:
		return "Nothing was granted: the account you signed in with at Microsoft may not consent to permissions on mail. Forward the link to a Global Administrator or a Privileged Role Administrator of " +
			d.Consent.Domain + ", or open it again and sign in as one. It still works."
	case clawback.ConsentUnavailable:
		return "Nothing was granted. Open the same link again in some minutes."
	case clawback.ConsentFailed:
		return "Nothing was granted. Tell whoever sent you the link " + d.said() + "; the same link still works."
	case clawback.ConsentElsewhere:
		return "The link is for " + d.Consent.Domain + ". What you accepted counts for nothing here. Open the same link again and sign in to Microsoft as an administrator of " + d.Consent.Domain + "."
	}
	return consentOverWords(d.Consent.Status(d.Now)) + d.accepted()
}

// said is what Microsoft answered, as far as its reader can pass it on.
func (d ConsentReturnedData) said() string {
	if d.Back.Code == "" {
		return "what Microsoft’s page said"
	}
	return "that Microsoft said " + d.Back.Code
}

// accepted is for who accepted at Microsoft with a link that is of no use any more.
func (d ConsentReturnedData) accepted() string {
	if d.Back.Outcome(d.Consent.TenantID) != clawback.ConsentGiven {
		return ""
	}
	switch d.Consent.Status(d.Now) {
	case clawback.ConsentRevoked:
		return " What you accepted at Microsoft stays granted there: to take it back, delete the enterprise application in Entra."
	case clawback.ConsentExpired:
		return " What you accepted at Microsoft is granted there all the same; Clawback sees it by itself within a day."
	}
	return ""
}

func consentTone(c clawback.Consent) string {
	switch {
	case len(c.Removed()) > 0 && !c.ProvedAt.IsZero():
		return "warn"
	case !c.ProvedAt.IsZero():
		return "ok"
	}
	return ""
}

// consentResult says what a consent changed, by the tokens before and after it.
func consentResult(c clawback.Consent) string {
	added, removed := strings.Join(c.Added(), ", "), strings.Join(c.Removed(), ", ")
	switch {
	case c.ProvedAt.IsZero():
		return "No token proves it yet."
	case added == "" && removed == "":
		return "It changed nothing of what is granted."
	case removed == "":
		return "Granted since: " + added + "."
	case added == "":
		return "It took away: " + removed + ". Grant consent again, or ask whoever operates Clawback why."
	}
	return "Granted since: " + added + ". It took away: " + removed + "."
}
