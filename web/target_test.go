package web_test

import (
	"net/http"
	"strings"
	"testing"

	"clawback"
)

// TestAPI_targets names emails in every way the API knows.
func TestAPI_targets(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c, device, path := p.client(t, p.token(t, clawback.AllRights())), p.device(t), "/organizations/"+p.org.ID+"/remediations"
	c.want(http.StatusOK, http.MethodPut, "/organizations/"+p.org.ID+"/auto-remediation", object{"mode": "enforce", "devices": []string{device.ID}})
	create := func(status int, body object) object {
		t.Helper()
		return c.want(status, http.MethodPost, path, body)
	}
	running := object{"internet_message_id": "<a@b.example>", "reason": "phish", "start": true, "max_mailboxes": 5}
	first := create(http.StatusCreated, running)
	if first["existing"] != false {
		t.Errorf("the first: %v", first)
	}
	running["mailboxes"] = []string{"reporter@contoso.example"}
	again := create(http.StatusOK, running)
	if again["existing"] != true || again["id"] != first["id"] || len(again["mailboxes"].([]any)) != 1 {
		t.Errorf("the same again: %v", again)
	}

	several := create(http.StatusCreated, object{"include_sender": true, "targets": []object{
		{"internet_message_id": "<c@d.example>", "mailbox": "Joe@contoso.example"},
		{"eml": []byte("Message-ID: <e@f.example>\r\nFrom: x@f.example\r\nSubject: Hi\r\n\r\n")},
	}})
	targets := several["targets"].([]any)
	if len(targets) != 2 || targets[0].(object)["mailbox"] != "joe@contoso.example" || targets[1].(object)["sender"] != "x@f.example" || several["include_sender"] != true {
		t.Errorf("several: %v", several)
	}

	for what, body := range map[string]object{
		"exercise":       {"internet_message_id": "<a@b>", "exercise": true},
		"one of these":   {"internet_message_id": "<a@b>", "search": object{"sender": "x@y.example"}},
		"Name the email": {"reason": "x"},
	} {
		refused := c.call(http.MethodPost, path, body)
		if refused.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(refused.body), what) {
			t.Errorf("%v: %d %s", body, refused.StatusCode, refused.body)
		}
	}
	create(http.StatusServiceUnavailable, object{"search": object{"sender": "x@y.example"}}) // these tests have no Microsoft to ask

	id := several["id"].(string)
	wider := c.want(http.StatusOK, http.MethodPost, "/remediations/"+id+"/widen", object{"mailboxes": []string{"ann@contoso.example"}})
	if mailboxes := wider["mailboxes"].([]any); len(mailboxes) != 1 || mailboxes[0] != "ann@contoso.example" || wider["phase"] != "tracing" {
		t.Errorf("widened: %v", wider)
	}
	c.want(http.StatusConflict, http.MethodPost, "/remediations/"+id+"/widen", object{"similar": true})
	c.want(http.StatusNotFound, http.MethodPost, "/records/none/accept", object{"reason": "x"})
	c.want(http.StatusUnprocessableEntity, http.MethodPost, "/records/none/leave", object{})
}
