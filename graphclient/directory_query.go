package graphclient

import (
	"clawback"

	"github.com/microsoft/kiota-abstractions-go"
)

// unsupportedQuery is how the directory refuses a filter that it answers as an
// advanced query only: https://learn.microsoft.com/graph/aad-advanced-queries
const unsupportedQuery = "Request_UnsupportedQuery"

// query is one filter with the addresses it asks for.
type query struct {
	addresses []string
	advanced  bool
	step
}

// follow answers the query for the next page. A link carries no headers.
func (q query) follow(next *abstractions.RequestInformation) query {
	if q.request = next; q.advanced {
		q.request.Headers.TryAdd("ConsistencyLevel", "eventual")
	}
	return q
}

// asAdvanced is the same question to the directory's index. That lags behind, so
// it is asked only where the directory itself refuses: whether it does for
// proxyAddresses is not documented.
func (q query) asAdvanced() query {
	q.advanced = true
	q.request.Headers.TryAdd("ConsistencyLevel", "eventual")
	q.request.QueryParametersAny["%24count"] = true
	return q
}

// refusedAsPlain says that the query may be answered as an advanced one.
func (q query) refusedAsPlain(a clawback.Answer) bool {
	return !q.advanced && a.Code == unsupportedQuery
}

// fail answers for the addresses of a query that are not found yet.
func (q query) fail(found map[string]clawback.MailboxAnswer, answer clawback.Answer) {
	for _, address := range q.addresses {
		if _, ok := found[address]; !ok {
			found[address] = clawback.MailboxAnswer{Answer: answer}
		}
	}
}
