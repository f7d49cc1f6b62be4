package graphclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"clawback"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/organization"
)

const domainsLifetime = 15 * time.Minute

// domainStore keeps each tenant's own domains for a while. Its zero value is ready.
type domainStore struct {
	mu    sync.Mutex
	known map[string]knownDomains
}

type knownDomains struct {
	names map[string]bool
	at    time.Time
}

func (d *domainStore) get(tenant string, now time.Time) (map[string]bool, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	known, ok := d.known[tenant]
	return known.names, ok && now.Sub(known.at) < domainsLifetime
}

func (d *domainStore) put(tenant string, names map[string]bool, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil {
		d.known = map[string]knownDomains{}
	}
	d.known[tenant] = knownDomains{names, now}
}

// ownDomains answers the tenant's verified domains, and nil where the app may not
// read them: then no address counts as foreign.
func (s *session) ownDomains(ctx context.Context) (map[string]bool, error) {
	if names, ok := s.c.domains.get(s.conn.TenantID, s.c.now()); ok {
		return names, nil
	}
	names, err := s.askDomains(ctx)
	var failed *clawback.CallError
	if errors.As(err, &failed) && failed.Kind == clawback.AnswerDenied {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.c.domains.put(s.conn.TenantID, names, s.c.now())
	return names, nil
}

// askDomains reads them off the organization, which needs less than the list of
// domains: https://learn.microsoft.com/graph/api/organization-list
func (s *session) askDomains(ctx context.Context) (map[string]bool, error) {
	request, err := organization.NewOrganizationRequestBuilderInternal(s.base, s.adapter).ToGetRequestInformation(ctx,
		&organization.OrganizationRequestBuilderGetRequestConfiguration{
			QueryParameters: &organization.OrganizationRequestBuilderGetQueryParameters{Select: []string{"id", "verifiedDomains"}},
		})
	if err != nil {
		return nil, fmt.Errorf("ask for the tenant's domains: %w", err)
	}
	body, err := s.settle(ctx, s.get(ctx, request))
	if err != nil {
		return nil, err
	}
	names, err := readDomains(body)
	if err == nil && len(names) == 0 {
		err = errors.New("no domain")
	}
	if err != nil {
		return nil, s.failed(ctx, s.c.unknown(http.StatusOK, "The tenant's domains could not be read."), err)
	}
	return names, nil
}

func readDomains(body []byte) (map[string]bool, error) {
	names := map[string]bool{}
	err := decode(body, models.CreateOrganizationCollectionResponseFromDiscriminatorValue,
		func(list models.OrganizationCollectionResponseable) error {
			for _, o := range list.GetValue() {
				for _, d := range o.GetVerifiedDomains() {
					names[strings.ToLower(text(d.GetName()))] = true
				}
			}
			return nil
		})
	return names, err
}
