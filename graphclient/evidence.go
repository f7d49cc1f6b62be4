package graphclient

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"clawback"
)

// Evidence is asked for apart from the work: every look answers by itself, so
// that one that failed is told from one that found nothing.

var guid = regexp.MustCompile(`[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`)

// FindTenant asks Entra which tenant a domain or id is. Nobody's is answered as
// not found: https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
func (c *Client) FindTenant(ctx context.Context, domainOrID string) clawback.TenantEvidence {
	found := clawback.TenantEvidence{Probe: clawback.Probe{Asked: "OpenID configuration of “" + domainOrID + "”"}}
	switch strings.ToLower(domainOrID) {
	case "", "common", "organizations", "consumers":
		found.Answer = clawback.Answer{Kind: clawback.AnswerNotFound, At: c.now(), Message: "This is no tenant."}
		return found
	}
	x, body := c.fetch(ctx, c.login+"/"+url.PathEscape(domainOrID)+"/v2.0/.well-known/openid-configuration", nil)
	found.Answer = c.tenantAnswer(x, body)
	var document struct {
		Issuer string `json:"issuer"`
	}
	if !found.OK() {
		return found
	}
	if json.Unmarshal(body, &document) == nil {
		found.TenantID = strings.ToLower(guid.FindString(document.Issuer))
	}
	if found.TenantID == "" {
		found.Answer = c.unknown(http.StatusOK, "Entra's answer could not be read.")
	}
	return found
}

// tenantAnswer reads the sign-in's own kind of error.
func (c *Client) tenantAnswer(x *exchange, body []byte) clawback.Answer {
	answer := c.answered(x)
	code := aadstsCode.FindString(string(body))
	if code == "" || answer.Kind == clawback.AnswerOK {
		return answer
	}
	answer.Code, answer.Message = code, tokenWords(code, "")
	if code == "AADSTS90002" || code == "AADSTS900023" {
		answer.Kind = clawback.AnswerNotFound
	}
	return answer
}

// answered is outcome without an error: a call that never began is an answer too.
func (c *Client) answered(x *exchange) clawback.Answer {
	answer, err := c.outcome(x)
	if err == nil {
		return answer
	}
	return failedAnswer(err)
}

func failedAnswer(err error) clawback.Answer {
	var failed *clawback.CallError
	if errors.As(err, &failed) {
		return failed.Answer
	}
	return clawback.Answer{Kind: clawback.AnswerUnknown, Message: "Microsoft's answer could not be read."}
}

// fetch makes one exchange by GET, without a token.
func (c *Client) fetch(ctx context.Context, address string, header http.Header) (*exchange, []byte) {
	s := &session{c: c}
	x := s.attempt(ctx, time.Time{}, func(ctx context.Context) error { return s.send(ctx, address, header) })
	return x, x.body
}

func (s *session) send(ctx context.Context, address string, header http.Header) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.c.http.Do(req)
	if err != nil {
		return err
	}
	return readAnswer(ctx, resp)
}

// look asks Graph one question and reads its answer into a value. What can't be
// read is unknown.
func (s *session) look(ctx context.Context, asked, path string, into any) clawback.Probe {
	x := s.do(ctx, time.Time{}, func(ctx context.Context) error {
		authorization, err := s.authorization(ctx)
		if err != nil {
			return err
		}
		return s.send(ctx, s.c.graph+path, http.Header{"Authorization": {authorization}})
	})
	probe := clawback.Probe{Asked: asked, Answer: s.c.answered(x)}
	if probe.OK() && json.Unmarshal(x.body, into) != nil {
		probe.Answer = s.c.unreadable()
	}
	return probe
}

func (c *Client) unreadable() clawback.Answer {
	return c.unknown(http.StatusOK, "Graph's answer could not be read.")
}

// looks asks for a list with all of its pages.
func looks[T any](ctx context.Context, s *session, asked, path string) (clawback.Probe, []T) {
	var all []T
	for range maxDirectoryPages {
		var page struct {
			Value *[]T   `json:"value"`
			Next  string `json:"@odata.nextLink"`
		}
		probe := s.look(ctx, asked, path, &page)
		if probe.OK() && (page.Value == nil || page.Next != "" && !s.ours(page.Next)) {
			probe.Answer = s.c.unreadable()
		}
		if !probe.OK() {
			return probe, nil
		}
		all = append(all, *page.Value...)
		if page.Next == "" {
			return probe, all
		}
		path = strings.TrimPrefix(page.Next, s.c.graph)
	}
	return clawback.Probe{Asked: asked, Answer: s.c.unknown(0, "Graph's list has no end.")}, nil
}

// options writes the options of a request; Graph wants them percent-encoded.
func options(pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// claims reads a token's middle part. The format is Microsoft's own and may
// change: what can't be read is no claim.
func claims(token string) (clawback.TokenEvidence, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return clawback.TokenEvidence{}, false
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return clawback.TokenEvidence{}, false
	}
	var read struct {
		AppID    string   `json:"appid"`
		Azp      string   `json:"azp"`
		ObjectID string   `json:"oid"`
		TenantID string   `json:"tid"`
		Roles    []string `json:"roles"`
		Wids     []string `json:"wids"`
	}
	if json.Unmarshal(text, &read) != nil || read.TenantID == "" {
		return clawback.TokenEvidence{}, false
	}
	if read.AppID == "" {
		read.AppID = read.Azp
	}
	return clawback.TokenEvidence{AppID: read.AppID, ObjectID: read.ObjectID, TenantID: read.TenantID, Roles: read.Roles, Wids: read.Wids}, true
}
