package clawback

import "time"

// GrantChange is how what an app is granted changed from one check to the next. A
// consent can take away what an earlier one gave:
// https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent
type GrantChange struct {
	At       time.Time
	By       string   // who checked
	ClientID string   // of the app; another one than before has nothing of what that was granted
	Granted  []string // all that is granted since
	Added    []string
	Removed  []string
}
