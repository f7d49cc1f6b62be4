package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

func TestChangeAutoRemediation(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	seen := b.setting(t)
	b.clock.Advance(time.Minute)
	observe, limit := clawback.ModeObserve, 40

	saved := must(b.ChangeAutoRemediation(ctx, admin, b.org.ID, clawback.AutoRemediationPatch{Mode: &observe, SeenAt: seen.ChangedAt}))(t)
	if saved.Mode != observe || saved.VolumeLimit != seen.VolumeLimit || !slices.Equal(saved.Devices, seen.Devices) || !saved.InForceSince.Equal(b.clock.Now()) {
		t.Errorf("saved %+v", saved)
	}
	_, err := b.ChangeAutoRemediation(ctx, admin, b.org.ID, clawback.AutoRemediationPatch{VolumeLimit: &limit, SeenAt: seen.ChangedAt})
	wantKind(t, "what is outdated", err, clawback.KindConflict)
	if !strings.HasPrefix(clawback.MessageOf(err), "Ada Admin changed the auto remediation") {
		t.Errorf("the second is told %q", clawback.MessageOf(err))
	}
	must(b.ChangeAutoRemediation(ctx, admin, b.org.ID, clawback.AutoRemediationPatch{Mode: &observe}))(t)
	b.clock.Advance(time.Minute)
	must(b.ChangeAutoRemediation(ctx, admin, b.org.ID, clawback.AutoRemediationPatch{VolumeLimit: &limit}))(t)

	t.Run("tells its history, the latest first", func(t *testing.T) {
		first := must(b.ListAutoRemediationChanges(ctx, admin, b.org.ID, clawback.PageQuery{Limit: 2}))(t)
		if first.Total != 3 || len(first.Items) != 2 || first.Next == "" {
			t.Fatalf("history %+v, want 2 of 3: what changed nothing is none", first)
		}
		latest, before := first.Items[0], first.Items[1]
		if latest.By != admin.Name || !latest.At.Equal(b.clock.Now()) || latest.Before.VolumeLimit != 500 || latest.After.VolumeLimit != 40 ||
			before.Before.Mode != clawback.ModeEnforce || before.After.Mode != observe || !slices.Equal(before.After.Devices, []string{b.device.ID}) {
			t.Errorf("history %+v", first.Items)
		}
		rest := must(b.ListAutoRemediationChanges(ctx, admin, b.org.ID, clawback.PageQuery{Limit: 2, Cursor: first.Next}))(t)
		if len(rest.Items) != 1 || rest.Items[0].Before.Mode != clawback.ModeOff || rest.Next != "" {
			t.Errorf("its end %+v", rest)
		}
		_, err := b.ListAutoRemediationChanges(ctx, storetest.Admin(b.other), b.org.ID, clawback.PageQuery{})
		wantKind(t, "by another's admin", err, clawback.KindNotFound)
	})

	t.Run("refuses", func(t *testing.T) {
		away, none := clawback.RemovalKind("away"), 0
		for name, tt := range map[string]struct {
			actor clawback.Actor
			patch clawback.AutoRemediationPatch
			kind  clawback.Kind
			field string
		}{
			"no such removal": {admin, clawback.AutoRemediationPatch{Removal: &away}, clawback.KindInvalid, "removal"},
			"no limit":        {admin, clawback.AutoRemediationPatch{VolumeLimit: &none}, clawback.KindInvalid, "volume_limit"},
			"a wrong device":  {admin, clawback.AutoRemediationPatch{Devices: &[]string{"none"}}, clawback.KindInvalid, "devices"},
			"an analyst":      {storetest.Analyst(b.org), clawback.AutoRemediationPatch{Mode: &observe}, clawback.KindForbidden, ""},
			"another":         {storetest.Admin(b.other), clawback.AutoRemediationPatch{Mode: &observe}, clawback.KindNotFound, ""},
		} {
			_, err := b.ChangeAutoRemediation(ctx, tt.actor, b.org.ID, tt.patch)
			wantKind(t, name, err, tt.kind)
			wantField(t, name, err, tt.field)
		}
		whole := b.setting(t)
		whole.Removal = away
		_, err := b.SaveAutoRemediation(ctx, admin, whole)
		wantField(t, "no such removal by the API", err, "removal")
	})
}

func TestSelectContext(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	e, other := storetest.Context(t, b.Store, b.org, "vip@customer.example"), storetest.Context(t, b.Store, b.org, "two@customer.example")
	must(b.SelectContext(ctx, admin, other.ID))(t)
	b.running(t, storetest.SOCAnalyst(), "vip@customer.example", "joe@customer.example")
	b.Exec(t, `INSERT INTO copies (id, record_id, remediation_id, organization_id, immutable_id, folder_id, message_id, sender, subject, found_at)
		SELECT 'c' || id, id, remediation_id, organization_id, 'i', 'f', 'm', 's', 't', 1 FROM records`)
	b.Exec(t, `INSERT INTO intents (id, copy_id, record_id, remediation_id, organization_id, kind, boot, fence, committed_at)
		SELECT 'i' || id, id, record_id, remediation_id, organization_id, 'remove', 'b', 1, 5 FROM copies`)

	b.clock.Advance(time.Minute)
	saved := must(b.SelectContext(ctx, admin, e.ID))(t)
	if len(saved.NeverRemove) != 2 || !saved.InForceSince.Equal(b.clock.Now()) || len(saved.OnTheWire) != 1 {
		t.Errorf("selected: %+v", saved)
	}
	got := must(b.FindContext(ctx, admin, e.ID))(t)
	if !got.Selected || got.SelectedBy != admin.Name || !got.SelectedAt.Equal(b.clock.Now()) {
		t.Errorf("selected entry %+v", got)
	}

	t.Run("remembers what was on the wire", func(t *testing.T) {
		b.Exec(t, `UPDATE intents SET closed_at = ?`, b.clock.Now().Add(time.Second).UnixMilli())
		wire := must(b.ListWireOfContext(ctx, admin, e.ID))(t)
		if len(wire) != 1 || wire[0] != saved.OnTheWire[0] {
			t.Errorf("on the wire %+v, want %+v", wire, saved.OnTheWire)
		}
		b.Exec(t, `UPDATE intents SET closed_at = ?`, b.clock.Now().Add(-time.Second).UnixMilli())
		if wire := must(b.ListWireOfContext(ctx, admin, e.ID))(t); len(wire) != 0 {
			t.Errorf("answered before, and on the wire: %+v", wire)
		}
		_, err := b.ListWireOfContext(ctx, storetest.Admin(b.other), e.ID)
		wantKind(t, "by another's admin", err, clawback.KindNotFound)
	})

	t.Run("once; only a deselection ends it", func(t *testing.T) {
		since := got.SelectedAt
		b.clock.Advance(time.Minute)
		must(b.SelectContext(ctx, admin, e.ID))(t)
		must(b.ReviewContext(ctx, storetest.EngagementManager(b.org.ID), e.ID, clawback.ReviewDeclined, "No."))(t)
		kept := must(b.FindContext(ctx, admin, e.ID))(t)
		if !kept.Selected || !kept.SelectedAt.Equal(since) || !kept.NeedsDecision(b.clock.Now()) {
			t.Errorf("declined %+v", kept)
		}
		saved := must(b.DeselectContext(ctx, admin, e.ID))(t)
		if !slices.Equal(saved.NeverRemove, []string{other.ID}) || must(b.FindContext(ctx, admin, e.ID))(t).Selected {
			t.Errorf("deselected: %+v", saved)
		}
		if wire := must(b.ListWireOfContext(ctx, admin, e.ID))(t); len(wire) != 0 {
			t.Errorf("on the wire of what is not in force: %+v", wire)
		}
		var kinds []string
		for _, s := range must(b.ListContextSteps(ctx, admin, e.ID))(t) {
			kinds = append(kinds, string(s.Kind))
		}
		if got := strings.Join(kinds, " "); got != "proposed selected declined deselected" {
			t.Errorf("steps %s", got)
		}
	})

	t.Run("is the admin's", func(t *testing.T) {
		for name, tt := range map[string]struct {
			actor clawback.Actor
			kind  clawback.Kind
		}{"an analyst": {storetest.Analyst(b.org), clawback.KindForbidden}, "a manager": {storetest.EngagementManager(b.org.ID), clawback.KindForbidden},
			"another's admin": {storetest.Admin(b.other), clawback.KindNotFound}} {
			_, err := b.SelectContext(ctx, tt.actor, e.ID)
			wantKind(t, "SelectContext() by "+name, err, tt.kind)
			_, err = b.DeselectContext(ctx, tt.actor, other.ID)
			wantKind(t, "DeselectContext() by "+name, err, tt.kind)
		}
	})
}
