package store_test

import (
	"testing"

	"clawback"
	"clawback/store/storetest"

	"github.com/google/uuid"
)

func TestMembers(t *testing.T) {
	b := setup(t)
	object := uuid.NewString()
	save := func(actor clawback.Actor, org, tenant string, role clawback.Role) error {
		return b.SaveMember(ctx, actor, org, tenant, object, "Max", role)
	}

	mustDo(t, save(storetest.Admin(b.org), b.org.ID, b.org.TenantID, clawback.RoleAnalyst))
	mustDo(t, save(storetest.EngagementManager(b.org.ID), b.org.ID, b.org.TenantID, clawback.RoleAdmin))
	wantKind(t, "of another tenant", save(storetest.Operator(), b.org.ID, b.other.TenantID, clawback.RoleAdmin), clawback.KindInvalid)
	wantKind(t, "as operator", save(storetest.Operator(), b.org.ID, b.org.TenantID, clawback.RoleOperator), clawback.KindInvalid)
	wantKind(t, "by an analyst", save(storetest.Analyst(b.org), b.org.ID, b.org.TenantID, clawback.RoleAdmin), clawback.KindForbidden)
	wantKind(t, "by a SOC analyst", save(storetest.SOCAnalyst(), b.org.ID, b.org.TenantID, clawback.RoleAdmin), clawback.KindForbidden)
	wantKind(t, "in another organization", save(storetest.Admin(b.org), b.other.ID, b.other.TenantID, clawback.RoleAdmin), clawback.KindNotFound)
	wantKind(t, "outside the portfolio", save(storetest.EngagementManager(b.other.ID), b.org.ID, b.org.TenantID, clawback.RoleAdmin), clawback.KindNotFound)

	if got := b.Text(t, `SELECT role FROM memberships m JOIN people p ON p.id = m.person_id WHERE p.object_id = ?`, object); got != "admin" {
		t.Errorf("role = %s, want the last one given", got)
	}
	err := b.SavePortfolio(ctx, storetest.Admin(b.org), storetest.ProviderTenant, uuid.NewString(), "Emma", b.org.ID)
	wantKind(t, "portfolio by an admin", err, clawback.KindForbidden)
}
