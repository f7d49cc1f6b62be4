package graphclient

import (
	"context"
	"strings"
	"time"

	"clawback"
)

// Directory asks what Entra says of the app, all at once: the service principal,
// what was consented to, what was only requested, and its roles. Each look needs
// a permission of its own and answers denied without it.
func (c *Client) Directory(ctx context.Context, conn clawback.Connection, objectID string) clawback.DirectoryEvidence {
	return c.DirectoryAs(ctx, conn, objectID, clawback.Secret{})
}

// DirectoryAs asks the same with a person's own token, which it does not keep; the
// zero one is the app's.
func (c *Client) DirectoryAs(ctx context.Context, conn clawback.Connection, objectID string, token clawback.Secret) clawback.DirectoryEvidence {
	var found clawback.DirectoryEvidence
	app := "/servicePrincipals(appId=" + quote(conn.ClientID) + ")"
	mine := "principalId eq " + quote(objectID)
	const roles = "/roleManagement/directory/"
	run := func(look func(*session)) func() {
		return func() {
			s := c.newSession(conn, graphResource, "read the directory")
			s.bearer = token
			look(s)
		}
	}
	together(
		run(func(s *session) { found.Principal = s.principal(ctx, app) }),
		run(func(s *session) { found.Grants = s.grants(ctx, app+"/appRoleAssignments") }),
		run(func(s *session) { found.Application = s.application(ctx, conn.ClientID) }),
		run(func(s *session) { found.Delegated = s.delegated(ctx, app+"/oauth2PermissionGrants") }),
		run(func(s *session) { s.resources(ctx, &found) }),
		run(func(s *session) {
			found.Assigned = s.roles(ctx, "Directory roles assigned to the app", roles+"roleAssignments"+
				options("$filter", mine, "$expand", "roleDefinition"))
		}),
		run(func(s *session) {
			found.Active = s.roles(ctx, "Active directory roles of the app, through groups too", roles+"roleAssignmentScheduleInstances"+
				options("$filter", mine, "$expand", "roleDefinition"))
		}),
		run(func(s *session) {
			found.Eligible = s.roles(ctx, "Directory roles the app is only eligible for", roles+"roleEligibilityScheduleInstances"+
				options("$filter", mine, "$expand", "roleDefinition"))
		}),
		run(func(s *session) {
			found.Holders = s.roles(ctx, "Who has Security Reader", roles+"roleAssignments"+
				options("$filter", "roleDefinitionId eq "+quote(clawback.SecurityReaderRoleID)))
		}),
	)
	return found
}

type principalBody struct {
	ID             string `json:"id"`
	AppID          string `json:"appId"`
	DisplayName    string `json:"displayName"`
	AccountEnabled bool   `json:"accountEnabled"`
}

func (s *session) principal(ctx context.Context, path string) clawback.PrincipalEvidence {
	var body principalBody
	probe := s.look(ctx, "The app's service principal", path+options("$select", "id,appId,displayName,accountEnabled"), &body)
	if probe.OK() && body.ID == "" {
		probe.Answer = s.c.unreadable()
	}
	return clawback.PrincipalEvidence{Probe: probe, ID: body.ID, Name: body.DisplayName, Enabled: body.AccountEnabled}
}

// resources asks for Microsoft's own service principals at once: whether they
// are there, and their ids in this tenant.
func (s *session) resources(ctx context.Context, found *clawback.DirectoryEvidence) {
	ids := []string{quote(clawback.ExchangeAppID), quote(clawback.GraphAppID), quote(clawback.MessageTraceAppID)}
	probe, list := looks[principalBody](ctx, s, "Microsoft's own apps in the tenant",
		"/servicePrincipals"+options("$filter", "appId in ("+strings.Join(ids, ",")+")", "$select", "id,appId,displayName"))
	of := func(appID string) clawback.PrincipalEvidence {
		for _, p := range list {
			if strings.EqualFold(p.AppID, appID) {
				return clawback.PrincipalEvidence{Probe: probe, ID: p.ID, Name: p.DisplayName, Enabled: true}
			}
		}
		absent := clawback.PrincipalEvidence{Probe: probe}
		if absent.OK() {
			absent.Answer.Kind, absent.Answer.Message = clawback.AnswerNotFound, "The tenant has no such app."
		}
		return absent
	}
	found.ExchangeID, found.GraphID, found.TracePrincipal = of(clawback.ExchangeAppID), of(clawback.GraphAppID), of(clawback.MessageTraceAppID)
}

func (s *session) grants(ctx context.Context, path string) clawback.GrantsEvidence {
	probe, list := looks[struct {
		ResourceID  string    `json:"resourceId"`
		Resource    string    `json:"resourceDisplayName"`
		RoleID      string    `json:"appRoleId"`
		CreatedDate time.Time `json:"createdDateTime"`
	}](ctx, s, "Application permissions granted to the app", path)
	found := clawback.GrantsEvidence{Probe: probe}
	for _, g := range list {
		found.Grants = append(found.Grants, clawback.AppRoleGrant{ResourceID: g.ResourceID, Resource: g.Resource, RoleID: g.RoleID, GrantedAt: g.CreatedDate.UTC()})
	}
	return found
}

func (s *session) application(ctx context.Context, clientID string) clawback.ApplicationEvidence {
	var body struct {
		AppID  string `json:"appId"`
		Access []struct {
			ResourceAppID string `json:"resourceAppId"`
			Access        []struct {
				ID   string `json:"id"`
				Type string `json:"type"`
			} `json:"resourceAccess"`
		} `json:"requiredResourceAccess"`
		Secrets []struct {
			Hint string    `json:"hint"`
			Ends time.Time `json:"endDateTime"`
		} `json:"passwordCredentials"`
	}
	probe := s.look(ctx, "Permissions the app registration lists", "/applications(appId="+quote(clientID)+")"+
		options("$select", "id,appId,requiredResourceAccess,passwordCredentials"), &body)
	if probe.OK() && body.AppID == "" {
		probe.Answer = s.c.unreadable()
	}
	found := clawback.ApplicationEvidence{Probe: probe}
	for _, secret := range body.Secrets {
		found.Secrets = append(found.Secrets, clawback.AppSecret{Hint: secret.Hint, EndsAt: secret.Ends.UTC()})
	}
	for _, resource := range body.Access {
		for _, access := range resource.Access {
			found.Requested = append(found.Requested, clawback.RequestedPermission{
				ResourceAppID: resource.ResourceAppID, ID: access.ID, Delegated: access.Type == "Scope",
			})
		}
	}
	return found
}

func (s *session) delegated(ctx context.Context, path string) clawback.DelegatedEvidence {
	probe, list := looks[struct {
		ResourceID string `json:"resourceId"`
		Scope      string `json:"scope"`
	}](ctx, s, "Delegated permissions granted to the app", path)
	found := clawback.DelegatedEvidence{Probe: probe, Scopes: map[string][]string{}}
	for _, g := range list {
		found.Scopes[g.ResourceID] = append(found.Scopes[g.ResourceID], strings.Fields(g.Scope)...)
	}
	return found
}

func (s *session) roles(ctx context.Context, asked, path string) clawback.RolesEvidence {
	probe, list := looks[struct {
		PrincipalID string     `json:"principalId"`
		RoleID      string     `json:"roleDefinitionId"`
		Scope       string     `json:"directoryScopeId"`
		Starts      *time.Time `json:"startDateTime"`
		Ends        *time.Time `json:"endDateTime"`
		Definition  struct {
			Name    string `json:"displayName"`
			BuiltIn bool   `json:"isBuiltIn"`
		} `json:"roleDefinition"`
	}](ctx, s, asked, path)
	found := clawback.RolesEvidence{Probe: probe}
	for _, r := range list {
		role := clawback.RoleAssignment{RoleID: r.RoleID, Name: r.Definition.Name, Scope: r.Scope, BuiltIn: r.Definition.BuiltIn}
		if role.Name == "" {
			role.Name = r.PrincipalID
		}
		if r.Starts != nil {
			role.StartsAt = r.Starts.UTC()
		}
		if r.Ends != nil {
			role.EndsAt = r.Ends.UTC()
		}
		found.Roles = append(found.Roles, role)
	}
	return found
}
