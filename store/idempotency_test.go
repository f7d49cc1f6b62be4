package store_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
)

func TestIdempotency(t *testing.T) {
	b := setup(t)
	claim := func(actor, key, hash string) (int, error) {
		saved, err := b.ClaimIdempotencyKey(ctx, actor, key, hash)
		if saved == nil {
			return 0, err
		}
		return saved.Status, err
	}
	want := func(what string, status int, kind clawback.Kind) func(int, error) {
		return func(got int, err error) {
			t.Helper()
			wantKind(t, what, err, kind)
			if got != status {
				t.Errorf("%s answered %d, want %d", what, got, status)
			}
		}
	}

	want("the first", 0, "")(claim("me", "k", "h"))
	want("while it runs", 0, clawback.KindConflict)(claim("me", "k", "h"))
	want("another actor's", 0, "")(claim("you", "k", "h"))
	const link = `{"link":"https://portal.example/forwarded/secret-token"}`
	mustDo(t, b.SaveIdempotentAnswer(ctx, "me", "k", 201, []byte(link)))
	want("again", 201, "")(claim("me", "k", "h"))
	if saved, err := b.ClaimIdempotencyKey(ctx, "me", "k", "h"); err != nil || string(saved.Body) != link {
		t.Errorf("the answer again: %v %v", saved, err)
	}
	if strings.Contains(b.Text(t, `SELECT CAST(body AS TEXT) FROM idempotency_keys WHERE actor_id = 'me'`), "secret-token") {
		t.Error("the link lies in the database as it was told")
	}
	want("for another request", 0, clawback.KindConflict)(claim("me", "k", "other"))
	mustDo(t, b.DropIdempotencyKey(ctx, "me", "k"))
	want("after a drop of what was answered", 201, "")(claim("me", "k", "h"))
	mustDo(t, b.DropIdempotencyKey(ctx, "you", "k"))
	want("after a failure", 0, "")(claim("you", "k", "other"))
	b.clock.Advance(24 * time.Hour)
	want("a day later", 0, "")(claim("me", "k", "other"))
	want("no key", 0, clawback.KindInvalid)(claim("me", "", "h"))
	b.Exec(t, `UPDATE idempotency_keys SET boot = 'before'`)
	want("after a crash", 0, "")(claim("me", "k", "h"))
	wantKind(t, "an answer to nothing", b.SaveIdempotentAnswer(ctx, "me", "none", 200, nil), clawback.KindNotFound)
}
