package store_test

import (
	"strings"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

func (b *bench) request() clawback.NewRemediation {
	return clawback.NewRemediation{OrganizationID: b.org.ID, Targets: []clawback.Target{{Source: clawback.SourceMessageID, MessageID: "a@evil.example"}},
		Reason: "phish", Reference: "INC-1"}
}

func TestCreateRemediation(t *testing.T) {
	b := setup(t)
	soc := storetest.SOCAnalyst()

	t.Run("makes a preview with its job", func(t *testing.T) {
		r := must(b.CreateRemediation(ctx, soc, b.request()))(t)
		if r.Status != clawback.StatusDraft || r.Phase != clawback.PhaseTracing || r.Number != 1 || r.Targets[0].MessageID != "<a@evil.example>" ||
			r.Mode != clawback.ModeEnforce || r.CreatedBy != soc.ID || r.StartedBy != "" || r.OrganizationName != b.org.Name {
			t.Errorf("created %+v", r)
		}
		if got := b.jobs(t, "trace"); got != "1" {
			t.Errorf("%s trace jobs, want one", got)
		}
		if got := b.audited(t, b.org.ID, "remediation.created"); got != "1" {
			t.Errorf("%s audit events, want one", got)
		}
	})

	t.Run("starts at once within a bound", func(t *testing.T) {
		n := b.request()
		n.Start, n.MaxMailboxes = true, 30
		r := must(b.CreateRemediation(ctx, soc, n))(t)
		if r.Status != clawback.StatusInProgress || r.StartedBy != soc.ID || !r.StartedAt.Equal(b.clock.Now()) || r.MaxMailboxes != 30 {
			t.Errorf("started %+v", r)
		}
		if got := b.audited(t, b.org.ID, "remediation.started"); got != "1" {
			t.Errorf("%s audit events, want one", got)
		}
	})

	for field, change := range map[string]func(*clawback.NewRemediation){
		"reason":              func(n *clawback.NewRemediation) { n.Reason, n.Start, n.MaxMailboxes = " ", true, 1 },
		"max_mailboxes":       func(n *clawback.NewRemediation) { n.Start = true },
		"internet_message_id": func(n *clawback.NewRemediation) { n.Targets[0].MessageID = "a b" },
		"reference":           func(n *clawback.NewRemediation) { n.Reference = strings.Repeat("x", 201) },
	} {
		t.Run("refuses a wrong "+field, func(t *testing.T) {
			n := b.request()
			change(&n)
			_, err := b.CreateRemediation(ctx, soc, n)
			wantKind(t, field, err, clawback.KindInvalid)
			wantField(t, field, err, field)
		})
	}

	t.Run("is for who may remove, where they may", func(t *testing.T) {
		_, err := b.CreateRemediation(ctx, storetest.Admin(b.org), b.request())
		wantKind(t, "by an admin", err, clawback.KindForbidden)
		_, err = b.CreateRemediation(ctx, storetest.Admin(b.other), b.request())
		wantKind(t, "by another's admin", err, clawback.KindNotFound)
		n := b.request()
		n.OrganizationID = "none"
		_, err = b.CreateRemediation(ctx, soc, n)
		wantKind(t, "nowhere", err, clawback.KindNotFound)
	})

	t.Run("needs a mode and a device", func(t *testing.T) {
		fresh := storetest.Organization(t, b.Store)
		n := b.request()
		n.OrganizationID = fresh.ID
		_, err := b.CreateRemediation(ctx, soc, n)
		wantKind(t, "while off", err, clawback.KindConflict)
		must(b.SaveAutoRemediation(ctx, storetest.Admin(fresh), clawback.AutoRemediation{OrganizationID: fresh.ID, Mode: clawback.ModeObserve,
			Removal: clawback.RemovalSoft, VolumeLimit: 1}))(t)
		_, err = b.CreateRemediation(ctx, soc, n)
		wantKind(t, "without device", err, clawback.KindConflict)
		storetest.Device(t, b.Store, fresh)
		if r := must(b.CreateRemediation(ctx, soc, n))(t); r.Mode != clawback.ModeObserve {
			t.Errorf("mode %s", r.Mode)
		}
	})
}
