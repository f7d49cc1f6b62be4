package m365sim

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// World is a copy of the seeded facts a demo or a test needs; later changes through control don't show in it.
type World struct {
	Provider  Tenant
	Customers []Tenant
	// SignIn is the portal's multi-tenant sign-in registration, present in every tenant.
	SignIn App
	// Integration is the provider's multi-tenant mail removal registration. At the start the fourth customer alone has
	// consented to it; /{tenant}/adminconsent installs it with all it requests, but without Security Reader.
	Integration App
}

// Tenant is one Entra tenant with the people who sign in to the portal from it.
type Tenant struct {
	ID, Domain, Name string
	People           []Person
	// App is the customer's own app registration, with everything granted. The provider's tenant has none, nor has the
	// third customer's, in which nobody has set anything up yet, nor the fourth's.
	App App
	// Legacy says that the integration was consented to here when it did not ask for Exchange.ManageAsApp and for the
	// message trace yet. It has Security Reader.
	Legacy bool
	// QuarantineAddress and QuarantineID name the shared mailbox of reported mail, for which protection is shown.
	QuarantineAddress, QuarantineID string
}

// Person is somebody who can be chosen on the simulated sign-in page.
type Person struct {
	ID                      string // object id
	Name, UserPrincipalName string
	AppRoles                []string // app roles on the sign-in app
	DirectoryRoles          []string // Entra roles at the start
	Note                    string   // what the person is in the demo
}

// App is an app registration with its credential.
type App struct {
	ClientID, ServicePrincipalID, Secret string
}

// World answers copies of the seeded tenants, people and apps.
func (s *Sim) World() World {
	w := World{Provider: s.provider.public(), SignIn: s.publicApp(s.provider, s.signIn),
		Integration: s.publicApp(s.provider, s.integration)}
	for _, t := range s.customers {
		shown := t.public()
		if t.ownApp != nil {
			shown.App = s.publicApp(t, t.ownApp.registration)
		}
		w.Customers = append(w.Customers, shown)
	}

	return w
}

type tenant struct {
	id, domain, name string
	ids              idSource
	created          time.Time
	people           []Person
	rates            exchangeRates

	mu           sync.Mutex // guards everything below
	recipients   []*recipient
	byID         map[string]*recipient
	byAddress    map[string]*recipient  // every address and UPN, lower case
	principals   map[string]*principal  // by client id
	userRoles    map[string][]roleGrant // directory roles of users, by object id
	units        []adminUnit
	ownApp       *principal
	legacy       bool      // the integration was consented to long ago
	traceSP      bool      // the message-trace first-party service principal is provisioned
	traceSince   time.Time // zero: long ago
	itemsByMsgID map[string]map[*item]bool
	// indexedMailboxes are the recipients by mailbox id, as many of them as somebody has looked for.
	indexedMailboxes map[string]*recipient
	old              [oldMailKinds]*content
	trace            traceLog
	traceQuota       window
	detailQuota      window                 // of the trace's details, where they have one of their own
	directory        map[string]*unitBucket // resource units of the directory, by client id
	faults           faultList              // has a lock of its own
	requests         requestLog             // has a lock of its own
}

func (t *tenant) public() Tenant {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := Tenant{ID: t.id, Domain: t.domain, Name: t.name, Legacy: t.legacy}
	for _, p := range t.people {
		p.AppRoles, p.DirectoryRoles = slices.Clone(p.AppRoles), slices.Clone(p.DirectoryRoles)
		out.People = append(out.People, p)
	}
	if quarantine := t.byAddress["quarantine@"+t.domain]; quarantine != nil {
		out.QuarantineAddress, out.QuarantineID = quarantine.mail, quarantine.id
	}

	return out
}

// recipientKind says what stands behind an address.
type recipientKind string

const (
	kindUser       recipientKind = "user"
	kindShared     recipientKind = "shared"
	kindRoom       recipientKind = "room"
	kindEquipment  recipientKind = "equipment"
	kindOnPremises recipientKind = "on_premises"
	kindGuest      recipientKind = "guest"
	kindUnlicensed recipientKind = "unlicensed"
	kindGroup      recipientKind = "group" // Microsoft 365 group
	kindList       recipientKind = "list"  // distribution list
	kindDynamic    recipientKind = "dynamic_list"
	kindSecurity   recipientKind = "security_group" // without an address
	kindContact    recipientKind = "contact"
)

// recipient is a directory object which can have addresses: a user of any kind, a group or a contact.
type recipient struct {
	id, name, given, surname string
	upn, mail                string
	aliases                  []string // further addresses, without the primary one
	kind                     recipientKind
	jobTitle                 string
	enabled                  bool
	members                  func() []*recipient // of a list or group: users, contacts, groups
	rule                     string              // by which members come into a group or dynamic list
	secures                  bool                // a list which can be given rights, a mail-enabled security group
	principals               func() []*principal // apps in a role-assignable group
	subscribed               bool                // members of the group get copies in their own mailboxes
	mailbox                  *mailbox            // nil where there is no cloud mailbox
	dormant                  *mailbox            // what comes back with a licence
}

func (r *recipient) isUser() bool {
	return !isGroup(r) && r.kind != kindContact && r.kind != kindDynamic
}

// expands says whether mail to it is sent on to its members, with an "expanded" row in the trace.
func (r *recipient) expands() bool { return r.kind == kindList || r.kind == kindDynamic }

// addresses answers every address mail is delivered to, the primary one first.
func (r *recipient) addresses() []string {
	if r.mail == "" {
		return r.aliases
	}

	return append([]string{r.mail}, r.aliases...)
}

func (r *recipient) proxyAddresses() []string {
	out := []string{}
	for i, address := range r.addresses() {
		prefix := "smtp:"
		if i == 0 && r.mail != "" {
			prefix = "SMTP:"
		}
		out = append(out, prefix+address)
	}

	return out
}

func (t *tenant) add(r *recipient) *recipient {
	t.recipients = append(t.recipients, r)
	t.byID[r.id] = r
	for _, address := range r.addresses() {
		t.byAddress[strings.ToLower(address)] = r
	}
	if r.upn != "" {
		if key := strings.ToLower(r.upn); t.byAddress[key] == nil {
			t.byAddress[key] = r
		}
	}

	return r
}

// setAddresses replaces the addresses of r, so that lookups by an old one fail at once.
func (t *tenant) setAddresses(r *recipient, primary string, aliases []string) {
	for key, owner := range t.byAddress {
		if owner == r {
			delete(t.byAddress, key)
		}
	}
	r.mail, r.aliases = primary, aliases
	for _, address := range append(r.addresses(), r.upn) {
		if address != "" {
			t.byAddress[strings.ToLower(address)] = r
		}
	}
}

// user finds a user by object id, UPN or primary address; an alias is not enough for Graph's /users/{id}.
func (t *tenant) user(id string) *recipient {
	if r := t.byID[strings.ToLower(id)]; r != nil && r.isUser() {
		return r
	}
	r := t.byAddress[strings.ToLower(id)]
	if r != nil && r.isUser() && (strings.EqualFold(r.upn, id) || strings.EqualFold(r.mail, id)) {
		return r
	}

	return nil
}

// owner finds whoever receives mail at address: literally, or as user+tag@domain.
func (t *tenant) owner(address string) *recipient {
	address = strings.ToLower(address)
	if r := t.byAddress[address]; r != nil && slices.ContainsFunc(r.addresses(), func(a string) bool {
		return strings.EqualFold(a, address)
	}) {
		return r
	}
	local, domain, _ := strings.Cut(address, "@")
	if base, _, tagged := strings.Cut(local, "+"); tagged {
		return t.owner(base + "@" + domain)
	}

	return nil
}

// licensed answers the licensed user mailboxes in their fixed order.
func (t *tenant) licensed() []*recipient {
	return slices.DeleteFunc(slices.Clone(t.recipients), func(r *recipient) bool { return r.kind != kindUser })
}
