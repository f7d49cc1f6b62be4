package clawback

import (
	"context"
	"slices"
)

// ActorKind says what acts: a person, a service with an API token, or Clawback itself.
type ActorKind string

// The kinds of actors.
const (
	ActorPerson  ActorKind = "person"
	ActorService ActorKind = "service"
	ActorBot     ActorKind = "bot"
)

// Role is what a person is, at the provider or in one organization.
type Role string

// Staff roles come from app roles of the provider's tenant, the others from a
// membership in an organization.
const (
	RoleEngagementManager Role = "engagement_manager"
	RoleSOCAnalyst        Role = "soc_analyst"
	RoleOperator          Role = "operator"
	RoleAdmin             Role = "admin"
	RoleAnalyst           Role = "analyst"
)

// Right is one thing an actor may do, in the organizations of its scope.
type Right string

// The rights. A route and an API token name them.
const (
	RightReadOrganization Right = "organizations:read"
	RightReadRemediations Right = "remediations:read"
	RightRemediate        Right = "remediations:write"
	RightApprove          Right = "remediations:approve"
	RightReadContext      Right = "context:read"
	RightProposeContext   Right = "context:write"
	RightReviewContext    Right = "context:review"
	RightConfigure        Right = "auto_remediation:write"
	RightReadActions      Right = "actions:read"
	RightWorkActions      Right = "actions:write"
	RightReadAudit        Right = "audit:read"
	RightHalt             Right = "halts:write"
	RightInvite           Right = "invitations:write"
	RightManagePeople     Right = "people:write"
	RightManage           Right = "organizations:write"
)

// AllRights lists every right, in the order in which they are shown.
func AllRights() []Right {
	return []Right{
		RightReadOrganization, RightReadRemediations, RightRemediate, RightApprove,
		RightReadContext, RightProposeContext, RightReviewContext, RightConfigure,
		RightReadActions, RightWorkActions, RightReadAudit, RightHalt,
		RightInvite, RightManagePeople, RightManage,
	}
}

var readRights = []Right{RightReadOrganization, RightReadRemediations, RightReadContext, RightReadActions}

var rightsOfRole = map[Role][]Right{
	RoleSOCAnalyst:        append(slices.Clone(readRights), RightRemediate, RightApprove),
	RoleOperator:          append(slices.Clone(readRights), RightApprove, RightReadAudit, RightHalt, RightInvite, RightManage),
	RoleEngagementManager: append(slices.Clone(readRights), RightProposeContext, RightReviewContext, RightInvite),
	RoleAdmin:             append(slices.Clone(readRights), RightProposeContext, RightConfigure, RightWorkActions, RightReadAudit, RightInvite, RightManagePeople),
	RoleAnalyst:           append(slices.Clone(readRights), RightWorkActions),
}

// Membership is a person's role in one organization.
type Membership struct {
	OrganizationID string
	Role           Role
}

// Actor is who asks, with what it may do. A person is the pair of TenantID and
// ObjectID, never an address.
type Actor struct {
	Kind       ActorKind
	ID         string
	Name       string
	TenantID   string
	ObjectID   string
	OnBehalfOf string

	StaffRoles  []Role
	Memberships []Membership
	Portfolio   []string

	// Of a service: its rights, and where; Everywhere means every organization.
	Rights        []Right
	Organizations []string
	Everywhere    bool

	SessionID  string
	RequestID  string
	RemoteAddr string
}

// Bot is Clawback itself, acting on somebody's request.
func Bot(onBehalfOf string) Actor {
	return Actor{Kind: ActorBot, ID: "clawback", Name: "Clawback", OnBehalfOf: onBehalfOf, Everywhere: true, Rights: AllRights()}
}

// Scope is where an actor may use one right. The zero Scope is nowhere.
type Scope struct {
	Everywhere    bool
	Organizations []string
}

// Covers says whether the organization is in the scope.
func (s Scope) Covers(organizationID string) bool {
	return s.Everywhere || slices.Contains(s.Organizations, organizationID)
}

// Empty says whether the scope is nowhere.
func (s Scope) Empty() bool { return !s.Everywhere && len(s.Organizations) == 0 }

// Scope answers where the actor may use the right.
func (a Actor) Scope(right Right) Scope {
	if a.Kind == ActorService || a.Kind == ActorBot {
		if !slices.Contains(a.Rights, right) {
			return Scope{}
		}
		return Scope{Everywhere: a.Everywhere, Organizations: a.Organizations}
	}
	var scope Scope
	for _, role := range a.StaffRoles {
		if !slices.Contains(rightsOfRole[role], right) {
			continue
		}
		if role == RoleEngagementManager {
			scope.Organizations = append(scope.Organizations, a.Portfolio...)
			continue
		}
		scope.Everywhere = true
	}
	for _, m := range a.Memberships {
		if slices.Contains(rightsOfRole[m.Role], right) {
			scope.Organizations = append(scope.Organizations, m.OrganizationID)
		}
	}
	return scope
}

// Can says whether the actor may use the right in the organization.
func (a Actor) Can(right Right, organizationID string) bool {
	return a.Scope(right).Covers(organizationID)
}

// CanAnywhere says whether there is an organization in which the actor may use the right.
func (a Actor) CanAnywhere(right Right) bool { return !a.Scope(right).Empty() }

// IsStaff says whether the actor is one of the provider's people.
func (a Actor) IsStaff() bool { return len(a.StaffRoles) > 0 }

// IsAdminOf says whether the actor is a person whom the organization itself made
// its admin: what only the customer's own word can do asks for this, and for no
// right that a service or one of the provider's people could have.
func (a Actor) IsAdminOf(organizationID string) bool {
	return a.Kind == ActorPerson && !a.IsStaff() && slices.Contains(a.Memberships, Membership{OrganizationID: organizationID, Role: RoleAdmin})
}

// HasRole says whether the actor has the role, anywhere.
func (a Actor) HasRole(role Role) bool {
	return slices.Contains(a.StaffRoles, role) ||
		slices.ContainsFunc(a.Memberships, func(m Membership) bool { return m.Role == role })
}

type actorKey struct{}

// WithActor puts the actor into a request's context.
func WithActor(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorFrom answers the actor of a request's context; false when nobody is signed in.
func ActorFrom(ctx context.Context) (Actor, bool) {
	actor, ok := ctx.Value(actorKey{}).(Actor)
	return actor, ok
}
