package graphclient

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"clawback"

	"github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/domains"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

const (
	domainsLifetime = 15 * time.Minute
	maxDomainPages  = 100
)

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

// askDomains lists them: https://learn.microsoft.com/graph/api/domain-list
func (s *session) askDomains(ctx context.Context) (map[string]bool, error) {
	request, err := domains.NewDomainsRequestBuilderInternal(s.base, s.adapter).ToGetRequestInformation(ctx,
		&domains.DomainsRequestBuilderGetRequestConfiguration{
			QueryParameters: &domains.DomainsRequestBuilderGetQueryParameters{Select: []string{"id", "isVerified"}},
		})
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for range maxDomainPages {
		if request, err = s.domainPage(ctx, request, names); err != nil || request == nil {
			return names, err
		}
	}
	return nil, s.failed(ctx, s.c.unknown(0, "The list of the tenant's domains has no end."), nil)
}

// domainPage adds a page of domains and answers the request for the next one,
// nil after the last.
func (s *session) domainPage(ctx context.Context, request *abstractions.RequestInformation, names map[string]bool) (*abstractions.RequestInformation, error) {
	body, err := s.settle(ctx, s.get(ctx, request))
	if err != nil {
		return nil, err
	}
	next, err := readDomains(body, names)
	if err == nil && (len(names) == 0 || next != "" && !s.ours(next)) {
		err = errors.New("no domain, or a next page elsewhere")
	}
	if err != nil {
		return nil, s.failed(ctx, s.c.unknown(http.StatusOK, "The list of the tenant's domains could not be read."), err)
	}
	if next == "" {
		return nil, nil
	}
	return s.next(next), nil
}

func readDomains(body []byte, names map[string]bool) (next string, err error) {
	err = decode(body, models.CreateDomainCollectionResponseFromDiscriminatorValue,
		func(list models.DomainCollectionResponseable) error {
			for _, d := range list.GetValue() {
				if d.GetIsVerified() != nil && *d.GetIsVerified() {
					names[strings.ToLower(text(d.GetId()))] = true
				}
			}
			next = text(list.GetOdataNextLink())
			return nil
		})
	return next, err
}
