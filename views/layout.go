package views

import (
	"slices"
	"time"

	"clawback"
)

// Section is an entry of the navigation.
type Section string

// The sections.
const (
	SectionNone         Section = ""
	SectionHome         Section = "home"
	SectionRemediations Section = "remediations"
	SectionNew          Section = "new"
	SectionActions      Section = "actions"
	SectionHalts        Section = "halts"
	SectionContext      Section = "context"
	SectionSetting      Section = "auto-remediation"
	SectionReviews      Section = "reviews"
	SectionSetup        Section = "setup"
	SectionAudit        Section = "audit"

	SectionOrganizations Section = "organizations"
	SectionAccount       Section = "account"
)

// LayoutInput is what the frame around a page is made from.
type LayoutInput struct {
	Title         string
	Section       Section
	Organization  string // id of the chosen one, or the one the page is about; empty for all
	Actor         clawback.Actor
	Organizations []clawback.Organization
	Halts         []clawback.Halt
	OpenActions   int
	Reviews       int                     // context entries that wait for this person's review
	Devices       []clawback.DeviceHealth // of the chosen organization
	Asset         func(name string) string
	Simulated     bool
	Now           time.Time
	Search        string
}

// Chosen answers the id of the organization that is meant: the chosen one, or a customer's only one; "" for all.
func (in LayoutInput) Chosen() string {
	if in.Organization == "" && len(in.Organizations) == 1 && !in.Actor.IsStaff() {
		return in.Organizations[0].ID
	}
	return in.Organization
}

// Layout is the frame around a page.
type Layout struct {
	Broad        bool // a page without navigation is broad enough for instructions
	Title        string
	Asset        func(name string) string
	Name, Roles  string
	Staff        bool
	Nav          []NavItem
	Chosen       *clawback.Organization // nil: all of them
	ChosenID     string
	Picks        []Pick
	Halts        []clawback.Halt
	CanHalt      bool
	Observe      []clawback.Organization
	Broken       []clawback.DeviceHealth
	Simulated    bool
	Now          time.Time
	Search       string
	SignedIn     bool
	Organization string
}

// NavItem is one entry of the navigation; Count is how many things wait there for this person.
type NavItem struct {
	Section Section
	Label   string
	Path    string
	Current bool
	Count   int
}

// Pick is one choice of the organization switch.
type Pick struct {
	Name, Domain, Path string
	Mode               clawback.Mode
	Current            bool
}

// NewLayout makes the frame around a page.
func NewLayout(in LayoutInput) Layout {
	l := Layout{
		Title: in.Title, Asset: in.Asset, Name: in.Actor.Name, Roles: RolesOf(in.Actor), Staff: in.Actor.IsStaff(),
		CanHalt: in.Actor.CanAnywhere(clawback.RightHalt), Simulated: in.Simulated, Now: in.Now, Search: in.Search, SignedIn: true,
	}
	if i := slices.IndexFunc(in.Organizations, func(o clawback.Organization) bool { return o.ID == in.Chosen() }); i >= 0 {
		l.Chosen = &in.Organizations[i]
	}
	if l.Chosen != nil && l.Chosen.ID == in.Organization {
		l.ChosenID = in.Organization
	}
	if l.Chosen != nil && l.Chosen.Mode == clawback.ModeObserve {
		l.Observe = []clawback.Organization{*l.Chosen}
	}
	if in.Section != SectionSetup { // there the steps themselves say so, live
		l.Broken = broken(in.Devices)
	}
	l.Nav = navigation(in, l.ChosenID)
	l.Picks = picks(in)
	for _, h := range in.Halts {
		if h.OrganizationID == "" || l.Chosen == nil || l.Chosen.ID == h.OrganizationID {
			l.Halts = append(l.Halts, h)
		}
	}
	return l
}

func navigation(in LayoutInput, organization string) []NavItem {
	filter := clawback.RemediationFilter{OrganizationID: organization}
	home := withQuery(HomePath(), map[string][]string{"organization": {organization}})
	items := []NavItem{
		{Section: SectionHome, Label: "Home", Path: home},
		{Section: SectionRemediations, Label: "Remediations", Path: RemediationsFilterPath(filter)},
	}
	if in.Actor.CanAnywhere(clawback.RightRemediate) {
		items = append(items, NavItem{Section: SectionNew, Label: "New remediation", Path: NewRemediationPath(organization)})
	}
	if in.Actor.CanAnywhere(clawback.RightReadActions) {
		path := ActionsPath(clawback.ActionFilter{OrganizationID: organization, Status: clawback.ActionOpen})
		items = append(items, NavItem{Section: SectionActions, Label: "Actions", Path: path, Count: in.OpenActions})
	}
	if path, label := organizationsEntry(in, organization); path != "" {
		items = append(items, NavItem{Section: SectionOrganizations, Label: label, Path: path})
	}
	items = append(items, ruleItems(in)...)
	if in.Actor.CanAnywhere(clawback.RightHalt) {
		items = append(items, NavItem{Section: SectionHalts, Label: "Halt switch", Path: HaltsPath()})
	}
	if in.Actor.Scope(clawback.RightReadAudit).Everywhere {
		items = append(items, NavItem{Section: SectionAudit, Label: "Audit trail", Path: AuditPath(clawback.AuditFilter{OrganizationID: organization})})
	}
	if path := setupEntry(in, organization); path != "" {
		items = append(items, NavItem{Section: SectionSetup, Label: "Setup", Path: path, Count: toSetUp(in)})
	}
	section := in.Section
	if section == SectionAudit && !in.Actor.Scope(clawback.RightReadAudit).Everywhere {
		section = SectionOrganizations // a customer's trail is one of the pages of its organization
	}
	for i := range items {
		items[i].Current = items[i].Section == section
	}
	return items
}

// toSetUp counts the devices of the organization that is meant whose setup needs somebody; one that is missing counts.
func toSetUp(in LayoutInput) int {
	if in.Chosen() == "" {
		return 0
	}
	n := 0
	for _, d := range in.Devices {
		if !d.Ready() {
			n++
		}
	}
	if len(in.Devices) == 0 {
		return 1
	}
	return n
}

// setupEntry answers the way to the setup of an admin's organization.
func setupEntry(in LayoutInput, organization string) string {
	for _, m := range in.Actor.Memberships {
		if in.Actor.Can(clawback.RightConfigure, m.OrganizationID) && (organization == "" || organization == m.OrganizationID) {
			return SetupPath(m.OrganizationID)
		}
	}
	return ""
}

// organizationsEntry answers the way to the organizations of staff, to the chosen one, or to the only one there is.
func organizationsEntry(in LayoutInput, organization string) (path, label string) {
	switch {
	case !in.Actor.CanAnywhere(clawback.RightReadOrganization):
		return "", ""
	case in.Actor.IsStaff() || len(in.Organizations) != 1 && organization == "":
		return OrganizationsPath(), "Organizations"
	case organization == "":
		organization = in.Organizations[0].ID
	}
	return OrganizationPath(organization), "Organization"
}

// ruleItems answers the entries about what may be removed: the queue of who reviews, and the rules of the one
// organization that is meant.
func ruleItems(in LayoutInput) []NavItem {
	var items []NavItem
	if in.Actor.CanAnywhere(clawback.RightReviewContext) {
		items = append(items, NavItem{Section: SectionReviews, Label: "Review queue", Path: ReviewsPath(), Count: in.Reviews})
	}
	id := in.Organization
	if id == "" && len(in.Organizations) == 1 {
		id = in.Organizations[0].ID
	}
	if id == "" {
		return items
	}
	if in.Actor.Can(clawback.RightProposeContext, id) || !in.Actor.IsStaff() && in.Actor.Can(clawback.RightReadContext, id) {
		items = append(items, NavItem{Section: SectionContext, Label: "Never-remove", Path: ContextEntriesPath(id)})
	}
	if !in.Actor.IsStaff() && in.Actor.Can(clawback.RightReadOrganization, id) {
		items = append(items, NavItem{Section: SectionSetting, Label: "Auto remediation", Path: AutoRemediationPath(id)})
	}
	return items
}

// picks answers the choices of the organization switch: none where there is nothing to choose.
func picks(in LayoutInput) []Pick {
	if len(in.Organizations) < 2 {
		return nil
	}
	base := func(id string) string {
		switch in.Section {
		case SectionHome:
			return withQuery(HomePath(), map[string][]string{"organization": {id}})
		case SectionOrganizations:
			if id == "" {
				return OrganizationsPath()
			}
			return OrganizationPath(id)
		case SectionNew:
			return NewRemediationPath(id)
		case SectionContext, SectionSetting:
			if path := rulesPath(in.Section, id); path != "" {
				return path
			}
		case SectionActions:
			return ActionsPath(clawback.ActionFilter{OrganizationID: id, Status: clawback.ActionOpen})
		case SectionSetup:
			if id != "" {
				return SetupPath(id)
			}
		case SectionAudit:
			return AuditPath(clawback.AuditFilter{OrganizationID: id})
		}
		return RemediationsFilterPath(clawback.RemediationFilter{OrganizationID: id})
	}
	choices := []Pick{{Name: "All organizations", Path: base(""), Current: in.Organization == ""}}
	for _, o := range in.Organizations {
		choices = append(choices, Pick{Name: o.Name, Domain: o.Domain, Mode: o.Mode, Path: base(o.ID), Current: o.ID == in.Organization})
	}
	return choices
}

// rulesPath answers the same page of another organization; there is none of all.
func rulesPath(section Section, id string) string {
	switch {
	case id == "":
		return ""
	case section == SectionContext:
		return ContextEntriesPath(id)
	}
	return AutoRemediationPath(id)
}

var roleNames = map[clawback.Role]string{
	clawback.RoleEngagementManager: "Engagement manager",
	clawback.RoleSOCAnalyst:        "SOC analyst",
	clawback.RoleOperator:          "Operator",
	clawback.RoleAdmin:             "Organization admin",
	clawback.RoleAnalyst:           "Organization analyst",
}

// RolesOf answers what a person is, in words.
func RolesOf(actor clawback.Actor) string {
	var names []string
	add := func(role clawback.Role) {
		if name := roleNames[role]; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, role := range actor.StaffRoles {
		add(role)
	}
	for _, m := range actor.Memberships {
		add(m.Role)
	}
	return sentence(list(names))
}
