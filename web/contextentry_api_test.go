package web_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"clawback"
	"clawback/store"
)

func TestAPIContext(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c := p.client(t, p.token(t, clawback.AllRights()))
	path := "/organizations/" + p.org.ID

	created := c.want(http.StatusCreated, http.MethodPost, path+"/context", object{"address": "Quarantine@Contoso.example", "purpose": "Quarantine", "note": "n"})
	if created["address"] != "quarantine@contoso.example" || created["status"] != "review_requested" || created["in_force"] != false || created["why"] == "" {
		t.Errorf("created: %v", created)
	}
	c.want(http.StatusConflict, http.MethodPost, path+"/context", object{"address": "quarantine@contoso.example", "purpose": "again"})
	id := created["id"].(string)
	reviewed := c.want(http.StatusOK, http.MethodPost, "/context/"+id+"/review", object{"status": "approved", "comment": "fine"})
	if reviewed["status"] != "approved" || reviewed["review_comment"] != "fine" {
		t.Errorf("reviewed: %v", reviewed)
	}

	setting := c.want(http.StatusOK, http.MethodGet, path+"/auto-remediation", nil)
	setting["never_remove"] = []string{id}
	setting["mode"] = "enforce"
	saved := c.want(http.StatusOK, http.MethodPut, path+"/auto-remediation", setting)
	wire, isList := saved["on_the_wire"].([]any)
	if saved["mode"] != "enforce" || saved["in_force_since"] == nil || !isList || len(wire) != 0 {
		t.Errorf("saved: %v", saved)
	}
	kept := c.want(http.StatusOK, http.MethodPut, path+"/auto-remediation", object{"mode": "observe"})
	if never, _ := kept["never_remove"].([]any); kept["mode"] != "observe" || len(never) != 1 || never[0] != id {
		t.Errorf("a field that was left out changed: %v", kept)
	}
	c.want(http.StatusOK, http.MethodPut, path+"/auto-remediation", kept)
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, path+"/context", nil)); len(rows) != 1 || rows[0]["in_force"] != true {
		t.Errorf("context: %v", rows)
	}
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, "/organizations?limit=1", nil)); len(rows) != 1 {
		t.Errorf("organizations: %v", rows)
	}
}

func TestAPIResolvesNewContext(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	resolver := &fakeResolver{store: p.store}
	server := p.withResolver(t, resolver)
	c := &client{browser: p.browser(t), token: p.token(t, clawback.AllRights())}
	path := server + "/api/v1/organizations/" + p.org.ID + "/context"
	post := func(address string) object {
		req := c.request(http.MethodPost, path, strings.NewReader(`{"address":"`+address+`","purpose":"p"}`), "Authorization", "Bearer "+c.token, "Content-Type", "application/json")
		answer := c.do(req)
		if answer.StatusCode != http.StatusCreated {
			t.Fatalf("%d %s", answer.StatusCode, answer.body)
		}
		return answer.json(t)
	}
	if created := post("found@contoso.example"); created["mailbox_id"] != "m-1" {
		t.Errorf("created: %v", created)
	}
	resolver.err = errors.New("Microsoft is down")
	if created := post("later@contoso.example"); created["mailbox_id"] != "" || created["address"] != "later@contoso.example" {
		t.Errorf("created: %v", created)
	}
}

// fakeResolver finds a mailbox for everything, or fails.
type fakeResolver struct {
	store *store.Store
	err   error
}

func (r *fakeResolver) ResolveContext(ctx context.Context, actor clawback.Actor, entryID string) (clawback.ContextEntry, error) {
	if r.err != nil {
		return clawback.ContextEntry{}, r.err
	}
	entry, err := r.store.FindContext(ctx, actor, entryID)
	entry.MailboxID = "m-1"
	return entry, err
}
