package clawback

import "time"

// Person is somebody who can be chosen, e.g. as engagement manager.
type Person struct {
	ID   string
	Name string
}

// Member is a person with a role in an organization.
type Member struct {
	PersonID       string
	OrganizationID string
	Name           string
	Role           Role
	JoinedAt       time.Time
	LastSignInAt   time.Time // zero: never
}

// CustomerRoles are the roles that a member of an organization can have.
func CustomerRoles() []Role { return []Role{RoleAdmin, RoleAnalyst} }
