package store_test

import (
	"testing"
	"time"
)

func TestWebSessions(t *testing.T) {
	b := setup(t)
	w := b.WebSessions()
	mustDo(t, w.Commit("t", []byte("one"), b.clock.Now().Add(time.Hour)))
	mustDo(t, w.CommitCtx(ctx, "t", []byte("two"), b.clock.Now().Add(time.Hour)))
	if data, found, err := w.Find("t"); string(data) != "two" || !found || err != nil {
		t.Errorf("Find() = %q, %v, %v", data, found, err)
	}
	b.clock.Advance(time.Hour)
	if _, found, err := w.FindCtx(ctx, "t"); found || err != nil {
		t.Errorf("expired: %v, %v", found, err)
	}
	mustDo(t, w.Commit("u", []byte("x"), b.clock.Now().Add(time.Hour)))
	mustDo(t, w.Delete("u"))
	if got := b.Text(t, `SELECT COUNT(*) FROM web_sessions`); got != "0" {
		t.Errorf("%s sessions are left", got)
	}
}
