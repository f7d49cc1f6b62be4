package m365sim

import (
	"slices"
	"time"
)

// tokenRoles are the application permissions consented on a resource, as the roles claim of a token issued now names
// them.
func (s *Sim) tokenRoles(p *principal, resource string, now time.Time) []string {
	var out []string
	for _, granted := range p.permissions {
		if granted.resource == resource && granted.consented && !granted.delegated &&
			settled(granted.since, now, s.pace(p).Tokens) {
			out = append(out, granted.value)
		}
	}
	slices.Sort(out)

	return out
}

// tokenWids are the directory roles in a token issued now: the active ones over the whole tenant. That narrowed ones
// are absent and those through a group present is documented for users only, so that switches turn both round.
func (s *Sim) tokenWids(p *principal, now time.Time) []string {
	var out []string
	switches := s.Switches()
	for _, role := range p.roles {
		narrowed := role.scope != "/" && !switches.ScopedRolesInWids
		grouped := role.state == roleByGroup && switches.NoGroupRolesInWids
		if role.active(now) && settled(role.since, now, s.pace(p).Tokens) && !narrowed && !grouped {
			out = append(out, role.definition)
		}
	}

	return append(out, implicitAppWid)
}

// honours says whether Exchange lets an app act by a role that its token shows: not yet where the role is new, and
// never where it is narrowed. A role taken away since the token was issued goes on being honoured. The tenant is locked.
func (s *Sim) honours(p *principal, definition string) bool {
	now, known := s.now(), false
	for _, role := range p.roles {
		if role.definition != definition {
			continue
		}
		known = true
		if role.scope == "/" && settled(role.since, now, s.pace(p).Exchange) {
			return true
		}
	}

	return !known
}
