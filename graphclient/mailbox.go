package graphclient

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"clawback"
)

const lookUpCall = "look up mailboxes"

// Words for people about addresses that can't be cleaned.
const (
	noAddressText = "This is not an email address."
	externalText  = "The address is outside this organization: its domain is none of the tenant's."
	unknownText   = "The directory has no user with this address, nor any group or contact that the app may read."
)

// LookUpMailboxes says what stands behind each address, in their order: a user,
// by any address or the sign-in name, a group or a contact. A tag as in
// user+tag@example.com is left out only after the whole address was not found.
func (c *Client) LookUpMailboxes(ctx context.Context, conn clawback.Connection, addresses []string) ([]clawback.MailboxAnswer, error) {
	s, err := c.graphSession(conn, lookUpCall)
	if err != nil {
		return nil, err
	}
	own, err := s.ownDomains(ctx)
	if err != nil {
		return nil, err
	}

	found := map[string]clawback.MailboxAnswer{}
	open := c.sort(addresses, own, found)
	if open, err = s.search(ctx, open, found); err != nil {
		return nil, err
	}
	if open, err = s.searchUntagged(ctx, open, found); err != nil {
		return nil, err
	}
	for _, address := range open {
		found[address] = c.none(clawback.MailboxUnknown, unknownText)
	}
	return inOrder(addresses, found), nil
}

// sort answers at once for what need not be asked and answers the rest, each once.
func (c *Client) sort(addresses []string, own map[string]bool, found map[string]clawback.MailboxAnswer) []string {
	var open []string
	seen := map[string]bool{}
	for _, address := range addresses {
		address = normal(address)
		if seen[address] {
			continue
		}
		seen[address] = true
		_, domain, ok := cutDomain(address)
		switch {
		case !ok:
			found[address] = c.none(clawback.MailboxUnknown, noAddressText)
		case own != nil && !own[domain]:
			found[address] = c.none(clawback.MailboxExternal, externalText)
		default:
			open = append(open, address)
		}
	}
	return open
}

func inOrder(addresses []string, found map[string]clawback.MailboxAnswer) []clawback.MailboxAnswer {
	answers := make([]clawback.MailboxAnswer, len(addresses))
	for i, address := range addresses {
		answers[i] = found[normal(address)]
		answers[i].Address = address
		answers[i].Mailbox.Addresses = slices.Clone(answers[i].Mailbox.Addresses)
	}
	return answers
}

// none answers for an address without a directory object.
func (c *Client) none(kind clawback.MailboxKind, explanation string) clawback.MailboxAnswer {
	now := c.now()
	return clawback.MailboxAnswer{
		Mailbox: clawback.Mailbox{Kind: kind, LookedUpAt: now, Explanation: explanation},
		Answer:  clawback.Answer{Kind: clawback.AnswerOK, At: now},
	}
}

// searchUntagged searches for what is left after a tag is taken off.
func (s *session) searchUntagged(ctx context.Context, open []string, found map[string]clawback.MailboxAnswer) ([]string, error) {
	var bases []string
	for _, address := range open {
		if base, ok := untagged(address); ok && !slices.Contains(bases, base) {
			bases = append(bases, base)
		}
	}
	if len(bases) == 0 {
		return open, nil
	}
	of := map[string]clawback.MailboxAnswer{}
	if _, err := s.search(ctx, bases, of); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(open, func(address string) bool {
		base, _ := untagged(address)
		answer, ok := of[base]
		if ok {
			found[address] = answer
		}
		return ok
	}), nil
}

func normal(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

func cutDomain(address string) (local, domain string, ok bool) {
	at := strings.LastIndex(address, "@")
	if at < 1 || at == len(address)-1 || strings.ContainsAny(address, " \t\r\n\x00") {
		return "", "", false
	}
	return address[:at], address[at+1:], true
}

// untagged takes off a tag: https://learn.microsoft.com/exchange/recipients-in-exchange-online/plus-addressing-in-exchange-online
func untagged(address string) (string, bool) {
	local, domain, ok := cutDomain(address)
	base, _, tagged := strings.Cut(local, "+")
	if !ok || !tagged || base == "" {
		return "", false
	}
	return fmt.Sprintf("%s@%s", base, domain), true
}
