package setup_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/setup"
)

var asked = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func yes() clawback.Probe {
	return clawback.Probe{Asked: "asked", Answer: clawback.Answer{Kind: clawback.AnswerOK, Status: 200, At: asked}}
}

func no(kind clawback.AnswerKind, code, message string) clawback.Probe {
	return clawback.Probe{Asked: "asked", Answer: clawback.Answer{Kind: kind, Status: 403, Code: code, Message: message, At: asked}}
}

// good is the evidence of a device that is set up, and may not read the directory.
func good() clawback.SetupEvidence {
	const tenant, client = "t1", "c1"
	token := clawback.TokenEvidence{Probe: yes(), AppID: client, TenantID: tenant, ObjectID: "sp1"}
	e := clawback.SetupEvidence{At: asked, TenantID: tenant, ClientID: client, Secret: true,
		Tenant: clawback.TenantEvidence{Probe: yes(), TenantID: tenant}, GrantedAt: map[clawback.SetupStep]time.Time{}}
	e.Tokens.Exchange, e.Tokens.Graph = token, token
	e.Tokens.Exchange.Roles, e.Tokens.Exchange.Wids = []string{"Exchange.ManageAsApp"}, []string{clawback.SecurityReaderRoleID}
	e.Tokens.Graph.Roles = []string{"Mail.ReadWrite", "User.Read.All"}
	denied := no(clawback.AnswerDenied, "Authorization_RequestDenied", "Insufficient privileges.")
	d := &e.Directory
	for _, p := range []*clawback.Probe{&d.Principal.Probe, &d.TracePrincipal.Probe, &d.ExchangeID.Probe, &d.GraphID.Probe, &d.Grants.Probe,
		&d.Application.Probe, &d.Delegated.Probe, &d.Assigned.Probe, &d.Active.Probe, &d.Eligible.Probe, &d.Holders.Probe, &e.Calls.TraceGraph} {
		*p = denied
	}
	e.Calls.TraceExchange = yes()
	e.Calls.Alias = clawback.AliasEvidence{Probe: yes(), Address: "a@x.example", WantedID: "u1", Addresses: 2, Mailbox: clawback.Mailbox{ID: "u1"}}
	e.Calls.Mailboxes = []clawback.MailboxEvidence{{Probe: yes(), Address: "a@x.example"}}
	return e
}

func TestDiagnose_good(t *testing.T) {
	for _, step := range clawback.CheckedSteps() {
		d := setup.Diagnose(step, good())
		if d.Status != clawback.CheckPass || d.Finding == "" || len(d.Layers) != 4 {
			t.Errorf("%s: %+v", step, d)
		}
	}
	if d := setup.Diagnose(clawback.StepSwitchOn, good()); d.Status != clawback.CheckNotApplicable {
		t.Errorf("switch on: %+v", d)
	}
}

// TestDiagnose_lookFailed tells a directory that may not be read from one that gave no answer.
func TestDiagnose_lookFailed(t *testing.T) {
	for step, missing := range map[clawback.SetupStep]func(*clawback.SetupEvidence) *clawback.Probe{
		clawback.StepManageAsApp: func(e *clawback.SetupEvidence) *clawback.Probe {
			e.Tokens.Exchange.Roles = nil
			return &e.Directory.Grants.Probe
		},
		clawback.StepSecurityReader: func(e *clawback.SetupEvidence) *clawback.Probe {
			e.Tokens.Exchange.Wids, e.Calls.TraceExchange = nil, no(clawback.AnswerDenied, "", "")
			return &e.Directory.Assigned.Probe
		},
	} {
		e := good()
		probe := missing(&e)
		if d := setup.Diagnose(step, e); !strings.Contains(d.Look, "grant the app the read-only permission") || d.Layers[2].Status != clawback.CheckNotApplicable {
			t.Errorf("%s, refused: %q %+v", step, d.Look, d.Layers)
		}
		*probe = no(clawback.AnswerUnavailable, "", "busy")
		if d := setup.Diagnose(step, e); !strings.Contains(d.Look, "Check again") || strings.Contains(d.Look, "grant") || d.Layers[2].Status != clawback.CheckUnknown {
			t.Errorf("%s, no answer: %q %+v", step, d.Look, d.Layers)
		}
	}
}

// TestDiagnose_lookHelps offers somebody's own right where the directory, which the app may not read, could name the
// cause or say otherwise than the token; and nowhere else.
func TestDiagnose_lookHelps(t *testing.T) {
	denied := no(clawback.AnswerDenied, "", "")
	reads := func(e *clawback.SetupEvidence) {
		e.Directory.Assigned = clawback.RolesEvidence{Probe: yes(), Roles: []clawback.RoleAssignment{{RoleID: clawback.SecurityReaderRoleID, Scope: "/"}}}
		e.Directory.TracePrincipal.Probe = yes()
	}
	for name, tt := range map[string]struct {
		step        clawback.SetupStep
		change      func(*clawback.SetupEvidence)
		helps, open bool // as it is, and with the directory open
	}{
		"passed":             {clawback.StepSecurityReader, func(*clawback.SetupEvidence) {}, false, false},
		"role missing":       {clawback.StepSecurityReader, func(e *clawback.SetupEvidence) { e.Tokens.Exchange.Wids, e.Calls.TraceExchange = nil, denied }, true, false},
		"role refused":       {clawback.StepSecurityReader, func(e *clawback.SetupEvidence) { e.Calls.TraceExchange = denied }, true, false},
		"permission missing": {clawback.StepRecipients, func(e *clawback.SetupEvidence) { e.Tokens.Graph.Roles = nil }, true, true},
		"people refused":     {clawback.StepRecipients, func(e *clawback.SetupEvidence) { e.Calls.Alias.Probe = denied }, false, false},
		"trace refused": {clawback.StepMessageTrace, func(e *clawback.SetupEvidence) {
			e.Tokens.Graph.Roles = []string{clawback.MessageTracePermission}
			e.Calls.TraceExchange, e.Calls.TraceGraph = denied, denied
		}, true, false},
		"trace closed": {clawback.StepMessageTrace, func(e *clawback.SetupEvidence) {
			e.Tokens.Exchange.Wids = nil
			e.Calls.TraceExchange, e.Calls.TraceGraph = denied, denied
		}, false, false},
		"no answer": {clawback.StepSecurityReader, func(e *clawback.SetupEvidence) { e.Calls.TraceExchange = no(clawback.AnswerUnavailable, "", "busy") }, false, false},
		"a policy closes some": {clawback.StepRemoval, func(e *clawback.SetupEvidence) {
			e.Calls.Mailboxes = append(e.Calls.Mailboxes, clawback.MailboxEvidence{Probe: no(clawback.AnswerDenied, "", "Access to OData is disabled.")})
		}, false, false},
	} {
		e := good()
		tt.change(&e)
		if d := setup.Diagnose(tt.step, e); d.LookHelps() != tt.helps {
			t.Errorf("%s, closed: %v (%s)", name, d.LookHelps(), d.Cause)
		}
		reads(&e)
		if d := setup.Diagnose(tt.step, e); d.LookHelps() != tt.open {
			t.Errorf("%s, open: %v (%s)", name, d.LookHelps(), d.Cause)
		}
	}
}

func TestDiagnose(t *testing.T) {
	signIn := func(code string) func(*clawback.SetupEvidence) {
		return func(e *clawback.SetupEvidence) {
			refused := clawback.TokenEvidence{Probe: no(clawback.AnswerUnauthorized, code, "Microsoft's words.")}
			e.Tokens.Exchange, e.Tokens.Graph = refused, refused
		}
	}
	and := func(all ...func(*clawback.SetupEvidence)) func(*clawback.SetupEvidence) {
		return func(e *clawback.SetupEvidence) {
			for _, change := range all {
				change(e)
			}
		}
	}
	outage := no(clawback.AnswerUnavailable, "", "busy")
	tests := []struct {
		name   string
		step   clawback.SetupStep
		change func(*clawback.SetupEvidence)
		status clawback.CheckStatus
		cause  clawback.CheckCause
		words  string // in the finding
	}{
		{"tenant unknown", clawback.StepConnect, and(signIn("AADSTS90002"), func(e *clawback.SetupEvidence) { e.Tenant.Probe = no(clawback.AnswerNotFound, "", "") }),
			clawback.CheckFail, clawback.CauseTenantUnknown, "no tenant"},
		{"personal accounts", clawback.StepConnect, and(signIn("AADSTS9001023"), func(e *clawback.SetupEvidence) { e.TenantID = clawback.PersonalTenantID }),
			clawback.CheckFail, clawback.CausePersonalTenant, "personal Microsoft accounts"},
		{"client id of another tenant", clawback.StepConnect, signIn("AADSTS700016"), clawback.CheckFail, clawback.CauseAppMissing, "client id of another tenant's app"},
		{"app missing", clawback.StepConnect, and(signIn("AADSTS700016"), func(e *clawback.SetupEvidence) { e.Worked = true }),
			clawback.CheckFail, clawback.CauseAppMissing, "gone from the tenant"},
		{"principal disabled", clawback.StepConnect, signIn("AADSTS7000112"), clawback.CheckFail, clawback.CausePrincipalDisabled, "disabled"},
		{"secret wrong", clawback.StepConnect, signIn("AADSTS7000215"), clawback.CheckFail, clawback.CauseSecretWrong, "wrong"},
		{"secret's id", clawback.StepConnect, and(signIn("AADSTS7000215"), func(e *clawback.SetupEvidence) { e.SecretID = true }), clawback.CheckFail, clawback.CauseSecretIDPasted, "id, not its value"},
		{"secret expired", clawback.StepConnect, signIn("AADSTS7000222"), clawback.CheckFail, clawback.CauseSecretExpired, "expired"},
		{"certificate unknown", clawback.StepConnect, and(signIn("AADSTS700027"), func(e *clawback.SetupEvidence) { e.CertEnds = asked.Add(time.Hour) }),
			clawback.CheckFail, clawback.CauseCertificateUnknown, "does not know"},
		{"certificate expired", clawback.StepConnect, and(signIn("AADSTS700027"), func(e *clawback.SetupEvidence) { e.CertEnds = asked.Add(-time.Hour) }),
			clawback.CheckFail, clawback.CauseCertificateExpired, "expired"},
		{"conditional access", clawback.StepConnect, signIn("AADSTS53003"), clawback.CheckFail, clawback.CauseConditionalAccess, "Conditional Access"},
		{"no Exchange", clawback.StepManageAsApp, func(e *clawback.SetupEvidence) {
			e.Tokens.Exchange = clawback.TokenEvidence{Probe: no(clawback.AnswerUnauthorized, "AADSTS500011", "")}
		}, clawback.CheckFail, clawback.CauseNoExchange, "no Exchange"},
		{"an unknown refusal", clawback.StepConnect, signIn("AADSTS1"), clawback.CheckFail, clawback.CauseCredentialRefused, "refuses"},
		{"sign-in down", clawback.StepRemoval, func(e *clawback.SetupEvidence) { e.Tokens.Graph = clawback.TokenEvidence{Probe: outage} }, clawback.CheckUnknown, clawback.CauseUnavailable, "no answer"},
		{"another app's token", clawback.StepConnect, func(e *clawback.SetupEvidence) { e.Tokens.Graph.AppID = "other" }, clawback.CheckFail, clawback.CauseWrongApp, "another app"},
		{"a token of another tenant", clawback.StepConnect, func(e *clawback.SetupEvidence) { e.Tokens.Graph.TenantID = "other" }, clawback.CheckFail, clawback.CauseWrongApp, "another app or tenant"},

		{"role not there, not to be seen why", clawback.StepSecurityReader, and(func(e *clawback.SetupEvidence) {
			e.Tokens.Exchange.Wids, e.Calls.TraceExchange = nil, no(clawback.AnswerDenied, "", "")
		}),
			clawback.CheckFail, clawback.CauseRoleMissing, "does not have the role"},
		{"role there, Exchange busy", clawback.StepSecurityReader, func(e *clawback.SetupEvidence) { e.Calls.TraceExchange = outage }, clawback.CheckUnknown, clawback.CauseUnavailable, "no answer"},
		{"role there, the permission not yet", clawback.StepSecurityReader, func(e *clawback.SetupEvidence) {
			e.Tokens.Exchange.Roles, e.Calls.TraceExchange = nil, no(clawback.AnswerUnauthorized, "", "")
		}, clawback.CheckPass, "", "active"},
		{"role there, refused for long", clawback.StepSecurityReader, func(e *clawback.SetupEvidence) { e.Calls.TraceExchange = no(clawback.AnswerDenied, "", "unsupported") },
			clawback.CheckFail, clawback.CauseCallRefused, "more than an hour"},
		{"role there, refused, young", clawback.StepSecurityReader, func(e *clawback.SetupEvidence) {
			e.Calls.TraceExchange, e.GrantedAt[clawback.StepSecurityReader] = no(clawback.AnswerDenied, "", ""), asked.Add(-59*time.Minute)
		}, clawback.CheckPropagating, clawback.CausePropagating, "does not honour"},
		{"role ends", clawback.StepSecurityReader, func(e *clawback.SetupEvidence) {
			e.Directory.Active = clawback.RolesEvidence{Probe: yes(), Roles: []clawback.RoleAssignment{{RoleID: clawback.SecurityReaderRoleID, Scope: "/", EndsAt: asked.Add(24 * time.Hour)}}}
		}, clawback.CheckPass, "", "until 24 November 2026"},

		{"permission not there, not to be seen why", clawback.StepManageAsApp, func(e *clawback.SetupEvidence) { e.Tokens.Exchange.Roles = nil }, clawback.CheckFail, clawback.CausePermissionMissing, "does not have"},
		{"granted, the token young", clawback.StepManageAsApp, func(e *clawback.SetupEvidence) {
			e.Tokens.Exchange.Roles = nil
			e.Directory.Grants = clawback.GrantsEvidence{Probe: yes(), Grants: []clawback.AppRoleGrant{{RoleID: clawback.ManageAsAppRoleID}}}
			e.GrantedAt[clawback.StepManageAsApp] = asked.Add(-time.Minute)
		}, clawback.CheckPropagating, clawback.CausePropagating, "does not honour"},
		{"granted, honoured by no token for long", clawback.StepManageAsApp, func(e *clawback.SetupEvidence) {
			e.Tokens.Exchange.Roles = nil
			e.Directory.Grants = clawback.GrantsEvidence{Probe: yes(), Grants: []clawback.AppRoleGrant{{RoleID: clawback.ManageAsAppRoleID}}}
			e.GrantedAt[clawback.StepManageAsApp] = asked.Add(-2 * time.Hour)
		}, clawback.CheckFail, clawback.CauseCallRefused, "no token carries it"},

		{"trace quota used", clawback.StepMessageTrace, func(e *clawback.SetupEvidence) { e.Calls.TraceExchange = no(clawback.AnswerThrottled, "", "limit") }, clawback.CheckUnknown, clawback.CauseUnavailable, "has asked to wait"},
		{"Graph's door alone", clawback.StepMessageTrace, func(e *clawback.SetupEvidence) {
			e.Calls.TraceExchange, e.Calls.TraceGraph = no(clawback.AnswerDenied, "", ""), yes()
		}, clawback.CheckPass, "", "Microsoft Graph"},
		{"directory lags", clawback.StepRecipients, func(e *clawback.SetupEvidence) { e.Calls.Alias.Mailbox = clawback.Mailbox{} }, clawback.CheckFail, clawback.CauseAliasNotFound, "does not find"},
		{"people refused", clawback.StepRecipients, func(e *clawback.SetupEvidence) { e.Calls.Alias.Probe = no(clawback.AnswerDenied, "", "") }, clawback.CheckFail, clawback.CauseCallRefused, "refuses"},
		{"a policy closes all", clawback.StepRemoval, func(e *clawback.SetupEvidence) {
			e.Calls.Mailboxes[0].Probe = no(clawback.AnswerDenied, "", "Access to OData is disabled.")
		},
			clawback.CheckFail, clawback.CauseAccessPolicy, "policy"},
		{"a policy closes some", clawback.StepRemoval, func(e *clawback.SetupEvidence) {
			e.Calls.Mailboxes = append(e.Calls.Mailboxes, clawback.MailboxEvidence{Probe: no(clawback.AnswerDenied, "", "Access to OData is disabled.")})
		}, clawback.CheckUnknown, clawback.CauseAccessPolicy, "1 of the 2 inboxes"},
		{"no mailbox known", clawback.StepRemoval, func(e *clawback.SetupEvidence) { e.Calls.Mailboxes = nil }, clawback.CheckUnknown, clawback.CauseUnavailable, "no mailbox"},
		{"no mailbox known, for want of a right", clawback.StepRemoval, func(e *clawback.SetupEvidence) {
			e.Tokens.Graph.Roles, e.Calls.Mailboxes = []string{"Mail.ReadWrite"}, nil
		}, clawback.CheckUnknown, clawback.CauseNoMailbox, "no mailbox is known"},
		{"access given in Exchange", clawback.StepRemoval, func(e *clawback.SetupEvidence) { e.Tokens.Graph.Roles = []string{"User.Read.All"} }, clawback.CheckUnknown, clawback.CauseScopedAccess, "without Mail.ReadWrite"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := good()
			tt.change(&e)
			d := setup.Diagnose(tt.step, e)
			if d.Status != tt.status || d.Cause != tt.cause || !strings.Contains(d.Finding, tt.words) {
				t.Errorf("%s (%s): %s", d.Status, d.Cause, d.Finding)
			}
			if d.Status != clawback.CheckPass && d.Advice == "" {
				t.Error("it advises nothing")
			}
			if ranked := d.Cause == clawback.CausePermissionMissing || d.Cause == clawback.CauseRoleMissing; d.Status == clawback.CheckFail && ranked != (len(d.Candidates) > 2) {
				t.Errorf("candidates %q", d.Candidates)
			}
		})
	}
}
