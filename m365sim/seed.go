package m365sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

type tenantPlan struct {
	key, name, domain string
	people            []Person
	mailboxes         int
	customer          bool
	fresh             bool // no app is registered, nothing is granted
	legacy            bool // in place of an app of its own, the integration as it was consented to long ago
}

// seedWorld builds the provider's tenant and its customers'. Everything but times depends on the seed alone.
func (s *Sim) seedWorld() {
	s.apps = map[string]*registration{}
	s.signIn = s.register("sign-in", "Clawback sign-in", true)
	s.integration = s.register("integration", "Clawback mail removal", true, removalPermissions...)
	s.provider = s.seedTenant(tenantPlan{
		key: "provider", name: "Halden Security", domain: "haldensec.example", people: []Person{
			{Name: "Mara Lindt", AppRoles: []string{"SOCAnalyst"}, Note: "SOC analyst"},
			{Name: "Tomas Reyes", AppRoles: []string{"SOCAnalyst"}, Note: "SOC analyst"},
			{Name: "Ines Okafor", AppRoles: []string{"EngagementManager"}, Note: "engagement manager"},
			{Name: "Jon Beck", AppRoles: []string{"Operator"}, DirectoryRoles: []string{globalAdministrator},
				Note: "operator"},
			{Name: "Lena Frost", Note: "no role"},
		},
	})
	s.customers = []*tenant{
		s.seedTenant(tenantPlan{
			key: "customer-1", name: "Brightwater Clinics", domain: "brightwater.example", customer: true,
			mailboxes: s.cfg.Mailboxes, people: []Person{
				{Name: "Priya Nair", DirectoryRoles: []string{globalAdministrator}, Note: "organization admin"},
				{Name: "Daniel Osei", Note: "organization analyst"},
				{Name: "Noor Haddad", Note: "no access"},
			},
		}),
		s.seedTenant(tenantPlan{
			key: "customer-2", name: "Lumen Freight", domain: "lumenfreight.example", customer: true,
			mailboxes: min(s.cfg.Mailboxes, secondMailboxes), people: []Person{
				{Name: "Olivia Grant", DirectoryRoles: []string{globalAdministrator}, Note: "organization admin"},
				{Name: "Theo Marsh", Note: "no access"},
			},
		}),
		s.seedTenant(tenantPlan{
			key: "customer-3", name: "Aldermoor Council", domain: "aldermoor.example", customer: true, fresh: true,
			mailboxes: min(s.cfg.Mailboxes, freshMailboxes), people: []Person{
				{Name: "Grace Adeyemi", DirectoryRoles: []string{globalAdministrator},
					Note: "to be invited as the first admin"},
				{Name: "Felix Moreau", Note: "no access"},
			},
		}),
		s.seedTenant(tenantPlan{
			key: "customer-legacy", name: "Kestrel Foods", domain: "kestrelfoods.example", customer: true, legacy: true,
			mailboxes: min(s.cfg.Mailboxes, freshMailboxes), people: []Person{
				{Name: "Hanna Sorel", DirectoryRoles: []string{globalAdministrator}, Note: "organization admin"},
				{Name: "Piet Vos", Note: "no access"},
			},
		}),
	}
	for n := len(s.customers) + 1; n <= s.cfg.Customers; n++ {
		s.customers = append(s.customers, s.seedTenant(tenantPlan{
			key: fmt.Sprint("customer-", n), name: fmt.Sprint("Customer ", n), domain: fmt.Sprintf("customer%d.example", n), customer: true,
			mailboxes: min(s.cfg.Mailboxes, secondMailboxes), people: []Person{
				{Name: fmt.Sprint("Avery Customer", n), DirectoryRoles: []string{globalAdministrator}, Note: "organization admin"},
			},
		}))
	}
}

func (s *Sim) seedTenant(plan tenantPlan) *tenant {
	t := &tenant{
		id: s.ids.uuid("tenant", plan.key), domain: plan.domain, name: plan.name, ids: s.ids,
		created:          s.now().AddDate(-3, 0, 0).Truncate(24 * time.Hour),
		byID:             map[string]*recipient{},
		byAddress:        map[string]*recipient{},
		principals:       map[string]*principal{},
		itemsByMsgID:     map[string]map[*item]bool{},
		indexedMailboxes: map[string]*recipient{},
		userRoles:        map[string][]roleGrant{},
		directory:        map[string]*unitBucket{},
		traceSP:          true,
	}
	for _, p := range plan.people {
		r := t.addUser(p.Name, "")
		p.ID, p.UserPrincipalName = r.id, r.upn
		for _, role := range p.DirectoryRoles {
			t.userRoles[r.id] = append(t.userRoles[r.id], builtInRole(role))
		}
		t.people = append(t.people, p)
	}
	for _, name := range []string{"Head office", "Field staff"} {
		t.units = append(t.units, adminUnit{id: t.ids.uuid(t.domain, "unit", name), name: name})
	}
	t.install(s.signIn)
	if !plan.customer {
		return t
	}
	t.addNotableUsers()
	t.addUsers(plan.mailboxes)
	t.addSpecials()
	// Where nobody has consented to the integration yet, control can already be told about it.
	integration := t.install(s.integration)
	integration.present = plan.legacy
	if plan.legacy {
		t.legacy = true
		integration.consentedLongAgo(t.created)
	}
	if plan.fresh || plan.legacy {
		return t
	}
	t.ownApp = t.install(s.register(plan.key, plan.name+" mail removal", false, removalPermissions...))
	t.ownApp.grantEverything(t.created)

	return t
}

// addUser adds a licensed user with a mailbox; local is the part before the @, first.last when empty.
func (t *tenant) addUser(name, local string) *recipient {
	given, surname, _ := strings.Cut(name, " ")
	if local == "" {
		local = strings.ToLower(given + "." + surname)
	}
	address := local + "@" + t.domain
	id := t.ids.uuid(t.domain, "user", local)

	return t.add(&recipient{
		id: id, name: name, given: given, surname: surname, upn: address, mail: address, kind: kindUser,
		enabled: true, jobTitle: jobTitles[t.ids.number(len(jobTitles), t.domain, "title", local)],
		aliases: []string{local + "@" + t.onMicrosoft()}, mailbox: t.newMailbox(id),
	})
}

func (t *tenant) onMicrosoft() string {
	label, _, _ := strings.Cut(t.domain, ".")

	return label + ".onmicrosoft.example"
}

// addNotableUsers adds the users whose addresses are awkward: an apostrophe, several aliases, a UPN which is no
// address of the mailbox, and upper case.
func (t *tenant) addNotableUsers() {
	t.addUser("Sean O'Brien", "sean.o'brien")

	many := t.addUser("Helena Voss", "")
	t.setAddresses(many, many.mail, append(many.aliases, "h.voss@"+t.domain, "office@"+t.domain, "helena@"+t.domain))

	moved := t.addUser("Ruth Calder", "")
	moved.upn = "rcalder@" + t.domain
	t.setAddresses(moved, moved.mail, append(moved.aliases, "ruth.maiden@"+t.domain))

	upper := t.addUser("Bruno DeWitt", "")
	t.setAddresses(upper, "Bruno.DeWitt@"+t.domain, append(upper.aliases, "bdewitt@"+t.domain))
}

// addUsers fills up to n licensed users.
func (t *tenant) addUsers(n int) {
	for i := 0; len(t.recipients) < n; i++ {
		// 50 by 50 names: a stride without a common factor walks all pairs before one comes again.
		pair := (i*1171 + t.ids.number(2500, t.domain, "names")) % 2500
		given, surname := givenNames[pair%50], surnames[pair/50]
		local := strings.ToLower(given + "." + surname)
		if i >= 2500 {
			local = fmt.Sprintf("%s%d", local, i/2500+1)
		}
		r := t.addUser(given+" "+surname, local)
		if i%9 == 4 {
			t.addAlias(r, strings.ToLower(given[:1]+surname)+fmt.Sprint(i)+"@"+t.domain)
		}
	}
}

func (t *tenant) addAlias(r *recipient, address string) {
	r.aliases = append(r.aliases, address)
	t.byAddress[strings.ToLower(address)] = r
}

// addSpecials adds what is no licensed user: shared and room mailboxes, on-premises, guest, groups, contact.
func (t *tenant) addSpecials() {
	for _, box := range []struct {
		local, name string
		kind        recipientKind
	}{
		{"quarantine", "Quarantine", kindShared},
		{"soc-archive", "SOC Archive", kindShared},
		{"boardroom", "Boardroom", kindRoom},
	} {
		r := t.addUser(box.name, box.local)
		r.name, r.given, r.surname, r.jobTitle = box.name, "", "", ""
		r.kind, r.enabled = box.kind, false
	}
	t.addUser("Old Plant", "old.plant").withoutMailbox(kindOnPremises)
	t.addUser("Casey Newhire", "casey.newhire").withoutMailbox(kindUnlicensed)
	// Named like the app: in a search for members it is the one to pick by mistake.
	service := t.addUser(t.name+" mail removal", "svc-mail-removal")
	service.given, service.surname, service.jobTitle = "", "", ""
	service.withoutMailbox(kindUnlicensed)
	t.addGuest()
	t.addGroups(t.add(&recipient{
		id: t.ids.uuid(t.domain, "contact"), name: "Courier Desk", kind: kindContact, mail: "desk@courier.example",
	}))
}

func (r *recipient) withoutMailbox(kind recipientKind) {
	r.kind, r.mailbox = kind, nil
}

func (t *tenant) addGuest() {
	t.add(&recipient{
		id: t.ids.uuid(t.domain, "guest"), name: "Gil Partner", given: "Gil", surname: "Partner", kind: kindGuest,
		upn: "gil_partner.example#EXT#@" + t.onMicrosoft(), mail: "gil@partner.example", enabled: true,
	})
}

// mailboxes answers who has a cloud mailbox: licensed users first, then shared ones and rooms.
func (t *tenant) mailboxes() []*recipient {
	return slices.DeleteFunc(slices.Clone(t.recipients), func(r *recipient) bool { return r.mailbox == nil })
}
