package clawback

import (
	"regexp"
	"strings"
)

// PersonalTenantID is the tenant of personal Microsoft accounts:
// https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
const PersonalTenantID = "9188040d-6c67-4c5b-b112-36a304b66dad"

// consumerMailTenantID is where Exchange keeps the mailboxes of these accounts, as
// the headers of their email name it.
const consumerMailTenantID = "84df9e7f-e9f6-40af-b435-aaaaaaaaaaaa"

// consumerDomain matches the domains under which Microsoft gives out personal
// addresses, such as hotmail.co.uk. A company may own one that looks like it.
var consumerDomain = regexp.MustCompile(`^((outlook|hotmail|live)\.([a-z]{2,3}|com?\.[a-z]{2})|(msn|passport|windowslive)\.com)$`)

// PersonalTenant says whether a tenant, by its id or by Microsoft's name for all of
// them, is not a company's but that of personal accounts.
func PersonalTenant(id string) bool {
	switch strings.ToLower(strings.TrimSpace(id)) {
	case PersonalTenantID, consumerMailTenantID, "consumers":
		return true
	}
	return false
}

// PersonalDomain says whether a domain looks like one of personal addresses.
func PersonalDomain(domain string) bool {
	return consumerDomain.MatchString(strings.ToLower(strings.TrimSpace(domain)))
}
