package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"clawback"
)

func TestHaltSwitch(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(t, p.staff(t, "Operator"))
	if set := b.post("/halts", url.Values{"organization_id": {p.org.ID}, "reason": {"Wrong email"}}); set.location() != "/halts" {
		t.Fatalf("halted: %d %s", set.StatusCode, set.body)
	}

	t.Run("a lift without a reason asks for it at that halt", func(t *testing.T) {
		answer := b.post("/halts/lift", url.Values{"organization_id": {p.org.ID}, "reason": {" "}})
		sees(t, "the page", answer, http.StatusUnprocessableEntity, "Say why.")
		doc, field := answer.document(t), "lift-"+p.org.ID
		if doc.Find(".error-summary a[href='#"+field+"']").Length() != 1 || doc.Find("#"+field+"[aria-invalid='true']").Length() != 1 {
			t.Error("the error does not lead to the field of the lift")
		}
		if doc.Find("#reason[aria-invalid]").Length() != 0 || doc.Find("#organization option[selected]").Length() != 0 {
			t.Error("the form that halts is filled in or has an error")
		}
	})

	t.Run("a second halt says who was first and keeps what was typed", func(t *testing.T) {
		answer := b.post("/halts", url.Values{"organization_id": {p.org.ID}, "reason": {"Another reason"}})
		sees(t, "the page", answer, http.StatusConflict, "This is halted already, by", "“Wrong email”")
		if typed, _ := answer.document(t).Find("#reason").Attr("value"); typed != "Another reason" {
			t.Errorf("the typed reason is %q", typed)
		}
	})

	t.Run("a lift of what was lifted meanwhile says so", func(t *testing.T) {
		values := url.Values{"organization_id": {p.org.ID}, "reason": {"Checked"}}
		if lifted := b.post("/halts/lift", values); lifted.location() != "/halts" {
			t.Fatalf("lifted: %d %s", lifted.StatusCode, lifted.body)
		}
		sees(t, "the second", b.post("/halts/lift", values), http.StatusConflict, "Removals are not halted here")
	})
}

func TestAPIHalts(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c := p.client(t, p.token(t, clawback.AllRights()))
	if halts := items(t, c.want(http.StatusOK, http.MethodGet, "/halts", nil)); len(halts) != 0 {
		t.Fatalf("halted from the start: %v", halts)
	}
	c.want(http.StatusUnprocessableEntity, http.MethodPost, "/halts", object{"organization_id": p.org.ID, "reason": ""})
	c.want(http.StatusNotFound, http.MethodPost, "/halts", object{"organization_id": "none", "reason": "x"})
	c.want(http.StatusOK, http.MethodPost, "/halts", object{"organization_id": "all", "reason": "wrong email"})
	c.want(http.StatusConflict, http.MethodPost, "/halts", object{"organization_id": "all", "reason": "again"})
	halts := items(t, c.want(http.StatusOK, http.MethodPost, "/halts", object{"organization_id": p.org.ID, "reason": "theirs too"}))
	if len(halts) != 2 || halts[0]["organization_id"] != "" || halts[0]["reason"] != "wrong email" || halts[1]["organization_id"] != p.org.ID {
		t.Errorf("halted: %v", halts)
	}
	bound := p.client(t, p.token(t, clawback.AllRights(), p.org.ID))
	bound.want(http.StatusForbidden, http.MethodPost, "/halts/lift", object{"organization_id": "all", "reason": "x"})
	if halts = items(t, c.want(http.StatusOK, http.MethodPost, "/halts/lift", object{"organization_id": "all", "reason": "sorted"})); len(halts) != 1 {
		t.Errorf("halted after one lift: %v", halts)
	}
}
