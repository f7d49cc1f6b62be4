package m365sim_test

import (
	"net/url"
	"slices"
	"testing"
)

// names are the display names of a list of folders, over all its pages.
func (b *bench) names(path string) []string {
	b.t.Helper()
	var out []string
	for path != "" {
		r := b.graph("GET", path, nil).want(b.t, 200)
		for _, f := range r.list("value") {
			out = append(out, text(f, "displayName"))
		}
		path = text(r.body, "@odata.nextLink")
	}

	return out
}

func TestMail_WellKnownFolders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := "/users/" + b.first.People[0].ID + "/mailFolders"
	for name, display := range map[string]string{"inbox": "Inbox", "SentItems": "Sent Items", "drafts": "Drafts",
		"deleteditems": "Deleted Items", "junkemail": "Junk Email", "archive": "Archive", "clutter": "Clutter",
		"outbox": "Outbox", "msgfolderroot": "Top of Information Store", "searchfolders": "Finder",
		"conversationhistory": "Conversation History", "scheduled": "Scheduled", "syncissues": "Sync Issues",
		"conflicts": "Conflicts", "localfailures": "Local Failures", "serverfailures": "Server Failures",
		"recoverableitemsdeletions": "Deletions"} {
		if f := b.graph("GET", user+"/"+name, nil).want(t, 200); text(f.body, "displayName") != display {
			t.Errorf("%s is %s", name, f.raw)
		}
	}
	for _, name := range []string{"recoverableitemspurges", "recoverableitemsversions", "onlinearchive", "nonsense"} {
		b.graph("GET", user+"/"+name, nil).want(t, 400)
	}
	shown := []string{"Archive", "Conversation History", "Deleted Items", "Drafts", "Inbox", "Junk Email", "Outbox", "Sent Items"}
	if got := b.names(user); !slices.Equal(got, shown) {
		t.Errorf("listed %v", got)
	}
	hidden := b.names(user + "?includeHiddenFolders=true")
	for _, name := range append(shown, "Clutter", "Sync Issues", "Scheduled") {
		if !slices.Contains(hidden, name) {
			t.Errorf("with hidden folders: %v", hidden)
		}
	}
	clutter := b.graph("GET", user+"/clutter", nil).want(t, 200)
	if clutter.body["isHidden"] != true {
		t.Errorf("clutter is %s", clutter.raw)
	}
	if inner := b.names(user + "/syncissues/childFolders"); len(inner) != 3 {
		t.Errorf("in Sync Issues: %v", inner)
	}
}

func TestMail_FolderTree(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := "/users/" + b.first.People[0].ID
	named := func(name string) map[string]string { return map[string]string{"displayName": name} }
	top := b.graph("POST", user+"/mailFolders", named("Projects")).want(t, 201)
	inner := b.graph("POST", user+"/mailFolders/"+text(top.body, "id")+"/childFolders", named("Old")).want(t, 201)
	if inner.body["parentFolderId"] != top.body["id"] || inner.body["totalItemCount"] != 0.0 {
		t.Errorf("made %s", inner.raw)
	}
	if again := b.graph("POST", user+"/mailFolders", named("projects")).want(t, 409); again.code() != "ErrorFolderExists" {
		t.Errorf("again: %s", again.raw)
	}
	b.graph("POST", user+"/mailFolders", named("")).want(t, 400)
	b.graph("POST", user+"/mailFolders/recoverableitemsdeletions/childFolders", named("Deeper")).want(t, 403)

	b.control("POST", "/messages?to=priya.nair@brightwater.example&folder=Projects/Old", phish).want(t, 200)
	seen := b.graph("GET", user+"/mailFolders/"+text(inner.body, "id"), nil).want(t, 200)
	if seen.body["totalItemCount"] != 1.0 || seen.body["unreadItemCount"] != 1.0 {
		t.Errorf("with a message: %s", seen.raw)
	}
	above := b.graph("GET", user+"/mailFolders/"+text(top.body, "id"), nil).want(t, 200)
	if above.body["childFolderCount"] != 1.0 || above.body["totalItemCount"] != 0.0 {
		t.Errorf("above it: %s", above.raw)
	}
	found := b.graph("GET", user+"/messages"+byMessageID(phishID), nil).want(t, 200).list("value")
	if len(found) != 1 || found[0]["parentFolderId"] != inner.body["id"] {
		t.Errorf("found %v", found)
	}
}

// A folder that is deleted goes to Deleted Items with its mail; deleted there, its mail goes to Recoverable Items,
// and nothing can be put back into it.
func TestMail_DeletedFolder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.control("POST", "/messages?to=priya.nair@brightwater.example&folder=Projects/Old", phish).want(t, 200)
	user := "/users/" + b.first.People[0].ID
	found := b.graph("GET", user+"/messages"+byMessageID(phishID), nil, "Prefer", immutable).want(t, 200).list("value")[0]
	id, folder := text(found, "id"), text(found, "parentFolderId")
	top := text(b.graph("GET", user+"/mailFolders/"+folder, nil).want(t, 200).body, "parentFolderId")

	b.graph("DELETE", user+"/mailFolders/"+top, nil).want(t, 204)
	if c := b.copies(phishID); text(c[0], "folder") != "Deleted Items/Projects/Old" {
		t.Errorf("after one: %v", c)
	}
	b.graph("DELETE", user+"/mailFolders/"+top, nil).want(t, 204)
	if c := b.copies(phishID); text(c[0], "folder") != "recoverableitemsdeletions" || text(c[0], "id") != id {
		t.Errorf("after two: %v", c)
	}
	back := b.graph("POST", user+dumpster+"/messages/"+id+"/move", map[string]string{"destinationId": folder}).want(t, 404)
	if back.code() != "ErrorFolderNotFound" {
		t.Errorf("back: %s", back.raw)
	}
	if r := b.graph("DELETE", user+"/mailFolders/inbox", nil).want(t, 403); r.code() != "ErrorDeleteDistinguishedFolder" {
		t.Errorf("inbox: %s", r.raw)
	}
}

func TestMail_CopiesShareTheMessageID(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, id := b.received()
	b.graph("POST", user+"/messages/"+id+"/copy", map[string]string{"destinationId": "archive"}, "Prefer", immutable).want(t, 201)
	b.deliver("to=priya.nair@brightwater.example")
	// Another email under the same Message-ID: the id is the sender's to choose.
	other := "From: Somebody <else@other.example>\r\nSubject: Invoice\r\nMessage-ID: " + phishID + "\r\n\r\nx\r\n"
	b.control("POST", "/messages?to=priya.nair@brightwater.example", other).want(t, 200)
	found := b.graph("GET", user+"/messages"+byMessageID(phishID), nil, "Prefer", immutable).want(t, 200).list("value")
	ids, subjects := map[string]bool{}, map[string]int{}
	for _, m := range found {
		ids[text(m, "id")] = true
		subjects[text(m, "subject")]++
	}
	if len(ids) != 4 || subjects["Your salary"] != 3 || subjects["Invoice"] != 1 {
		t.Errorf("found %v", found)
	}
	count := b.graph("GET", user+"/messages/$count"+query("$filter", "internetMessageId eq '"+phishID+"'"), nil).want(t, 200)
	if string(count.raw) != "4" {
		t.Errorf("counted %s", count.raw)
	}
	b.graph("POST", user+"/messages/"+id+"/permanentDelete", nil).want(t, 204)
	if left := b.copies(phishID); len(left) != 3 {
		t.Errorf("left %v", left)
	}
	at := "/messages?internet_message_id=" + url.QueryEscape(phishID)
	before := b.copies(phishID)
	b.control("PATCH", at, `{"folder":"onlinearchive"}`).want(t, 200)
	for i, c := range b.copies(phishID) {
		if text(c, "folder") != "onlinearchive" || text(c, "id") == text(before[i], "id") {
			t.Errorf("archived: %v", c)
		}
	}
	if found := b.graph("GET", user+"/messages"+byMessageID(phishID), nil).want(t, 200).list("value"); len(found) != 0 {
		t.Errorf("the online archive shows %v", found)
	}
}
