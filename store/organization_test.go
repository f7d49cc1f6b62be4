package store_test

import (
	"strings"
	"testing"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"

	"github.com/google/uuid"
)

func TestOrganizations(t *testing.T) {
	b := setup(t)
	operator := storetest.Operator()

	t.Run("are added by operators alone", func(t *testing.T) {
		n := store.NewOrganization{Name: "New", TenantID: uuid.NewString(), Domain: "New.Example"}
		_, err := b.CreateOrganization(ctx, storetest.SOCAnalyst(), n)
		wantKind(t, "by a SOC analyst", err, clawback.KindForbidden)
		o := must(b.CreateOrganization(ctx, operator, n))(t)
		if o.ID == "" || o.Domain != "new.example" || o.Mode != clawback.ModeOff {
			t.Errorf("created %+v", o)
		}
		if got := b.audited(t, o.ID, "organization.created"); got != "1" {
			t.Errorf("%s audit events, want one", got)
		}
	})

	t.Run("have one tenant each", func(t *testing.T) {
		_, err := b.CreateOrganization(ctx, operator, store.NewOrganization{Name: "Twin", TenantID: b.org.TenantID, Domain: "twin.example"})
		wantKind(t, "twin", err, clawback.KindConflict)
		wantField(t, "twin", err, "tenant_id")
		if !strings.Contains(clawback.MessageOf(err), b.org.Name) {
			t.Errorf("whose it is: %v", err)
		}
		_, err = b.CreateOrganization(ctx, operator, store.NewOrganization{Name: "Nobody's", TenantID: clawback.PersonalTenantID, Domain: "personal.example"})
		wantField(t, "of personal accounts", err, "tenant_id")
	})

	for field, n := range map[string]store.NewOrganization{
		"name":      {Name: " ", TenantID: uuid.NewString(), Domain: "a.example"},
		"tenant_id": {Name: "A", TenantID: "contoso", Domain: "a.example"},
		"domain":    {Name: "A", TenantID: uuid.NewString()},
	} {
		t.Run("refuse a wrong "+field, func(t *testing.T) {
			_, err := b.CreateOrganization(ctx, operator, n)
			wantKind(t, field, err, clawback.KindInvalid)
			wantField(t, field, err, field)
		})
	}

	t.Run("are seen in scope alone, with their mode", func(t *testing.T) {
		own := must(b.ListOrganizations(ctx, storetest.Admin(b.org)))(t)
		if len(own) != 1 || own[0].ID != b.org.ID || own[0].Mode != clawback.ModeEnforce {
			t.Errorf("an admin sees %+v", own)
		}
		if all := must(b.ListOrganizations(ctx, operator))(t); len(all) != 3 {
			t.Errorf("an operator sees %d, want 3", len(all))
		}
		if none := must(b.ListOrganizations(ctx, clawback.Actor{Kind: clawback.ActorPerson}))(t); len(none) != 0 {
			t.Errorf("nobody sees %+v", none)
		}
		_, err := b.FindOrganization(ctx, storetest.Admin(b.org), b.other.ID)
		wantKind(t, "another's", err, clawback.KindNotFound)
	})
}
