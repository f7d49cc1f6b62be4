package web_test

import (
	"net/http"
	"strings"
	"testing"

	"clawback"
)

func TestIdempotency(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	c := p.client(t, p.token(t, clawback.AllRights()))
	path := "/organizations/" + p.org.ID + "/context"
	body := object{"address": "once@contoso.example", "purpose": "p"}
	key := []string{"Idempotency-Key", "key-1"}

	first := c.call(http.MethodPost, path, body, key...)
	again := c.call(http.MethodPost, path, body, key...)
	if first.StatusCode != http.StatusCreated || again.StatusCode != http.StatusCreated || again.body != first.body {
		t.Fatalf("first %d %s, again %d %s", first.StatusCode, first.body, again.StatusCode, again.body)
	}
	if first.Header.Get("Idempotent-Replayed") != "" || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Error("Idempotent-Replayed does not tell the two apart")
	}
	if again.Header.Get("Content-Type") != first.Header.Get("Content-Type") {
		t.Errorf("content types %q and %q", first.Header.Get("Content-Type"), again.Header.Get("Content-Type"))
	}
	c.want(http.StatusConflict, http.MethodPost, path, object{"address": "other@contoso.example", "purpose": "p"}, key...)
	other := p.client(t, p.token(t, clawback.AllRights()))
	other.want(http.StatusConflict, http.MethodPost, path, body, key...) // the address is taken; the key is another's
	c.want(http.StatusUnprocessableEntity, http.MethodPost, path, body, "Idempotency-Key", strings.Repeat("x", 300))

	// What failed is not remembered.
	c.want(http.StatusUnprocessableEntity, http.MethodPost, path, object{"address": "none", "purpose": "p"}, "Idempotency-Key", "key-2")
	c.want(http.StatusCreated, http.MethodPost, path, object{"address": "two@contoso.example", "purpose": "p"}, "Idempotency-Key", "key-2")
	if rows := items(t, c.want(http.StatusOK, http.MethodGet, path, nil)); len(rows) != 2 {
		t.Errorf("%d entries, want 2", len(rows))
	}
}
