package clawback_test

import (
	"testing"
	"time"

	"clawback"
)

func TestProtect(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	entry := clawback.ContextEntry{ID: "e1", Selected: true, Address: "quarantine@a.example", MailboxID: "m-1",
		Addresses: []string{"quarantine@a.example", "q@a.example"}, Status: clawback.ReviewApproved}
	mailbox := func(id string, age time.Duration, addresses ...string) clawback.Mailbox {
		return clawback.Mailbox{ID: id, Address: addresses[0], Addresses: addresses, LookedUpAt: now.Add(-age)}
	}
	unresolved, declined, ended, unselected := entry, entry, entry, entry
	unresolved.MailboxID, unresolved.Addresses = "", nil
	declined.Status = clawback.ReviewDeclined
	ended.EndsAt = now.Add(-time.Hour)
	unselected.Selected = false

	tests := []struct {
		name    string
		entry   clawback.ContextEntry
		mailbox clawback.Mailbox
		reason  clawback.Reason // none: not protected
	}{
		{"by object id, under another address", entry, mailbox("M-1", 0, "renamed@a.example"), clawback.ReasonNeverRemove},
		{"by the typed address of another mailbox", entry, mailbox("m-2", 0, "other@a.example", "quarantine@a.example"), clawback.ReasonNeverRemove},
		{"by an alias of the entry's mailbox", entry, mailbox("m-2", 0, "q@a.example"), clawback.ReasonNeverRemove},
		{"unresolved entry, by its spelling in any case", unresolved, clawback.Mailbox{ID: "m-3", Address: "Quarantine@A.example", LookedUpAt: now}, clawback.ReasonNeverRemove},
		{"declined entry goes on protecting", declined, mailbox("m-1", 0, "x@a.example"), clawback.ReasonNeverRemove},
		{"past its end it goes on protecting", ended, mailbox("m-1", 0, "x@a.example"), clawback.ReasonNeverRemove},
		{"unselected entry protects nothing", unselected, mailbox("m-1", 0, "quarantine@a.example"), clawback.ReasonNone},
		{"another mailbox", entry, mailbox("m-2", 0, "other@a.example"), clawback.ReasonNone},
		{"identity at its last minute", entry, mailbox("m-2", clawback.IdentityLifetime, "other@a.example"), clawback.ReasonNone},
		{"identity too old", entry, mailbox("m-2", clawback.IdentityLifetime+time.Millisecond, "other@a.example"), clawback.ReasonIdentityUnverified},
		{"identity from the future", entry, mailbox("m-2", -time.Hour, "other@a.example"), clawback.ReasonIdentityUnverified},
		{"identity never looked up", entry, clawback.Mailbox{ID: "m-2", Address: "other@a.example"}, clawback.ReasonIdentityUnverified},
		{"no object id", entry, clawback.Mailbox{Address: "other@a.example", LookedUpAt: now}, clawback.ReasonIdentityUnverified},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			protection, protected := clawback.Protect([]clawback.ContextEntry{tt.entry}, tt.mailbox, now)
			if protected != (tt.reason != clawback.ReasonNone) || protection.Reason != tt.reason {
				t.Fatalf("protected %v because of %q, want %q", protected, protection.Reason, tt.reason)
			}
			if tt.reason == clawback.ReasonNeverRemove && protection.EntryID != "e1" {
				t.Errorf("protected by %q, want e1", protection.EntryID)
			}
		})
	}
}

func TestInForce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	tests := []struct {
		name    string
		entry   clawback.ContextEntry
		inForce bool
		why     string
	}{
		{"not selected", clawback.ContextEntry{Status: clawback.ReviewApproved, MailboxID: "m"}, false, "Not selected in the auto remediation, so it protects nothing."},
		{"selected", clawback.ContextEntry{Selected: true, MailboxID: "m"}, true, "Selected in the auto remediation."},
		{"unresolved", clawback.ContextEntry{Selected: true}, true, "Selected; protects by its address as typed, because no mailbox was found for it."},
		{"declined", clawback.ContextEntry{Selected: true, MailboxID: "m", Status: clawback.ReviewDeclined}, true, "Selected, so it protects; its review was declined: needs decision."},
		{"ended", clawback.ContextEntry{Selected: true, MailboxID: "m", EndsAt: now.Add(-time.Second)}, true, "Selected, so it protects; its end has passed: needs decision."},
	}
	for _, tt := range tests {
		if inForce, why := tt.entry.InForce(now); inForce != tt.inForce || why != tt.why {
			t.Errorf("%s: in force %v because %q, want %v, %q", tt.name, inForce, why, tt.inForce, tt.why)
		}
	}
}
