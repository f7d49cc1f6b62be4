package m365sim

import "strings"

// App ids of Microsoft's own resources, the same in every tenant.
const (
	graphAppID        = "00000003-0000-0000-c000-000000000000"
	exchangeAppID     = "00000002-0000-0ff1-ce00-000000000000"
	protectionAppID   = "00000007-0000-0ff1-ce00-000000000000"
	sharePointAppID   = "00000003-0000-0ff1-ce00-000000000000"
	messageTraceAppID = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
	microsoftTenantID = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"

	graphAudience    = "https://graph.microsoft.com"
	exchangeAudience = "https://outlook.office365.com"

	// implicitAppWid stands in the wids of every app-only token and names no role.
	implicitAppWid = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
	// implicitUserWid is the default user's.
	implicitUserWid = "b79fbf4d-3ef9-4689-8143-76b194e85509"

	exchangeManageAsApp   = "Exchange.ManageAsApp"
	exchangeManageAsAppV2 = "Exchange.ManageAsAppV2" // of the documented admin API; its id is not documented
	securityReader        = "Security Reader"

	globalAdministrator           = "Global Administrator"
	privilegedRoleAdministrator   = "Privileged Role Administrator"
	applicationAdministrator      = "Application Administrator"
	cloudApplicationAdministrator = "Cloud Application Administrator"
)

// resourceKind is one of Microsoft's APIs an app can be granted permissions on.
type resourceKind struct {
	appID, name string
	audiences   []string // what a scope may name it as; the first is the token's aud
	roles       map[string]string
	scopes      []string // delegated permissions one can add in the admin center
}

var resourceKinds = []resourceKind{
	{graphAppID, "Microsoft Graph", []string{graphAudience, graphAppID}, graphRoleIDs, graphScopes},
	{exchangeAppID, "Office 365 Exchange Online", []string{exchangeAudience, exchangeAppID, "https://outlook.office.com"},
		map[string]string{exchangeManageAsApp: "dc50a0fb-09a3-484d-be87-e023b12c6440"},
		// Microsoft lists Exchange.Manage alone; the other is here for the mistake the setup guide warns of.
		[]string{"Exchange.Manage", exchangeManageAsApp}},
	{protectionAppID, "Microsoft Exchange Online Protection",
		[]string{"https://ps.compliance.protection.outlook.com", protectionAppID},
		map[string]string{exchangeManageAsApp: "455e5cd2-84e8-4751-8344-5672145dfa17"}, nil},
	{sharePointAppID, "Office 365 SharePoint Online", []string{sharePointAppID}, nil, nil},
	{messageTraceAppID, "Office 365 Exchange Online - Message Trace", []string{messageTraceAppID}, nil, nil},
}

func resourceByAppID(appID string) (resourceKind, bool) {
	for _, r := range resourceKinds {
		if r.appID == appID || strings.EqualFold(r.name, appID) {
			return r, true
		}
	}

	return resourceKind{}, false
}

func resourceByAudience(audience string) (resourceKind, bool) {
	audience = strings.TrimSuffix(audience, "/")
	for _, r := range resourceKinds {
		for _, known := range r.audiences {
			if strings.EqualFold(known, audience) {
				return r, true
			}
		}
	}

	return resourceKind{}, false
}

// graphRoleIDs are the ids of Graph's application permissions.
var graphRoleIDs = map[string]string{
	"Mail.ReadWrite":                         "e2a3a72e-5f79-4c64-b1b1-878b674786c9",
	"Mail.Read":                              "810c84a8-4a9e-49e6-bf7d-12d183f40d01",
	"Mail.ReadBasic.All":                     "693c5e45-0940-467d-9b8a-1022fb9d42ef",
	"Mail-Advanced.ReadWrite.All":            "e118f1da-5c1c-46cf-bff6-8858d786f46f",
	"MailboxItem.Read.All":                   "7d9f353d-a7bd-4fbb-822a-26d5dd39a3ce",
	"MailboxItem.ReadWrite.All":              "1583d471-fede-4e7c-b062-57e9d60cfb49",
	"MailboxFolder.Read.All":                 "99280d24-a782-4793-93cc-0888549957f6",
	"ExchangeMessageTrace.Read.All":          "89b20d8a-76e2-4057-867b-9961f800b9a4",
	"User.Read.All":                          "df021288-bdef-4463-88db-98f22de89214",
	"User.ReadBasic.All":                     "97235f07-e226-4f63-ace3-39588e11d3a1",
	"Directory.Read.All":                     "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
	"GroupMember.Read.All":                   "98830695-27a2-44f7-8c18-0c3ebc9698f6",
	"Group.Read.All":                         "5b567255-7703-4780-807c-7be8301ae99b",
	"Organization.Read.All":                  "498476ce-e0fe-48b0-b801-37ba7e2685c6",
	"Domain.Read.All":                        "dbb9058a-0e50-45d7-ae91-66909b5d4664",
	"OrgContact.Read.All":                    "e1a88a34-94c4-4418-be12-c87b00e26bea",
	"RoleManagement.Read.Directory":          "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
	"RoleManagement.Read.All":                "c7fbd983-d9aa-4fa7-84b8-17382c103bc4",
	"RoleAssignmentSchedule.Read.Directory":  "d5fe8ce8-684c-4c83-a52c-46e882ce4be1",
	"RoleEligibilitySchedule.Read.Directory": "ff278e11-4a33-4d0c-83d2-d01dc58929a5",
	"Application.Read.All":                   "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
	"Application.ReadWrite.All":              "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
	"DelegatedPermissionGrant.Read.All":      "81b4724a-58aa-41c1-8a55-84ef97466587",
	"AppRoleAssignment.ReadWrite.All":        "06b708a9-e830-4db3-a914-8e69da51d44f",
	"SecurityAnalyzedMessage.Read.All":       "b48f7ac2-044d-4281-b02f-75db744d6f5f",
	"SecurityAnalyzedMessage.ReadWrite.All":  "04c55753-2244-4c25-87fc-704ab82a4f69",
	"ThreatHunting.Read.All":                 "dd98c7f5-2d42-42d3-a0e4-633161547251",
	"eDiscovery.ReadWrite.All":               "b2620db1-3bf7-4c5b-9cb9-576d29eac736",
	"RoleManagement.Read.Exchange":           "c769435f-f061-4d0b-8ff1-3d39870e5f85",
	"AuditLog.Read.All":                      "b0afded3-3588-46d8-8b3d-9842eff778da",
}

// graphScopes are some of Graph's delegated permissions.
var graphScopes = []string{"Directory.Read.All", "Mail.Read", "Mail.ReadWrite", "User.Read", "User.Read.All", "email",
	"offline_access", "openid", "profile"}

// directoryRoleIDs are the template ids of built-in Entra roles, equal to their role definition ids.
var directoryRoleIDs = map[string]string{
	securityReader:                     "5d6b6bb7-de71-4623-b4af-96380a352509",
	"Security Administrator":           "194ae4cb-b126-40b2-bd5b-6091b380977d",
	"Security Operator":                "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",
	"Global Reader":                    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
	"Exchange Administrator":           "29232cdf-9323-42fd-ade2-1d097af3e4de",
	globalAdministrator:                "62e90394-69f5-4237-9190-012177145e10",
	privilegedRoleAdministrator:        "e8611ab8-c189-46e8-94e1-60213ab1f814",
	applicationAdministrator:           "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
	cloudApplicationAdministrator:      "158c047a-c907-4556-b7ef-446551a6b5f7",
	"Compliance Administrator":         "17315797-102d-40b4-93e0-432062caca18",
	"Helpdesk Administrator":           "729827e3-9c14-49f7-bb1b-9608f156bbb8",
	"Exchange Recipient Administrator": "31392ffb-586c-42d1-9346-e59415a2cc4e",
}
