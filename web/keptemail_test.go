package web_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

// TestKeptEmails lets each kind of person ask for an email that was kept before it was deleted for good.
func TestKeptEmails(t *testing.T) {
	r := newRules(t)
	device := storetest.Device(t, r.store, r.org)
	if _, err := r.store.SaveAutoRemediation(t.Context(), storetest.Admin(r.org), clawback.AutoRemediation{
		OrganizationID: r.org.ID, Mode: clawback.ModeObserve, Removal: clawback.RemovalHard, VolumeLimit: 10, Devices: []string{device.ID},
	}); err != nil {
		t.Fatal(err)
	}
	draft := storetest.Draft(t, r.store, storetest.SOCAnalyst(), r.org, "<kept@evil.example>", "Invoice")
	const email = "Message-ID: <kept@evil.example>\r\n\r\n<script>alert(1)</script>"
	if err := r.store.KeepEmail(t.Context(), draft.ID, "<kept@evil.example>", "ada@contoso.example", []byte(email)); err != nil {
		t.Fatal(err)
	}
	kept, err := r.store.ListKeptEmails(t.Context(), storetest.Operator(), draft.ID)
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v, %v", kept, err)
	}
	path := "/kept-emails/" + kept[0].ID

	soc := r.signedIn(t, r.staff(t, "SOCAnalyst"))
	got := soc.get(path)
	if got.StatusCode != http.StatusOK || got.body != email || got.Header.Get("Content-Type") != "application/octet-stream" ||
		got.Header.Get("Content-Disposition") != `attachment; filename="evidence-`+kept[0].SHA256[:12]+`.eml"` ||
		got.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the file: %d %v %q", got.StatusCode, got.Header, got.body)
	}
	for name, tt := range map[string]struct {
		who    *browser
		path   string
		status int
	}{
		"the customer's admin": {r.admin, path, http.StatusForbidden},
		"nothing kept":         {soc, "/kept-emails/none", http.StatusNotFound},
	} {
		if got := tt.who.get(tt.path); got.StatusCode != tt.status {
			t.Errorf("%s: %d, want %d", name, got.StatusCode, tt.status)
		}
	}

	c := r.client(t, r.token(t, clawback.AllRights()))
	answer := c.want(http.StatusOK, http.MethodGet, path, nil)
	if answer["eml"] != base64.StdEncoding.EncodeToString([]byte(email)) || answer["sha256"] != kept[0].SHA256 {
		t.Errorf("by the API: %v", answer)
	}
	if listed := items(t, c.want(http.StatusOK, http.MethodGet, "/remediations/"+draft.ID+"/kept-emails", nil)); len(listed) != 1 || listed[0]["eml"] != nil {
		t.Errorf("listed: %v", listed)
	}
	events, err := r.store.ListAudit(t.Context(), storetest.Operator(), clawback.AuditFilter{OrganizationID: r.org.ID, Action: "email.read"})
	if err != nil || len(events.Items) != 2 {
		t.Errorf("%d readings noted, %v, want 2", len(events.Items), err)
	}
}
