package clawback_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
)

func TestNormalizeDomain(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		" Example.COM. ":                  "example.com",
		"xn--mnchen-3ya.example":          "xn--mnchen-3ya.example",
		"a.b.c.example":                   "a.b.c.example",
		"":                                "",
		"example":                         "",
		"@example.com":                    "",
		"https://example.com":             "",
		"exa mple.com":                    "",
		"-a.example":                      "",
		"a..example":                      "",
		"example.com/path":                "",
		"<script>.example":                "",
		"example.com\x00":                 "",
		strings.Repeat("a", 64) + ".com":  "",
		strings.Repeat("a.", 130) + "com": "",
	} {
		got, err := clawback.NormalizeDomain(input)
		if got != want || (err == nil) != (want != "") || err != nil && clawback.FieldOf(err) != "domain" {
			t.Errorf("NormalizeDomain(%q) = %q, %v, want %q", input, got, err, want)
		}
	}
}

func TestOrganizationTrouble(t *testing.T) {
	t.Parallel()
	passing := func(steps ...clawback.SetupStep) clawback.DeviceHealth {
		d := clawback.DeviceHealth{Device: clawback.Device{ID: "d1"}}
		for _, step := range steps {
			d.Checks = append(d.Checks, clawback.CheckState{Step: step, Status: clawback.CheckPass, Passed: true})
		}
		return d
	}
	ready, inSetup, broken := passing(clawback.CheckedSteps()...), passing(clawback.StepConnect), passing(clawback.CheckedSteps()[1:]...)
	broken.Checks = append(broken.Checks, clawback.CheckState{Step: clawback.StepConnect, Status: clawback.CheckFail, Passed: true})
	well := clawback.OrganizationSummary{Organization: clawback.Organization{Name: "well", Mode: clawback.ModeEnforce}, Admins: 1,
		Devices: []clawback.DeviceHealth{inSetup, ready}}
	make := func(name string, change func(*clawback.OrganizationSummary)) clawback.OrganizationSummary {
		s := well
		s.Name = name
		change(&s)
		return s
	}
	worstFirst := []clawback.OrganizationSummary{
		make("one of two devices broke", func(s *clawback.OrganizationSummary) { s.Devices = []clawback.DeviceHealth{ready, broken} }),
		make("no device", func(s *clawback.OrganizationSummary) { s.Devices = nil }),
		make("no admin", func(s *clawback.OrganizationSummary) { s.Admins = 0 }),
		make("in setup", func(s *clawback.OrganizationSummary) { s.Devices = []clawback.DeviceHealth{inSetup} }),
		make("off", func(s *clawback.OrganizationSummary) { s.Mode = clawback.ModeOff }),
		make("observe, with actions", func(s *clawback.OrganizationSummary) { s.Mode, s.OpenActions = clawback.ModeObserve, 3 }),
		make("observe", func(s *clawback.OrganizationSummary) { s.Mode = clawback.ModeObserve }),
		make("actions", func(s *clawback.OrganizationSummary) { s.OpenActions = 2 }),
		make("waiting", func(s *clawback.OrganizationSummary) { s.Waiting = 1 }),
		well,
	}
	for i := range worstFirst[1:] {
		if a, b := worstFirst[i], worstFirst[i+1]; a.Trouble() <= b.Trouble() {
			t.Errorf("%s (%d) does not come before %s (%d)", a.Name, a.Trouble(), b.Name, b.Trouble())
		}
	}
}

func TestInvitationStatus(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		in   clawback.Invitation
		want clawback.InvitationStatus
	}{
		{"open", clawback.Invitation{ExpiresAt: now.Add(time.Second)}, clawback.InvitationOpen},
		{"expired to the second", clawback.Invitation{ExpiresAt: now}, clawback.InvitationExpired},
		{"redeemed, then past its end", clawback.Invitation{ExpiresAt: now, RedeemedAt: now.Add(-time.Hour)}, clawback.InvitationRedeemed},
		{"revoked", clawback.Invitation{ExpiresAt: now.Add(time.Hour), RevokedAt: now}, clawback.InvitationRevoked},
	} {
		if got := tt.in.Status(now); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if roles := clawback.CustomerRoles(); !slices.Equal(roles, []clawback.Role{clawback.RoleAdmin, clawback.RoleAnalyst}) {
		t.Errorf("roles = %v", roles)
	}
}
