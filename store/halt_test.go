package store_test

import (
	"strings"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

func TestHalts(t *testing.T) {
	b := setup(t)
	operator, admin := storetest.Operator(), storetest.Admin(b.org)

	wantKind(t, "by an admin", b.SetHalt(ctx, admin, b.org.ID, "r"), clawback.KindForbidden)
	wantKind(t, "of all by an admin", b.SetHalt(ctx, admin, "", "r"), clawback.KindForbidden)
	wantKind(t, "of another by an admin", b.SetHalt(ctx, admin, b.other.ID, "r"), clawback.KindNotFound)
	wantKind(t, "of none", b.SetHalt(ctx, operator, "none", "r"), clawback.KindNotFound)
	wantField(t, "without a reason", b.SetHalt(ctx, operator, b.org.ID, " "), "reason")
	wantKind(t, "lift what is not halted", b.LiftHalt(ctx, operator, b.org.ID, ""), clawback.KindConflict)

	mustDo(t, b.SetHalt(ctx, operator, b.other.ID, "theirs"))
	if got := must(b.ListHalts(ctx, admin))(t); len(got) != 0 {
		t.Errorf("an admin sees %+v", got)
	}
	mustDo(t, b.SetHalt(ctx, operator, b.org.ID, "ours"))
	mustDo(t, b.SetHalt(ctx, operator, "", "all"))
	since := b.clock.Now()
	b.clock.Advance(clawback.SessionIdle)
	err := b.SetHalt(ctx, operator, "", "all again")
	wantKind(t, "of what is halted", err, clawback.KindConflict)
	for _, want := range []string{"by " + operator.Name, since.UTC().Format("2 Jan 2006 15:04:05"), "“all”"} {
		if !strings.Contains(clawback.MessageOf(err), want) {
			t.Errorf("%q does not say %q", clawback.MessageOf(err), want)
		}
	}
	got := must(b.ListHalts(ctx, admin))(t)
	if len(got) != 2 || got[0].OrganizationID != "" || got[0].Reason != "all" || !got[0].Since.Equal(since) || got[1].Organization != b.org.Name {
		t.Errorf("an admin sees %+v", got)
	}

	for org, want := range map[string]string{b.org.ID: "all", b.other.ID: "all"} {
		if halt := must(b.Halted(ctx, org))(t); halt == nil || halt.Reason != want {
			t.Errorf("%s is halted by %+v", org, halt)
		}
	}
	mustDo(t, b.LiftHalt(ctx, operator, "", "over"))
	mustDo(t, b.LiftHalt(ctx, operator, b.org.ID, "over"))
	if halt := must(b.Halted(ctx, b.org.ID))(t); halt != nil {
		t.Errorf("still halted by %+v", halt)
	}
	if halt := must(b.Halted(ctx, b.other.ID))(t); halt == nil || halt.Reason != "theirs" {
		t.Errorf("the other's halt is %+v", halt)
	}
	if got := b.audited(t, "", "halt.set"); got != "1" {
		t.Errorf("%s audit events, want 1", got)
	}
}
