package m365sim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"clawback/m365sim"
)

const immutable = `IdType="ImmutableId"`

func byMessageID(id string) string {
	return query("$filter", "internetMessageId eq '"+strings.ReplaceAll(id, "'", "''")+"'", "$select",
		"id,internetMessageId,subject,from,parentFolderId,receivedDateTime,isRead", "$top", "50")
}

func TestMail_RemoveAndRestore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=priya.nair@brightwater.example")
	user := "/users/" + b.first.People[0].ID
	find := func(folder string) []map[string]any {
		return b.graph("GET", user+folder+"/messages"+byMessageID(phishID), nil, "Prefer", immutable).want(t, 200).list("value")
	}
	found := find("")
	if len(found) != 1 {
		t.Fatalf("found %d copies, want 1", len(found))
	}
	id := text(found[0], "id")
	normal := text(b.graph("GET", user+"/messages"+byMessageID(phishID), nil).want(t, 200).list("value")[0], "id")
	if id == normal {
		t.Error("normal and immutable id are the same")
	}

	moved := b.graph("POST", user+"/messages/"+id+"/move", map[string]any{"destinationId": "recoverableitemsdeletions"},
		"Prefer", immutable).want(t, 201)
	if text(moved.body, "id") != id || moved.header.Get("Preference-Applied") != immutable {
		t.Errorf("the immutable id changed to %q", text(moved.body, "id"))
	}
	if left := find(""); len(left) != 0 {
		t.Errorf("%d copies are still visible", len(left))
	}
	hidden := find("/mailFolders/recoverableitemsdeletions")
	if len(hidden) != 1 || text(hidden[0], "id") != id {
		t.Fatalf("recoverable items hold %v", hidden)
	}
	b.graph("GET", user+"/messages/"+id, nil, "Prefer", immutable).want(t, 404)
	b.graph("GET", user+"/messages/"+normal, nil).want(t, 404)

	b.graph("POST", user+"/mailFolders/recoverableitemsdeletions/messages/"+id+"/move",
		map[string]any{"destinationId": text(found[0], "parentFolderId")}, "Prefer", immutable).want(t, 201)
	back := find("")
	if len(back) != 1 || text(back[0], "id") != id || back[0]["parentFolderId"] != found[0]["parentFolderId"] {
		t.Errorf("restored is %v", back)
	}
	if now := text(b.graph("GET", user+"/messages"+byMessageID(phishID), nil).list("value")[0], "id"); now == normal {
		t.Error("the normal id survived two moves")
	}
}

func TestMail_PurgeDeleteAndRecoverable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=priya.nair@brightwater.example,daniel.osei@brightwater.example")
	id := func(person int) (string, string) {
		user := "/users/" + b.first.People[person].ID
		r := b.graph("GET", user+"/messages"+byMessageID(phishID), nil, "Prefer", immutable).want(t, 200)
		return user + "/messages/", text(r.list("value")[0], "id")
	}
	base, purged := id(0)
	b.graph("POST", base+purged+"/permanentDelete", nil).want(t, 204)
	b.graph("POST", base+purged+"/permanentDelete", nil).want(t, 404)

	base, deleted := id(1)
	b.graph("DELETE", base+deleted, nil).want(t, 204)
	if r := b.graph("DELETE", base+deleted, nil).want(t, 403); r.code() != "ErrorCannotDeleteObject" {
		t.Errorf("second delete: %s", r.raw)
	}
	copies := b.control("GET", "/messages?internet_message_id="+url.QueryEscape(phishID), nil).want(t, 200).list("items")
	if len(copies) != 1 || text(copies[0], "folder") != "recoverableitemsdeletions" || text(copies[0], "id") != deleted {
		t.Errorf("copies: %v", copies)
	}
}

func TestMail_FiltersAndPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 5 {
		raw := strings.ReplaceAll(phish, "bad-1", fmt.Sprintf("bad-%d", i))
		b.control("POST", "/messages?to=priya.nair@brightwater.example", raw).want(t, 200)
	}
	user := "/users/priya.nair@brightwater.example/messages"
	r := b.graph("GET", user+query("$filter", "from/emailAddress/address eq 'PAYROLL@evil.example' and startswith(subject,'your') and "+
		"receivedDateTime ge 2026-11-23T00:00:00Z", "$select", "subject"), nil)
	count, pages := 0, 0
	for ; ; pages++ {
		count += len(r.want(t, 200).list("value"))
		next := text(r.body, "@odata.nextLink")
		if next == "" {
			break
		}
		if !strings.HasPrefix(next, b.sim.Addresses().Graph+"/v1.0/users/") {
			t.Fatalf("next link is %q", next)
		}
		r = b.graph("GET", next, nil)
	}
	if count != 5 || pages != 2 {
		t.Errorf("%d messages on %d pages after the first", count, pages)
	}
	or := b.graph("GET", user+query("$filter", "internetMessageId eq '<bad-1@evil.example>' or internetMessageId eq "+
		"'<bad-3@evil.example>'", "$count", "true"), nil).want(t, 200)
	if len(or.list("value")) != 2 || or.body["@odata.count"] != 2.0 {
		t.Errorf("or: %s", or.raw)
	}
}

func TestMail_UnsupportedQueriesAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, unrecorded)
	for _, q := range []string{
		query("$filter", "internetMessageId eq 'x"), query("$filter", "nonsense eq 'x'"),
		query("$filter", "startswith(internetMessageId,'x')"), query("$search", "x"), query("$expand", "nonsense"),
		query("$top", "0"), query("$top", "1001"), query("$select", "nonsense"), query("$skip", "-1"),
		query("$filter", "isRead eq false", "$orderby", "receivedDateTime desc"), query("$filter", "toRecipients/any(r:r eq 'x')"),
	} {
		if r := b.graph("GET", "/users/priya.nair@brightwater.example/messages"+q, nil); r.status != 400 || r.code() == "" {
			t.Errorf("%s answered %d %s", q, r.status, r.raw)
		}
	}
	for _, q := range []string{query("$filter", "otherMails/any(a:a eq 'x')"), query("$filter", "endswith(mail,'x')"),
		query("$top", "1000")} {
		if r := b.graph("GET", "/users"+q, nil); r.status != 400 {
			t.Errorf("%s answered %d", q, r.status)
		}
	}
}

func TestMail_MailboxesWithoutOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, want := range map[string]string{
		"old.plant@brightwater.example":     "MailboxNotEnabledForRESTAPI",
		"casey.newhire@brightwater.example": "MailboxNotEnabledForRESTAPI",
		"gil@partner.example":               "MailboxNotEnabledForRESTAPI",
		"nobody@brightwater.example":        "ErrorInvalidUser",
		"operations@brightwater.example":    "ErrorInvalidUser",
		"h.voss@brightwater.example":        "ErrorInvalidUser", // an alias is no user id
	} {
		if r := b.graph("GET", "/users/"+name+"/messages", nil).want(t, 404); r.code() != want {
			t.Errorf("%s: %s, want %s", name, r.code(), want)
		}
	}
	b.graph("GET", "/users/sean.o'brien@brightwater.example/messages", nil).want(t, 200)
	b.graph("GET", "/users/boardroom@brightwater.example/messages", nil).want(t, 200)
}

func TestMail_FoldersDraftsAndReadState(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := "/users/" + b.first.People[0].ID
	folders := b.graph("GET", user+"/mailFolders"+query("$top", "20"), nil).want(t, 200).list("value")
	for _, f := range folders {
		if f["displayName"] == "Deletions" || text(f, "id") == "" {
			t.Errorf("listed folder %v", f)
		}
	}
	recoverable := b.graph("GET", user+"/mailFolders/recoverableitemsdeletions", nil).want(t, 200)
	b.graph("GET", user+"/mailFolders/"+text(recoverable.body, "id"), nil).want(t, 404)
	inbox := b.graph("GET", user+"/mailFolders/inbox"+query("$select", "id,displayName"), nil).want(t, 200)
	b.graph("GET", user+"/mailFolders/"+text(inbox.body, "id")+"/childFolders", nil).want(t, 200)

	draft := b.graph("POST", user+"/mailFolders/inbox/messages", map[string]any{"subject": "Canary",
		"internetMessageId": "<canary@x.example>", "body": map[string]any{"contentType": "text", "content": "x"},
		"toRecipients": []any{map[string]any{"emailAddress": map[string]any{"address": "a@b.example"}}}}).want(t, 201)
	if draft.body["isDraft"] != true || text(draft.body, "parentFolderId") != text(inbox.body, "id") {
		t.Errorf("draft is %s", draft.raw)
	}
	found := b.graph("GET", user+"/messages"+byMessageID("<canary@x.example>"), nil).want(t, 200).list("value")
	if len(found) != 1 {
		t.Fatalf("found %d canaries", len(found))
	}
	b.patchApp(everyPermission)
	if rows := b.graph("GET", "/admin/exchange/tracing/messageTraces", nil).want(t, 200).list("value"); len(rows) != 0 {
		t.Errorf("a draft shows in the trace: %v", rows)
	}
	path := user + "/messages/" + text(found[0], "id")
	b.graph("PATCH", path, map[string]any{"isRead": false, "subject": "Other"}).want(t, 200)
	got := b.graph("GET", path+query("$select", "isRead,subject"), nil).want(t, 200)
	if got.body["isRead"] != false || got.body["subject"] != "Other" {
		t.Errorf("after PATCH: %s", got.raw)
	}
	if mime := b.graph("GET", path+"/$value", nil).want(t, 200); !strings.Contains(string(mime.raw), "Message-ID: <canary@x.example>") {
		t.Errorf("MIME is %q", mime.raw)
	}
}

func TestMail_MessageFlags(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := "/users/" + b.first.People[0].ID + "/mailFolders/inbox/messages"
	flags := func(value string) map[string]any {
		return map[string]any{"subject": "Placed", "isRead": false,
			"singleValueExtendedProperties": []any{map[string]any{"id": "Integer 0x0E07", "value": value}}}
	}
	for value, want := range map[string]struct{ draft, read bool }{"1": {false, true}, "0": {false, false}, "9": {true, true}, "8": {true, false}, "x": {true, false}} {
		made := b.graph("POST", path, flags(value)).want(t, 201)
		if made.body["isDraft"] != want.draft || made.body["isRead"] != want.read {
			t.Errorf("flags %s: draft %v, read %v", value, made.body["isDraft"], made.body["isRead"])
		}
	}
}

func TestMail_ReceivedMessageKeepsItsContent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=priya.nair@brightwater.example")
	user := "/users/" + b.first.People[0].ID + "/messages"
	id := text(b.graph("GET", user+byMessageID(phishID), nil).want(t, 200).list("value")[0], "id")
	for _, edit := range []map[string]any{{"subject": "Harmless"}, {"internetMessageId": "<other@x.example>"}} {
		if r := b.graph("PATCH", user+"/"+id, edit).want(t, 400); r.code() != "ErrorInvalidPropertyUpdateSentMessage" {
			t.Errorf("edit %v: %s", edit, r.raw)
		}
	}
	b.graph("PATCH", user+"/"+id, map[string]any{"isRead": true}).want(t, 200)
	if raw := b.graph("GET", user+"/"+id+"/$value", nil).want(t, 200).raw; string(raw) != phish {
		t.Errorf("MIME is %q", raw)
	}
	headers := b.graph("GET", user+"/"+id+query("$select", "internetMessageHeaders"), nil).want(t, 200)
	if len(headers.list("internetMessageHeaders")) != 5 {
		t.Errorf("headers: %s", headers.raw)
	}
	b.graph("GET", user+"/nonsense", nil).want(t, 400)
	b.graph("POST", user+"/"+id+"/move", map[string]any{"destinationId": "nonsense"}).want(t, 400)
}

func TestMail_ConcurrencyOfOneMailbox(t *testing.T) {
	t.Parallel()
	held := setup(t, func(c *m365sim.Config) { c.Latency = time.Second })
	throttled := 0
	for _, r := range held.together(8, held.appToken(graphResource)) {
		if r.status != 429 {
			continue
		}
		throttled++
		if r.code() != "ApplicationThrottled" || r.header.Get("Retry-After") == "" {
			t.Errorf("throttled with %s", r.raw)
		}
	}
	if throttled != 4 {
		t.Errorf("%d of 8 were throttled, want 4", throttled)
	}
}
