package graphclient

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clawback"
)

const (
	// probedMailboxes is how many inboxes are looked into: access may be scoped, and
	// one mailbox does not speak for all.
	probedMailboxes = 20
	sampledUsers    = "25"
)

// Calls tries the real thing, read-only: one row of the message trace by either
// door, a mailbox by one of its aliases, a look into some inboxes.
func (c *Client) Calls(ctx context.Context, conn clawback.Connection) clawback.CallsEvidence {
	var found clawback.CallsEvidence
	domains := make(chan struct{})
	together(
		func() {
			defer close(domains)
			c.askDomainsAhead(ctx, conn)
		},
		func() { found.TraceExchange = c.probeTraceExchange(ctx, conn) },
		func() { found.TraceGraph = c.probeTraceGraph(ctx, conn) },
		func() {
			users, probe := c.sampleUsers(ctx, conn)
			together(
				func() {
					<-domains
					found.Alias = c.probeAlias(ctx, conn, probe, users)
				},
				func() { found.Mailboxes = c.probeMailboxes(ctx, conn, users) },
			)
		},
	)
	return found
}

// askDomainsAhead spares the look-up of an address its wait for the tenant's
// domains. Where they can't be had, the look-up asks again and says why.
func (c *Client) askDomainsAhead(ctx context.Context, conn clawback.Connection) {
	if s, err := c.graphSession(conn, lookUpCall); err == nil {
		_, _ = s.ownDomains(ctx)
	}
}

func (c *Client) probeTraceExchange(ctx context.Context, conn clawback.Connection) clawback.Probe {
	s, now := c.newSession(conn, exchangeResource, traceCall), c.now().UTC()
	probe := clawback.Probe{Asked: traceCmdlet + " of the last hour, one row, by Exchange"}
	body, err := s.invoke(ctx, s.invokeURL(), parameters{
		"StartDate": now.Add(-time.Hour).Format(exchangeTime), "EndDate": now.Format(exchangeTime), "ResultSize": 1,
	})
	if err != nil {
		probe.Answer = failedAnswer(err)
		return probe
	}
	probe.Answer = clawback.Answer{Kind: clawback.AnswerOK, Status: http.StatusOK, At: c.now()}
	if _, err := readTracePage(body); err != nil {
		probe.Answer = c.unknown(http.StatusOK, "Exchange's answer could not be read.")
	}
	return probe
}

func (c *Client) probeTraceGraph(ctx context.Context, conn clawback.Connection) clawback.Probe {
	s, now := c.newSession(conn, graphResource, traceCall), c.now().UTC()
	filter := "receivedDateTime ge " + now.Add(-time.Hour).Format(graphTime) + " and receivedDateTime le " + now.Format(graphTime)
	var page struct {
		Value *[]any `json:"value"`
	}
	probe := s.look(ctx, "Message trace of the last hour, one row, by Graph",
		"/admin/exchange/tracing/messageTraces"+options("$filter", filter, "$top", "1"), &page)
	if probe.OK() && page.Value == nil {
		probe.Answer = c.unreadable()
	}
	return probe
}

type userBody struct {
	ID      string   `json:"id"`
	Name    string   `json:"displayName"`
	Mail    string   `json:"mail"`
	Proxies []string `json:"proxyAddresses"`
	Type    string   `json:"userType"`
}

// sampleUsers answers some users with an address, those with an alias first.
func (c *Client) sampleUsers(ctx context.Context, conn clawback.Connection) ([]userBody, clawback.Probe) {
	s := c.newSession(conn, graphResource, lookUpCall)
	var page struct {
		Value *[]userBody `json:"value"`
	}
	probe := s.look(ctx, "Some users and their addresses", "/users"+
		options("$top", sampledUsers, "$select", "id,displayName,mail,userPrincipalName,proxyAddresses,userType"), &page)
	if probe.OK() && page.Value == nil {
		probe.Answer = c.unreadable()
	}
	if !probe.OK() {
		return nil, probe
	}
	var with, without []userBody
	for _, u := range *page.Value {
		switch {
		case u.ID == "" || u.Mail == "" || strings.EqualFold(u.Type, "Guest"):
		case u.alias() != "":
			with = append(with, u)
		default:
			without = append(without, u)
		}
	}
	return append(with, without...), probe
}

// alias answers a further address of the user, "" where there is none.
func (u userBody) alias() string {
	for _, proxy := range u.Proxies {
		if address, ok := strings.CutPrefix(proxy, "smtp:"); ok && !strings.EqualFold(address, u.Mail) {
			return normal(address)
		}
	}
	return ""
}

// probeAlias looks a user up by an alias, as a removal does with a recipient.
func (c *Client) probeAlias(ctx context.Context, conn clawback.Connection, list clawback.Probe, users []userBody) clawback.AliasEvidence {
	found := clawback.AliasEvidence{Probe: list}
	if !list.OK() {
		return found
	}
	if len(users) == 0 {
		found.Answer = clawback.Answer{Kind: clawback.AnswerNotFound, At: c.now(), Message: "The directory names no user with an address."}
		return found
	}
	user := users[0]
	found.Address, found.WantedID = user.alias(), user.ID
	if found.Address == "" {
		found.Address = normal(user.Mail)
	}
	found.Asked = "Who receives mail for “" + found.Address + "”"
	answers, err := c.LookUpMailboxes(ctx, conn, []string{found.Address})
	if err != nil {
		found.Answer = failedAnswer(err)
		return found
	}
	found.Answer, found.Mailbox = answers[0].Answer, answers[0].Mailbox
	found.Addresses = len(found.Mailbox.Addresses)
	return found
}

func (c *Client) probeMailboxes(ctx context.Context, conn clawback.Connection, users []userBody) []clawback.MailboxEvidence {
	users = users[:min(len(users), probedMailboxes)]
	found := make([]clawback.MailboxEvidence, len(users))
	looks := make([]func(), len(users))
	for i, user := range users {
		looks[i] = func() {
			s := c.newSession(conn, graphResource, "look into a mailbox")
			var page struct {
				Value *[]any `json:"value"`
			}
			found[i] = clawback.MailboxEvidence{Address: normal(user.Mail), Probe: s.look(ctx, "The inbox of "+normal(user.Mail),
				"/users/"+url.PathEscape(user.ID)+"/mailFolders/inbox/messages"+options("$top", "1", "$select", "id"), &page)}
			if found[i].OK() && page.Value == nil {
				found[i].Answer = c.unreadable()
			}
		}
	}
	together(looks...)
	return found
}
