package purge_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"clawback"
)

// removed removes the email from the first users and answers the remediation's id.
func (b *bench) removed(users int) string {
	b.t.Helper()
	b.deliver(sender, subject, b.users[:users]...)
	id := b.start()
	b.work(id)
	for _, user := range b.users[:users] {
		b.expect(id, user, clawback.OutcomeRemoved, clawback.ReasonNone)
	}
	return id
}

// restore puts back until nothing is due, letting time pass between.
func (b *bench) restore(id string) {
	b.t.Helper()
	for range 12 {
		b.must(b.engine.Restore(context.Background(), id))
		b.clock.Advance(2 * time.Minute)
	}
}

func (b *bench) askRestore(id string) clawback.Remediation {
	b.t.Helper()
	r, err := b.store.RestoreRemediation(context.Background(), admin, id, "false alarm")
	b.must(err)
	return r
}

func (b *bench) counted(id string, want clawback.RestoreCounts) {
	b.t.Helper()
	got, err := b.store.CountRestores(context.Background(), admin, id)
	b.must(err)
	if got != want {
		b.t.Errorf("counts %+v, want %+v", got, want)
	}
}

func (b *bench) lies(address string, folders ...string) {
	b.t.Helper()
	if got := b.folders(address); !slices.Equal(got, folders) {
		b.t.Errorf("%s: it lies in %v, want %v", address, got, folders)
	}
}

// read says whether the copy of a mailbox is marked as read.
func (b *bench) read(address string) bool {
	b.t.Helper()
	var list struct {
		Items []struct {
			Address string
			Read    bool
		}
	}
	b.control(http.MethodGet, "/messages?internet_message_id="+url.QueryEscape(messageID), "", &list)
	return slices.ContainsFunc(list.Items, func(c struct {
		Address string
		Read    bool
	}) bool {
		return c.Address == address && c.Read
	})
}

// touch changes the copy of a mailbox as its owner, or time, does.
func (b *bench) touch(address, change string) {
	b.t.Helper()
	b.control(http.MethodPatch, "/messages?internet_message_id="+url.QueryEscape(messageID)+"&mailbox="+url.QueryEscape(address), change, nil)
}

func TestRestorePutsBackAndReleases(t *testing.T) {
	b := setup(t)
	id := b.removed(25)
	b.counted(id, clawback.RestoreCounts{Possible: 25})
	// Protected meanwhile, and halted: undoing is not held up by either.
	b.setting.NeverRemove = append(b.setting.NeverRemove, b.entry(b.users[0]).ID)
	b.save()
	b.must(b.store.SetHalt(context.Background(), admin, "", "test"))

	r := b.askRestore(id)
	if r.Status != clawback.StatusCompleted || !r.NextLookAt.IsZero() || r.EndedAt.IsZero() {
		t.Errorf("the watch goes on: %+v", r)
	}
	b.counted(id, clawback.RestoreCounts{Waiting: 25})
	b.askRestore(id)
	b.restore(id)
	b.counted(id, clawback.RestoreCounts{Restored: 25})
	for _, user := range b.users[:25] {
		b.lies(user, "inbox")
		if n := b.changes(user); n != 2 {
			t.Errorf("%s: %d changing requests, want the removal and the restore", user, n)
		}
	}
	c := b.records(id)[b.users[1]].Copies[0]
	if c.RestoredAt.IsZero() || c.AskedBackAt.IsZero() || c.Outcome != clawback.OutcomeRemoved {
		t.Errorf("the copy: %+v", c)
	}

	b.askRestore(id)
	b.must(b.store.LiftHalt(context.Background(), admin, "", "go on"))
	b.must(b.engine.Trace(context.Background(), id))
	_, err := b.store.RetryRemediation(context.Background(), admin, id, clawback.CauseChoice{})
	b.must(err)
	b.restore(id)
	b.work(id)
	for _, user := range b.users[:25] {
		b.lies(user, "inbox")
		if n := b.changes(user); n != 2 {
			t.Errorf("%s: %d changing requests after it was released", user, n)
		}
	}
}

func TestRestoreOfOneRecord(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:2]...)
	b.touch(b.users[0], `{"folder":"inbox/Projects","read":true}`)
	id := b.start()
	b.work(id)
	record := b.records(id)[b.users[0]]
	_, err := b.store.RestoreRecord(context.Background(), admin, record.ID, "it was his own")
	b.must(err)
	b.restore(id)
	b.counted(id, clawback.RestoreCounts{Possible: 1, Restored: 1})
	b.lies(b.users[0], "Inbox/Projects")
	b.lies(b.users[1], clawback.RecoverableItems)
	if !b.read(b.users[0]) || b.read(b.users[1]) {
		t.Errorf("read: %v and %v, want as it was", b.read(b.users[0]), b.read(b.users[1]))
	}
}

func TestRestoreIntoTheInboxWhenTheFolderIsGone(t *testing.T) {
	b := setup(t)
	id := b.removed(1)
	b.faults(`{"route":"POST /users/*/mailFolders/*/messages/*/move","status":404,"code":"ErrorFolderNotFound","count":1}`)
	b.askRestore(id)
	b.restore(id)
	b.counted(id, clawback.RestoreCounts{Restored: 1})
	b.lies(b.users[0], "inbox")
	story, err := b.store.ListTimeline(context.Background(), admin, b.records(id)[b.users[0]].ID)
	b.must(err)
	if last := story[len(story)-1]; last.Kind != clawback.TimelineRestored || last.Text[:24] != "Put back into the Inbox," {
		t.Errorf("told: %+v", last)
	}
}

func TestRestoreOfWhatIsNowhere(t *testing.T) {
	b := setup(t)
	id := b.removed(1)
	b.touch(b.users[0], `{"purge":true}`)
	b.askRestore(id)
	b.restore(id)
	b.counted(id, clawback.RestoreCounts{Failed: 1})
	c := b.records(id)[b.users[0]].Copies[0]
	if !c.RestoredAt.IsZero() || c.BackProblem == "" {
		t.Errorf("the copy: %+v", c)
	}
}

func TestRestoreAfterACrash(t *testing.T) {
	for _, sent := range []bool{false, true} {
		t.Run(fmt.Sprint("the move was sent: ", sent), func(t *testing.T) {
			b := setup(t)
			id := b.removed(1)
			b.askRestore(id)
			claim, err := b.store.ClaimRestores(context.Background(), id)
			b.must(err)
			intents, err := b.store.CommitRestores(context.Background(), claim, claim.Copies)
			b.must(err)
			if sent {
				_, err := b.graph.MoveCopies(context.Background(), claim.Connection, intents[0].CommittedAt.Add(time.Second), []clawback.MoveRequest{{
					MailboxID: intents[0].MailboxID, ImmutableID: intents[0].ImmutableID, Source: clawback.RecoverableItems, Destination: claim.Copies[0].FolderID,
				}})
				b.must(err)
			}
			b.restart()
			if due, err := b.engine.RestoreBatch(context.Background(), id); due || err != nil {
				t.Errorf("taken up under another's lease: %v, %v", due, err)
			}
			b.restore(id)
			b.counted(id, clawback.RestoreCounts{Restored: 1})
			b.lies(b.users[0], "inbox")
			if n := b.changes(b.users[0]); n != 2 {
				t.Errorf("%d changing requests, want 2", n)
			}
		})
	}
}

func TestRestoreIsTriedAgainAndRefusedInWords(t *testing.T) {
	b := setup(t)
	id := b.removed(2)
	b.faults(fmt.Sprintf(`{"route":"POST /users/*/mailFolders/*/messages/*/move","mailbox":%q,"status":429,"retry_after":30,"count":2},
		{"route":"POST /users/*/mailFolders/*/messages/*/move","mailbox":%q,"status":403,"code":"ErrorAccessDenied"}`, b.users[0], b.users[1]))
	b.askRestore(id)
	b.restore(id)
	b.counted(id, clawback.RestoreCounts{Restored: 1, Failed: 1})
	b.lies(b.users[0], "inbox")
	b.lies(b.users[1], clawback.RecoverableItems)

	b.control(http.MethodPut, "/faults", `{"items":[]}`, nil)
	b.askRestore(id)
	b.restore(id)
	b.counted(id, clawback.RestoreCounts{Restored: 2})
}

func TestRestoreIsRefused(t *testing.T) {
	b := setup(t)
	b.deliver(sender, subject, b.users[:25]...)
	id := b.start()
	if _, err := b.engine.RemoveBatch(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	ask := func(what string, actor clawback.Actor, kind clawback.Kind) {
		t.Helper()
		if _, err := b.store.RestoreRemediation(context.Background(), actor, id, ""); clawback.KindOf(err) != kind {
			t.Errorf("%s: %v, want %s", what, err, kind)
		}
	}
	ask("while it removes", admin, clawback.KindConflict)
	ask("by a stranger", clawback.Actor{}, clawback.KindNotFound)
	ask("by an admin", clawback.Actor{Kind: clawback.ActorPerson, Memberships: []clawback.Membership{{OrganizationID: b.organization.ID, Role: clawback.RoleAdmin}}}, clawback.KindForbidden)
	b.work(id)
	_, err := b.store.RestoreRecord(context.Background(), admin, "nothing", "")
	if clawback.KindOf(err) != clawback.KindNotFound {
		t.Errorf("of no record: %v", err)
	}
}
