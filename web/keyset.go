package web

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// How long published keys are used without asking again, and how soon an unknown key id may make us ask again: anybody
// can send a token with an invented one.
const (
	keysLife     = 24 * time.Hour
	keysCoolDown = 30 * time.Second
	maxKeysBody  = 1 << 20
)

// keySet verifies signatures with the keys that Microsoft publishes, each for the issuer it is published for:
// go-oidc's own key set does not know that a key may be restricted to one tenant.
type keySet struct {
	url    string
	client *http.Client
	now    func() time.Time

	mu      sync.Mutex
	keys    map[string]publishedKey
	fetched time.Time // the last successful fetch
	tried   time.Time
}

// publishedKey is a key with the issuer it may sign for, which can be the template for all tenants.
type publishedKey struct {
	key    crypto.PublicKey
	issuer string
}

type outageKey struct{}

// withOutage makes room for why keys could not be had: the verifier keeps only the words of the key set's error.
func withOutage(ctx context.Context, outage *error) context.Context {
	return context.WithValue(ctx, outageKey{}, outage)
}

func noteOutage(ctx context.Context, err error) {
	var unavailable *unavailableError
	if outage, ok := ctx.Value(outageKey{}).(*error); ok && errors.As(err, &unavailable) {
		*outage = err
	}
}

// VerifySignature answers the payload of a token whose signature is good and whose issuer the key may sign for.
func (k *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	id, err := keyID(token)
	if err != nil {
		return nil, err
	}
	published, err := k.find(ctx, id)
	if err != nil {
		noteOutage(ctx, err)
		return nil, err
	}
	payload, err := (&oidc.StaticKeySet{PublicKeys: []crypto.PublicKey{published.key}}).VerifySignature(ctx, token)
	if err != nil {
		return nil, err
	}
	return payload, published.signsFor(payload)
}

func keyID(token string) (string, error) {
	head, _, _ := strings.Cut(token, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return "", errors.New("the token's header is not base64")
	}
	var header struct {
		KeyID string `json:"kid"`
	}
	if err := json.Unmarshal(decoded, &header); err != nil {
		return "", errors.New("the token's header is not JSON")
	}
	if header.KeyID == "" {
		return "", errors.New("the token names no key")
	}
	return header.KeyID, nil
}

func (p publishedKey) signsFor(payload []byte) error {
	var claims struct {
		Issuer   string `json:"iss"`
		TenantID string `json:"tid"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return errors.New("the token's claims are not JSON")
	}
	if p.issuer == "" || fillTenant(p.issuer, claims.TenantID) != claims.Issuer {
		return errors.New("the token's key may not sign for its issuer")
	}
	return nil
}

// find answers a key by its id, and asks for the keys anew when it does not know it or knows it for long.
func (k *keySet) find(ctx context.Context, id string) (publishedKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()

	now := k.now()
	known, ok := k.keys[id]
	if ok && now.Sub(k.fetched) < keysLife {
		return known, nil
	}
	if now.Sub(k.tried) < keysCoolDown && !k.tried.IsZero() && k.keys != nil {
		if ok {
			return known, nil
		}
		return publishedKey{}, errors.New("the token's key is not published")
	}
	k.tried = now
	keys, err := k.fetch(ctx)
	if err != nil {
		if ok {
			return known, nil // Microsoft is down: the keys of yesterday still hold
		}
		return publishedKey{}, &unavailableError{err}
	}
	k.keys, k.fetched = keys, now
	if known, ok = keys[id]; !ok {
		return publishedKey{}, errors.New("the token's key is not published")
	}
	return known, nil
}

func (k *keySet) fetch(ctx context.Context) (map[string]publishedKey, error) {
	// Others wait for these keys, so that the request does not end with the one that happens to ask.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), entraTime)
	defer cancel()
	body, err := getJSON(ctx, k.client, k.url, maxKeysBody)
	if err != nil {
		return nil, fmt.Errorf("get keys: %w", err)
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	keys := map[string]publishedKey{}
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		var about struct {
			Issuer string `json:"issuer"`
			Use    string `json:"use"`
		}
		if json.Unmarshal(raw, &key) != nil || json.Unmarshal(raw, &about) != nil {
			continue // a kind of key that we do not know must not hide the others
		}
		if key.KeyID == "" || !key.IsPublic() || about.Use != "" && about.Use != "sig" {
			continue
		}
		keys[key.KeyID] = publishedKey{key: key.Key, issuer: about.Issuer}
	}
	return keys, nil
}

func getJSON(ctx context.Context, client *http.Client, address string, limit int64) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // only read

	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	return io.ReadAll(io.LimitReader(res.Body, limit))
}
