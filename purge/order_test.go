package purge_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"clawback"
)

// customer answers a person with a role in the bench's organization.
func (b *bench) customer(role clawback.Role) clawback.Actor {
	return clawback.Actor{Kind: clawback.ActorPerson, ID: "customer", Name: "Ada Admin",
		Memberships: []clawback.Membership{{OrganizationID: b.organization.ID, Role: role}}}
}

// leftAlone removes the email from a user and leaves it in the protected quarantine
// inbox, whose address and record it answers with the remediation's id.
func (b *bench) leftAlone() (id, address, record string) {
	b.t.Helper()
	address = strings.ToLower(b.tenant.QuarantineAddress)
	b.deliver(sender, subject, b.users[0], address)
	id = b.start()
	b.work(id)
	b.expect(id, address, clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	return id, address, b.records(id)[address].ID
}

func (b *bench) order(record string) {
	b.t.Helper()
	_, err := b.store.OrderRemoval(context.Background(), b.customer(clawback.RoleAdmin), record, "seen, it is the phish")
	b.must(err)
}

// complete makes every look of the watch.
func (b *bench) complete(id string) {
	b.t.Helper()
	for range len(clawback.WatchSchedule) + 1 {
		b.clock.Advance(clawback.WatchSchedule[len(clawback.WatchSchedule)-1])
		b.trace(id)
		b.work(id)
	}
	if r := b.remediation(id); r.Status != clawback.StatusCompleted {
		b.t.Fatalf("status %s after %d looks", r.Status, r.Looks)
	}
}

func TestAnAdminsWordRemovesFromAProtectedMailboxOnce(t *testing.T) {
	for name, completed := range map[string]bool{"while late copies are watched for": false, "after all was done": true} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			ctx := context.Background()
			id, address, record := b.leftAlone()
			if completed {
				b.complete(id)
			}
			b.untouched(address)
			b.order(record)
			if n, err := b.store.QueueDue(ctx); err != nil || n > 1 {
				t.Errorf("%d mailboxes queued, %v", n, err)
			}
			b.work(id)
			b.expect(id, address, clawback.OutcomeRemoved, clawback.ReasonNone)
			b.lies(address, clawback.RecoverableItems)
			if n := b.changes(address); n != 1 {
				t.Errorf("%d changing requests, want one", n)
			}
			if got := b.records(id)[address].Order; !got.At.IsZero() {
				t.Errorf("the order holds on: %+v", got)
			}
			if a := b.actions()[0]; a.Status != clawback.ActionCompleted {
				t.Errorf("the action is %s", a.Status)
			}
			b.told(record, clawback.TimelineOrdered, "Ada Admin, admin of the organization, ordered")
			for action, who := range map[string]string{"removal.ordered": "customer", "removal.announced_as_ordered": "customer"} {
				events, err := b.store.ListAudit(ctx, admin, clawback.AuditFilter{OrganizationID: b.organization.ID, Action: action})
				b.must(err)
				if len(events.Items) != 1 || events.Items[0].ActorID != who && events.Items[0].OnBehalfOf != who {
					t.Errorf("%s: %+v", action, events.Items)
				}
			}

			// Once: what comes later is protected as before.
			b.deliver(sender, subject, address)
			b.trace(id)
			_, err := b.store.RetryRemediation(ctx, admin, id, clawback.CauseChoice{})
			b.must(err)
			b.workFor(id, time.Hour, 3)
			if n := b.changes(address); n != 1 {
				t.Errorf("%d changing requests after the order was carried out", n)
			}
		})
	}
}

// told says whether the record's story has such a line.
func (b *bench) told(record string, kind clawback.TimelineKind, words string) {
	b.t.Helper()
	story, err := b.store.ListTimeline(context.Background(), admin, record)
	b.must(err)
	for _, e := range story {
		if e.Kind == kind && strings.Contains(e.Text, words) {
			return
		}
	}
	b.t.Errorf("the story does not tell %q: %+v", words, story)
}

func TestNobodyElseCanOrder(t *testing.T) {
	b := setup(t)
	ctx := context.Background()
	id, address, record := b.leftAlone()
	service := clawback.Bot("")
	service.Kind = clawback.ActorService
	both := b.customer(clawback.RoleAdmin)
	both.StaffRoles = []clawback.Role{clawback.RoleSOCAnalyst}
	stranger := clawback.Actor{Kind: clawback.ActorPerson, ID: "s", Memberships: []clawback.Membership{{OrganizationID: "other", Role: clawback.RoleAdmin}}}
	for name, test := range map[string]struct {
		actor clawback.Actor
		kind  clawback.Kind
	}{
		"the SOC": {colleague, clawback.KindForbidden}, "Clawback": {clawback.Bot(""), clawback.KindForbidden}, "a service": {service, clawback.KindForbidden},
		"an analyst of the customer": {b.customer(clawback.RoleAnalyst), clawback.KindForbidden}, "an admin who is the SOC's, too": {both, clawback.KindForbidden},
		"another organization's admin": {stranger, clawback.KindNotFound},
	} {
		if _, err := b.store.OrderRemoval(ctx, test.actor, record, ""); clawback.KindOf(err) != test.kind {
			t.Errorf("%s: %v, want %s", name, err, test.kind)
		}
	}
	conflict := func(what, record string) {
		t.Helper()
		if _, err := b.store.OrderRemoval(ctx, b.customer(clawback.RoleAdmin), record, ""); clawback.KindOf(err) != clawback.KindConflict {
			t.Errorf("%s: %v, want a conflict", what, err)
		}
	}
	conflict("of what is no protected mailbox", b.records(id)[b.users[0]].ID)
	b.setting.Mode = clawback.ModeObserve
	b.save()
	conflict("in observe mode", record)
	b.setting.Mode = clawback.ModeEnforce
	b.save()
	b.order(record)
	conflict("ordered already", record)
	b.stop(id)
	b.expect(id, address, clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	conflict("of what was stopped", record)
	b.workFor(id, time.Minute, 2)
	b.untouched(address)
}

// TestAnOrderExceptsNothingElse lets things happen between the word and the
// removal: the halt, the mode and what is protected since then stop it.
func TestAnOrderExceptsNothingElse(t *testing.T) {
	for name, test := range map[string]struct {
		act     func(*bench)
		outcome clawback.Outcome
		reason  clawback.Reason
	}{
		"the mode": {func(b *bench) { b.setting.Mode = clawback.ModeObserve; b.save() }, clawback.OutcomeObserved, clawback.ReasonObserveMode},
		"an entry that is selected since": {func(b *bench) {
			b.clock.Advance(time.Second)
			b.setting.NeverRemove = append(b.setting.NeverRemove, b.entry("alias-of-"+b.tenant.QuarantineAddress).ID)
			b.save()
			b.must(b.store.SaveContextMailbox(context.Background(), b.setting.NeverRemove[1], clawback.MailboxAnswer{
				Mailbox: b.found(b.tenant.QuarantineAddress), Answer: clawback.Answer{Kind: clawback.AnswerOK}}))
		}, clawback.OutcomeProtected, clawback.ReasonNeverRemove},
		"time": {func(b *bench) { b.clock.Advance(clawback.OrderLifetime + time.Second) }, clawback.OutcomeProtected, clawback.ReasonNeverRemove},
		"a halt until its time is over": {func(b *bench) {
			ctx := context.Background()
			b.must(b.store.SetHalt(ctx, admin, "", "wait"))
			b.work(b.started)
			b.clock.Advance(clawback.OrderLifetime + time.Second)
			_, err := b.store.Reconcile(ctx)
			b.must(err)
			b.must(b.store.LiftHalt(ctx, admin, "", ""))
		}, clawback.OutcomeProtected, clawback.ReasonNeverRemove},
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			id, address, record := b.leftAlone()
			b.started = id
			b.order(record)
			test.act(b)
			b.workFor(id, time.Minute, 3)
			b.expect(id, address, test.outcome, test.reason)
			b.untouched(address)
		})
	}
}

func TestAHaltHoldsAnOrderBack(t *testing.T) {
	b := setup(t)
	ctx := context.Background()
	id, address, record := b.leftAlone()
	b.complete(id)
	b.must(b.store.SetHalt(ctx, admin, b.organization.ID, "wait"))
	b.order(record)
	if n, err := b.store.QueueDue(ctx); n != 0 || err != nil {
		t.Errorf("queued %d under the halt, %v", n, err)
	}
	b.work(id)
	b.untouched(address)
	b.must(b.store.LiftHalt(ctx, admin, b.organization.ID, ""))
	b.work(id)
	b.expect(id, address, clawback.OutcomeRemoved, clawback.ReasonNone)
}

// TestAnOrderSurvivesACrash dies when the answer is not known: the mailbox is
// looked at, and nothing is sent twice.
func TestAnOrderSurvivesACrash(t *testing.T) {
	b := setup(t)
	id, address, record := b.leftAlone()
	b.order(record)
	b.inject(faulty{afterMove: func() error { return errors.New("the process died") }})
	_ = b.engine.Remove(context.Background(), id)
	b.restart()
	b.workFor(id, time.Minute, 3)
	b.expect(id, address, clawback.OutcomeRemoved, clawback.ReasonNone)
	if n := b.changes(address); n != 1 {
		t.Errorf("%d changing requests, want one", n)
	}
}
