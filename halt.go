package clawback

import "time"

// Halt stops every removal, of one organization or, where OrganizationID is
// empty, of all. It is read in the transaction of every intent.
type Halt struct {
	OrganizationID string
	Organization   string // its name, empty for all
	By             string
	Reason         string
	Since          time.Time
}
