package store_test

import (
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

func TestSetupNotices(t *testing.T) {
	b := setup(t)
	admin, now := storetest.Admin(b.org), b.clock.Now()
	broke := clawback.SetupNotice{Step: clawback.StepRemoval, Cause: clawback.CauseNoConsent, Text: "text", EndsAt: now.Add(time.Hour), At: now}
	again, other := broke, broke
	again.Text, again.At = "again", now.Add(time.Minute)
	other.Cause = clawback.CauseRoleEnds
	mustDo(t, b.SaveNotices(ctx, admin, b.device.ID, []clawback.SetupNotice{broke, again, other}))

	got := must(b.FindDeviceSetup(ctx, admin, b.device.ID))(t).Notices
	if len(got) != 2 {
		t.Fatalf("one a cause and day: %+v", got)
	}
	for _, n := range got {
		if n.ID == "" || n.OrganizationID != b.org.ID || n.DeviceID != b.device.ID || n.Step != broke.Step || n.Text != "text" ||
			!n.EndsAt.Equal(broke.EndsAt) || !n.At.Equal(now) {
			t.Errorf("%+v", n)
		}
	}
	b.clock.Advance(32 * 24 * time.Hour)
	if got := must(b.FindDeviceSetup(ctx, admin, b.device.ID))(t).Notices; len(got) != 0 {
		t.Errorf("after a month: %+v", got)
	}
	wantKind(t, "by a stranger", b.SaveNotices(ctx, storetest.Admin(b.other), b.device.ID, []clawback.SetupNotice{broke}), clawback.KindNotFound)
}

func TestSaveGrants(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	for _, granted := range [][]string{{"a", "b"}, {"a", "b"}, {"b", "c"}} {
		b.clock.Advance(time.Minute)
		mustDo(t, b.SaveGrants(ctx, admin, b.device.ID, granted))
	}
	got := must(b.FindDeviceSetup(ctx, admin, b.device.ID))(t).Grants
	if len(got) != 2 || len(got[0].Granted) != 2 || got[0].Added[0] != "c" || got[0].Removed[0] != "a" || got[0].By != admin.Name || !got[0].At.After(got[1].At) {
		t.Errorf("%+v", got)
	}
	if n := b.Text(t, `SELECT COUNT(*) FROM audit_events WHERE action = 'device.grants_changed'`); n != "2" {
		t.Errorf("%s audit events", n)
	}
	wantKind(t, "by a stranger", b.SaveGrants(ctx, storetest.Admin(b.other), b.device.ID, nil), clawback.KindNotFound)
}

// TestListDevicesToCheck_beforeRemediation starts one when the last check is old, and one when it is not.
func TestListDevicesToCheck_beforeRemediation(t *testing.T) {
	b := setup(t)
	check := func(id string) {
		r := result(clawback.StepConnect, clawback.CheckPass, "", b.clock.Now())
		r.NextAt = r.CheckedAt.Add(24 * time.Hour)
		must(b.SaveChecks(ctx, clawback.Bot(""), id, []clawback.CheckResult{r}))(t)
	}
	due := func() []string { return must(b.ListDevicesToCheck(ctx, b.clock.Now()))(t) }
	for _, id := range due() {
		check(id)
	}
	b.clock.Advance(10 * time.Minute)
	b.running(t, storetest.SOCAnalyst(), "a@contoso.example")
	if got := due(); len(got) != 0 {
		t.Errorf("the check is fresh: %v", got)
	}
	b.clock.Advance(10 * time.Minute)
	b.running(t, storetest.SOCAnalyst(), "b@contoso.example")
	if got := due(); len(got) != 1 || got[0] != b.device.ID {
		t.Errorf("due %v, want the organization's device alone", got)
	}
	check(b.device.ID)
	if got := due(); len(got) != 0 {
		t.Errorf("checked, and due again: %v", got)
	}
}

func TestListPassedSteps(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	save := func(step clawback.SetupStep, status clawback.CheckStatus) {
		must(b.SaveChecks(ctx, admin, b.device.ID, []clawback.CheckResult{result(step, status, "", b.clock.Now())}))(t)
		b.clock.Advance(time.Minute)
	}
	passed := func() []clawback.SetupStep { return must(b.ListPassedSteps(ctx, admin, b.device.ID))(t) }
	save(clawback.StepConnect, clawback.CheckPass)
	save(clawback.StepConnect, clawback.CheckUnknown)
	save(clawback.StepRemoval, clawback.CheckFail)
	if got := passed(); len(got) != 1 || got[0] != clawback.StepConnect {
		t.Errorf("passed %v", got)
	}
	must(b.DisconnectDevice(ctx, admin, b.device.ID, clawback.Disconnection{Confirm: b.device.Name}))(t)
	b.clock.Advance(time.Minute)
	must(b.ReconnectDevice(ctx, admin, b.device.ID, clawback.NewDevice{ClientID: b.device.ClientID, Connection: b.device.Connection, ClientSecret: clawback.NewSecret("x")}))(t)
	if got := passed(); len(got) != 0 {
		t.Errorf("connected again: %v", got)
	}
	_, err := b.ListPassedSteps(ctx, storetest.Admin(b.other), b.device.ID)
	wantKind(t, "by a stranger", err, clawback.KindNotFound)
}
