package store_test

import (
	"slices"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

func TestContext(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)

	t.Run("is proposed with a normalized address, once", func(t *testing.T) {
		e := must(b.CreateContext(ctx, admin, b.org.ID, clawback.NewContextEntry{Address: " Abuse <ABUSE@Customer.Example> ", Purpose: "Reports"}))(t)
		if e.Address != "abuse@customer.example" || e.Status != clawback.ReviewRequested || e.Selected {
			t.Errorf("created %+v", e)
		}
		_, err := b.CreateContext(ctx, admin, b.org.ID, clawback.NewContextEntry{Address: "abuse@customer.example"})
		wantKind(t, "twice", err, clawback.KindConflict)
		wantField(t, "twice", err, "address")
		must(b.CreateContext(ctx, storetest.Admin(b.other), b.other.ID, clawback.NewContextEntry{Address: "abuse@customer.example"}))(t)
	})

	t.Run("is proposed by who may", func(t *testing.T) {
		n := clawback.NewContextEntry{Address: "x@customer.example"}
		_, err := b.CreateContext(ctx, storetest.Analyst(b.org), b.org.ID, n)
		wantKind(t, "by an analyst", err, clawback.KindForbidden)
		_, err = b.CreateContext(ctx, admin, b.other.ID, n)
		wantKind(t, "for another organization", err, clawback.KindNotFound)
		_, err = b.CreateContext(ctx, admin, b.org.ID, clawback.NewContextEntry{Address: "nobody"})
		wantField(t, "without an address", err, "address")
		_, err = b.CreateContext(ctx, admin, b.org.ID, clawback.NewContextEntry{Address: "y@customer.example", Purpose: string(make([]byte, 3))})
		wantField(t, "with NUL", err, "purpose")
	})

	t.Run("is seen by its organization alone", func(t *testing.T) {
		e := storetest.Context(t, b.Store, b.org, "own@customer.example")
		must(b.FindContext(ctx, admin, e.ID))(t)
		_, err := b.FindContext(ctx, storetest.Admin(b.other), e.ID)
		wantKind(t, "FindContext()", err, clawback.KindNotFound)
		_, err = b.ListContext(ctx, storetest.Admin(b.other), b.org.ID)
		wantKind(t, "ListContext()", err, clawback.KindNotFound)
		list := must(b.ListContext(ctx, admin, b.org.ID))(t)
		if len(list) != 2 || list[0].Address != "abuse@customer.example" || list[1].ID != e.ID {
			t.Errorf("list %+v", list)
		}
	})

	t.Run("is reviewed by its engagement manager", func(t *testing.T) {
		e := storetest.Context(t, b.Store, b.org, "review@customer.example")
		manager := storetest.EngagementManager(b.org.ID)
		_, err := b.ReviewContext(ctx, admin, e.ID, clawback.ReviewApproved, "")
		wantKind(t, "by its admin", err, clawback.KindForbidden)
		_, err = b.ReviewContext(ctx, storetest.EngagementManager(b.other.ID), e.ID, clawback.ReviewApproved, "")
		wantKind(t, "by another's manager", err, clawback.KindNotFound)
		_, err = b.ReviewContext(ctx, manager, e.ID, "fine", "")
		wantField(t, "with no status", err, "status")
		_, err = b.ReviewContext(ctx, manager, e.ID, clawback.ReviewChangesRequested, " ")
		wantField(t, "asking back without words", err, "comment")
		got := must(b.ReviewContext(ctx, manager, e.ID, clawback.ReviewDeclined, "No."))(t)
		if got.Status != clawback.ReviewDeclined || got.ReviewComment != "No." || b.audited(t, b.org.ID, "context.reviewed") != "1" {
			t.Errorf("reviewed %+v", got)
		}
	})
}

func TestContextMailbox(t *testing.T) {
	b := setup(t)
	e := storetest.Context(t, b.Store, b.org, "quarantine@customer.example")
	find := func() clawback.ContextEntry { return must(b.FindContext(ctx, storetest.Admin(b.org), e.ID))(t) }
	good := clawback.MailboxAnswer{Answer: clawback.Answer{Kind: clawback.AnswerOK},
		Mailbox: clawback.Mailbox{ID: "m1", Name: "Quarantine", Address: "q@customer.example", Addresses: []string{"quarantine@customer.example"}}}

	mustDo(t, b.SaveContextMailbox(ctx, e.ID, good))
	got := find()
	if got.MailboxID != "m1" || !slices.Equal(got.Addresses, []string{"q@customer.example", "quarantine@customer.example"}) || !got.ResolvedAt.Equal(b.clock.Now()) {
		t.Errorf("resolved to %+v", got)
	}

	b.clock.Advance(time.Hour)
	for name, answer := range map[string]clawback.MailboxAnswer{
		"a failed look-up":   {Answer: clawback.Answer{Kind: clawback.AnswerUnavailable, Message: "try later"}},
		"an unknown address": {Answer: clawback.Answer{Kind: clawback.AnswerOK}, Mailbox: clawback.Mailbox{Kind: clawback.MailboxUnknown}},
	} {
		mustDo(t, b.SaveContextMailbox(ctx, e.ID, answer))
		if kept := find(); kept.MailboxID != "m1" || len(kept.Addresses) != 2 || kept.ResolveProblem == "" || !kept.ResolvedAt.Equal(got.ResolvedAt) {
			t.Errorf("%s left %+v", name, kept)
		}
	}
	mustDo(t, b.SaveContextMailbox(ctx, e.ID, good))
	if again := find(); again.ResolveProblem != "" || !again.ResolvedAt.Equal(b.clock.Now()) {
		t.Errorf("a good answer left %+v", again)
	}
	if got := b.audited(t, b.org.ID, "context.resolved"); got != "1" {
		t.Errorf("%s audit events, want one: the mailbox changed once", got)
	}
	wantKind(t, "an unknown entry", b.SaveContextMailbox(ctx, "none", good), clawback.KindNotFound)
}
