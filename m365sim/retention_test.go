package m365sim_test

import (
	"net/url"
	"testing"
	"time"
)

// received delivers the phish to the organization's admin and answers the messages' path and the copy's immutable id.
func (b *bench) received() (string, string) {
	b.t.Helper()
	b.deliver("to=priya.nair@brightwater.example")
	user := "/users/" + b.first.People[0].ID
	r := b.graph("GET", user+"/messages"+byMessageID(phishID), nil, "Prefer", immutable).want(b.t, 200)

	return user, text(r.list("value")[0], "id")
}

// kept are the copies of the phish with those that only a hold or the retention keeps.
func (b *bench) kept() []map[string]any {
	b.t.Helper()

	return b.control("GET", "/messages?purged=true&internet_message_id="+url.QueryEscape(phishID), nil).want(b.t, 200).list("items")
}

const (
	dumpster  = "/mailFolders/recoverableitemsdeletions"
	toDeleted = `{"destinationId":"deleteditems"}`
	toHidden  = `{"destinationId":"recoverableitemsdeletions"}`
)

func TestMail_DeletedItemsAreKeptForFourteenDays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, id := b.received()
	b.graph("POST", user+"/messages/"+id+"/move", toHidden).want(t, 201)
	b.clock.advance(14*24*time.Hour - time.Second)
	b.graph("GET", user+dumpster+"/messages/"+id, nil).want(t, 200)
	b.clock.advance(time.Second)
	b.graph("POST", user+dumpster+"/messages/"+id+"/move", toDeleted).want(t, 404)
	if left := b.kept(); len(left) != 0 {
		t.Errorf("left %v", left)
	}

	b.control("PUT", "/mailboxes/daniel.osei@brightwater.example", `{"retention_days":30}`).want(t, 200)
	b.deliver("to=daniel.osei@brightwater.example")
	b.control("PATCH", "/messages?internet_message_id="+url.QueryEscape(phishID), `{"purge":true}`).want(t, 200)
	for days, want := range []int{1, 0} {
		b.clock.advance(time.Duration(29-28*days) * 24 * time.Hour)
		if left := b.kept(); len(left) != want {
			t.Errorf("after %d days: %v", 29+days, left)
		}
	}
	for _, bad := range []string{`{"retention_days":0}`, `{"retention_days":31}`} {
		b.control("PUT", "/mailboxes/daniel.osei@brightwater.example", bad).want(t, 400)
	}
}

// A hold hides nothing from move and permanentDelete, and keeps a copy where the mail API does not look.
func TestMail_HoldKeepsACopyOutOfSight(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, id := b.received()
	held := b.control("PUT", "/mailboxes/priya.nair@brightwater.example", `{"hold":true}`).want(t, 200)
	if held.body["hold"] != true {
		t.Errorf("held is %s", held.raw)
	}
	b.graph("POST", user+"/messages/"+id+"/move", toDeleted).want(t, 201)
	b.graph("POST", user+"/messages/"+id+"/permanentDelete", nil).want(t, 204)
	b.graph("GET", user+"/messages/"+id, nil).want(t, 404)
	for _, folder := range []string{"", dumpster} {
		if found := b.graph("GET", user+folder+"/messages"+byMessageID(phishID), nil).want(t, 200).list("value"); len(found) != 0 {
			t.Errorf("%q shows %v", folder, found)
		}
	}
	if seen := b.copies(phishID); len(seen) != 0 {
		t.Errorf("purged, and seen: %v", seen)
	}
	b.clock.advance(400 * 24 * time.Hour)
	if left := b.kept(); len(left) != 1 || text(left[0], "folder") != "recoverableitemspurges" || text(left[0], "id") != id {
		t.Errorf("the hold keeps %v", left)
	}
	b.control("PUT", "/mailboxes/priya.nair@brightwater.example", `{"hold":false}`).want(t, 200)
	if left := b.kept(); len(left) != 0 {
		t.Errorf("after the hold: %v", left)
	}
}

func TestSwitches_WhereDeleteMoves(t *testing.T) {
	t.Parallel()
	for state, wants := range map[string][]string{
		`{"delete_to_deleted_items":false}`: {"recoverableitemsdeletions"},
		`{"delete_to_deleted_items":true}`:  {"deleteditems", "recoverableitemsdeletions"},
	} {
		b := setup(t)
		b.switches(state)
		user, id := b.received()
		for _, want := range wants {
			b.graph("DELETE", user+"/messages/"+id, nil).want(t, 204)
			if c := b.copies(phishID); len(c) != 1 || text(c[0], "folder") != want {
				t.Errorf("%s: %v, want %s", state, c, want)
			}
		}
		b.graph("DELETE", user+"/messages/"+id, nil).want(t, 403)
	}
}

func TestSwitches_RecoverableItems(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, id := b.received()
	b.graph("POST", user+"/messages/"+id+"/move", toHidden).want(t, 201)

	b.switches(`{"recoverable_by_id":true}`)
	b.graph("GET", user+"/messages/"+id, nil).want(t, 200)
	if found := b.graph("GET", user+"/messages"+byMessageID(phishID), nil).want(t, 200).list("value"); len(found) != 0 {
		t.Errorf("a search finds %v", found)
	}
	b.switches(`{"recoverable_by_id":false,"restore_refused":true}`)
	b.graph("GET", user+"/messages/"+id, nil).want(t, 404)
	if r := b.graph("POST", user+dumpster+"/messages/"+id+"/move", toDeleted).want(t, 400); r.code() != "ErrorMoveCopyFailed" {
		t.Errorf("restore: %s", r.raw)
	}
	b.switches(`{"restore_refused":false}`)
	b.graph("GET", user+"/mailFolders/recoverableitemspurges", nil).want(t, 400)
	b.graph("POST", user+dumpster+"/messages/"+id+"/permanentDelete", nil).want(t, 403)
	b.switches(`{"recoverable_purge":true,"purges_by_name":true}`)
	b.graph("POST", user+dumpster+"/messages/"+id+"/permanentDelete", nil).want(t, 204)
	purged := b.graph("GET", user+"/mailFolders/recoverableitemspurges/messages"+byMessageID(phishID), nil).want(t, 200)
	if len(purged.list("value")) != 1 {
		t.Errorf("purges hold %s", purged.raw)
	}
	b.graph("GET", user+"/mailFolders/recoverableitemsversions/messages", nil).want(t, 200)

	all := b.send("GET", b.sim.Addresses().Control+"/switches", nil, nil).want(t, 200)
	if all.body["purges_by_name"] != true || all.body["restore_refused"] != false {
		t.Errorf("switches: %s", all.raw)
	}
	b.send("PATCH", b.sim.Addresses().Control+"/switches", nil, `{"nonsense":true}`).want(t, 400)
}
