package clawback

import (
	"slices"
	"strings"
	"time"
)

// IdentityLifetime is how long a looked-up identity of a mailbox may be relied
// on; older than that the mailbox counts as protected.
const IdentityLifetime = 15 * time.Minute

// MailboxKind says what stands behind an address.
type MailboxKind string

// The kinds; only KindMailbox can be cleaned. A shared or room mailbox is one.
const (
	MailboxCloud    MailboxKind = "mailbox"
	MailboxNone     MailboxKind = "no_mailbox" // a user without a cloud mailbox: a guest
	MailboxGroup    MailboxKind = "group"
	MailboxContact  MailboxKind = "contact"
	MailboxExternal MailboxKind = "external" // not in this tenant's domains
	MailboxUnknown  MailboxKind = "unknown"  // the directory knows no such address
)

// Mailbox is what Microsoft's directory says an address is.
type Mailbox struct {
	ID          string // directory object id, empty when there is none
	Name        string
	Address     string   // primary SMTP address, lower case
	Addresses   []string // every SMTP address, lower case, the primary included
	Kind        MailboxKind
	LookedUpAt  time.Time
	Explanation string // for kinds that can't be cleaned: which kind, for people
}

// Has says whether the address is one of the mailbox's.
func (m Mailbox) Has(address string) bool {
	address = strings.ToLower(address)
	return strings.EqualFold(m.Address, address) || slices.Contains(m.Addresses, address)
}

// Protection says why a mailbox may not be touched.
type Protection struct {
	Reason  Reason
	EntryID string // the entry that protects it, empty when none does
	Purpose string
	Address string // the entry's address
}

// Protect answers whether a mailbox is protected at a moment by one of the
// selected entries: by object id, by any present address, or because its
// identity is unverified. Entries that did not resolve protect every mailbox
// one of whose addresses they spell.
func Protect(entries []ContextEntry, mailbox Mailbox, now time.Time) (Protection, bool) {
	for _, e := range entries {
		if !e.Selected {
			continue
		}
		byID := e.MailboxID != "" && strings.EqualFold(e.MailboxID, mailbox.ID)
		if byID || mailbox.Has(e.Address) || slices.ContainsFunc(e.Addresses, mailbox.Has) {
			return Protection{Reason: ReasonNeverRemove, EntryID: e.ID, Purpose: e.Purpose, Address: e.Address}, true
		}
	}
	age := now.Sub(mailbox.LookedUpAt)
	if mailbox.ID == "" || mailbox.LookedUpAt.IsZero() || age > IdentityLifetime || age < -time.Minute {
		return Protection{Reason: ReasonIdentityUnverified}, true
	}
	return Protection{}, false
}
