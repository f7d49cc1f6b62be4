package web

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"clawback"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	entraTime      = 10 * time.Second
	discoveryLife  = 24 * time.Hour
	discoveryRest  = 2 * time.Second // between two tries while Microsoft does not answer
	tenantTemplate = "{tenantid}"
)

// unavailableError says that Microsoft's sign-in does not answer as it should: not the person's fault, worth another try.
type unavailableError struct{ cause error }

func (e *unavailableError) Error() string { return "microsoft sign-in: " + e.cause.Error() }
func (e *unavailableError) Unwrap() error { return e.cause }

// entra signs people of any organization's Microsoft tenant in. It is discovered at the first sign-in, so that the
// portal starts when Microsoft is down.
type entra struct {
	cfg      SignInConfig
	provider string // tenant id
	redirect string
	client   *http.Client
	now      func() time.Time

	found atomic.Pointer[endpoints] // the last that were discovered, also while new ones are asked for

	mu       sync.Mutex // of a discovery, one at a time
	foundAt  time.Time
	failed   error
	failedAt time.Time
}

// endpoints is what the discovery document said, after it was checked.
type endpoints struct {
	oauth      oauth2.Config
	verifier   *oidc.IDTokenVerifier
	issuer     string // the template of every tenant's issuer
	endSession string
}

func newEntra(cfg Config, public *url.URL) *entra {
	return &entra{
		cfg: cfg.SignIn, provider: cfg.ProviderTenantID, redirect: public.String() + callbackPath, now: cfg.Now,
		client: &http.Client{Timeout: entraTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// address answers where the browser goes to sign in.
func (e *entra) address(ctx context.Context, attempt clawback.SignInAttempt) (string, error) {
	found, err := e.discover(ctx)
	if err != nil {
		return "", err
	}
	return found.oauth.AuthCodeURL(attempt.State, oidc.Nonce(attempt.Nonce), oauth2.S256ChallengeOption(attempt.Verifier),
		oauth2.SetAuthURLParam("response_mode", "query"), oauth2.SetAuthURLParam("prompt", "select_account")), nil
}

// lookAddress answers where the browser goes to give the right to look, in one tenant.
func (e *entra) lookAddress(ctx context.Context, attempt clawback.SignInAttempt, tenantID string) (string, error) {
	found, err := e.discover(ctx)
	if err != nil {
		return "", err
	}
	flow := found.oauth
	flow.Endpoint.AuthURL = e.cfg.LoginURL + "/" + url.PathEscape(tenantID) + "/oauth2/v2.0/authorize"
	for _, scope := range clawback.OwnLookScopes() {
		flow.Scopes = append(slices.Clone(flow.Scopes), "https://graph.microsoft.com/"+scope)
	}
	return flow.AuthCodeURL(attempt.State, oidc.Nonce(attempt.Nonce), oauth2.S256ChallengeOption(attempt.Verifier),
		oauth2.SetAuthURLParam("response_mode", "query"), oauth2.SetAuthURLParam("prompt", "select_account")), nil
}

// endSession answers where the browser signs out of Microsoft; "" when that is not known.
func (e *entra) endSession(after string) string {
	found := e.found.Load()
	if found == nil || found.endSession == "" {
		return ""
	}
	return found.endSession + "?" + url.Values{"post_logout_redirect_uri": {after}}.Encode()
}

// identify exchanges the code and answers whom the verified ID token names.
func (e *entra) identify(ctx context.Context, attempt clawback.SignInAttempt, code string) (clawback.Identity, error) {
	identity, _, err := e.redeem(ctx, attempt, "organizations", code)
	return identity, err
}

// redeem exchanges the code in a tenant, or any, and answers the access token too, which nothing keeps.
func (e *entra) redeem(ctx context.Context, attempt clawback.SignInAttempt, tenant, code string) (clawback.Identity, clawback.Secret, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, e.client), entraTime)
	defer cancel()

	found, err := e.discover(ctx)
	if err != nil {
		return clawback.Identity{}, clawback.Secret{}, err
	}
	flow := found.oauth
	if tenant != "organizations" {
		flow.Endpoint.TokenURL = e.cfg.LoginURL + "/" + url.PathEscape(tenant) + "/oauth2/v2.0/token"
	}
	token, err := flow.Exchange(ctx, code, oauth2.VerifierOption(attempt.Verifier))
	if err != nil {
		return clawback.Identity{}, clawback.Secret{}, exchangeError(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return clawback.Identity{}, clawback.Secret{}, errors.New("the token endpoint answered no ID token")
	}
	var outage error
	verified, err := found.verifier.Verify(withOutage(ctx, &outage), raw)
	if outage != nil {
		return clawback.Identity{}, clawback.Secret{}, outage
	}
	if err != nil {
		return clawback.Identity{}, clawback.Secret{}, err
	}
	identity, err := e.identityOf(verified, found.issuer, attempt.Nonce)
	return identity, clawback.NewSecret(token.AccessToken), err
}

// exchangeError keeps Microsoft's error code and drops its answer, which can hold what nobody should log.
func exchangeError(err error) error {
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) || answered.Response == nil {
		return &unavailableError{errors.New("the code could not be exchanged: no answer")}
	}
	if answered.Response.StatusCode >= http.StatusInternalServerError || answered.Response.StatusCode == http.StatusTooManyRequests {
		return &unavailableError{fmt.Errorf("exchange code: status %d", answered.Response.StatusCode)}
	}
	return fmt.Errorf("exchange code: status %d, %s", answered.Response.StatusCode, plainWord(answered.ErrorCode))
}

// claims of an ID token that matter. Never the address: it is the tenant's to choose.
type claims struct {
	TenantID string   `json:"tid"`
	ObjectID string   `json:"oid"`
	Name     string   `json:"name"`
	Roles    []string `json:"roles"`
}

// identityOf checks what go-oidc can't know of a provider with many tenants: tenant, issuer and nonce.
func (e *entra) identityOf(token *oidc.IDToken, issuer, nonce string) (clawback.Identity, error) {
	var c claims
	if err := token.Claims(&c); err != nil {
		return clawback.Identity{}, errors.New("the claims of the ID token can't be read")
	}
	switch {
	case !isGUID(c.TenantID):
		return clawback.Identity{}, errors.New("the tenant of the ID token is no GUID")
	case token.Issuer != fillTenant(issuer, c.TenantID):
		return clawback.Identity{}, errors.New("the issuer of the ID token is not its tenant's")
	case clawback.PersonalTenant(c.TenantID):
		return clawback.Identity{}, errors.New("the ID token is of a personal account")
	case !isGUID(c.ObjectID):
		return clawback.Identity{}, errors.New("the object id of the ID token is no GUID")
	case nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return clawback.Identity{}, errors.New("the nonce of the ID token is not the attempt's")
	}
	identity := clawback.Identity{TenantID: strings.ToLower(c.TenantID), ObjectID: strings.ToLower(c.ObjectID), Name: c.Name}
	if strings.EqualFold(c.TenantID, e.provider) {
		identity.StaffRoles = staffRoles(c.Roles)
	}
	return identity, nil
}

var roleOfClaim = map[string]clawback.Role{
	"SOCAnalyst":        clawback.RoleSOCAnalyst,
	"EngagementManager": clawback.RoleEngagementManager,
	"Operator":          clawback.RoleOperator,
}

func staffRoles(claimed []string) []clawback.Role {
	var roles []clawback.Role
	for _, name := range claimed {
		if role, ok := roleOfClaim[name]; ok && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles
}

// discover answers the checked endpoints, asking for them once a day.
func (e *entra) discover(ctx context.Context) (*endpoints, error) {
	e.mu.Lock()
	defer e.mu.Unlock()

	now, known := e.now(), e.found.Load()
	if known != nil && now.Sub(e.foundAt) < discoveryLife {
		return known, nil
	}
	if e.failed == nil || now.Sub(e.failedAt) >= discoveryRest {
		found, err := e.ask(ctx)
		if err == nil {
			e.found.Store(found)
			e.foundAt, e.failed = now, nil
			return found, nil
		}
		e.failed, e.failedAt = &unavailableError{err}, now
	}
	if known != nil {
		return known, nil // Microsoft is down: what it said yesterday still holds
	}
	return nil, e.failed
}

func (e *entra) ask(ctx context.Context) (*endpoints, error) {
	issuer := e.cfg.LoginURL + "/" + tenantTemplate + "/v2.0"
	// Others wait for this answer, so that it does not end with the request that happens to ask.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), entraTime)
	defer cancel()
	ctx = oidc.InsecureIssuerURLContext(oidc.ClientContext(ctx, e.client), issuer)
	provider, err := oidc.NewProvider(ctx, e.cfg.LoginURL+"/organizations/v2.0")
	if err != nil {
		return nil, errors.New("the discovery document can't be had")
	}
	var said struct {
		Issuer     string `json:"issuer"`
		Keys       string `json:"jwks_uri"`
		EndSession string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&said); err != nil {
		return nil, errors.New("the discovery document can't be read")
	}
	if said.Issuer != issuer {
		return nil, errors.New("the discovery document is of another issuer")
	}
	for _, endpoint := range []string{provider.Endpoint().AuthURL, provider.Endpoint().TokenURL, said.Keys} {
		if !strings.HasPrefix(endpoint, e.cfg.LoginURL+"/") {
			return nil, errors.New("the discovery document names an endpoint of another host")
		}
	}
	if !strings.HasPrefix(said.EndSession, e.cfg.LoginURL+"/") {
		said.EndSession = ""
	}
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	keys := &keySet{url: said.Keys, client: e.client, now: e.now}
	return &endpoints{
		oauth: oauth2.Config{
			ClientID: e.cfg.ClientID, ClientSecret: e.cfg.ClientSecret.Reveal(), Endpoint: endpoint,
			RedirectURL: e.redirect, Scopes: []string{oidc.ScopeOpenID, oidc.ScopeProfile},
		},
		verifier: oidc.NewVerifier(issuer, keys, &oidc.Config{
			ClientID: e.cfg.ClientID, SupportedSigningAlgs: []string{oidc.RS256}, SkipIssuerCheck: true, Now: e.now,
		}),
		issuer: issuer, endSession: said.EndSession,
	}, nil
}

func fillTenant(template, tenantID string) string {
	return strings.ReplaceAll(template, tenantTemplate, tenantID)
}

var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

func isGUID(s string) bool { return guid.MatchString(s) }

var word = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

// plainWord answers an error code for the log, unless it is no code.
func plainWord(code string) string {
	if word.MatchString(code) {
		return code
	}
	return "no error code"
}
