package m365sim

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	tokenLife  = 3599 * time.Second
	clockSkew  = 5 * time.Minute
	issuerV1   = "https://sts.windows.net/%s/"
	tokenScope = "openid profile email User.Read"
)

// claims are what the simulator's own services read from an access token.
type claims struct {
	Audience  string   `json:"aud"`
	TenantID  string   `json:"tid"`
	AppID     string   `json:"appid"`
	ObjectID  string   `json:"oid"`
	Type      string   `json:"idtyp"`
	Roles     []string `json:"roles"`
	Wids      []string `json:"wids"`
	NotBefore int64    `json:"nbf"`
	Expires   int64    `json:"exp"`
}

func sign(payload map[string]any) string {
	text, err := json.Marshal(payload)
	if err != nil {
		panic("m365sim: marshal claims: " + err.Error())
	}
	signed, err := signingKey().signer.Sign(text)
	if err != nil {
		panic("m365sim: sign a token: " + err.Error())
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		panic("m365sim: serialize a token: " + err.Error())
	}

	return token
}

func lifetime(now time.Time) map[string]any {
	return map[string]any{"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(tokenLife).Unix()}
}

// appToken issues an app-only access token of version 1. Roles and wids are those of this moment and stay in the
// token; where nothing is consented there is no roles claim, and the token is issued all the same.
func (s *Sim) appToken(t *tenant, p *principal, resource resourceKind, appidacr string) string {
	now := s.now()
	payload := lifetime(now)
	issuer := fmt.Sprintf(issuerV1, t.id)
	for name, value := range map[string]any{
		"aud": resource.audiences[0], "iss": issuer, "idp": issuer, "tid": t.id, "ver": "1.0", "idtyp": "app",
		"aio": s.nextID("aio"), "uti": s.nextID("uti"), "rh": "1." + t.ids.token("rh", t.id)[:22] + ".",
		"app_displayname": p.registration.name, "appid": p.registration.clientID, "appidacr": appidacr,
		"oid": p.id, "sub": p.id, "tenant_region_scope": "EU", "wids": p.tokenWids(now),
		"xms_tcdt": t.created.Unix(),
	} {
		payload[name] = value
	}
	if roles := p.tokenRoles(resource.appID); len(roles) > 0 {
		payload["roles"] = roles
	}

	return sign(payload)
}

// idToken issues the version 2 id token of a sign-in. Its subject is pairwise: another one for every app.
func (s *Sim) idToken(t *tenant, person Person, grant authorization) string {
	now := s.now()
	payload := lifetime(now)
	for name, value := range map[string]any{
		"iss": s.issuer(t), "aud": grant.clientID, "sub": s.ids.token("sub", grant.clientID, person.ID),
		"oid": person.ID, "tid": t.id, "ver": "2.0", "sid": s.ids.uuid("sid", grant.code),
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

	return sign(payload)
}

// userToken issues the delegated access token beside an id token; this simulator's Graph gives it no permission.
func (s *Sim) userToken(t *tenant, person Person, grant authorization) string {
	payload := lifetime(s.now())
	for name, value := range map[string]any{
		"aud": graphAppID, "iss": fmt.Sprintf(issuerV1, t.id), "tid": t.id, "ver": "1.0", "idtyp": "user",
		"appid": grant.clientID, "appidacr": "1", "oid": person.ID, "sub": s.ids.token("sub", graphAppID, person.ID),
		"upn": person.UserPrincipalName, "name": person.Name, "scp": tokenScope, "uti": s.nextID("uti"),
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

func (s *Sim) issuer(t *tenant) string { return s.addresses.Login + "/" + t.id + "/v2.0" }

// tokenCache remembers verified tokens, since each is sent many times.
type tokenCache struct {
	mu    sync.Mutex
	known map[string]claims
}

const cachedTokens = 1000

// read verifies the signature of a token of ours and answers its claims. Time and audience are the caller's.
func (c *tokenCache) read(token string) (claims, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.known[token]; ok {
		return known, true
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return claims{}, false
	}
	payload, err := signed.Verify(&signingKey().key.PublicKey)
	if err != nil {
		return claims{}, false
	}
	var read claims
	if json.Unmarshal(payload, &read) != nil {
		return claims{}, false
	}
	if c.known == nil || len(c.known) >= cachedTokens {
		c.known = map[string]claims{}
	}
	c.known[token] = read

	return read, true
}
