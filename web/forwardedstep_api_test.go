package web_test

import (
	"net/http"
	"strings"
	"testing"

	"clawback"
)

// readerOf is a service that may read an organization, as an analyst may.
func (p *portal) readerOf(t *testing.T, org clawback.Organization) *client {
	t.Helper()
	return p.client(t, p.token(t, []clawback.Right{clawback.RightReadOrganization}, org.ID))
}

// refusesStrangers asks an operation of a customer's with what does not let anybody do it; body is a good one.
func (p *portal) refusesStrangers(t *testing.T, method, path string, body any) {
	t.Helper()
	p.client(t, p.token(t, clawback.AllRights(), p.other.ID)).want(http.StatusNotFound, method, path, body)
	p.client(t, "").want(http.StatusUnauthorized, method, path, body)
	if method != http.MethodGet {
		p.readerOf(t, p.org).want(http.StatusForbidden, method, path, body)
	}
}

// TestForwardedStep_api makes a link to a step, lists it without, and withdraws it.
func TestForwardedStep_api(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device, c := r.device(t), r.client(t, r.token(t, clawback.AllRights(), r.org.ID))
	path := "/devices/" + device.ID + "/forwarded-steps"
	stranger := r.browser(t)

	once := []string{"Idempotency-Key", "once"}
	made := c.want(http.StatusCreated, http.MethodPost, path, object{"step": "removal"}, once...)
	link, message := made["link"].(string), made["message"].(string)
	if !strings.HasPrefix(link, r.url+"/forwarded/") || !strings.Contains(message, link) || !strings.Contains(message, "Removal permission") ||
		!strings.Contains(message, "Who can do it: ") || made["status"] != "not_opened" || made["forwarded_by"] != "test" || made["expires_at"] == nil {
		t.Fatalf("made: %v", made)
	}
	if again := c.want(http.StatusCreated, http.MethodPost, path, object{"step": "removal"}, once...); again["link"] != link {
		t.Errorf("the repeated request is answered %v", again)
	}
	status := func(want string) {
		t.Helper()
		answer := c.call(http.MethodGet, path, nil)
		rows := items(t, answer.json(t))
		if len(rows) != 1 || rows[0]["id"] != made["id"] || rows[0]["status"] != want {
			t.Errorf("the list is %v, want one link, %s", rows, want)
		}
		if strings.Contains(answer.body, strings.TrimPrefix(link, r.url)) {
			t.Error("the list tells the link")
		}
	}
	status("not_opened")
	sees(t, "the link", stranger.get(link), 200, "Removal permission", "I have done it")
	status("opened")
	stranger.post(link+"/done", nil)
	status("said_to_be_done")
	if rows := items(t, r.readerOf(t, r.org).want(http.StatusOK, http.MethodGet, path, nil)); len(rows) != 1 {
		t.Errorf("a reader sees %v", rows)
	}

	withdraw := path + "/" + made["id"].(string) + "/withdraw"
	r.refusesStrangers(t, http.MethodGet, path, nil)
	r.refusesStrangers(t, http.MethodPost, path, object{"step": "removal"})
	r.refusesStrangers(t, http.MethodPost, withdraw, nil)
	status("said_to_be_done")
	for range 2 {
		if gone := c.want(http.StatusOK, http.MethodPost, withdraw, nil); gone["status"] != "withdrawn" || gone["withdrawn_by"] != "test" || gone["withdrawn_at"] == nil {
			t.Errorf("withdrawn: %v", gone)
		}
	}
	sees(t, "the withdrawn link", stranger.get(link), http.StatusGone, "works no more")
	if events := r.audited(t, r.org.ID, "setup.forward_withdrawn"); len(events) != 1 {
		t.Errorf("%d withdrawals in the trail", len(events))
	}
	if strings.Contains(r.log.String(), strings.TrimPrefix(link, r.url+"/forwarded/")) {
		t.Error("the log holds the token")
	}

	for what, body := range map[string]string{"a step that is done here": `{"step":"never-remove"}`, "no step": `{}`,
		"a hostile one": `{"step":"` + secretWord + `<script>"}`, "more than the step": `{"step":"removal","` + secretWord + `":1}`} {
		t.Run(what, func(t *testing.T) { problem(t, c.call(http.MethodPost, path, body), http.StatusUnprocessableEntity) })
	}
	problem(t, c.call(http.MethodPost, path+"/"+secretWord+"%2F..%00/withdraw", nil), http.StatusNotFound)
	problem(t, c.call(http.MethodGet, "/devices/"+secretWord+"/forwarded-steps", nil), http.StatusNotFound)
}
