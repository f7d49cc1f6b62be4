package m365sim_test

import (
	"net/url"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is done to a message, its immutable id names the same copy until it is purged, its normal id changes
// with every move, and it shows among the messages exactly when it is not in Recoverable Items.
func TestMail_AnyMoves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.appToken(graphResource)
	user := "/users/" + b.first.People[0].ID
	folders := []string{"inbox", "deleteditems", "junkemail", "archive", "recoverableitemsdeletions"}
	rapid.Check(t, func(rt *rapid.T) {
		for _, c := range b.copies(phishID) {
			b.control("PATCH", "/messages?internet_message_id="+url.QueryEscape(phishID)+"&mailbox="+text(c, "mailbox"), `{"purge":true}`)
		}
		b.deliver("to=priya.nair@brightwater.example")
		first := b.copies(phishID)[0]
		id, normals, at := text(first, "id"), []string{text(first, "rest_id")}, "inbox"
		for _, to := range rapid.SliceOfN(rapid.SampledFrom(folders), 1, 6).Draw(rt, "moves") {
			path := user + "/messages/" + id + "/move"
			if at == "recoverableitemsdeletions" {
				b.graphAs(token, "POST", path, map[string]string{"destinationId": to}).want(t, 404)
				path = user + "/mailFolders/" + at + "/messages/" + id + "/move"
			}
			b.graphAs(token, "POST", path, map[string]string{"destinationId": to}, "Prefer", immutable).want(t, 201)
			at = to
			now := b.copies(phishID)[0]
			if text(now, "id") != id || text(now, "folder") != at || slices.Contains(normals, text(now, "rest_id")) {
				rt.Fatalf("after %s: %v", to, now)
			}
			normals = append(normals, text(now, "rest_id"))
			seen := len(b.graphAs(token, "GET", user+"/messages"+byMessageID(phishID), nil).want(t, 200).list("value")) == 1
			if seen != (at != "recoverableitemsdeletions") {
				rt.Fatalf("in %s, seen: %v", at, seen)
			}
		}
	})
}
