package clawback

import "time"

// Cause is why mailboxes of a remediation were not cleaned, or not wholly, and
// how many: what waits in the SOC's queue and then with the customer.
type Cause struct {
	Reason     Reason
	Mailboxes  int
	HandedOver int       // of these, how many are the customer's action by now
	HandOverAt time.Time // when the first of the others becomes one; zero: none is left
}

// CauseChoice chooses among the mailboxes that were not cleaned: those of one
// cause, or single records, or with neither all of them.
type CauseChoice struct {
	Reason  Reason
	Records []string
}

// All says whether nothing was chosen.
func (c CauseChoice) All() bool { return c.Reason == ReasonNone && len(c.Records) == 0 }
