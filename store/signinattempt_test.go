package store_test

import (
	"testing"

	"clawback"
)

func TestSignInAttempts(t *testing.T) {
	b := setup(t)
	attempt := clawback.SignInAttempt{State: "s", Nonce: "n", Verifier: "v", Browser: "b", ReturnPath: "/r", ExpiresAt: b.clock.Now().Add(clawback.SignInLife)}

	t.Run("are taken once", func(t *testing.T) {
		mustDo(t, b.CreateSignInAttempt(ctx, attempt))
		if got := must(b.TakeSignInAttempt(ctx, "s", "b"))(t); got != attempt {
			t.Errorf("took %+v, want %+v", got, attempt)
		}
		_, err := b.TakeSignInAttempt(ctx, "s", "b")
		wantKind(t, "again", err, clawback.KindInvalid)
	})

	t.Run("belong to one browser and are used up by another", func(t *testing.T) {
		for _, other := range []string{"", "c"} {
			mustDo(t, b.CreateSignInAttempt(ctx, attempt))
			_, err := b.TakeSignInAttempt(ctx, "s", other)
			wantKind(t, "by another browser", err, clawback.KindInvalid)
			_, err = b.TakeSignInAttempt(ctx, "s", "b")
			wantKind(t, "after it", err, clawback.KindInvalid)
		}
	})

	t.Run("expire", func(t *testing.T) {
		mustDo(t, b.CreateSignInAttempt(ctx, attempt))
		b.clock.Advance(clawback.SignInLife)
		got, err := b.TakeSignInAttempt(ctx, "s", "b")
		wantKind(t, "late", err, clawback.KindInvalid)
		if got != (clawback.SignInAttempt{}) {
			t.Errorf("a refused attempt answers %+v", got)
		}
	})

	t.Run("need a state and a browser", func(t *testing.T) {
		wantKind(t, "empty", b.CreateSignInAttempt(ctx, clawback.SignInAttempt{ExpiresAt: attempt.ExpiresAt}), clawback.KindInvalid)
		_, err := b.TakeSignInAttempt(ctx, "", "")
		wantKind(t, "empty", err, clawback.KindInvalid)
	})
}
