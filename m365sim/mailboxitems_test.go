package m365sim_test

import (
	"net/url"
	"testing"
)

// mailboxOf answers the address of a mailbox in the mailbox item API, with the permissions it asks for granted.
func (b *bench) mailboxOf(user string) string {
	b.t.Helper()
	b.patchApp(`{"permissions":["User.Read.All","Mail.ReadWrite","MailboxItem.ReadWrite.All","MailboxFolder.Read.All"]}`)
	settings := b.graph("GET", user+"/settings/exchange", nil).want(b.t, 200)

	return "/admin/exchange/mailboxes/" + url.PathEscape(text(settings.body, "primaryMailboxId"))
}

func TestMailboxItems_DeleteAndHold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, id := b.received()
	box := b.mailboxOf(user)
	in := func(folder string) string { return box + "/folders/" + folder + "/items/" + id + "?disposalType=" }
	listed := b.graph("GET", box+"/folders/inbox/items"+query("$top", "50"), nil, "Prefer", immutable).want(t, 200).list("value")
	if len(listed) != 5 || text(listed[0], "id") != id || listed[0]["type"] != "IPM.Note" || listed[0]["size"] != float64(len(phish)) {
		t.Errorf("items are %v", listed)
	}
	b.graph("DELETE", in("archive")+"softDelete", nil).want(t, 404)
	b.graph("DELETE", in("inbox")+"softDelete", nil).want(t, 204)
	if c := b.copies(phishID); text(c[0], "folder") != "recoverableitemsdeletions" {
		t.Errorf("after softDelete: %v", c)
	}

	b.control("PUT", "/mailboxes/priya.nair@brightwater.example", `{"hold":true}`).want(t, 200)
	if r := b.graph("DELETE", in("recoverableitemsdeletions")+"hardDelete", nil).want(t, 403); r.code() == "" {
		t.Errorf("held: %s", r.raw)
	}
	b.control("PUT", "/mailboxes/priya.nair@brightwater.example", `{"hold":false}`).want(t, 200)
	b.graph("DELETE", in("recoverableitemsdeletions")+"hardDelete", nil).want(t, 204)
	if left := b.kept(); len(left) != 0 {
		t.Errorf("hard-deleted, and kept: %v", left)
	}
	b.graph("DELETE", in("recoverableitemsdeletions")+"hardDelete", nil).want(t, 404)
}

func TestMailboxItems_Refusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, id := b.received()
	box := b.mailboxOf(user)
	item := box + "/folders/inbox/items/" + id
	for _, disposal := range []string{"", "?disposalType=", "?disposalType=moveToDeletedItems"} {
		b.graph("DELETE", item+disposal, nil).want(t, 400)
	}
	b.graph("DELETE", "/admin/exchange/mailboxes/MBX:nobody@x/folders/inbox/items/"+id+"?disposalType=softDelete", nil).want(t, 404)
	for _, name := range []string{"old.plant@brightwater.example", "gil@partner.example"} {
		if r := b.graph("GET", "/users/"+name+"/settings/exchange", nil).want(t, 404); r.code() != "MailboxNotEnabledForRESTAPI" {
			t.Errorf("%s: %s", name, r.raw)
		}
	}
	// An application access policy reaches Mail.*, not this API.
	b.patchApp(`{"access_policy":{"deny":["priya.nair@brightwater.example"]}}`)
	b.graph("GET", user+"/messages", nil).want(t, 403)
	b.graph("GET", box+"/folders/inbox/items", nil).want(t, 200)
	if names := b.names(box + "/folders"); len(names) != 8 {
		t.Errorf("folders %v", names)
	}
	b.patchApp(`{"access_policy":{},"permissions":["Mail.ReadWrite","User.Read.All"]}`)
	for method, path := range map[string]string{"DELETE": item + "?disposalType=softDelete", "GET": box + "/folders"} {
		if r := b.graph(method, path, nil).want(t, 403); r.code() != "ErrorAccessDenied" {
			t.Errorf("%s %s: %s", method, path, r.raw)
		}
	}
	if c := b.copies(phishID); text(c[0], "folder") != "inbox" {
		t.Errorf("a refused delete moved it: %v", c)
	}
}
