package clawback

import "time"

// OrderLifetime is how long the word of a customer's admin holds that an email
// be removed from a protected mailbox: for that one removal, and no longer than
// the admin may be expected to have it in mind.
const OrderLifetime = time.Hour

// Order is the explicit word of a customer's admin to remove an email now from
// one protected mailbox: the named exception to protection. It excepts the
// entries that were selected when it was given, once.
type Order struct {
	By     string // actor id
	ByName string
	At     time.Time // zero: there is none
}

// Open says whether the order holds at a moment.
func (o Order) Open(now time.Time) bool {
	return !o.At.IsZero() && now.Sub(o.At) <= OrderLifetime
}

// Beyond answers the entries that protect in spite of the order: what was
// selected after it.
func (o Order) Beyond(entries []ContextEntry) []ContextEntry {
	var later []ContextEntry
	for _, e := range entries {
		if e.SelectedAt.After(o.At) {
			later = append(later, e)
		}
	}
	return later
}
