package clawback_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"clawback"
)

func TestRights(t *testing.T) {
	t.Parallel()
	staff := func(role clawback.Role) clawback.Actor {
		return clawback.Actor{Kind: clawback.ActorPerson, StaffRoles: []clawback.Role{role}, Portfolio: []string{"own"}}
	}
	member := func(role clawback.Role) clawback.Actor {
		return clawback.Actor{Kind: clawback.ActorPerson, Memberships: []clawback.Membership{{OrganizationID: "own", Role: role}}}
	}
	service := clawback.Actor{Kind: clawback.ActorService, Rights: []clawback.Right{clawback.RightReadContext}, Organizations: []string{"own"}}

	tests := []struct {
		name       string
		actor      clawback.Actor
		right      clawback.Right
		own, other bool
	}{
		{"SOC analyst removes everywhere", staff(clawback.RoleSOCAnalyst), clawback.RightRemediate, true, true},
		{"SOC analyst configures nothing", staff(clawback.RoleSOCAnalyst), clawback.RightConfigure, false, false},
		{"SOC analyst halts nothing", staff(clawback.RoleSOCAnalyst), clawback.RightHalt, false, false},
		{"operator halts", staff(clawback.RoleOperator), clawback.RightHalt, true, true},
		{"operator starts nothing", staff(clawback.RoleOperator), clawback.RightRemediate, false, false},
		{"engagement manager reviews in the portfolio", staff(clawback.RoleEngagementManager), clawback.RightReviewContext, true, false},
		{"engagement manager reads no audit", staff(clawback.RoleEngagementManager), clawback.RightReadAudit, false, false},
		{"admin configures the own organization", member(clawback.RoleAdmin), clawback.RightConfigure, true, false},
		{"admin starts nothing", member(clawback.RoleAdmin), clawback.RightRemediate, false, false},
		{"admin reviews nothing", member(clawback.RoleAdmin), clawback.RightReviewContext, false, false},
		{"analyst works on actions", member(clawback.RoleAnalyst), clawback.RightWorkActions, true, false},
		{"analyst configures nothing", member(clawback.RoleAnalyst), clawback.RightConfigure, false, false},
		{"operator manages organizations", staff(clawback.RoleOperator), clawback.RightManage, true, true},
		{"operator invites", staff(clawback.RoleOperator), clawback.RightInvite, true, true},
		{"operator changes nobody's role", staff(clawback.RoleOperator), clawback.RightManagePeople, false, false},
		{"SOC analyst invites nobody", staff(clawback.RoleSOCAnalyst), clawback.RightInvite, false, false},
		{"engagement manager invites in the portfolio", staff(clawback.RoleEngagementManager), clawback.RightInvite, true, false},
		{"engagement manager creates no organization", staff(clawback.RoleEngagementManager), clawback.RightManage, false, false},
		{"admin manages the own people", member(clawback.RoleAdmin), clawback.RightManagePeople, true, false},
		{"admin invites to the own organization", member(clawback.RoleAdmin), clawback.RightInvite, true, false},
		{"admin creates no organization", member(clawback.RoleAdmin), clawback.RightManage, false, false},
		{"analyst invites nobody", member(clawback.RoleAnalyst), clawback.RightInvite, false, false},
		{"service has its listed right where it is listed", service, clawback.RightReadContext, true, false},
		{"service has no other right", service, clawback.RightReadActions, false, false},
		{"nobody", clawback.Actor{}, clawback.RightReadOrganization, false, false},
	}
	for _, tt := range tests {
		if own, other := tt.actor.Can(tt.right, "own"), tt.actor.Can(tt.right, "other"); own != tt.own || other != tt.other {
			t.Errorf("%s: own %v, other %v; want %v, %v", tt.name, own, other, tt.own, tt.other)
		}
		if got := tt.actor.CanAnywhere(tt.right); got != (tt.own || tt.other) {
			t.Errorf("%s: anywhere %v", tt.name, got)
		}
	}
}

func TestSecretNeverShows(t *testing.T) {
	t.Parallel()
	secret := clawback.NewSecret("hunter2")
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "connection", clawback.Connection{ClientSecret: secret}, "secret", secret)
	asJSON, err := json.Marshal(map[string]any{"s": secret, "c": clawback.Connection{ClientSecret: secret}})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(secret), fmt.Sprintf("%v %+v %#v %s", secret, secret, secret, secret),
		fmt.Sprintf("%+v", clawback.Connection{ClientSecret: secret}), fmt.Sprintf("%#v", clawback.Connection{PrivateKeyPEM: secret}), string(asJSON), log.String()} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("shows the secret: %s", shown)
		}
	}
	if secret.Reveal() != "hunter2" {
		t.Error("reveals something else")
	}
}
