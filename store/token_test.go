package store_test

import (
	"testing"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"
)

func TestTokens(t *testing.T) {
	b := setup(t)
	n := store.NewToken{Name: "SIEM", Rights: []clawback.Right{clawback.RightReadRemediations}, Organizations: []string{b.org.ID}}

	_, err := b.CreateToken(ctx, storetest.Admin(b.org), n)
	wantKind(t, "by an admin", err, clawback.KindForbidden)
	secret := must(b.CreateToken(ctx, storetest.Operator(), n))(t)
	if raw := secret.Reveal(); raw[:9] != "clawback_" || len(raw) < 50 {
		t.Errorf("token %q", raw)
	}
	if got := b.Text(t, `SELECT COUNT(*) FROM api_tokens WHERE token_hash LIKE '%' || ? || '%'`, secret.Reveal()); got != "0" {
		t.Error("the token stands in the database")
	}

	actor := must(b.ActorByToken(ctx, secret.Reveal()))(t)
	if actor.Kind != clawback.ActorService || actor.Name != "SIEM" || !actor.Can(clawback.RightReadRemediations, b.org.ID) ||
		actor.Can(clawback.RightReadRemediations, b.other.ID) || actor.Can(clawback.RightRemediate, b.org.ID) {
		t.Errorf("actor %+v", actor)
	}
	for _, raw := range []string{"", "clawback_", secret.Reveal() + "x", secret.Reveal()[9:]} {
		_, err := b.ActorByToken(ctx, raw)
		wantKind(t, "token "+raw, err, clawback.KindUnauthenticated)
	}
	b.Exec(t, `UPDATE api_tokens SET revoked_at = 1`)
	_, err = b.ActorByToken(ctx, secret.Reveal())
	wantKind(t, "revoked", err, clawback.KindUnauthenticated)

	for field, n := range map[string]store.NewToken{
		"name":          {Rights: clawback.AllRights(), Everywhere: true},
		"rights":        {Name: "A", Rights: []clawback.Right{"everything"}, Everywhere: true},
		"organizations": {Name: "A", Rights: clawback.AllRights()},
	} {
		_, err := b.CreateToken(ctx, storetest.Operator(), n)
		wantField(t, field, err, field)
	}
}
