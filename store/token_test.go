package store_test

import (
	"reflect"
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

	_, err = b.ListTokens(ctx, storetest.Admin(b.org))
	wantKind(t, "listed by an admin", err, clawback.KindForbidden)
	list := must(b.ListTokens(ctx, storetest.Operator()))(t)
	if len(list) != 1 || list[0].ID != actor.ID || !reflect.DeepEqual(list[0].NewToken, n) || !list[0].CreatedAt.Equal(b.clock.Now()) || !list[0].RevokedAt.IsZero() {
		t.Errorf("listed %+v", list)
	}
	_, err = b.RevokeToken(ctx, storetest.Admin(b.org), actor.ID)
	wantKind(t, "revoked by an admin", err, clawback.KindForbidden)
	_, err = b.RevokeToken(ctx, storetest.Operator(), "none")
	wantKind(t, "revoked, of none", err, clawback.KindNotFound)
	if revoked := must(b.RevokeToken(ctx, storetest.Operator(), actor.ID))(t); revoked.Name != "SIEM" || !revoked.RevokedAt.Equal(b.clock.Now()) {
		t.Errorf("revoked %+v", revoked)
	}
	_, err = b.RevokeToken(ctx, storetest.Operator(), actor.ID)
	wantKind(t, "revoked again", err, clawback.KindConflict)
	_, err = b.ActorByToken(ctx, secret.Reveal())
	wantKind(t, "revoked", err, clawback.KindUnauthenticated)
	if list := must(b.ListTokens(ctx, storetest.Operator()))(t); len(list) != 1 || list[0].RevokedAt.IsZero() {
		t.Errorf("listed after it %+v", list)
	}
	for _, action := range []string{"token.created", "token.revoked"} {
		if got := b.audited(t, clawback.InstallationChain, action); got != "1" {
			t.Errorf("%s: %s audit events, want 1", action, got)
		}
	}

	for field, n := range map[string]store.NewToken{
		"name":          {Rights: clawback.AllRights(), Everywhere: true},
		"rights":        {Name: "A", Rights: []clawback.Right{"everything"}, Everywhere: true},
		"organizations": {Name: "A", Rights: clawback.AllRights()},
	} {
		_, err := b.CreateToken(ctx, storetest.Operator(), n)
		wantField(t, field, err, field)
	}
}
