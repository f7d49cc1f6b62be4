package purge

import (
	"slices"
	"strings"
	"time"

	"clawback"
)

// clusterFrom is the number of targets from which one wider query of the message
// trace stands for a query of each: a campaign has an id for every recipient, and
// Microsoft answers 100 queries in five minutes.
const clusterFrom = 3

// targetQuery is a query of the message trace with the targets it asks about.
type targetQuery struct {
	clawback.TraceQuery
	ids map[string]bool // by clawback.MessageIDKey
}

// targetQueries answers the few queries that find every target: by sender and
// subject where several share them, by one of both where several share that,
// else by Message-ID. A target of one mailbox is not asked about: its mailbox
// is known.
func (e *Engine) targetQueries(r clawback.Remediation) []targetQuery {
	var rest, byID []clawback.Target // of which the trace's own words are known, and not
	for _, t := range r.Targets {
		switch {
		case t.Mailbox != "":
		case t.Envelope != "":
			rest = append(rest, t)
		default:
			byID = append(byID, t)
		}
	}
	var queries []targetQuery
	for _, wide := range []func(clawback.Target) clawback.TraceQuery{
		func(t clawback.Target) clawback.TraceQuery {
			return clawback.TraceQuery{Sender: t.Envelope, Subject: t.Subject}
		},
		func(t clawback.Target) clawback.TraceQuery { return clawback.TraceQuery{Sender: t.Envelope} },
		func(t clawback.Target) clawback.TraceQuery { return clawback.TraceQuery{Subject: t.Subject} },
	} {
		var clustered []targetQuery
		clustered, rest = e.cluster(r, rest, wide)
		queries = append(queries, clustered...)
	}
	single := map[string]bool{}
	for _, t := range append(byID, rest...) {
		if !single[t.MessageID] {
			single[t.MessageID] = true
			queries = append(queries, e.targetQuery(r, clawback.TraceQuery{MessageID: t.MessageID}, []clawback.Target{t}))
		}
	}
	return queries
}

// cluster answers a query for those targets of which enough share it, and the
// targets that are left.
func (e *Engine) cluster(r clawback.Remediation, targets []clawback.Target, wide func(clawback.Target) clawback.TraceQuery) ([]targetQuery, []clawback.Target) {
	clusters := map[clawback.TraceQuery][]clawback.Target{}
	var order []clawback.TraceQuery
	for _, t := range targets {
		query := wide(t)
		if clusters[query] == nil {
			order = append(order, query)
		}
		clusters[query] = append(clusters[query], t)
	}
	var queries []targetQuery
	var rest []clawback.Target
	for _, query := range order {
		cluster := clusters[query]
		if query.Sender+query.Subject != "" && len(cluster) >= clusterFrom {
			queries = append(queries, e.targetQuery(r, query, cluster))
			continue
		}
		rest = append(rest, cluster...)
	}
	return queries, rest
}

// targetQuery covers the ten days before the remediation was made, or all since
// the oldest email's own date where that is longer ago: a later look of the watch
// still sees whom the first trace named.
func (e *Engine) targetQuery(r clawback.Remediation, query clawback.TraceQuery, targets []clawback.Target) targetQuery {
	query.To = e.now().UTC()
	query.From = r.CreatedAt.Add(-maxTraceSpan + time.Minute)
	oldest := query.To.Add(-clawback.MaxTraceAge + time.Hour)
	ids := map[string]bool{}
	for _, t := range targets {
		ids[clawback.MessageIDKey(t.MessageID)] = true
		// A date before all that the trace keeps does not say when the email came: to
		// ask for all of it would cost ten requests of the tenant's budget.
		if t.ReceivedFrom.After(oldest) && t.ReceivedFrom.Before(query.From) {
			query.From = t.ReceivedFrom
		}
	}
	if query.From.Before(oldest) {
		query.From = oldest
	}
	return targetQuery{TraceQuery: query, ids: ids}
}

// positions answers where the targets stand by their ids, without those of one mailbox.
func positions(targets []clawback.Target) map[string][]int {
	byID := map[string][]int{}
	for i, t := range targets {
		if t.Mailbox == "" {
			key := clawback.MessageIDKey(t.MessageID)
			byID[key] = append(byID[key], i)
		}
	}
	return byID
}

// targetsOf answers the targets that are meant in a mailbox: those that reached
// it, and those that are meant there alone.
func targetsOf(targets []clawback.Target, reached []int, mailbox clawback.Mailbox) []clawback.Target {
	var meant []clawback.Target
	for i, t := range targets {
		came := len(reached) == 0 || t.Mailbox != "" || slices.Contains(reached, i)
		if came && t.In(mailbox) {
			meant = append(meant, t)
		}
	}
	return meant
}

func messageIDs(targets []clawback.Target) []string {
	var ids []string
	seen := map[string]bool{}
	for _, t := range targets {
		if !seen[t.MessageID] {
			seen[t.MessageID] = true
			ids = append(ids, t.MessageID)
		}
	}
	return ids
}

func matches(targets []clawback.Target, c clawback.FoundCopy) bool {
	return slices.ContainsFunc(targets, func(t clawback.Target) bool { return t.Matches(c) })
}

// complete gives targets of which the sender is not known the one that their
// copies bear. Of several it takes that of most copies for a preview, in which a
// person sees it; without one nothing is chosen, since an attack may bear the id
// of an email that many more got. What a search found is taken together by sender
// and subject of the trace.
func (s *sighting) complete(targets []clawback.Target, preview bool) {
	byGroup := map[clawback.TraceQuery]map[string]bool{}
	group := func(t clawback.Target) clawback.TraceQuery {
		if t.Envelope == "" {
			return clawback.TraceQuery{MessageID: clawback.MessageIDKey(t.MessageID)}
		}
		return clawback.TraceQuery{Sender: t.Envelope, Subject: clawback.SubjectKey(t.Subject)}
	}
	for _, t := range targets {
		if byGroup[group(t)] == nil {
			byGroup[group(t)] = map[string]bool{}
		}
		byGroup[group(t)][clawback.MessageIDKey(t.MessageID)] = true
	}
	known := map[clawback.TraceQuery][]clawback.Variant{}
	for i, t := range targets {
		if t.Known() {
			continue
		}
		variants, seen := known[group(t)]
		if !seen {
			variants = s.variants(byGroup[group(t)])
			known[group(t)] = variants
		}
		if len(variants) == 1 || preview && len(variants) > 0 {
			targets[i].Sender = strings.ToLower(variants[0].Sender)
			if t.Envelope == "" {
				targets[i].Subject = variants[0].Subject
			}
		}
	}
}
