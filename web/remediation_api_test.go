package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"clawback"
)

func TestAPIRemediation(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c := p.client(t, p.token(t, clawback.AllRights()))
	p.device(t)
	path := "/organizations/" + p.org.ID
	c.want(http.StatusOK, http.MethodPut, path+"/auto-remediation", object{"mode": "enforce"})

	created := c.want(http.StatusCreated, http.MethodPost, path+"/remediations", object{"internet_message_id": "a@b.example", "reason": "phish", "reference": "INC-1"})
	counts, _ := created["counts"].(object)
	if created["status"] != "draft" || created["reference"] != "INC-1" || counts["removed"] != float64(0) || counts["mailboxes"] != float64(0) {
		t.Errorf("created: %v", created)
	}
	if _, ok := created["contained_at"]; !ok || created["contained_at"] != nil || created["created_at"] == nil {
		t.Errorf("times of %v", created)
	}
	id := created["id"].(string)
	if found := c.want(http.StatusOK, http.MethodGet, "/remediations/"+id, nil); found["id"] != id {
		t.Errorf("found: %v", found)
	}
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, path+"/remediations?status=draft", nil)); len(rows) != 1 {
		t.Errorf("list: %v", rows)
	}
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/records", nil)); len(rows) != 0 {
		t.Errorf("records: %v", rows)
	}
	fromFile := c.want(http.StatusCreated, http.MethodPost, path+"/remediations", object{
		"eml": []byte("Message-ID: <c@d.example>\r\nFrom: Eve <eve@evil.example>\r\nSubject: Invoice\r\nDate: Mon, 16 Mar 2026 08:00:00 +0000\r\n\r\nbody\r\n"),
	})
	targets, _ := fromFile["targets"].([]any)
	if len(targets) != 1 || targets[0].(object)["sender"] != "eve@evil.example" || targets[0].(object)["internet_message_id"] != "<c@d.example>" {
		t.Errorf("targets: %v", targets)
	}
	rows := items(t, c.want(http.StatusOK, http.MethodGet, "/audit?organization="+p.org.ID+"&limit=2", nil))
	if len(rows) != 2 || rows[0]["actor_kind"] != "service" || rows[0]["request_id"] == "" {
		t.Errorf("audit: %v", rows)
	}
}

func TestAPIRecordsAndActions(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c := p.client(t, p.token(t, clawback.AllRights()))
	device := p.device(t)
	p.member(t, p.org, p.person(t, 0, "Priya Nair"), clawback.RoleAdmin)
	path := "/organizations/" + p.org.ID
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, path+"/devices", nil)); len(rows) != 1 || rows[0]["id"] != device.ID || rows[0]["connection"] != "custom_app" {
		t.Fatalf("devices: %v", rows)
	}
	entry := c.want(http.StatusCreated, http.MethodPost, path+"/context", object{"address": "kept@contoso.example", "purpose": "Quarantine"})
	c.want(http.StatusOK, http.MethodPut, path+"/auto-remediation", object{
		"mode": "enforce", "devices": []string{device.ID}, "never_remove": []any{entry["id"]}, "volume_limit": 1,
	})
	created := c.want(http.StatusCreated, http.MethodPost, path+"/remediations", object{"internet_message_id": "<a@b.example>", "reason": "phish"})
	id := created["id"].(string)
	trace := func() {
		t.Helper()
		if err := p.store.SaveTrace(t.Context(), id, p.finding(device)); err != nil {
			t.Fatal(err)
		}
	}
	trace()

	all := items(t, c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/records", nil))
	if len(all) != 4 {
		t.Fatalf("%d records, want 4: %v", len(all), all)
	}
	var paged []object
	for next := ""; ; {
		list := c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/records?limit=3&cursor="+url.QueryEscape(next), nil)
		paged = append(paged, items(t, list)...)
		if next = list["next"].(string); next == "" {
			break
		}
	}
	if len(paged) != 4 || paged[3]["id"] != all[3]["id"] {
		t.Errorf("paged records: %v", paged)
	}
	kept := items(t, c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/records?outcome=protected", nil))
	if len(kept) != 1 || kept[0]["mailbox"] != "kept@contoso.example" || kept[0]["reason"] != "never_remove" || kept[0]["protected_by"] != entry["id"] {
		t.Fatalf("protected records: %v", kept)
	}
	if recipients, _ := kept[0]["recipients"].([]any); len(recipients) != 1 || recipients[0] != "kept@contoso.example" {
		t.Errorf("recipients: %v", kept[0]["recipients"])
	}
	story := c.want(http.StatusOK, http.MethodGet, "/records/"+kept[0]["id"].(string), nil)
	if timeline, ok := story["timeline"].([]any); !ok || len(timeline) == 0 || story["id"] != kept[0]["id"] {
		t.Errorf("story: %v", story)
	}
	c.want(http.StatusUnprocessableEntity, http.MethodGet, "/remediations/"+id+"/records?outcome=eaten", nil)
	c.want(http.StatusUnprocessableEntity, http.MethodGet, path+"/remediations?outcome=eaten", nil)

	c.want(http.StatusUnprocessableEntity, http.MethodPost, "/remediations/"+id+"/start", object{"reference": "INC-2"}) // without a bound
	if started := c.want(http.StatusOK, http.MethodPost, "/remediations/"+id+"/start", object{"reference": "INC-2", "max_mailboxes": 100}); started["status"] != "in_progress" || started["started_at"] == nil || started["reference"] != "INC-2" {
		t.Errorf("started: %v", started)
	}
	c.want(http.StatusConflict, http.MethodPost, "/remediations/"+id+"/start", object{"max_mailboxes": 100})
	trace()
	if waiting := c.want(http.StatusOK, http.MethodGet, "/remediations/"+id, nil); waiting["status"] != "awaiting_approval" || waiting["approval_for"] != 2.0 || waiting["approval_until"] == nil {
		t.Fatalf("above the limit: %v", waiting)
	}
	c.want(http.StatusUnprocessableEntity, http.MethodPost, "/remediations/"+id+"/approve", object{})
	c.want(http.StatusForbidden, http.MethodPost, "/remediations/"+id+"/approve", object{"reason": "mine"})
	second := p.client(t, p.token(t, clawback.AllRights()))
	if approved := second.want(http.StatusOK, http.MethodPost, "/remediations/"+id+"/approve", object{"reason": "seen"}); approved["status"] != "in_progress" || approved["approved_up_to"] != float64(2) {
		t.Errorf("approved: %v", approved)
	}
	trace()

	if retried := c.want(http.StatusOK, http.MethodPost, "/remediations/"+id+"/retry", nil); retried["retried"] != float64(0) || retried["id"] != id {
		t.Errorf("retried: %v", retried)
	}
	c.want(http.StatusConflict, http.MethodPost, "/remediations/"+id+"/retry", object{"cause": "permission"})
	c.want(http.StatusConflict, http.MethodPost, "/remediations/"+id+"/retry", object{"records": []string{kept[0]["id"].(string)}})
	c.want(http.StatusConflict, http.MethodPost, "/remediations/"+id+"/hand-over", object{"cause": "permission", "note": "please"})
	if handed := c.want(http.StatusOK, http.MethodPost, "/remediations/"+id+"/hand-over", nil); handed["handed_over"] != float64(0) || handed["id"] != id {
		t.Errorf("handed over: %v", handed)
	}
	if causes := items(t, c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/causes", nil)); len(causes) != 0 {
		t.Errorf("causes: %v", causes)
	}
	actions := items(t, c.want(http.StatusOK, http.MethodGet, path+"/actions?status=open", nil))
	if len(actions) != 1 || actions[0]["outcome"] != "protected" || actions[0]["remediation_id"] != id || actions[0]["remediation_name"] != created["name"] {
		t.Fatalf("actions: %v", actions)
	}
	if mailboxes, _ := actions[0]["mailboxes"].([]any); len(mailboxes) != 1 || mailboxes[0].(object)["address"] != "kept@contoso.example" {
		t.Errorf("mailboxes of the action: %v", actions[0])
	}
	action := "/actions/" + actions[0]["id"].(string)
	if said := c.want(http.StatusOK, http.MethodPost, action+"/comments", object{"text": "looking"}); said["comments"].([]any)[0].(object)["text"] != "looking" {
		t.Errorf("commented: %v", said)
	}
	c.want(http.StatusUnprocessableEntity, http.MethodPost, action+"/comments", object{"text": " "})
	members := items(t, c.want(http.StatusOK, http.MethodGet, path+"/assignees", nil))
	if len(members) == 0 {
		t.Fatal("nobody can be given the action")
	}
	given := c.want(http.StatusOK, http.MethodPost, action+"/assign", object{"assignee": members[0]["id"]})
	if found := c.want(http.StatusOK, http.MethodGet, action, nil); found["assignee"] != members[0]["name"] || given["assignee"] != found["assignee"] {
		t.Errorf("given to %v: %v, then %v", members[0], given, found)
	}
	c.want(http.StatusUnprocessableEntity, http.MethodPost, action+"/assign", object{"assignee": "nobody"})
	done := c.want(http.StatusOK, http.MethodPost, "/actions/"+actions[0]["id"].(string)+"/complete", object{"comment": "deleted by hand"})
	if done["status"] != "completed" || done["comment"] != "deleted by hand" || done["closed_at"] == nil {
		t.Errorf("completed: %v", done)
	}
	c.want(http.StatusConflict, http.MethodPost, "/actions/"+actions[0]["id"].(string)+"/dismiss", object{"comment": "x"})
	if stopped := c.want(http.StatusOK, http.MethodPost, "/remediations/"+id+"/stop", object{"reason": "enough"}); stopped["status"] != "stopped" ||
		stopped["end_reason"] != "enough" || stopped["ended_by"] == "" || stopped["removed"] != 0.0 || stopped["on_the_wire"] != 0.0 {
		t.Errorf("stopped: %v", stopped)
	}
}

// finding is a trace of three mailboxes, one of them protected, and somebody outside.
func (p *portal) finding(device clawback.Device) clawback.TraceFinding {
	finding := clawback.TraceFinding{Targets: []clawback.Target{{
		Source: clawback.SourceMessageID, MessageID: "<a@b.example>", Sender: "eve@evil.example", Subject: "Invoice",
	}}}
	for _, name := range []string{"ann", "bob", "kept"} {
		address := name + "@contoso.example"
		finding.Mailboxes = append(finding.Mailboxes, clawback.TracedMailbox{
			DeviceID: device.ID, Recipients: []string{address}, Delivery: clawback.DeliveryDelivered, DeliveredAt: p.clock.Now(),
			Mailbox: clawback.Mailbox{
				ID: "id-" + name, Name: name, Address: address, Addresses: []string{address}, Kind: clawback.MailboxCloud, LookedUpAt: p.clock.Now(),
			},
		})
	}
	finding.Mailboxes = append(finding.Mailboxes, clawback.TracedMailbox{
		DeviceID: device.ID, Recipients: []string{"x@outside.example"}, Mailbox: clawback.Mailbox{Address: "x@outside.example", Kind: clawback.MailboxExternal},
		Outcome: clawback.OutcomeUnreachable, Reason: clawback.ReasonExternal,
	})
	finding.Recipients = len(finding.Mailboxes)
	return finding
}
