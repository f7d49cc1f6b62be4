package purge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
)

// wrongs are the ways in which Microsoft's answers go wrong, as faults of the simulator.
var wrongs = []string{
	`"status":429,"retry_after":7`, `"status":503`, `"drop":"before"`, `"drop":"after"`,
	`"garbage":"html"`, `"garbage":"json"`, `"garbage":"empty"`,
}

// wrongBatches go wrong in what is inside of a batch's answer.
var wrongBatches = []string{`"garbage":"batch_numeric_header"`, `"garbage":"batch_missing_id"`}

// after lets so many requests of a route through before a fault.
func after(route string, requests int, fault string) string {
	if requests == 0 {
		return fault
	}
	return fmt.Sprintf(`{"route":%q,"delay_ms":1,"count":%d},%s`, route, requests, fault)
}

// TestAnyBatchMayGoWrong spoils each batch of a removal in each way, the first two twice in a row as well: when the
// trouble is over, every mailbox is clean after one changing request, and the protected one was never touched.
func TestAnyBatchMayGoWrong(t *testing.T) {
	const route = "POST /$batch"
	for n, batch := range []string{"find", "move", "look", "look into recoverable items"} {
		for _, wrong := range slices.Concat(wrongs, wrongBatches) {
			for times := 1; times <= 2 && (times == 1 || n < 2); times++ {
				t.Run(fmt.Sprintf("%s, %s, %d times", batch, wrong, times), func(t *testing.T) {
					b := unrecorded(t)
					b.deliver(sender, subject, append(slices.Clone(b.users[:3]), b.tenant.QuarantineAddress)...)
					id := b.start()
					b.faults(after(route, n, fmt.Sprintf(`{"route":%q,%s,"count":%d}`, route, wrong, times)))
					b.workFor(id, 5*time.Second, 14)
					b.clean(id, b.users[:3])
				})
			}
		}
	}
}

// clean fails the test unless the email is gone from these mailboxes, by one changing request each, and lies where it
// was in the protected one.
func (b *bench) clean(id string, users []string) {
	b.t.Helper()
	for _, user := range users {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
		if n := b.changes(user); n != 1 {
			b.t.Errorf("%s: %d changing requests, want 1", user, n)
		}
		if f := b.folders(user); !slices.Equal(f, []string{clawback.RecoverableItems}) {
			b.t.Errorf("%s: lies in %v", user, f)
		}
	}
	kept := b.tenant.QuarantineAddress
	b.expect(id, kept, clawback.OutcomeProtected, clawback.ReasonNeverRemove)
	if n := b.changes(kept); n != 0 {
		b.t.Errorf("the protected mailbox: %d changing requests", n)
	}
	if f := b.folders(kept); !slices.Equal(f, []string{"inbox"}) {
		b.t.Errorf("the protected mailbox's copy lies in %v", f)
	}
	if r := b.remediation(id); r.Counts.Open != 0 || r.ContainedAt.IsZero() || r.BlockedBy != clawback.BlockedNothing {
		b.t.Errorf("counts %+v, contained %v, blocked by %q", r.Counts, r.ContainedAt, r.BlockedBy)
	}
}

// TestAnyMailboxMayGoWrong gives every mailbox of one removal a trouble of its own, inside of batches.
func TestAnyMailboxMayGoWrong(t *testing.T) {
	b := unrecorded(t)
	var faults []string
	users := 0
	for _, route := range []string{"GET /users/{id}/messages", "POST /users/{id}/messages/{id}/move"} {
		for _, wrong := range wrongs {
			faults = append(faults, fmt.Sprintf(`{"route":%q,"mailbox":%q,%s,"count":2}`, route, b.users[users], wrong))
			users++
		}
	}
	b.deliver(sender, subject, append(slices.Clone(b.users[:users]), b.tenant.QuarantineAddress)...)
	id := b.start()
	b.faults(strings.Join(faults, ","))
	b.workFor(id, 5*time.Second, 20)
	b.clean(id, b.users[:users])
}

// TestWhatNeverEndsIsNamed lets the troubles stay: each mailbox ends in one outcome that names its reason, or says what it
// waits for, and nothing is said to be gone.
func TestWhatNeverEndsIsNamed(t *testing.T) {
	b := unrecorded(t)
	var faults []string
	for i, wrong := range wrongs {
		faults = append(faults, fmt.Sprintf(`{"route":"GET /users/{id}/messages","mailbox":%q,%s}`, b.users[i], wrong))
	}
	users := b.users[:len(wrongs)]
	b.deliver(sender, subject, users...)
	id := b.start()
	b.faults(strings.Join(faults, ","))
	b.workFor(id, 2*time.Minute, 10)
	for _, user := range users {
		r := b.records(id)[strings.ToLower(user)]
		if user == b.users[0] { // throttled: Microsoft's wish to wait is no failure, however long it lasts
			if r.State != clawback.RecordChecking || r.Outcome != clawback.OutcomeNone || !strings.Contains(r.Detail, "asked us to wait") {
				t.Errorf("%s: %s %s (%s)", user, r.State, r.Outcome, r.Detail)
			}
			continue
		}
		if r.State != clawback.RecordDone || r.Outcome != clawback.OutcomeFailed || r.Reason == clawback.ReasonNone || r.Detail == "" {
			t.Errorf("%s: %s %s/%q (%s)", user, r.State, r.Outcome, r.Reason, r.Detail)
		}
	}
	for _, user := range users {
		if n := b.changes(user); n != 0 {
			t.Errorf("%s: %d changing requests", user, n)
		}
	}
	if r := b.remediation(id); !r.ContainedAt.IsZero() || r.Counts.Open != 1 {
		t.Errorf("counts %+v, contained %v", r.Counts, r.ContainedAt)
	}
	b.faults("")
	if n, err := b.store.RetryRemediation(context.Background(), admin, id, clawback.CauseChoice{}); err != nil || n != len(users)-1 {
		t.Fatalf("retried %d, %v", n, err)
	}
	b.workFor(id, 5*time.Second, 3)
	for _, user := range users {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
	}
}

// TestAnyAnswerOfATraceMayGoWrong spoils each request of a trace in each way: it says what it waits for or makes do, and
// never takes garbage for "nobody received it" or for leave to touch the protected mailbox.
func TestAnyAnswerOfATraceMayGoWrong(t *testing.T) {
	ctx := context.Background()
	for n := range 7 {
		for _, wrong := range slices.Concat(wrongs, wrongBatches) {
			t.Run(fmt.Sprintf("request %d, %s", n+1, wrong), func(t *testing.T) {
				b := unrecorded(t)
				b.deliver(sender, subject, append(slices.Clone(b.users[:2]), b.tenant.QuarantineAddress)...)
				r, err := b.store.CreateRemediation(ctx, admin, clawback.NewRemediation{
					OrganizationID: b.organization.ID, Targets: []clawback.Target{target()}, Reason: "phishing", Start: true, MaxMailboxes: 500,
				})
				b.must(err)
				b.faults(after("*", n, fmt.Sprintf(`{"route":"*",%s,"count":1}`, wrong)))
				for range 5 {
					err := b.engine.Trace(ctx, r.ID)
					if err == nil {
						break
					}
					var call *clawback.CallError
					if now := b.remediation(r.ID); !errors.As(err, &call) || now.BlockedBy == clawback.BlockedNothing || now.BlockedDetail == "" {
						t.Fatalf("%v, blocked by %q: %q", err, now.BlockedBy, now.BlockedDetail)
					}
					b.clock.Advance(10 * time.Second)
				}
				b.workFor(r.ID, 5*time.Second, 6)
				b.clean(r.ID, b.users[:2])
			})
		}
	}
}
