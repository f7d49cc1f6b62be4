package purge_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"clawback"
)

func TestRemoveFromEveryMailboxButTheProtected(t *testing.T) {
	b := setup(t)
	to := append(slices.Clone(b.users[:24]), b.tenant.QuarantineAddress)
	b.deliver(sender, subject, to...)

	id := b.start()
	b.work(id)

	r := b.remediation(id)
	if r.Counts.Recipients != 25 || r.Counts.Mailboxes != 25 || r.Counts.Of(clawback.OutcomeRemoved) != 24 || r.Counts.Of(clawback.OutcomeProtected) != 1 || r.Counts.Open != 0 {
		t.Errorf("counts: %+v", r.Counts)
	}
	if r.ContainedAt.IsZero() || r.FirstCleanAt.IsZero() || r.Phase != clawback.PhaseWatching || r.Status != clawback.StatusInProgress {
		t.Errorf("remediation: %s/%s contained %v", r.Status, r.Phase, r.ContainedAt)
	}
	for _, user := range b.users[:24] {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
		if n := b.changes(user); n != 1 {
			t.Errorf("%s: %d changing requests, want 1", user, n)
		}
		if f := b.folders(user); !slices.Equal(f, []string{clawback.RecoverableItems}) {
			t.Errorf("%s: lies in %v", user, f)
		}
	}
	b.expect(id, b.tenant.QuarantineAddress, clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	if n := b.changes(b.tenant.QuarantineAddress); n != 0 {
		t.Errorf("protected mailbox: %d changing requests", n)
	}
	actions := b.actions()
	if len(actions) != 1 || actions[0].Outcome != clawback.OutcomeProtected || actions[0].MailboxCount != 1 {
		t.Errorf("actions: %+v", actions)
	}
}

func TestFoldersAreNamedAfterwards(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.work(id)
	b.must(b.engine.NameFolders(context.Background(), id))
	copies := b.records(id)[b.users[0]].Copies
	if len(copies) != 1 || copies[0].FolderName != "Inbox" || copies[0].VerifiedAt.IsZero() || copies[0].ImmutableID == "" {
		t.Errorf("copies: %+v", copies)
	}
}

func TestProtectionThatComesBetweenFindAndMoveWins(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:3]...)
	id := b.start()
	late := b.entry(b.users[1])
	b.setting.NeverRemove = append(b.setting.NeverRemove, late.ID)
	b.save()
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.expect(id, b.users[1], clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	if n := b.changes(b.users[1]); n != 0 {
		t.Errorf("%d changing requests for the protected mailbox", n)
	}
}

func TestSavingAProtectionNamesWhatIsOnTheWire(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	id := b.start()
	entry := b.entry(b.users[1])
	var saved clawback.AutoRemediationSaved
	b.inject(faulty{beforeMove: func() error {
		b.setting.NeverRemove = append(b.setting.NeverRemove, entry.ID)
		saved = b.save()
		return nil
	}})
	b.work(id)
	if len(saved.OnTheWire) != 1 || saved.OnTheWire[0].Mailbox != b.users[1] || saved.OnTheWire[0].RemediationID != id {
		t.Errorf("on the wire: %+v", saved.OnTheWire)
	}
	if !saved.InForceSince.Equal(b.clock.Now()) {
		t.Errorf("in force since %v", saved.InForceSince)
	}
}

func TestIntentsThatAreLateAreWithdrawn(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.inject(faulty{beforeMove: func() error { b.clock.Advance(clawback.IntentLifetime + time.Millisecond); return nil }})
	if _, err := b.engine.RemoveBatch(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	if n := b.changes(b.users[0]); n != 0 {
		t.Fatalf("%d changing requests were sent too late", n)
	}
	b.inject(faulty{})
	b.workFor(id, 5*time.Second, 2)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	if n := b.changes(b.users[0]); n != 1 {
		t.Errorf("%d changing requests, want 1", n)
	}
}

func TestHaltStopsAtTheNextIntent(t *testing.T) {
	for name, own := range map[string]bool{"of the organization": true, "of all": false} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			b.deliver(sender, subject, b.users[:2]...)
			id, ctx, scope := b.start(), context.Background(), ""
			if own {
				scope = b.organization.ID
			}
			b.must(b.store.SetHalt(ctx, admin, scope, "wrong email"))
			if _, err := b.engine.RemoveBatch(ctx, id); err != nil {
				t.Fatal(err)
			}
			if r := b.remediation(id); r.Status != clawback.StatusBlocked || r.BlockedBy != clawback.BlockedHalt || b.changes(b.users[0]) != 0 {
				t.Fatalf("status %s by %q, %d changes", r.Status, r.BlockedBy, b.changes(b.users[0]))
			}
			b.must(b.store.LiftHalt(ctx, admin, scope, "checked"))
			if n, err := b.store.QueueDue(ctx); err != nil || n != 0 {
				t.Errorf("queued %d although jobs wait, %v", n, err)
			}
			b.work(id)
			b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
			if r := b.remediation(id); r.Status != clawback.StatusInProgress || r.BlockedBy != clawback.BlockedNothing {
				t.Errorf("status %s by %q", r.Status, r.BlockedBy)
			}
		})
	}
}

func TestModesThatRemoveNothing(t *testing.T) {
	tests := []struct {
		name    string
		mode    clawback.Mode
		outcome clawback.Outcome
		reason  clawback.Reason
		actions int
	}{
		{"observe", clawback.ModeObserve, clawback.OutcomeObserved, clawback.ReasonObserveMode, 1},
		{"off", clawback.ModeOff, clawback.OutcomeStopped, clawback.ReasonModeOff, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := setup(t)
			b.deliver(sender, subject, b.users[0])
			id := b.start()
			b.setting.Mode = tt.mode
			b.save()
			b.work(id)
			b.expect(id, b.users[0], tt.outcome, tt.reason)
			if n := b.changes(b.users[0]); n != 0 || len(b.actions()) != tt.actions {
				t.Errorf("%d changing requests, %d actions", n, len(b.actions()))
			}
		})
	}
}

func TestWhatBeganInObserveNeverStartsToRemove(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	b.setting.Mode = clawback.ModeObserve
	b.save()
	id := b.start()
	b.setting.Mode = clawback.ModeEnforce
	b.save()
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeObserved, clawback.ReasonObserveMode)
	if n := b.changes(b.users[0]); n != 0 {
		t.Errorf("%d changing requests", n)
	}
	if r := b.remediation(id); r.Status != clawback.StatusCompleted || !r.ContainedAt.IsZero() {
		t.Errorf("status %s, contained %v", r.Status, r.ContainedAt)
	}
}

func TestAnIDIsNotTheEmail(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0], b.users[2])
	b.deliver("ceo@partner.example", "Contract", b.users[1], b.users[2])
	id := b.start()
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.expect(id, b.users[1], clawback.OutcomeAmbiguous, clawback.ReasonDifferent)
	b.expect(id, b.users[2], clawback.OutcomePartlyRemoved, clawback.ReasonDifferent)
	if n := b.changes(b.users[1]); n != 0 {
		t.Errorf("%d changing requests for another email", n)
	}
	if r := b.remediation(id); !r.ContainedAt.IsZero() {
		t.Error("contained although a copy waits for a word")
	}
}

func TestAlreadyGoneAndNotFoundAreTold(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	b.control("PATCH", "/messages?internet_message_id="+"%3C1.2%2B3%40mx.bad.example%3E&mailbox="+b.users[0], `{"folder":"recoverableitemsdeletions"}`, nil)
	b.control("PATCH", "/messages?internet_message_id="+"%3C1.2%2B3%40mx.bad.example%3E&mailbox="+b.users[1], `{"purge":true}`, nil)
	id := b.start()
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeAlreadyGone, clawback.ReasonNone)
	b.expect(id, b.users[1], clawback.OutcomeNotFound, clawback.ReasonNone)
	if n := b.changes(b.users[0]) + b.changes(b.users[1]); n != 0 {
		t.Errorf("%d changing requests", n)
	}
	if r := b.remediation(id); !r.ContainedAt.IsZero() {
		t.Error("contained: not found is not gone")
	}

	b.deliver(sender, subject, b.users[1])
	b.clock.Advance(clawback.NotFoundSchedule[0])
	b.work(id)
	b.expect(id, b.users[1], clawback.OutcomeRemoved, clawback.ReasonNone)
	if r := b.remediation(id); r.ContainedAt.IsZero() {
		t.Error("not contained after the second look")
	}
}

func TestLostAnswersAreLookedUpNotRepeated(t *testing.T) {
	for _, drop := range []string{"before", "after"} {
		t.Run(drop+" the effect", func(t *testing.T) {
			b := setup(t)
			b.deliver(sender, subject, b.users[:3]...)
			id := b.start()
			moved := 0
			b.inject(faulty{beforeMove: func() error {
				if moved++; moved == 1 {
					b.faults(fmt.Sprintf(`{"route":"POST /$batch","drop":%q,"count":1}`, drop))
				}
				return nil
			}})
			b.workFor(id, 5*time.Second, 4)
			want := map[string]int{"before": 1, "after": 1}[drop]
			for _, user := range b.users[:3] {
				b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
				if n := b.changes(user); n != want {
					t.Errorf("%s: %d changing requests, want %d", user, n, want)
				}
			}
		})
	}
}

func TestThrottledMailboxIsParkedUntilItsTime(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	id := b.start()
	b.faults(fmt.Sprintf(`{"route":"POST /users/*/messages/*/move","mailbox":%q,"status":429,"retry_after":30,"count":1}`, b.users[0]))
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeNone, clawback.ReasonNone)
	b.expect(id, b.users[1], clawback.OutcomeRemoved, clawback.ReasonNone)
	if r := b.records(id)[b.users[0]]; !r.DueAt.Equal(b.clock.Now().Add(30 * time.Second)) {
		t.Errorf("due %v, now %v", r.DueAt, b.clock.Now())
	}
	b.clock.Advance(29 * time.Second)
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeNone, clawback.ReasonNone)
	b.clock.Advance(time.Second)
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
}

func TestMailboxesThatCanNotBeCleaned(t *testing.T) {
	b := setup(t)
	premises := "old.plant@" + b.tenant.Domain
	b.deliver(sender, subject, b.users[0], b.users[1], premises)
	b.app(fmt.Sprintf(`{"access_policy":{"deny":[%q]}}`, b.users[1]))
	id := b.start()
	b.work(id)
	b.expect(id, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
	b.expect(id, b.users[1], clawback.OutcomeDenied, clawback.ReasonAccessPolicy)
	if r := b.records(id)[premises]; r.Outcome != clawback.OutcomeUnreachable {
		t.Errorf("on premises: %s/%s", r.Outcome, r.Reason)
	}
	if r := b.remediation(id); !r.ContainedAt.IsZero() {
		t.Error("contained although a mailbox was denied")
	}
	if actions := b.actions(); len(actions) != 1 || actions[0].Outcome != clawback.OutcomeUnreachable {
		t.Errorf("actions: %+v", actions)
	}
	b.clock.Advance(clawback.HandOverAfter + time.Second)
	_, err := b.store.Reconcile(context.Background())
	b.must(err)
	if actions := b.actions(); len(actions) != 2 {
		t.Errorf("after four hours: %d actions, want 2", len(actions))
	}
}

func TestUnverifiedIdentityProtects(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	id := b.start()
	b.clock.Advance(clawback.IdentityLifetime + time.Minute)
	b.faults(`{"route":"GET /users","status":503}`)
	b.workFor(id, 3*time.Minute, 10)
	b.expect(id, b.users[0], clawback.OutcomeProtected, clawback.ReasonIdentityUnverified)
	if n := b.changes(b.users[0]); n != 0 {
		t.Errorf("%d changing requests", n)
	}
}

func TestRefusedTokenBlocksAndGoesOn(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[0])
	b.app(`{"enabled":false}`)
	r, err := b.store.CreateRemediation(context.Background(), admin, clawback.NewRemediation{
		OrganizationID: b.organization.ID, Targets: []clawback.Target{target()}, Reason: "phishing", Start: true, MaxMailboxes: 5,
	})
	b.must(err)
	if err := b.engine.Trace(context.Background(), r.ID); err == nil {
		t.Fatal("traced without a token")
	}
	if r := b.remediation(r.ID); r.Status != clawback.StatusBlocked || r.BlockedBy != clawback.BlockedToken || r.BlockedDetail == "" {
		t.Errorf("status %s by %q: %q", r.Status, r.BlockedBy, r.BlockedDetail)
	}
	b.app(`{"enabled":true}`)
	b.must(b.engine.Trace(context.Background(), r.ID))
	b.work(r.ID)
	b.expect(r.ID, b.users[0], clawback.OutcomeRemoved, clawback.ReasonNone)
}

func TestVolumeLimitNeedsASecondPerson(t *testing.T) {
	b := setup(t)
	b.setting.VolumeLimit = 2
	b.save()
	b.deliver(sender, subject, b.users[:3]...)
	id := b.start()
	if r := b.remediation(id); r.Status != clawback.StatusAwaitingApproval {
		t.Fatalf("status %s", r.Status)
	}
	b.work(id)
	if n := b.changes(b.users[0]); n != 0 {
		t.Fatalf("%d changing requests before the approval", n)
	}
	if _, err := b.store.ApproveRemediation(context.Background(), admin, id, 3, "mine"); clawback.KindOf(err) != clawback.KindForbidden {
		t.Errorf("the starter approved: %v", err)
	}
	second := clawback.Actor{Kind: clawback.ActorPerson, ID: "second", Name: "Second", StaffRoles: []clawback.Role{clawback.RoleSOCAnalyst}}
	_, err := b.store.ApproveRemediation(context.Background(), second, id, 3, "seen")
	b.must(err)
	b.must(b.engine.Trace(context.Background(), id))
	b.work(id)
	for _, user := range b.users[:3] {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
	}
}
