package store_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

func TestUpdateContext(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	end := b.clock.Now().Add(48 * time.Hour)
	e := must(b.CreateContext(ctx, admin, b.org.ID, clawback.NewContextEntry{
		Address: "typo@customer.example", Purpose: "Quarantine", Note: "n", Owner: "Security team", EndsAt: end}))(t)
	if got := must(b.FindContext(ctx, admin, e.ID))(t); got.Owner != "Security team" || !got.EndsAt.Equal(end) || got.CreatedBy != admin.Name {
		t.Errorf("created %+v", got)
	}
	found := clawback.Mailbox{ID: "m1", Name: "Typo", Addresses: []string{"typo@customer.example"}}
	mustDo(t, b.SaveContextMailbox(ctx, e.ID, clawback.MailboxAnswer{Answer: clawback.Answer{Kind: clawback.AnswerOK}, Mailbox: found}))
	b.clock.Advance(time.Minute)
	must(b.ReviewContext(ctx, storetest.EngagementManager(b.org.ID), e.ID, clawback.ReviewChangesRequested, "Which inbox?"))(t)
	b.clock.Advance(time.Minute)

	change := clawback.ContextChange{Comment: "It was mistyped.", NewContextEntry: clawback.NewContextEntry{
		Address: "Quarantine@customer.example", Purpose: "Reported email", Note: "m", Owner: "SOC"}}
	t.Run("asks for the review again and forgets the other address's mailbox", func(t *testing.T) {
		must(b.UpdateContext(ctx, admin, e.ID, change))(t)
		got := must(b.FindContext(ctx, admin, e.ID))(t)
		if got.Address != "quarantine@customer.example" || got.Purpose != "Reported email" || got.Note != "m" || got.Owner != "SOC" || !got.EndsAt.IsZero() ||
			got.Status != clawback.ReviewRequested || got.ReviewComment != "" || !got.UpdatedAt.Equal(b.clock.Now()) || got.MailboxID != "" || len(got.Addresses) != 0 {
			t.Errorf("changed to %+v", got)
		}
		if b.audited(t, b.org.ID, "context.changed") != "1" {
			t.Error("the change is not in the audit trail once")
		}
	})

	t.Run("keeps every step with its words", func(t *testing.T) {
		var told []string
		for _, s := range must(b.ListContextSteps(ctx, admin, e.ID))(t) {
			told = append(told, string(s.Kind)+"/"+s.By+"/"+s.Comment)
		}
		want := "proposed/Ada Admin/,changes_requested/Emma Manager/Which inbox?,changed/Ada Admin/It was mistyped."
		if got := strings.Join(told, ","); got != want {
			t.Errorf("steps %s, want %s", got, want)
		}
		_, err := b.ListContextSteps(ctx, storetest.Admin(b.other), e.ID)
		wantKind(t, "ListContextSteps() by another's admin", err, clawback.KindNotFound)
	})

	t.Run("refuses", func(t *testing.T) {
		storetest.Context(t, b.Store, b.org, "taken@customer.example")
		for name, tt := range map[string]struct {
			actor  clawback.Actor
			change func(*clawback.ContextChange)
			kind   clawback.Kind
			field  string
		}{
			"an analyst":         {storetest.Analyst(b.org), func(*clawback.ContextChange) {}, clawback.KindForbidden, ""},
			"another's admin":    {storetest.Admin(b.other), func(*clawback.ContextChange) {}, clawback.KindNotFound, ""},
			"no address":         {admin, func(c *clawback.ContextChange) { c.Address = "nobody" }, clawback.KindInvalid, "address"},
			"a taken address":    {admin, func(c *clawback.ContextChange) { c.Address = "taken@customer.example" }, clawback.KindConflict, "address"},
			"a day that is over": {admin, func(c *clawback.ContextChange) { c.EndsAt = b.clock.Now().Add(-time.Hour) }, clawback.KindInvalid, "ends_at"},
			"what is outdated":   {admin, func(c *clawback.ContextChange) { c.SeenAt = storetest.Start }, clawback.KindConflict, ""},
			"a long owner":       {admin, func(c *clawback.ContextChange) { c.Owner = strings.Repeat("x", 201) }, clawback.KindInvalid, "owner"},
		} {
			wrong := change
			tt.change(&wrong)
			_, err := b.UpdateContext(ctx, tt.actor, e.ID, wrong)
			wantKind(t, name, err, tt.kind)
			wantField(t, name, err, tt.field)
		}
		if got := must(b.FindContext(ctx, admin, e.ID))(t); got.Address != "quarantine@customer.example" {
			t.Errorf("a refused change left %+v", got)
		}
	})

	t.Run("never ends a protection", func(t *testing.T) {
		must(b.SelectContext(ctx, admin, e.ID))(t)
		other := change
		other.Address = "other@customer.example"
		_, err := b.UpdateContext(ctx, admin, e.ID, other)
		wantField(t, "another address", err, "address")
		must(b.UpdateContext(ctx, admin, e.ID, change))(t)
		if got := must(b.FindContext(ctx, admin, e.ID))(t); !got.Selected || got.SelectedBy != admin.Name {
			t.Errorf("a change of words left %+v", got)
		}
	})
}

func TestDecideContext_oneOfTwo(t *testing.T) {
	b := setup(t)
	e := storetest.Context(t, b.Store, b.org, "soc-archive@customer.example")
	first, second := storetest.EngagementManager(b.org.ID), storetest.EngagementManager(b.org.ID)
	first.Name = "Jonas Weber"
	b.clock.Advance(time.Minute)
	must(b.DecideContext(ctx, first, e.ID, clawback.ContextDecision{Status: clawback.ReviewApproved, Comment: "Fine.", SeenAt: e.UpdatedAt}))(t)
	_, err := b.DecideContext(ctx, second, e.ID, clawback.ContextDecision{Status: clawback.ReviewDeclined, Comment: "No.", SeenAt: e.UpdatedAt})
	wantKind(t, "the second word", err, clawback.KindConflict)
	if !strings.HasPrefix(clawback.MessageOf(err), "Jonas Weber approved this entry while you were at it.") {
		t.Errorf("the second is told %q", clawback.MessageOf(err))
	}
	got := must(b.FindContext(ctx, first, e.ID))(t)
	if got.Status != clawback.ReviewApproved || got.ReviewComment != "Fine." || b.audited(t, b.org.ID, "context.reviewed") != "1" {
		t.Errorf("left %+v", got)
	}
	_, err = b.DecideContext(ctx, second, e.ID, clawback.ContextDecision{Status: clawback.ReviewDeclined, SeenAt: got.UpdatedAt})
	wantField(t, "declining without words", err, "comment")
}

func TestListReviews(t *testing.T) {
	b := setup(t)
	younger := storetest.Context(t, b.Store, b.org, "a@customer.example")
	b.clock.Advance(-time.Hour)
	older := storetest.Context(t, b.Store, b.other, "z@other.example")
	b.clock.Advance(2 * time.Hour)
	manager := storetest.EngagementManager(b.org.ID, b.other.ID)

	list := must(b.ListReviews(ctx, manager))(t)
	if len(list) != 2 || list[0].ID != older.ID || list[1].ID != younger.ID {
		t.Errorf("the queue is %+v, want the oldest first", list)
	}
	for name, tt := range map[string]struct {
		actor clawback.Actor
		want  int
	}{
		"both customers' manager": {manager, 2}, "one customer's": {storetest.EngagementManager(b.other.ID), 1},
		"an admin": {storetest.Admin(b.org), 0}, "a SOC analyst": {storetest.SOCAnalyst(), 0},
	} {
		if n := must(b.CountReviews(ctx, tt.actor))(t); n != tt.want || n != len(must(b.ListReviews(ctx, tt.actor))(t)) {
			t.Errorf("%s: %d wait, want %d", name, n, tt.want)
		}
	}
	must(b.ReviewContext(ctx, manager, older.ID, clawback.ReviewApproved, ""))(t)
	if n := must(b.CountReviews(ctx, manager))(t); n != 1 {
		t.Errorf("%d wait after a decision, want 1", n)
	}
}

func TestContextImpact(t *testing.T) {
	b := setup(t)
	admin, soc := storetest.Admin(b.org), storetest.SOCAnalyst()
	vip, quiet := storetest.Context(t, b.Store, b.org, "vip@customer.example"), storetest.Context(t, b.Store, b.org, "quiet@customer.example")
	b.running(t, soc, "vip@customer.example", "joe@customer.example")
	b.clock.Advance(80 * 24 * time.Hour)
	b.running(t, soc, "vip@customer.example")
	b.draft(t, soc, "vip@customer.example") // removed nothing
	count := func(actor clawback.Actor) map[string]int {
		return must(b.CountContextImpact(ctx, actor, []clawback.ContextEntry{vip, quiet}))(t)
	}
	if got := count(admin); got[vip.ID] != 2 || got[quiet.ID] != 0 {
		t.Errorf("impact %v, want 2 and 0", got)
	}
	if got := count(storetest.Admin(b.other)); got[vip.ID] != 0 {
		t.Errorf("another organization counts %v", got)
	}
	b.clock.Advance(20 * 24 * time.Hour)
	if got := count(admin); got[vip.ID] != 1 {
		t.Errorf("impact %v after 100 days, want 1", got)
	}
	vip.Address, vip.Addresses = "alias@customer.example", nil
	b.Exec(t, `UPDATE records SET addresses = '["vip@customer.example","alias@customer.example"]' WHERE address = 'vip@customer.example'`)
	if got := count(admin); got[vip.ID] != 1 {
		t.Errorf("impact %v of an alias, want 1", got)
	}
}

func TestContextMailbox_groupIsNone(t *testing.T) {
	b := setup(t)
	e := storetest.Context(t, b.Store, b.org, "all@customer.example")
	group := clawback.Mailbox{ID: "g1", Kind: clawback.MailboxGroup, Explanation: "A distribution list: it has no mailbox."}
	mustDo(t, b.SaveContextMailbox(ctx, e.ID, clawback.MailboxAnswer{Answer: clawback.Answer{Kind: clawback.AnswerOK}, Mailbox: group}))
	got := must(b.FindContext(ctx, storetest.Admin(b.org), e.ID))(t)
	if got.MailboxID != "" || got.ResolveProblem != group.Explanation {
		t.Errorf("a list counts as a mailbox: %+v", got)
	}
}
