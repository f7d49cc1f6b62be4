package graphclient_test

import (
	"slices"
	"testing"

	"clawback"
)

func TestFindTenant(t *testing.T) {
	b := setup(t)
	tests := []struct {
		name, asked string
		kind        clawback.AnswerKind
		tenant      string
	}{
		{"by domain", b.tenant.Domain, clawback.AnswerOK, b.tenant.ID},
		{"by id", b.tenant.ID, clawback.AnswerOK, b.tenant.ID},
		{"nobody's domain", "nobody.example", clawback.AnswerNotFound, ""},
		{"every tenant", "organizations", clawback.AnswerNotFound, ""},
		{"nothing", "", clawback.AnswerNotFound, ""},
		{"a path", "../../token", clawback.AnswerNotFound, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := b.client.FindTenant(t.Context(), tt.asked)
			if tt.tenant != found.TenantID || found.OK() != (tt.kind == clawback.AnswerOK) || found.Asked == "" {
				t.Errorf("%+v, want %s %q", found, tt.kind, tt.tenant)
			}
			if tt.asked == "nobody.example" && found.Answer.Kind != tt.kind {
				t.Errorf("answer %+v", found.Answer)
			}
		})
	}
}

func TestTokens_readsWhatAFreshTokenCarries(t *testing.T) {
	b := setup(t)
	found := b.client.Tokens(t.Context(), b.conn)
	if !found.Exchange.OK() || !found.Exchange.Has("Exchange.ManageAsApp") || !slices.Contains(found.Exchange.DirectoryRoles(), clawback.SecurityReaderRoleID) {
		t.Errorf("exchange %+v", found.Exchange)
	}
	if !found.Graph.Has("Mail.ReadWrite") || found.Graph.AppID != b.conn.ClientID || found.Graph.TenantID != b.tenant.ID ||
		found.Graph.ObjectID != b.tenant.App.ServicePrincipalID {
		t.Errorf("graph %+v", found.Graph)
	}

	b.patchApp(map[string]any{"roles": []any{}, "consent": false})
	found = b.client.Tokens(t.Context(), b.conn)
	if !found.Exchange.OK() || len(found.Exchange.Roles) != 0 || len(found.Exchange.DirectoryRoles()) != 0 {
		t.Errorf("the old token was read again: %+v", found.Exchange)
	}
	b.patchApp(map[string]any{"enabled": false})
	found = b.client.Tokens(t.Context(), b.conn)
	if found.Graph.Answer.Kind != clawback.AnswerUnauthorized || found.Graph.Answer.Code != "AADSTS7000112" {
		t.Errorf("disabled: %+v", found.Graph.Answer)
	}
}

func TestDirectory_readsGrantsAndRoles(t *testing.T) {
	b := setup(t)
	b.patchApp(map[string]any{
		"roles": []any{map[string]any{"role": "Security Reader", "state": "eligible"}, map[string]any{"role": "Mail Robots", "scope": "/administrativeUnits/x"}},
		"permissions": []any{"Directory.Read.All", "Application.Read.All", "RoleManagement.Read.Directory",
			map[string]any{"value": "Exchange.ManageAsApp", "delegated": true}, map[string]any{"value": "Mail.ReadWrite", "consented": false}},
		"message_trace_service_principal": false,
	})
	b.client.Tokens(t.Context(), b.conn)
	d := b.client.Directory(t.Context(), b.conn, b.tenant.App.ServicePrincipalID)
	for _, probe := range []clawback.Probe{d.Principal.Probe, d.ExchangeID.Probe, d.Grants.Probe, d.Application.Probe, d.Delegated.Probe,
		d.Assigned.Probe, d.Active.Probe, d.Eligible.Probe, d.Holders.Probe} {
		if !probe.OK() || probe.Asked == "" {
			t.Errorf("%+v", probe)
		}
	}
	if d.Principal.ID != b.tenant.App.ServicePrincipalID || !d.Principal.Enabled || !d.TracePrincipal.Absent() {
		t.Errorf("principals %+v, %+v", d.Principal, d.TracePrincipal)
	}
	if len(d.Grants.Grants) != 3 || !slices.Equal(d.Delegated.Scopes[d.ExchangeID.ID], []string{"Exchange.ManageAsApp"}) {
		t.Errorf("grants %+v, delegated %+v", d.Grants, d.Delegated)
	}
	if !slices.Contains(d.Application.Requested, clawback.RequestedPermission{ResourceAppID: clawback.GraphAppID, ID: clawback.MailReadWriteRoleID}) {
		t.Errorf("requested %+v", d.Application)
	}
	if len(d.Eligible.Roles) != 1 || len(d.Assigned.Roles) != 1 || d.Assigned.Roles[0].Scope != "/administrativeUnits/x" || d.Assigned.Roles[0].BuiltIn {
		t.Errorf("roles %+v, %+v", d.Eligible, d.Assigned)
	}
	b.patchApp(map[string]any{"permissions": []any{}})
	b.client.Tokens(t.Context(), b.conn)
	if d := b.client.Directory(t.Context(), b.conn, b.tenant.App.ServicePrincipalID); !d.Grants.Refused() || !d.TracePrincipal.Refused() || d.Grants.OK() {
		t.Errorf("without permission: %+v", d.Grants)
	}
}

func TestCalls_tryTheRealThing(t *testing.T) {
	b := setup(t)
	found := b.client.Calls(t.Context(), b.conn)
	if !found.TraceExchange.OK() || !found.TraceGraph.OK() || !found.Alias.OK() || found.Alias.Mailbox.ID != found.Alias.WantedID || found.Alias.Addresses < 2 {
		t.Errorf("%+v", found)
	}
	if len(found.Mailboxes) != 20 || !found.Mailboxes[0].OK() {
		t.Errorf("mailboxes %+v", found.Mailboxes)
	}
	b.patchApp(map[string]any{"roles": []any{}, "consent": false})
	b.client.Tokens(t.Context(), b.conn)
	found = b.client.Calls(t.Context(), b.conn)
	if !found.TraceExchange.Refused() || !found.TraceGraph.Refused() || !found.Alias.Refused() || len(found.Mailboxes) != 0 {
		t.Errorf("without a grant: %+v", found)
	}
}

func TestEvidence_failedLooksAreNotOK(t *testing.T) {
	b := setup(t)
	b.client.Tokens(t.Context(), b.conn)
	b.faults(fault{"route": "graph:*", "garbage": "json"})
	d, calls := b.client.Directory(t.Context(), b.conn, b.tenant.App.ServicePrincipalID), b.client.Calls(t.Context(), b.conn)
	if d.Principal.OK() || d.Grants.OK() || d.Eligible.OK() || calls.TraceGraph.OK() || calls.Alias.OK() {
		t.Errorf("an outage answers: %+v %+v", d, calls)
	}
}
