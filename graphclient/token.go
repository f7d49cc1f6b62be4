package graphclient

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"clawback"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"
)

// The resources a token can be for; a token request names exactly one.
const (
	graphResource    = "https://graph.microsoft.com"
	exchangeResource = "https://outlook.office365.com"
)

const (
	// renewBefore is how long before its end a token is not used any more.
	renewBefore = 5 * time.Minute
	// doubtAfter is the age from which a refused permission may be granted by now:
	// a token keeps the roles it was issued with.
	doubtAfter = 5 * time.Minute
	tokenCall  = clawback.CallToken
)

// tokenKey holds the credential's hash, so that a new credential is a new token.
type tokenKey struct {
	tenant, client, resource string
	credential               [sha256.Size]byte
}

type cachedToken struct {
	value           string
	issued, expires time.Time
}

// tokenStore keeps tokens in memory alone. Its zero value is ready.
type tokenStore struct {
	mu     sync.Mutex
	tokens map[tokenKey]cachedToken
	flight singleflight.Group
}

func keyOf(conn clawback.Connection, resource string) tokenKey {
	credential := sha256.New()
	for _, part := range []string{conn.ClientSecret.Reveal(), conn.CertificatePEM, conn.PrivateKeyPEM.Reveal()} {
		fmt.Fprintf(credential, "%d:%s", len(part), part)
	}
	return tokenKey{conn.TenantID, conn.ClientID, resource, [sha256.Size]byte(credential.Sum(nil))}
}

func (t *tokenStore) get(key tokenKey, now time.Time) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	token, ok := t.tokens[key]
	return token.value, ok && now.Before(token.expires.Add(-renewBefore))
}

func (t *tokenStore) put(key tokenKey, token cachedToken) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tokens == nil {
		t.tokens = map[tokenKey]cachedToken{}
	}
	for k, old := range t.tokens {
		if !token.issued.Before(old.expires) {
			delete(t.tokens, k)
		}
	}
	t.tokens[key] = token
}

// drop forgets a token that was refused and says whether it was still the one to
// use, so that of many calls refused together one asks again.
func (t *tokenStore) drop(key tokenKey, value string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tokens[key].value == value {
		delete(t.tokens, key)
	}
	return value != ""
}

// dropOlder forgets a token issued before a moment.
func (t *tokenStore) dropOlder(key tokenKey, than time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if token, ok := t.tokens[key]; ok && token.issued.Before(than) {
		delete(t.tokens, key)
	}
}

func (s *session) key() tokenKey { return keyOf(s.conn, s.resource) }

func (s *session) doubtToken() { s.c.tokens.dropOlder(s.key(), s.c.now().Add(-doubtAfter)) }

// accessToken answers the cached token or a new one.
func (c *Client) accessToken(ctx context.Context, conn clawback.Connection, resource string) (string, error) {
	if token, ok := c.tokens.get(keyOf(conn, resource), c.now()); ok {
		return token, nil
	}
	return c.freshToken(ctx, conn, resource)
}

// freshToken asks for a new token, once for all who wait for the same. The
// request is nobody's own: one caller's end doesn't fail the others.
func (c *Client) freshToken(ctx context.Context, conn clawback.Connection, resource string) (string, error) {
	key := keyOf(conn, resource)
	done := c.tokens.flight.DoChan(fmt.Sprintf("%q %q %q %x", key.tenant, key.client, key.resource, key.credential), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
		defer cancel()
		return c.requestToken(ctx, conn, key)
	})
	select {
	case <-ctx.Done():
		return "", c.callError(ctx, tokenCall, clawback.Answer{
			Kind: clawback.AnswerUnavailable, Message: "Microsoft's sign-in did not answer in time.",
		}, ctx.Err())
	case result := <-done:
		token, _ := result.Val.(string)
		return token, result.Err
	}
}

// requestToken is the client credentials flow:
// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
func (c *Client) requestToken(ctx context.Context, conn clawback.Connection, key tokenKey) (string, error) {
	endpoint := c.login + "/" + url.PathEscape(conn.TenantID) + "/oauth2/v2.0/token"
	params, err := c.credential(conn, endpoint)
	if err != nil {
		return "", c.callError(ctx, tokenCall, clawback.Answer{
			Kind: clawback.AnswerUnauthorized, Message: clawback.MessageOf(err),
		}, nil)
	}
	flow := clientcredentials.Config{
		ClientID: conn.ClientID, ClientSecret: conn.ClientSecret.Reveal(), TokenURL: endpoint,
		Scopes: []string{key.resource + "/.default"}, EndpointParams: params, AuthStyle: oauth2.AuthStyleInParams,
	}

	now, pause := c.now(), conn.TenantID+" "+tokenCall
	if left := c.pauses.left(pause, now); left > 0 {
		return "", c.callError(ctx, tokenCall, c.paused(left), nil)
	}
	token, err := flow.Token(context.WithValue(ctx, oauth2.HTTPClient, c.http))
	if err != nil {
		answer, cause := c.refusedToken(err)
		c.hold(ctx, map[string]time.Duration{pause: answer.RetryAfter})
		return "", c.callError(ctx, tokenCall, answer, cause)
	}
	c.tokens.put(key, cachedToken{value: token.AccessToken, issued: now, expires: now.Add(lifetime(token))})
	return token.AccessToken, nil
}

// lifetime reads expires_in itself: the library's expiry is by the wall clock.
func lifetime(token *oauth2.Token) time.Duration {
	seconds, _ := token.Extra("expires_in").(float64)
	return time.Duration(min(max(seconds, 0), (24*time.Hour).Seconds())) * time.Second
}

// credential answers the parameters that prove who asks; a secret is no
// parameter of its own. Its errors are for people.
func (c *Client) credential(conn clawback.Connection, endpoint string) (url.Values, error) {
	if conn.Disconnected {
		return nil, clawback.Errorf(clawback.KindInvalid, "The device is disconnected. Connect it again in the setup first.")
	}
	switch conn.TenantID {
	case "", "common", "organizations", "consumers":
		return nil, clawback.Errorf(clawback.KindInvalid, "The device has no tenant: connect it again.")
	}
	if !conn.ClientSecret.IsZero() {
		return nil, nil
	}
	if conn.CertificatePEM == "" || conn.PrivateKeyPEM.IsZero() {
		return nil, clawback.Errorf(clawback.KindInvalid, "The device has no credential: add a certificate or a client secret.")
	}
	assertion, err := assertion(conn, endpoint, c.now())
	if err != nil {
		return nil, clawback.Errorf(clawback.KindInvalid, "The device's certificate or its private key can't be read: make a new one.")
	}
	return url.Values{
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	}, nil
}

// refusedToken says what became of a token request. What the library says of it
// is left out: it quotes the answer.
func (c *Client) refusedToken(err error) (clawback.Answer, error) {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.Response == nil {
		message := "Microsoft's sign-in could not be reached, or its answer could not be read."
		if errors.Is(err, context.DeadlineExceeded) {
			message = "Microsoft's sign-in did not answer in time."
		}
		return clawback.Answer{Kind: clawback.AnswerUnavailable, Message: message}, withoutToken(err)
	}
	resp := refused.Response
	code := aadsts(refused)
	answer := clawback.Answer{
		Kind: tokenKind(resp.StatusCode, refused.ErrorCode), Status: resp.StatusCode, Code: code,
		Message: tokenWords(code, refused.ErrorCode), RequestID: resp.Header.Get("X-Ms-Request-Id"),
		RetryAfter: retryAfter(resp.Header.Get("Retry-After"), c.now()),
	}
	return answer, tokenError(refused.ErrorCode)
}

// withoutToken keeps of an error what can't hold an answer's body.
func withoutToken(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed
	}
	return errors.New("token answer could not be read")
}

// tokenError is the OAuth error of a refused token request, the one thing to
// branch on: Microsoft warns that its codes change
// (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
type tokenError string

func (e tokenError) Error() string { return "token refused: " + string(e) }

const noSuchResource tokenError = "invalid_resource"

func tokenKind(status int, code string) clawback.AnswerKind {
	switch {
	case status == http.StatusTooManyRequests:
		return clawback.AnswerThrottled
	case status >= 500, code == "temporarily_unavailable", code == "":
		return clawback.AnswerUnavailable
	}
	return clawback.AnswerUnauthorized
}
