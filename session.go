package clawback

import "time"

// SignInAttempt is one way through Microsoft's sign-in page: one use, bound to
// the browser that began it.
type SignInAttempt struct {
	State      string
	Nonce      string
	Verifier   string      // PKCE
	Browser    string      // what the browser's own cookie must say
	ReturnPath string      // local path
	Invitation string      // id of the one to be redeemed by it, empty for none
	Look       LookAttempt // zero: it is a sign-in
	ExpiresAt  time.Time
}

// LookAttempt is what is to be looked at with the right that Microsoft is asked
// for, and the session that asked.
type LookAttempt struct {
	DeviceID  string
	Step      SetupStep
	SessionID string
}

// Identity is what a verified ID token says of a person. StaffRoles is filled
// only for people of the provider's tenant.
type Identity struct {
	TenantID   string
	ObjectID   string
	Name       string
	StaffRoles []Role
	RemoteAddr string
	RequestID  string
	UserAgent  string
}

// Session is one signed-in browser.
type Session struct {
	ID        string
	PersonID  string
	UserAgent string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
	EndedAt   time.Time
}

// The life of a session: ended after so long without use, and in any case.
const (
	SessionIdle = 8 * time.Hour
	SessionLife = 24 * time.Hour
)

// SignInLife is how long one may take on Microsoft's sign-in page.
const SignInLife = 15 * time.Minute
