package m365sim

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

var (
	readMail    = []string{"Mail.ReadWrite", "Mail.Read", "Mail.ReadBasic.All"}
	readBodies  = []string{"Mail.ReadWrite", "Mail.Read"}
	writeMail   = []string{"Mail.ReadWrite"}
	readFolders = []string{"MailboxFolder.Read.All"}
	readItems   = []string{"MailboxItem.Read.All", "MailboxItem.ReadWrite.All"}
	writeItems  = []string{"MailboxItem.ReadWrite.All"}
	readTrace   = []string{"ExchangeMessageTrace.Read.All"}
	readUsers   = []string{"User.Read.All", "User.ReadBasic.All", "Directory.Read.All"}
	readGroups  = []string{"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"}
	readContact = []string{"OrgContact.Read.All", "Directory.Read.All"}
	readOrg     = []string{"Organization.Read.All", "Directory.Read.All"}
	readDomains = []string{"Domain.Read.All", "Directory.Read.All"}
	readApps    = []string{"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All"}
	writeApps   = []string{"Application.ReadWrite.All"}
	readGrants  = []string{"Directory.Read.All", "DelegatedPermissionGrant.Read.All"}
	readRoles   = []string{"RoleManagement.Read.Directory", "RoleManagement.Read.All", "Directory.Read.All"}
	readActive  = []string{"RoleAssignmentSchedule.Read.Directory", "RoleManagement.Read.Directory",
		"RoleManagement.Read.All"}
	readEligible = []string{"RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.Directory",
		"RoleManagement.Read.All"}
)

// graphRoutes is all that Graph answers. Sets may be addressed with a key in parentheses too.
var graphRoutes = []graphRoute{
	{method: "GET", pattern: "/users", anyOf: readUsers, run: listUsers},
	{method: "GET", pattern: "/users/$count", anyOf: readUsers, run: countOf(listUsers)},
	{method: "GET", pattern: "/users/{user}", anyOf: readUsers, run: getUser},
	{method: "GET", pattern: "/groups", anyOf: readGroups, run: listGroups},
	{method: "GET", pattern: "/groups/$count", anyOf: readGroups, run: countOf(listGroups)},
	{method: "GET", pattern: "/groups/{group}", anyOf: readGroups, run: getGroup},
	{method: "GET", pattern: "/groups/{group}/members", anyOf: readGroups, run: listMembers},
	{method: "GET", pattern: "/groups/{group}/members/$count", anyOf: readGroups, run: countOf(listMembers)},
	{method: "GET", pattern: "/groups/{group}/members/{type}", anyOf: readGroups, run: listMembers},
	{method: "GET", pattern: "/groups/{group}/transitiveMembers", anyOf: readGroups, run: listTransitiveMembers},
	{method: "GET", pattern: "/groups/{group}/transitiveMembers/$count", anyOf: readGroups,
		run: countOf(listTransitiveMembers)},
	{method: "GET", pattern: "/groups/{group}/transitiveMembers/{type}", anyOf: readGroups, run: listTransitiveMembers},
	{method: "GET", pattern: "/contacts", anyOf: readContact, run: listContacts},
	{method: "GET", pattern: "/organization", anyOf: readOrg, run: listOrganization},
	{method: "GET", pattern: "/domains", anyOf: readDomains, run: listDomains},

	mailRoute("GET", "/messages", readMail, listMessages),
	mailRoute("POST", "/messages", writeMail, createMessage),
	mailRoute("GET", "/messages/$count", readMail, countMessages),
	mailRoute("GET", "/messages/{message}", readMail, getMessage),
	mailRoute("GET", "/messages/{message}/$value", readBodies, getMIME),
	mailRoute("GET", "/messages/{message}/attachments", readBodies, listAttachments),
	mailRoute("GET", "/messages/{message}/attachments/{attachment}", readBodies, getAttachment),
	mailRoute("PATCH", "/messages/{message}", writeMail, updateMessage),
	mailRoute("DELETE", "/messages/{message}", writeMail, deleteMessage),
	mailRoute("POST", "/messages/{message}/move", writeMail, moveMessage),
	mailRoute("POST", "/messages/{message}/permanentDelete", writeMail, purgeMessage),
	mailRoute("POST", "/messages/{message}/copy", writeMail, copyMessage),
	mailRoute("GET", "/mailFolders", readMail, listFolders),
	mailRoute("POST", "/mailFolders", writeMail, createFolder),
	mailRoute("GET", "/mailFolders/{folder}", readMail, getFolder),
	mailRoute("DELETE", "/mailFolders/{folder}", writeMail, deleteFolder),
	mailRoute("GET", "/mailFolders/{folder}/childFolders", readMail, listFolders),
	mailRoute("POST", "/mailFolders/{folder}/childFolders", writeMail, createFolder),
	mailRoute("GET", "/mailFolders/{folder}/messages", readMail, listMessages),
	mailRoute("POST", "/mailFolders/{folder}/messages", writeMail, createMessage),
	mailRoute("GET", "/mailFolders/{folder}/messages/$count", readMail, countMessages),
	mailRoute("GET", "/mailFolders/{folder}/messages/{message}", readMail, getMessage),
	mailRoute("GET", "/mailFolders/{folder}/messages/{message}/$value", readBodies, getMIME),
	mailRoute("GET", "/mailFolders/{folder}/messages/{message}/attachments", readBodies, listAttachments),
	mailRoute("GET", "/mailFolders/{folder}/messages/{message}/attachments/{attachment}", readBodies, getAttachment),
	mailRoute("PATCH", "/mailFolders/{folder}/messages/{message}", writeMail, updateMessage),
	mailRoute("DELETE", "/mailFolders/{folder}/messages/{message}", writeMail, deleteMessage),
	mailRoute("POST", "/mailFolders/{folder}/messages/{message}/move", writeMail, moveMessage),
	mailRoute("POST", "/mailFolders/{folder}/messages/{message}/permanentDelete", writeMail, purgeMessage),
	mailRoute("POST", "/mailFolders/{folder}/messages/{message}/copy", writeMail, copyMessage),

	{method: "GET", pattern: "/users/{user}/settings/exchange", anyOf: []string{"User.Read.All"}, run: getExchangeSettings},
	itemRoute("GET", "", readFolders, listMailboxFolders),
	itemRoute("GET", "/{folder}/items", readItems, listMailboxItems),
	itemRoute("DELETE", "/{folder}/items/{message}", writeItems, deleteMailboxItem),

	{method: "GET", pattern: "/admin/exchange/tracing/messageTraces", service: serviceTrace, anyOf: readTrace,
		run: listTraces},
	{method: "GET", pattern: "/admin/exchange/tracing/messageTraces/{trace}/getDetailsByRecipient({arguments})",
		service: serviceTrace, anyOf: readTrace, run: traceDetails},

	{method: "GET", pattern: "/servicePrincipals", anyOf: readApps, run: listPrincipals},
	{method: "POST", pattern: "/servicePrincipals", anyOf: writeApps, run: createPrincipal},
	{method: "GET", pattern: "/servicePrincipals/{principal}", anyOf: readApps, run: getPrincipal},
	{method: "GET", pattern: "/servicePrincipals/{principal}/appRoleAssignments", anyOf: readApps,
		run: listAppRoleAssignments},
	{method: "GET", pattern: "/servicePrincipals/{principal}/oauth2PermissionGrants", anyOf: readGrants,
		run: listGrants},
	{method: "GET", pattern: "/oauth2PermissionGrants", anyOf: readGrants, run: listGrants},
	{method: "GET", pattern: "/applications", anyOf: readApps, run: listApplications},
	{method: "GET", pattern: "/applications/{application}", anyOf: readApps, run: getApplication},
	{method: "GET", pattern: "/roleManagement/directory/roleAssignments", anyOf: readRoles, run: listRoleAssignments},
	{method: "GET", pattern: "/roleManagement/directory/roleDefinitions/{definition}", anyOf: readRoles,
		run: getRoleDefinition},
	{method: "GET", pattern: "/roleManagement/directory/transitiveRoleAssignments", anyOf: readRoles,
		run: listTransitiveRoleAssignments, betaOnly: true},
	{method: "GET", pattern: "/roleManagement/directory/roleAssignmentScheduleInstances", anyOf: readActive,
		run: listActiveRoles},
	{method: "GET", pattern: "/roleManagement/directory/roleEligibilityScheduleInstances", anyOf: readEligible,
		run: listEligibleRoles},
}

func mailRoute(method, path string, anyOf []string, run func(*graphCall) answer) graphRoute {
	return graphRoute{method: method, pattern: "/users/{user}" + path, service: serviceMail, anyOf: anyOf, run: run}
}

func itemRoute(method, path string, anyOf []string, run func(*graphCall) answer) graphRoute {
	return graphRoute{method: method, pattern: "/admin/exchange/mailboxes/{mailbox}/folders" + path,
		service: serviceMailbox, anyOf: anyOf, run: run}
}

// splitPath cuts a path into segments; a key in parentheses, as in users('x') or servicePrincipals(appId='x'),
// becomes a segment of its own. A slash may stand inside a segment as %2F.
func splitPath(path string) []string {
	var out []string
	for _, escaped := range strings.Split(strings.Trim(path, "/"), "/") {
		segment, err := url.PathUnescape(escaped)
		if err != nil {
			segment = escaped
		}
		name, rest, found := strings.Cut(segment, "(")
		key, closed := strings.CutSuffix(rest, ")")
		if !found || !closed || name == "" || name == "getDetailsByRecipient" {
			out = append(out, segment)
			continue
		}
		if unquoted, ok := unquote(key); ok {
			key = unquoted
		}
		out = append(out, name, key)
	}

	return out
}

// unquote takes the quotes of an OData text off.
func unquote(text string) (string, bool) {
	if len(text) < 2 || text[0] != '\'' || text[len(text)-1] != '\'' {
		return text, false
	}

	return strings.ReplaceAll(text[1:len(text)-1], "''", "'"), true
}

// route finds the line of the table and fills in the path's parameters.
func (c *graphCall) route() (graphRoute, bool) {
	segments := splitPath(c.path)
	for _, route := range graphRoutes {
		if route.method != c.method || route.betaOnly && c.version != "beta" {
			continue
		}
		if params, ok := matchSegments(route.pattern, segments); ok {
			c.params = params
			return route, true
		}
	}

	return graphRoute{}, false
}

var parameter = regexp.MustCompile(`^(.*)\{(\w+)\}(.*)$`)

func matchSegments(pattern string, segments []string) (map[string]string, bool) {
	wanted := strings.Split(strings.Trim(pattern, "/"), "/")
	if len(wanted) != len(segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, want := range wanted {
		if strings.HasPrefix(want, "{") {
			params[want[1:len(want)-1]] = segments[i]
			continue
		}
		if m := parameter.FindStringSubmatch(want); m != nil {
			inner, prefixed := strings.CutPrefix(segments[i], m[1])
			inner, suffixed := strings.CutSuffix(inner, m[3])
			if !prefixed || !suffixed {
				return nil, false
			}
			params[m[2]] = inner
			continue
		}
		if !strings.EqualFold(want, segments[i]) {
			return nil, false
		}
	}

	return params, true
}

// noRoute tells a wrong method from an unknown path.
func (c *graphCall) noRoute() answer {
	for _, route := range graphRoutes {
		if _, ok := matchSegments(route.pattern, splitPath(c.path)); ok && !route.betaOnly {
			return c.failure(http.StatusMethodNotAllowed, "Request_BadRequest",
				"Specified HTTP method is not allowed for the request target.")
		}
	}
	segments := splitPath(c.path)

	return c.failure(http.StatusBadRequest, "BadRequest",
		"Resource not found for the segment '"+segments[len(segments)-1]+"'.")
}
