package purge_test

import (
	"context"
	"testing"

	"clawback"
)

// large starts a removal from more mailboxes than the organization's limit.
func (b *bench) large() string {
	b.t.Helper()
	b.setting.VolumeLimit = 2
	b.save()
	b.deliver(sender, subject, b.users[:5]...)
	id := b.start()
	if r := b.remediation(id); r.Status != clawback.StatusAwaitingApproval {
		b.t.Fatalf("status %s", r.Status)
	}
	return id
}

func (b *bench) untouched(users ...string) {
	b.t.Helper()
	for _, user := range users {
		if n := b.changes(user); n != 0 {
			b.t.Errorf("%s: %d changing requests, want none", user, n)
		}
	}
}

func TestAnApprovalIsForItsNumber(t *testing.T) {
	b := setup(t)
	id := b.large()
	_, err := b.store.ApproveRemediation(context.Background(), colleague, id, 1, "one of them")
	b.must(err)
	b.work(id)
	b.untouched(b.users[:5]...)
	b.must(b.engine.Trace(context.Background(), id))
	b.work(id)
	b.untouched(b.users[:5]...)
	if r := b.remediation(id); r.Status != clawback.StatusAwaitingApproval {
		t.Errorf("status %s, want to wait for an approval of all five", r.Status)
	}
}

func TestATraceThatFailsSkipsNoApproval(t *testing.T) {
	b := setup(t)
	id := b.large()
	b.faults(`{"route":"exchange:*","status":503,"count":1}`)
	b.trace(id)
	b.work(id)
	b.untouched(b.users[:5]...)
	if r := b.remediation(id); r.Status != clawback.StatusAwaitingApproval {
		t.Errorf("status %s", r.Status)
	}
}

// TestWorkersWaitForTheApprovalToo lets a removal grow beyond its limit while a
// worker looks into the mailboxes.
func TestWorkersWaitForTheApprovalToo(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:3]...)
	id := b.start()
	engine := b.engine
	b.inject(faulty{beforeFind: once(func() {
		b.setting.VolumeLimit = 2
		b.save()
		b.must(engine.Trace(context.Background(), id))
	})})
	b.work(id)
	if r := b.remediation(id); r.Status != clawback.StatusAwaitingApproval {
		t.Fatalf("status %s", r.Status)
	}
	b.untouched(b.users[:3]...)
	_, err := b.store.ApproveRemediation(context.Background(), colleague, id, 3, "seen")
	b.must(err)
	b.must(b.engine.Trace(context.Background(), id))
	b.work(id)
	for _, user := range b.users[:3] {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
	}
}
