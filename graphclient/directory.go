package graphclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"clawback"

	"github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	"github.com/microsoftgraph/msgraph-sdk-go/contacts"
	"github.com/microsoftgraph/msgraph-sdk-go/groups"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// addressesPerFilter is the most alternatives that the directory takes in one
// filter: https://learn.microsoft.com/graph/filter-query-parameter
const addressesPerFilter = 15

const maxDirectoryPages = 20

// register is one part of the directory, and the property to find an address by.
type register struct {
	clause  func(address string) string
	request func(s *session, ctx context.Context, filter string) (*abstractions.RequestInformation, error)
	read    func(body []byte) ([]entry, string, error)
	// optional is true of what can't be cleaned anyway: where the app may not read
	// it, its addresses are unknown instead of failed.
	optional bool
}

// entry is one object of the directory.
type entry struct {
	mailbox clawback.Mailbox
	signIn  string // the user's sign-in name
}

func (e entry) is(address string) bool { return e.mailbox.Has(address) || e.signIn == address }

// registers are searched in this order, each for what the ones before don't have.
// The search by sign-in name is for users without such an address.
var registers = []register{
	{clause: byProxyAddress, request: (*session).usersBy, read: readUsers},
	{clause: bySignIn, request: (*session).usersBy, read: readUsers},
	{clause: byProxyAddress, request: (*session).groupsBy, read: readGroups, optional: true},
	{clause: byProxyAddress, request: (*session).contactsBy, read: readContacts, optional: true},
}

// byProxyAddress compares without regard to case, in the prefix too.
func byProxyAddress(address string) string {
	return "proxyAddresses/any(p:p eq " + quote("smtp:"+address) + ")"
}

func bySignIn(address string) string { return "userPrincipalName eq " + quote(address) }

// search answers what no register has. An address whose search failed anywhere
// is answered by that failure: it may be there.
func (s *session) search(ctx context.Context, open []string, found map[string]clawback.MailboxAnswer) ([]string, error) {
	for _, r := range registers {
		if len(open) == 0 {
			break
		}
		if err := s.searchIn(ctx, r, open, found); err != nil {
			return nil, err
		}
		open = slices.DeleteFunc(slices.Clone(open), func(address string) bool {
			_, ok := found[address]
			return ok
		})
	}
	return open, nil
}

func (s *session) searchIn(ctx context.Context, r register, open []string, found map[string]clawback.MailboxAnswer) error {
	var queries []query
	for addresses := range slices.Chunk(open, addressesPerFilter) {
		request, err := r.request(s, ctx, anyOf(addresses, r.clause))
		if err != nil {
			return fmt.Errorf("ask the directory: %w", err)
		}
		queries = append(queries, query{addresses: addresses, step: step{request: request}})
	}
	for range maxDirectoryPages {
		next, err := s.searchRound(ctx, r, queries, found)
		if err != nil || len(next) == 0 {
			return err
		}
		queries = next
	}
	for _, q := range queries {
		q.fail(found, s.c.unknown(0, "The directory's answer has no end."))
	}
	return nil
}

// searchRound asks for a page of each query and answers those to ask next: for
// another page, or once more as advanced queries.
func (s *session) searchRound(ctx context.Context, r register, queries []query, found map[string]clawback.MailboxAnswer) ([]query, error) {
	steps := make([]step, len(queries))
	for i, q := range queries {
		steps[i] = q.step
	}
	replies, err := s.run(ctx, time.Time{}, steps)
	if err != nil {
		return nil, err
	}
	var following []query
	for i, reply := range replies {
		if queries[i].refusedAsPlain(reply.Answer) {
			following = append(following, queries[i].asAdvanced())
			continue
		}
		if next := s.take(r, queries[i], reply, found); next != "" {
			following = append(following, queries[i].follow(s.next(next)))
		}
	}
	return following, nil
}

// take files the entries of a page and answers the link to the next.
func (s *session) take(r register, q query, reply reply, found map[string]clawback.MailboxAnswer) string {
	if r.optional && reply.Kind == clawback.AnswerDenied {
		return ""
	}
	if reply.Kind != clawback.AnswerOK {
		q.fail(found, reply.Answer)
		return ""
	}
	entries, next, err := r.read(reply.body)
	if err != nil || next != "" && !s.ours(next) {
		q.fail(found, s.c.unknown(reply.Status, "The directory's answer could not be read."))
		return ""
	}
	for _, e := range entries {
		e.mailbox.LookedUpAt = s.c.now()
		for _, address := range q.addresses {
			if e.is(address) {
				found[address] = clawback.MailboxAnswer{Mailbox: e.mailbox, Answer: reply.Answer}
			}
		}
	}
	return next
}

// usersBy asks for users: https://learn.microsoft.com/graph/api/user-list
func (s *session) usersBy(ctx context.Context, filter string) (*abstractions.RequestInformation, error) {
	return s.users().ToGetRequestInformation(ctx, &users.UsersRequestBuilderGetRequestConfiguration{
		QueryParameters: &users.UsersRequestBuilderGetQueryParameters{
			Filter: &filter,
			Select: []string{"id", "displayName", "mail", "userPrincipalName", "proxyAddresses", "userType"},
		},
	})
}

// groupsBy asks for groups: https://learn.microsoft.com/graph/api/group-list
func (s *session) groupsBy(ctx context.Context, filter string) (*abstractions.RequestInformation, error) {
	builder := groups.NewGroupsRequestBuilderInternal(s.base, s.adapter)
	return builder.ToGetRequestInformation(ctx, &groups.GroupsRequestBuilderGetRequestConfiguration{
		QueryParameters: &groups.GroupsRequestBuilderGetQueryParameters{
			Filter: &filter,
			Select: []string{"id", "displayName", "mail", "proxyAddresses", "groupTypes", "securityEnabled"},
		},
	})
}

// contactsBy asks for contacts of the organization: https://learn.microsoft.com/graph/api/orgcontact-list
func (s *session) contactsBy(ctx context.Context, filter string) (*abstractions.RequestInformation, error) {
	builder := contacts.NewContactsRequestBuilderInternal(s.base, s.adapter)
	return builder.ToGetRequestInformation(ctx, &contacts.ContactsRequestBuilderGetRequestConfiguration{
		QueryParameters: &contacts.ContactsRequestBuilderGetQueryParameters{
			Filter: &filter, Select: []string{"id", "displayName", "mail", "proxyAddresses"},
		},
	})
}

func readUsers(body []byte) ([]entry, string, error) {
	return readEntries(body, models.CreateUserCollectionResponseFromDiscriminatorValue, func(l models.UserCollectionResponseable) []models.Userable {
		return l.GetValue()
	}, userEntry)
}

func readGroups(body []byte) ([]entry, string, error) {
	return readEntries(body, models.CreateGroupCollectionResponseFromDiscriminatorValue, func(l models.GroupCollectionResponseable) []models.Groupable {
		return l.GetValue()
	}, groupEntry)
}

func readContacts(body []byte) ([]entry, string, error) {
	return readEntries(body, models.CreateOrgContactCollectionResponseFromDiscriminatorValue, func(l models.OrgContactCollectionResponseable) []models.OrgContactable {
		return l.GetValue()
	}, contactEntry)
}

// collection is what the SDK's lists have in common.
type collection interface {
	serialization.Parsable
	GetOdataNextLink() *string
}

func readEntries[L collection, T any](body []byte, factory serialization.ParsableFactory, values func(L) []T, read func(T) entry) (entries []entry, next string, err error) {
	err = decode(body, factory, func(list L) error {
		if values(list) == nil {
			return errors.New("no list")
		}
		for _, value := range values(list) {
			e := read(value)
			if e.mailbox.ID == "" {
				return errors.New("an object without an id")
			}
			entries = append(entries, e)
		}
		next = text(list.GetOdataNextLink())
		return nil
	})
	return entries, next, err
}

// userEntry takes a user for one with a mailbox unless it is a guest: whether
// there is a cloud mailbox, only the mailbox itself says.
func userEntry(u models.Userable) entry {
	e := entry{mailbox: mailbox(u, u.GetMail(), u.GetProxyAddresses()), signIn: strings.ToLower(text(u.GetUserPrincipalName()))}
	e.mailbox.Name, e.mailbox.Kind = text(u.GetDisplayName()), clawback.MailboxCloud
	if strings.EqualFold(text(u.GetUserType()), "Guest") {
		e.mailbox.Kind = clawback.MailboxNone
		e.mailbox.Explanation = "A guest of this organization: the mailbox is in another one."
	}
	if e.mailbox.Address == "" {
		e.mailbox.Address = e.signIn
	}
	return e
}

func groupEntry(g models.Groupable) entry {
	e := entry{mailbox: mailbox(g, g.GetMail(), g.GetProxyAddresses())}
	e.mailbox.Name, e.mailbox.Kind = text(g.GetDisplayName()), clawback.MailboxGroup
	switch {
	case slices.Contains(g.GetGroupTypes(), "Unified"):
		e.mailbox.Explanation = "A Microsoft 365 group: its own mailbox can't be cleaned, members' copies are."
	case g.GetSecurityEnabled() != nil && *g.GetSecurityEnabled():
		e.mailbox.Explanation = "A mail-enabled security group: it has no mailbox, its members' are cleaned."
	default:
		e.mailbox.Explanation = "A distribution list: it has no mailbox, its members' are cleaned."
	}
	return e
}

func contactEntry(c models.OrgContactable) entry {
	e := entry{mailbox: mailbox(c, c.GetMail(), c.GetProxyAddresses())}
	e.mailbox.Name, e.mailbox.Kind = text(c.GetDisplayName()), clawback.MailboxContact
	e.mailbox.Explanation = "A mail contact: the mailbox is outside this organization."
	return e
}

// mailbox reads an object's id and SMTP addresses; the one in capitals is the
// primary: https://learn.microsoft.com/graph/api/resources/user#properties
func mailbox(object interface{ GetId() *string }, mail *string, proxies []string) clawback.Mailbox {
	m := clawback.Mailbox{ID: text(object.GetId())}
	for _, proxy := range proxies {
		prefix, address, _ := strings.Cut(proxy, ":")
		if !strings.EqualFold(prefix, "smtp") || address == "" {
			continue
		}
		m.Addresses = append(m.Addresses, normal(address))
		if prefix == "SMTP" {
			m.Address = normal(address)
		}
	}
	if m.Address == "" {
		m.Address = normal(text(mail))
	}
	if m.Address != "" && !slices.Contains(m.Addresses, m.Address) {
		m.Addresses = append([]string{m.Address}, m.Addresses...)
	}
	return m
}
