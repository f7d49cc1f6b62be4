package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

func (b *bench) setting(t *testing.T) clawback.AutoRemediation {
	t.Helper()
	return must(b.FindAutoRemediation(ctx, storetest.Admin(b.org), b.org.ID))(t)
}

func TestAutoRemediation(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)

	t.Run("is off where nothing was set", func(t *testing.T) {
		fresh := storetest.Organization(t, b.Store)
		a := must(b.FindAutoRemediation(ctx, storetest.Admin(fresh), fresh.ID))(t)
		if a.Mode != clawback.ModeOff || a.Removal != clawback.RemovalSoft || a.VolumeLimit != clawback.DefaultVolumeLimit || !a.AgreedAt.IsZero() {
			t.Errorf("setting %+v", a)
		}
	})

	t.Run("takes what it gave", func(t *testing.T) {
		saved := must(b.SaveAutoRemediation(ctx, admin, b.setting(t)))(t)
		if again := b.setting(t); again.Mode != saved.Mode || !slices.Equal(again.Devices, []string{b.device.ID}) {
			t.Errorf("setting %+v", again)
		}
	})

	t.Run("keeps the first agreement", func(t *testing.T) {
		before := b.setting(t)
		if before.AgreedBy != admin.Name || !before.AgreedAt.Equal(storetest.Start) {
			t.Errorf("agreed by %q at %s", before.AgreedBy, before.AgreedAt)
		}
		b.clock.Advance(time.Hour)
		before.Mode = clawback.ModeObserve
		after := must(b.SaveAutoRemediation(ctx, admin, before))(t)
		if !after.AgreedAt.Equal(before.AgreedAt) || !after.ChangedAt.Equal(b.clock.Now()) || !after.InForceSince.Equal(b.clock.Now()) {
			t.Errorf("saved %+v", after)
		}
	})

	t.Run("is changed by who may configure", func(t *testing.T) {
		for name, actor := range map[string]clawback.Actor{"an analyst": storetest.Analyst(b.org), "a SOC analyst": storetest.SOCAnalyst(),
			"an operator": storetest.Operator(), "a manager": storetest.EngagementManager(b.org.ID)} {
			_, err := b.SaveAutoRemediation(ctx, actor, b.setting(t))
			wantKind(t, "by "+name, err, clawback.KindForbidden)
		}
		_, err := b.SaveAutoRemediation(ctx, storetest.Admin(b.other), b.setting(t))
		wantKind(t, "by another's admin", err, clawback.KindNotFound)
		_, err = b.FindAutoRemediation(ctx, storetest.Admin(b.other), b.org.ID)
		wantKind(t, "read by another's admin", err, clawback.KindNotFound)
	})

	foreign := storetest.Context(t, b.Store, b.other, "x@other.example")
	for field, change := range map[string]func(*clawback.AutoRemediation){
		"mode":         func(a *clawback.AutoRemediation) { a.Mode = "on" },
		"removal":      func(a *clawback.AutoRemediation) { a.Removal = "" },
		"volume_limit": func(a *clawback.AutoRemediation) { a.VolumeLimit = 1_000_001 },
		"never_remove": func(a *clawback.AutoRemediation) { a.NeverRemove = []string{foreign.ID} },
		"devices":      func(a *clawback.AutoRemediation) { a.Devices = []string{"none"} },
	} {
		t.Run("refuses a wrong "+field, func(t *testing.T) {
			before := b.setting(t)
			wrong := before
			change(&wrong)
			_, err := b.SaveAutoRemediation(ctx, admin, wrong)
			wantKind(t, field, err, clawback.KindInvalid)
			wantField(t, field, err, field)
			if after := b.setting(t); after.Mode != before.Mode || len(after.NeverRemove) != 0 {
				t.Errorf("half changed: %+v", after)
			}
		})
	}

	t.Run("selects, keeps and deselects entries, with history", func(t *testing.T) {
		one, two := storetest.Context(t, b.Store, b.org, "one@customer.example"), storetest.Context(t, b.Store, b.org, "two@customer.example")
		changes := b.Text(t, `SELECT COUNT(*) FROM auto_remediation_changes WHERE organization_id = ?`, b.org.ID)
		a := b.setting(t)
		a.NeverRemove = []string{one.ID, two.ID, one.ID}
		must(b.SaveAutoRemediation(ctx, admin, a))(t)
		selectedAt := must(b.FindContext(ctx, admin, two.ID))(t).SelectedAt
		b.clock.Advance(time.Minute)
		a.NeverRemove = []string{two.ID}
		must(b.SaveAutoRemediation(ctx, admin, a))(t)

		first, second := must(b.FindContext(ctx, admin, one.ID))(t), must(b.FindContext(ctx, admin, two.ID))(t)
		if first.Selected || !second.Selected || !second.SelectedAt.Equal(selectedAt) {
			t.Errorf("selected %v and %v since %s, want the second alone since %s", first.Selected, second.Selected, second.SelectedAt, selectedAt)
		}
		now := b.Text(t, `SELECT COUNT(*) - ? FROM auto_remediation_changes WHERE organization_id = ?`, changes, b.org.ID)
		if now != "2" {
			t.Errorf("%s changes in the history, want 2", now)
		}
		page := must(b.ListAudit(ctx, admin, clawback.AuditFilter{Action: "auto_remediation.changed", PageQuery: clawback.PageQuery{Limit: 1}}))(t)
		if before, after := string(page.Items[0].Before), string(page.Items[0].After); !strings.Contains(before, one.ID) || strings.Contains(after, one.ID) {
			t.Errorf("audited %s to %s", before, after)
		}
	})
}

func TestOnTheWire(t *testing.T) {
	b := setup(t)
	admin, soc := storetest.Admin(b.org), storetest.SOCAnalyst()
	entry := storetest.Context(t, b.Store, b.org, "vip@customer.example")
	b.running(t, soc, "vip@customer.example", "joe@customer.example")
	b.Exec(t, `INSERT INTO copies (id, record_id, remediation_id, organization_id, immutable_id, folder_id, message_id, sender, subject, found_at)
		SELECT 'c' || id, id, remediation_id, organization_id, 'i', 'f', 'm', 's', 't', 1 FROM records`)
	b.Exec(t, `INSERT INTO intents (id, copy_id, record_id, remediation_id, organization_id, kind, boot, fence, committed_at)
		SELECT 'i' || id, id, record_id, remediation_id, organization_id, 'remove', 'b', 1, 5 FROM copies`)

	a := b.setting(t)
	a.NeverRemove = []string{entry.ID}
	b.clock.Advance(time.Hour) // the identity is old by now: that alone is not this entry's protection
	saved := must(b.SaveAutoRemediation(ctx, admin, a))(t)
	if len(saved.OnTheWire) != 1 || saved.OnTheWire[0].Mailbox != "vip@customer.example" || saved.OnTheWire[0].SentAt.UnixMilli() != 5 {
		t.Errorf("on the wire: %+v, want the protected mailbox alone", saved.OnTheWire)
	}
	if again := must(b.SaveAutoRemediation(ctx, admin, a))(t); len(again.OnTheWire) != 0 {
		t.Errorf("on the wire of an entry that was in force: %+v", again.OnTheWire)
	}
}
