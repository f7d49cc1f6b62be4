package m365sim

// adminEndpoints are the documented endpoints under v2.0, each of which takes one cmdlet.
// https://learn.microsoft.com/exchange/reference/admin-api-endpoints-reference
var adminEndpoints = map[string]string{
	"accepteddomain": "Get-AcceptedDomain", "distributiongroupmember": "Get-DistributionGroupMember",
	"dynamicdistributiongroupmember": "Get-DynamicDistributionGroupMember", "mailbox": "Get-Mailbox",
	"organizationconfig": "Get-OrganizationConfig",
}

func (c *exchangeCall) acceptedDomains() answer {
	rows := []entity{}
	for i, domain := range []string{c.tenant.domain, c.tenant.onMicrosoft()} {
		rows = append(rows, entity{"Name": domain, "DomainName": domain, "DomainType": "Authoritative", "Default": i == 0,
			"InitialDomain": i == 1})
	}

	return c.results(rows, []string{})
}

func (c *exchangeCall) organizationConfig() answer {
	return c.results([]entity{{"Name": c.tenant.onMicrosoft(), "DisplayName": c.tenant.name, "Identity": c.tenant.onMicrosoft(),
		"ExternalDirectoryOrganizationId": c.tenant.id, "IsDehydrated": false}}, []string{})
}
