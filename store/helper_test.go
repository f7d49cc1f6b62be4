package store_test

import (
	"context"
	"strings"
	"testing"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"

	"github.com/google/uuid"
)

var ctx = context.Background()

// wantKind fails unless the error is of the kind; "" wants none.
func wantKind(t *testing.T, what string, err error, kind clawback.Kind) {
	t.Helper()
	if err == nil && kind == "" {
		return
	}
	if err == nil || kind == "" || clawback.KindOf(err) != kind {
		t.Errorf("%s = %v, want kind %q", what, err, kind)
	}
}

// wantField fails unless the error is an invalid or taken value of the field.
func wantField(t *testing.T, what string, err error, field string) {
	t.Helper()
	if clawback.FieldOf(err) != field {
		t.Errorf("%s = %v (field %q), want an error about %q", what, err, clawback.FieldOf(err), field)
	}
}

func must[T any](value T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bench is a store with an organization that is ready, and another one.
type bench struct {
	*store.Store
	clock  *storetest.Clock
	org    clawback.Organization
	device clawback.Device
	other  clawback.Organization
}

func setup(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	b := &bench{clock: storetest.NewClock(storetest.Start)}
	b.Store = storetest.Open(t, storetest.WithClock(b.clock))
	b.org, b.device = storetest.Ready(t, b.Store)
	b.other, _ = storetest.Ready(t, b.Store)
	return b
}

// traced answers a mailbox as a trace and the directory name it.
func (b *bench) traced(address string) clawback.TracedMailbox {
	return clawback.TracedMailbox{DeviceID: b.device.ID, Recipients: []string{address}, Delivery: clawback.DeliveryDelivered,
		DeliveredAt: b.clock.Now(),
		Mailbox: clawback.Mailbox{ID: uuid.NewString(), Name: strings.Split(address, "@")[0], Address: address, Addresses: []string{address},
			Kind: clawback.MailboxCloud, LookedUpAt: b.clock.Now()}}
}

// draft makes a preview that reached the addresses.
func (b *bench) draft(t *testing.T, by clawback.Actor, addresses ...string) clawback.Remediation {
	t.Helper()
	r := storetest.Draft(t, b.Store, by, b.org, "<"+uuid.NewString()+"@evil.example>", "Invoice overdue")
	b.trace(t, r, addresses...)
	return must(b.FindRemediation(ctx, by, r.ID))(t)
}

func (b *bench) trace(t *testing.T, r clawback.Remediation, addresses ...string) {
	t.Helper()
	finding := clawback.TraceFinding{Targets: r.Targets, Recipients: len(addresses)}
	for _, address := range addresses {
		finding.Mailboxes = append(finding.Mailboxes, b.traced(address))
	}
	mustDo(t, b.SaveTrace(ctx, r.ID, finding))
}

// running makes a removal that has begun for the addresses.
func (b *bench) running(t *testing.T, by clawback.Actor, addresses ...string) clawback.Remediation {
	t.Helper()
	r := b.draft(t, by, addresses...)
	must(b.StartRemediation(ctx, by, r.ID, 0, "phish", ""))(t)
	mustDo(t, b.SaveTrace(ctx, r.ID, clawback.TraceFinding{Targets: r.Targets, Recipients: len(addresses), Mailboxes: b.known(t, by, r.ID)}))
	return must(b.FindRemediation(ctx, by, r.ID))(t)
}

// known answers the mailboxes of a remediation as a second trace would name them.
func (b *bench) known(t *testing.T, by clawback.Actor, id string) []clawback.TracedMailbox {
	t.Helper()
	var list []clawback.TracedMailbox
	for _, r := range b.records(t, by, id) {
		m := r.Mailbox
		m.LookedUpAt = b.clock.Now()
		list = append(list, clawback.TracedMailbox{DeviceID: r.DeviceID, Mailbox: m, Recipients: r.Recipients,
			Delivery: clawback.DeliveryDelivered, DeliveredAt: r.DeliveredAt})
	}
	return list
}

func (b *bench) records(t *testing.T, by clawback.Actor, id string) []clawback.EmailRecord {
	t.Helper()
	return must(b.ListRecords(ctx, by, id, clawback.RecordFilter{}))(t).Items
}

func (b *bench) jobs(t *testing.T, queue string) string {
	t.Helper()
	return b.Text(t, `SELECT COUNT(*) FROM river_job WHERE queue = ? AND kind = ?`, queue, queue)
}

// audited answers how often an action stands in an audit chain.
func (b *bench) audited(t *testing.T, chain, action string) string {
	t.Helper()
	return b.Text(t, `SELECT COUNT(*) FROM audit_events WHERE organization_id = ? AND action = ?`, chain, action)
}
