package m365sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// defaultGroupsLimit is how many groups a token names; of more it names where to ask instead.
const defaultGroupsLimit = 200

// optionalClaims are those control can add to an app's id tokens.
// https://learn.microsoft.com/entra/identity-platform/optional-claims-reference
var optionalClaims = []string{"auth_time", "groups", "login_hint", "sid", "xms_edov"}

// idToken issues the version 2 id token of a sign-in. Its subject is pairwise: another one for every app.
func (s *Sim) idToken(t *tenant, person Person, grant authorization) string {
	now := s.now()
	payload := lifetime(now, s.cfg.TokenLife)
	for name, value := range map[string]any{
		"iss": s.issuer(t), "aud": grant.clientID, "sub": s.subject(grant.clientID, person.ID),
		"oid": person.ID, "tid": t.id, "ver": "2.0",
		"aio": s.nextID("aio"), "uti": s.nextID("uti"), "rh": "1." + t.ids.token("rh", t.id)[:22] + ".",
	} {
		payload[name] = value
	}
	if grant.nonce != "" {
		payload["nonce"] = grant.nonce
	}
	if grant.wants("profile") {
		payload["name"], payload["preferred_username"] = person.Name, person.UserPrincipalName
	}
	if grant.wants("email") {
		payload["email"] = person.UserPrincipalName
	}
	if len(person.AppRoles) > 0 {
		payload["roles"] = person.AppRoles
	}
	s.addOptional(payload, t, person, grant)

	return sign(payload)
}

// subject is how a person is called towards one app.
func (s *Sim) subject(clientID, personID string) string {
	return s.ids.token("sub", clientID, personID)
}

// addOptional adds the claims that the app's registration asks for.
func (s *Sim) addOptional(payload map[string]any, t *tenant, person Person, grant authorization) {
	app := s.app(grant.clientID)
	s.appsMu.RLock()
	wanted, limit := app.optionalClaims, app.groupsLimit
	s.appsMu.RUnlock()
	for name, value := range map[string]any{
		"auth_time": grant.issued.Unix(), "sid": s.ids.uuid("sid", grant.code), "xms_edov": true,
		"login_hint": "O." + s.ids.token("login hint", person.ID),
	} {
		if slices.Contains(wanted, name) {
			payload[name] = value
		}
	}
	if !slices.Contains(wanted, "groups") {
		return
	}
	groups := t.groupsOf(person.ID)
	if limit == 0 {
		limit = defaultGroupsLimit
	}
	if len(groups) <= limit {
		payload["groups"] = groups
		return
	}
	// The source is the retired Azure AD Graph's, as in Entra's own tokens: clients have to ask Graph instead.
	payload["_claim_names"] = map[string]any{"groups": "src1"}
	payload["_claim_sources"] = map[string]any{"src1": map[string]any{
		"endpoint": "https://graph.windows.net/" + t.id + "/users/" + person.ID + "/getMemberObjects"}}
}

// groupsOf are the ids of the groups a user is a member of.
func (t *tenant) groupsOf(user string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := []string{}
	for _, group := range t.recipients {
		if isGroup(group) && slices.Contains(group.members(), t.byID[user]) {
			out = append(out, group.id)
		}
	}

	return out
}

// userToken issues the delegated access token beside an id token, for what the person consented to.
func (s *Sim) userToken(t *tenant, person Person, grant authorization) string {
	payload := lifetime(s.now(), s.cfg.TokenLife)
	for name, value := range map[string]any{
		"aud": graphAppID, "iss": fmt.Sprintf(issuerV1, t.id), "tid": t.id, "ver": "1.0", "idtyp": "user",
		"appid": grant.clientID, "appidacr": "1", "oid": person.ID, "sub": s.subject(graphAppID, person.ID),
		"upn": person.UserPrincipalName, "name": person.Name, "scp": s.actsFor(t, grant), "uti": s.nextID("uti"),
		"wids": t.userWids(person.ID, s.now()),
	} {
		payload[name] = value
	}

	return sign(payload)
}

// userWids are the directory roles a person has over the whole tenant.
func (t *tenant) userWids(id string, now time.Time) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := []string{}
	for _, role := range t.userRoles[id] {
		if role.active(now) && role.scope == "/" {
			out = append(out, role.definition)
		}
	}

	return append(out, implicitUserWid)
}

// userInfo answers GET /oidc/userinfo with the token a sign-in has brought: the id token's subject, and the person.
func (c *graphCall) userInfo() answer {
	_, person := c.sim.person(c.token.ObjectID)
	if person.ID == "" || c.token.Type != "user" {
		return c.failure(http.StatusForbidden, "Authorization_RequestDenied",
			"Insufficient privileges to complete the operation.")
	}
	given, family, _ := strings.Cut(person.Name, " ")

	return textJSON(http.StatusOK, map[string]any{"sub": c.sim.subject(c.token.AppID, person.ID), "name": person.Name,
		"given_name": given, "family_name": family, "email": person.UserPrincipalName,
		"picture": c.sim.addresses.Graph + "/v1.0/me/photo/$value"})
}
