package store_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"

	"github.com/google/uuid"
)

func TestOrganizationSummaries(t *testing.T) {
	b := setup(t)
	operator := storetest.Operator()
	bare := storetest.Organization(t, b.Store)
	mustDo(t, b.SavePortfolio(ctx, operator, storetest.ProviderTenant, uuid.NewString(), "Emma", b.org.ID))
	who := colleague(b.org, "Ada")
	mustDo(t, b.SaveMember(ctx, operator, b.org.ID, who.TenantID, who.ObjectID, "Ada", clawback.RoleAdmin))

	page := must(b.ListOrganizationSummaries(ctx, operator, clawback.OrganizationFilter{}))(t)
	if page.Total != 3 || page.Items[0].ID != bare.ID || page.Items[1].ID != b.other.ID || page.Items[2].ID != b.org.ID {
		t.Errorf("not the worst first: %+v", page)
	}
	if o := page.Items[2]; o.EngagementManager != "Emma" || o.Admins != 1 || len(o.Devices) != 1 || o.Devices[0].ID != b.device.ID || o.Mode != clawback.ModeEnforce || o.OpenActions != 0 || !o.LastRemovalAt.IsZero() {
		t.Errorf("summary %+v", o)
	}

	b.check(t, b.device.ID, clawback.StepRemoval, clawback.CheckFail)
	page = must(b.ListOrganizationSummaries(ctx, operator, clawback.OrganizationFilter{}))(t)
	if page.Items[0].ID != b.org.ID || page.Items[0].Broken() != 1 || page.Items[1].ID != bare.ID {
		t.Errorf("what broke does not come first: %+v", page.Items)
	}
	for _, step := range clawback.CheckedSteps() {
		b.check(t, b.device.ID, step, clawback.CheckPass)
	}

	first := must(b.ListOrganizationSummaries(ctx, operator, clawback.OrganizationFilter{PageQuery: clawback.PageQuery{Limit: 2}}))(t)
	rest := must(b.ListOrganizationSummaries(ctx, operator, clawback.OrganizationFilter{PageQuery: clawback.PageQuery{Limit: 2, Cursor: first.Next}}))(t)
	if len(first.Items) != 2 || len(rest.Items) != 1 || rest.Items[0].ID != b.org.ID || rest.Next != "" {
		t.Errorf("pages of %d and %d", len(first.Items), len(rest.Items))
	}
	_, err := b.ListOrganizationSummaries(ctx, operator, clawback.OrganizationFilter{PageQuery: clawback.PageQuery{Cursor: "x"}})
	wantKind(t, "an invented cursor", err, clawback.KindInvalid)

	for search, want := range map[string]int{bare.Name: 1, bare.TenantID: 1, "CUSTOMER": 3, "100%": 0} {
		if got := must(b.ListOrganizationSummaries(ctx, operator, clawback.OrganizationFilter{Search: search}))(t); len(got.Items) != want {
			t.Errorf("%q finds %d, want %d", search, len(got.Items), want)
		}
	}
	own := must(b.ListOrganizationSummaries(ctx, storetest.EngagementManager(b.other.ID), clawback.OrganizationFilter{}))(t)
	if len(own.Items) != 1 || own.Items[0].ID != b.other.ID {
		t.Errorf("a portfolio holds %+v", own.Items)
	}
}

func TestOrganizationFacts(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	for _, minutes := range []int{1, 3, 8} {
		r := storetest.Draft(t, b.Store, storetest.SOCAnalyst(), b.org, "<"+uuid.NewString()+"@evil.example>", "x")
		at := b.clock.Now().UnixMilli()
		b.Exec(t, `UPDATE remediations SET started_at = ?, first_clean_at = ?, contained_at = ? WHERE id = ?`, at, at, at+int64(minutes)*60_000, r.ID)
	}
	b.invite(t, admin, "Theo", clawback.RoleAnalyst)
	facts := must(b.FindOrganizationFacts(ctx, admin, b.org.ID))(t)
	if facts.Removed != 3 || facts.Contained != 3 || facts.TimeToGone != 3*time.Minute || facts.Invitations != 1 || facts.EngagementManager.ID != "" {
		t.Errorf("facts %+v", facts)
	}
	b.clock.Advance(31 * 24 * time.Hour)
	if facts = must(b.FindOrganizationFacts(ctx, admin, b.org.ID))(t); facts.Removed != 0 || facts.TimeToGone != 0 || facts.Invitations != 0 {
		t.Errorf("a month later: %+v", facts)
	}
	_, err := b.FindOrganizationFacts(ctx, admin, b.other.ID)
	wantKind(t, "another's", err, clawback.KindNotFound)
}

func TestOrganizationNames(t *testing.T) {
	b := setup(t)
	_, err := b.CreateOrganization(ctx, storetest.Operator(), newOrganization(strings.ToUpper(b.org.Name), "new.example"))
	wantKind(t, "the name of another", err, clawback.KindConflict)
	wantField(t, "the name of another", err, "name")
	_, err = b.CreateOrganization(ctx, storetest.Operator(), newOrganization("New", b.org.Domain+"."))
	wantField(t, "the domain of another", err, "domain")
	_, err = b.CreateOrganization(ctx, storetest.Operator(), newOrganization("New", "https://new.example"))
	wantKind(t, "no domain", err, clawback.KindInvalid)
}

func newOrganization(name, domain string) store.NewOrganization {
	return store.NewOrganization{Name: name, TenantID: uuid.NewString(), Domain: domain}
}

func TestEngagementManagers(t *testing.T) {
	b := setup(t)
	operator := storetest.Operator()
	signIn := func(name string, role clawback.Role) string {
		return must(b.SignIn(ctx, clawback.Identity{TenantID: storetest.ProviderTenant, ObjectID: uuid.NewString(), Name: name, StaffRoles: []clawback.Role{role}}))(t).PersonID
	}
	ines, emma, sam := signIn("Ines", clawback.RoleEngagementManager), signIn("Emma", clawback.RoleEngagementManager), signIn("Sam", clawback.RoleSOCAnalyst)
	list := must(b.ListEngagementManagers(ctx, operator))(t)
	if len(list) != 2 || list[0].ID != emma || list[1].Name != "Ines" {
		t.Errorf("engagement managers: %+v", list)
	}
	_, err := b.ListEngagementManagers(ctx, storetest.SOCAnalyst())
	wantKind(t, "for a SOC analyst", err, clawback.KindForbidden)

	assign := func(by clawback.Actor, before, person string) error {
		return b.AssignEngagementManager(ctx, by, b.org.ID, before, person)
	}
	wantKind(t, "by an admin", assign(storetest.Admin(b.org), "", ines), clawback.KindForbidden)
	wantKind(t, "a SOC analyst", assign(operator, "", sam), clawback.KindInvalid)
	mustDo(t, assign(operator, "", ines))
	wantKind(t, "over another's choice", assign(operator, "", emma), clawback.KindConflict)
	mustDo(t, assign(operator, ines, emma))
	mustDo(t, assign(operator, ines, emma))
	if facts := must(b.FindOrganizationFacts(ctx, operator, b.org.ID))(t); facts.EngagementManager != (clawback.Person{ID: emma, Name: "Emma"}) {
		t.Errorf("engagement manager %+v", facts.EngagementManager)
	}
	if got := b.Text(t, `SELECT COUNT(*) FROM portfolios WHERE organization_id = ?`, b.org.ID); got != "1" {
		t.Errorf("%s portfolios hold it, want one", got)
	}
	mustDo(t, assign(operator, emma, ""))
	if got := b.audited(t, b.org.ID, "engagement_manager.assigned"); got != "3" {
		t.Errorf("%s audit events, want three", got)
	}
	wantKind(t, "of nothing", b.AssignEngagementManager(ctx, operator, "nothing", "", ines), clawback.KindNotFound)
}
