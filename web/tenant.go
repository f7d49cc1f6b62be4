package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"clawback"
)

// maxDiscovery is how much of Microsoft's answer is read: the document has a few kilobytes.
const maxDiscovery = 64 << 10

// TenantOf answers the id of a Microsoft 365 tenant by its id or one of its domains, as the public discovery document
// names it. It returns KindInvalid when there is no such tenant, and KindUnavailable when Microsoft does not say; an id
// is then taken at its word.
func (e *entra) TenantOf(ctx context.Context, idOrDomain string) (string, error) {
	name := strings.TrimSpace(idOrDomain)
	if name == "" {
		return "", clawback.Invalid("tenant_id", "Enter the tenant’s id or one of its domains.")
	}
	if clawback.PersonalTenant(name) {
		return "", personalTenant(name)
	}
	if !isGUID(name) {
		domain, err := clawback.NormalizeDomain(name)
		if err != nil {
			return "", clawback.Invalid("tenant_id", "This is neither a tenant id, like 3f2504e0-4f89-41d3-9a0c-0305e82c3301, nor a domain, like example.com.")
		}
		name = domain
	}
	issuer, err := e.issuerOf(ctx, name)
	if clawback.PersonalTenant(issuer) || clawback.KindOf(err) == clawback.KindInvalid && clawback.PersonalDomain(name) {
		return "", personalTenant(name)
	}
	if clawback.KindOf(err) == clawback.KindUnavailable && isGUID(name) {
		return strings.ToLower(name), nil
	}
	return issuer, err
}

func personalTenant(name string) error {
	return clawback.Invalid("tenant_id", "“%s” is for personal Microsoft accounts, such as outlook.com. An organization is a company’s Microsoft 365: enter its tenant id or one of its domains.", name)
}

func (e *entra) issuerOf(ctx context.Context, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, entraTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.cfg.LoginURL+"/"+url.PathEscape(name)+"/v2.0/.well-known/openid-configuration", nil)
	if err != nil {
		return "", err
	}
	res, err := e.client.Do(req)
	if err != nil {
		return "", tenantUnknown(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusBadRequest || res.StatusCode == http.StatusNotFound {
		return "", clawback.Invalid("tenant_id", "Microsoft knows no tenant by this. Check it, or take the tenant id from the overview page of the Entra admin center.")
	}
	var said struct {
		Issuer string `json:"issuer"`
	}
	if res.StatusCode != http.StatusOK || json.NewDecoder(io.LimitReader(res.Body, maxDiscovery)).Decode(&said) != nil {
		return "", tenantUnknown(fmt.Errorf("discovery of a tenant: status %d", res.StatusCode))
	}
	id, ok := strings.CutPrefix(said.Issuer, e.cfg.LoginURL+"/")
	if id = strings.TrimSuffix(id, "/v2.0"); !ok || !isGUID(id) {
		return "", tenantUnknown(errors.New("discovery of a tenant: no issuer of one"))
	}
	return strings.ToLower(id), nil
}

func tenantUnknown(cause error) error {
	return &clawback.Error{Kind: clawback.KindUnavailable, Field: "tenant_id", Err: cause,
		Message: "Microsoft does not say at the moment which tenant this is. Enter the tenant’s id, or try again in a minute."}
}
