package purge_test

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"clawback"
)

// outcome is one way in which the work on a mailbox ends, and how it comes to that.
type outcome struct {
	outcome clawback.Outcome
	reason  clawback.Reason
	reach   func(b *bench) (id, address string)
}

const list = `"route":"GET /users/{user}/messages"`

// outcomes has a row for every outcome and for every reason; some reasons come with more than one outcome.
var outcomes = []outcome{
	{clawback.OutcomeRemoved, clawback.ReasonNone, func(b *bench) (string, string) { return b.worked(), b.users[0] }},
	{clawback.OutcomeProtected, clawback.ReasonNeverRemove, func(b *bench) (string, string) {
		b.deliver(sender, subject, b.tenant.QuarantineAddress)
		return b.worked(), b.tenant.QuarantineAddress
	}},
	{clawback.OutcomeProtected, clawback.ReasonIdentityUnverified, func(b *bench) (string, string) {
		id := b.traced()
		b.clock.Advance(clawback.IdentityLifetime + time.Minute)
		b.faults(`{"route":"GET /users","status":503}`)
		b.workFor(id, 3*time.Minute, 10)
		return id, b.users[0]
	}},
	{clawback.OutcomeUnreachable, clawback.ReasonGroup, named("operations@brightwater.example")},
	{clawback.OutcomeUnreachable, clawback.ReasonExternal, named("somebody@elsewhere.example")},
	{clawback.OutcomeUnreachable, clawback.ReasonUnknownAddress, named("nobody@brightwater.example")},
	{clawback.OutcomeUnreachable, clawback.ReasonNoMailbox, named("casey.newhire@brightwater.example")},
	{clawback.OutcomeUnreachable, clawback.ReasonContact, func(b *bench) (string, string) {
		b.faults(`{"route":"GET /organization","status":403,"code":"Authorization_RequestDenied"}`)
		return named("desk@courier.example")(b)
	}},
	{clawback.OutcomeNotDelivered, clawback.ReasonFailedDelivery, withStatus("failed")},
	{clawback.OutcomeNotDelivered, clawback.ReasonQuarantined, withStatus("quarantined")},
	{clawback.OutcomeDenied, clawback.ReasonAccessPolicy, func(b *bench) (string, string) {
		b.app(fmt.Sprintf(`{"access_policy":{"deny":[%q]}}`, b.users[0]))
		return b.worked(), b.users[0]
	}},
	{clawback.OutcomeDenied, clawback.ReasonPermission, func(b *bench) (string, string) {
		b.faults(`{"route":"` + move + `","status":403,"code":"ErrorAccessDenied"}`)
		return b.worked(), b.users[0]
	}},
	{clawback.OutcomeFailed, clawback.ReasonUnavailable, func(b *bench) (string, string) {
		id := b.traced()
		b.faults(`{` + list + `,"status":503}`)
		b.workFor(id, 3*time.Minute, 8)
		return id, b.users[0]
	}},
	{clawback.OutcomeFailed, clawback.ReasonThrottled, func(b *bench) (string, string) {
		id := b.traced()
		b.faults(`{` + list + `,"status":503}`)
		b.workFor(id, 3*time.Minute, 5)
		b.faults(`{` + list + `,"status":429,"retry_after":20}`)
		b.workFor(id, 3*time.Minute, 2)
		return id, b.users[0]
	}},
	{clawback.OutcomeFailed, clawback.ReasonUnreadable, func(b *bench) (string, string) {
		id := b.traced()
		b.faults(`{` + list + `,"status":400,"code":"RequestBroker--ParseUri"}`)
		b.workFor(id, 3*time.Minute, 8)
		return id, b.users[0]
	}},
	{clawback.OutcomeFailed, clawback.ReasonStillThere, func(b *bench) (string, string) {
		id := b.traced()
		b.inject(faulty{afterMove: func() error { // something puts it back at once, every time
			b.touch(b.users[0], `{"folder":"inbox"}`)
			return nil
		}})
		b.workFor(id, 3*time.Minute, 10)
		return id, b.users[0]
	}},
	{clawback.OutcomeFailed, clawback.ReasonNotKept, func(b *bench) (string, string) {
		b.hard()
		id := b.traced()
		b.faults(`{"route":"GET /users/{user}/messages/{message}/$value","status":503}`)
		b.workFor(id, 3*time.Minute, 8)
		return id, b.users[0]
	}},
	{clawback.OutcomePartlyRemoved, clawback.ReasonDifferent, func(b *bench) (string, string) {
		b.deliver("ceo@partner.example", "Contract", b.users[0])
		return b.worked(), b.users[0]
	}},
	{clawback.OutcomeAmbiguous, clawback.ReasonDifferent, func(b *bench) (string, string) {
		b.deliver("ceo@partner.example", "Contract", b.users[1])
		return b.worked(), b.users[1]
	}},
	{clawback.OutcomeAmbiguous, clawback.ReasonLeft, func(b *bench) (string, string) {
		b.deliver("ceo@partner.example", "Contract", b.users[1])
		id := b.worked()
		_, err := b.store.LeaveRecord(context.Background(), admin, b.records(id)[b.users[1]].ID, "a contract")
		b.must(err)
		return id, b.users[1]
	}},
	{clawback.OutcomeAlreadyGone, clawback.ReasonNone, func(b *bench) (string, string) {
		id := b.traced()
		b.touch(b.users[0], `{"folder":"recoverableitemsdeletions"}`)
		b.work(id)
		return id, b.users[0]
	}},
	{clawback.OutcomeNotFound, clawback.ReasonNone, func(b *bench) (string, string) {
		id := b.traced()
		b.touch(b.users[0], `{"purge":true}`)
		b.work(id)
		return id, b.users[0]
	}},
	{clawback.OutcomeNotFound, clawback.ReasonMoved, func(b *bench) (string, string) {
		id := b.traced()
		b.inject(faulty{beforeMove: func() error {
			b.touch(b.users[0], `{"purge":true}`)
			return nil
		}})
		for range 20 { // and no longer: what was not found is looked for again
			if b.work(id); b.records(id)[b.users[0]].State == clawback.RecordDone {
				break
			}
			b.clock.Advance(30 * time.Second)
		}
		return id, b.users[0]
	}},
	{clawback.OutcomeObserved, clawback.ReasonObserveMode, func(b *bench) (string, string) {
		b.setting.Mode = clawback.ModeObserve
		b.save()
		return b.worked(), b.users[0]
	}},
	{clawback.OutcomeStopped, clawback.ReasonModeOff, func(b *bench) (string, string) {
		id := b.traced()
		b.setting.Mode = clawback.ModeOff
		b.save()
		b.work(id)
		return id, b.users[0]
	}},
	{clawback.OutcomeStopped, clawback.ReasonStopped, func(b *bench) (string, string) {
		id := b.traced()
		b.stop(id)
		b.work(id)
		return id, b.users[0]
	}},
	{clawback.OutcomeStopped, clawback.ReasonDisconnected, func(b *bench) (string, string) {
		id := b.traced()
		b.disconnect()
		b.work(id)
		return id, b.users[0]
	}},
	{clawback.OutcomeFailed, clawback.ReasonDisconnected, func(b *bench) (string, string) {
		id := b.traced()
		b.inject(faulty{beforeMove: func() error { // the intent is committed, and goes out
			b.disconnect()
			return nil
		}})
		b.work(id)
		return id, b.users[0]
	}},
	{clawback.OutcomeStopped, clawback.ReasonNotApproved, func(b *bench) (string, string) {
		b.setting.VolumeLimit = 1
		b.save()
		b.deliver(sender, subject, b.users[1])
		id := b.traced()
		b.clock.Advance(72*time.Hour + time.Minute)
		_, err := b.store.Reconcile(context.Background())
		b.must(err)
		return id, b.users[0]
	}},
}

func TestEveryOutcomeAndReason(t *testing.T) {
	reasons, ends := map[clawback.Reason]bool{}, map[clawback.Outcome]bool{}
	for _, tt := range outcomes {
		reasons[tt.reason], ends[tt.outcome] = true, true
		t.Run(fmt.Sprint(tt.outcome, " ", tt.reason), func(t *testing.T) {
			b := unrecorded(t)
			id, address := tt.reach(b)
			b.expect(id, address, tt.outcome, tt.reason)
			r := b.remediation(id)
			sum := r.Counts.Open
			for _, o := range clawback.Outcomes() {
				sum += r.Counts.Of(o)
			}
			if sum != r.Counts.Mailboxes {
				t.Errorf("the counts add up to %d of %d", sum, r.Counts.Mailboxes)
			}
			if tt.outcome != clawback.OutcomeRemoved && tt.outcome != clawback.OutcomePartlyRemoved && tt.reason != clawback.ReasonStillThere && tt.reason != clawback.ReasonPermission &&
				(tt.outcome != clawback.OutcomeFailed || tt.reason != clawback.ReasonDisconnected) {
				b.unchanged(address)
			}
		})
	}
	for _, r := range clawback.Reasons() {
		if !reasons[r] {
			t.Errorf("no row reaches the reason %q", r)
		}
	}
	for _, o := range clawback.Outcomes() {
		if !ends[o] {
			t.Errorf("no row reaches the outcome %q", o)
		}
	}
}

// traced delivers the email to a user and starts its removal.
func (b *bench) traced() string {
	b.t.Helper()
	b.deliver(sender, subject, b.users[0])
	return b.start()
}

func (b *bench) worked() string {
	b.t.Helper()
	id := b.traced()
	b.work(id)
	return id
}

// named removes the email also from a mailbox that somebody named by hand.
func named(address string) func(b *bench) (string, string) {
	return func(b *bench) (string, string) {
		b.deliver(sender, subject, b.users[0])
		r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
			OrganizationID: b.organization.ID, Targets: []clawback.Target{target()}, Reason: "phishing", Start: true, MaxMailboxes: 500, Mailboxes: []string{address},
		})
		b.must(err)
		b.must(b.engine.Trace(context.Background(), r.ID))
		b.work(r.ID)
		return r.ID, address
	}
}

// withStatus delivers to one user and has the trace tell another status of a second.
func withStatus(status string) func(b *bench) (string, string) {
	return func(b *bench) (string, string) {
		mail := "From: " + sender + "\r\nTo: x@y.example\r\nSubject: " + subject + "\r\nMessage-ID: " + messageID + "\r\n\r\nPay.\r\n"
		b.control("POST", "/messages?"+url.Values{"to": {b.users[1]}, "status": {status}}.Encode(), mail, nil)
		return b.worked(), b.users[1]
	}
}

// unchanged says that nothing that was asked of a mailbox changed it, where it is one.
func (b *bench) unchanged(address string) {
	b.t.Helper()
	for _, user := range append(b.users, b.tenant.QuarantineAddress) {
		if user == address && b.changes(address) > 0 {
			b.t.Errorf("%s was changed", address)
		}
	}
}
