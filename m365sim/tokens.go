package m365sim

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
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
	Scopes    string   `json:"scp"`
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

func lifetime(now time.Time, life time.Duration) map[string]any {
	return map[string]any{"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(life).Unix()}
}

// validAt holds a token's time against now. Services forgive five minutes of a clock's difference, but never more than
// a tenth of the token's life: a short one would be honoured for far longer than it says.
func (c claims) validAt(now time.Time) bool {
	skew := min(int64(clockSkew.Seconds()), (c.Expires-c.NotBefore)/10)

	return now.Unix() <= c.Expires+skew && now.Unix() >= c.NotBefore-skew
}

// lifeOf is how long the access tokens of an app last.
func (s *Sim) lifeOf(p *principal) time.Duration {
	if p.tokenLife > 0 {
		return p.tokenLife
	}

	return s.cfg.TokenLife
}

// appToken issues an app-only access token of version 1. Roles and wids are those of this moment and stay in the
// token; where nothing is consented there is no roles claim, and the token is issued all the same.
func (s *Sim) appToken(t *tenant, p *principal, resource resourceKind, appidacr string) string {
	now := s.now()
	payload := lifetime(now, s.lifeOf(p))
	issuer := fmt.Sprintf(issuerV1, t.id)
	for name, value := range map[string]any{
		"aud": resource.audiences[0], "iss": issuer, "idp": issuer, "tid": t.id, "ver": "1.0", "idtyp": "app",
		"aio": s.nextID("aio"), "uti": s.nextID("uti"), "rh": "1." + t.ids.token("rh", t.id)[:22] + ".",
		"app_displayname": p.registration.name, "appid": p.registration.clientID, "appidacr": appidacr,
		"oid": p.id, "sub": p.id, "tenant_region_scope": tenantRegion, "wids": s.tokenWids(p, now),
		"xms_tcdt": t.created.Unix(),
	} {
		payload[name] = value
	}
	if roles := s.tokenRoles(p, resource.appID, now); len(roles) > 0 {
		payload["roles"] = roles
	}

	return sign(payload)
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
