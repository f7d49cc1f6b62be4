package store_test

import (
	"testing"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"

	"github.com/google/uuid"
)

// TestGrants_areOneApps: what another app of the device was granted says nothing of the present one.
func TestGrants_areOneApps(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	known := func() clawback.DeviceSetup { return must(b.FindDeviceSetup(ctx, admin, b.device.ID))(t) }
	mail := clawback.Permission{Value: clawback.MailReadWrite, API: clawback.GraphAppID}
	if _, seen := known().Granted(mail); seen || known().Worked() {
		t.Error("it worked before any check")
	}
	for range 2 {
		mustDo(t, b.SaveGrants(ctx, admin, b.device.ID, []string{mail.Grant()}))
	}
	if granted, seen := known().Granted(mail); !granted || !seen || !known().Worked() || len(known().Grants) != 1 {
		t.Errorf("granted %v, seen %v: %+v", granted, seen, known().Grants)
	}
	b.disconnect(t, b.device)
	mustDo(t, b.SaveGrants(ctx, admin, b.device.ID, []string{"of a check that was under way"}))
	mustDo(t, b.SaveNotices(ctx, admin, b.device.ID, []clawback.SetupNotice{{Cause: clawback.CauseSecretEnds, Step: clawback.StepConnect, Text: "t", At: b.clock.Now()}}))
	wantKind(t, "check a disconnected device", b.TouchStep(ctx, admin, b.device.ID, clawback.StepConnect), clawback.KindConflict)
	if s := known(); len(s.Grants) != 1 || len(s.Notices) != 0 {
		t.Errorf("a disconnected device was told of: %+v, %+v", s.Grants, s.Notices)
	}

	must(b.ReconnectDevice(ctx, admin, b.device.ID, store.NewDevice{ClientID: uuid.NewString(), ClientSecret: clawback.NewSecret("other")}))(t)
	if _, seen := known().Granted(mail); seen || known().Worked() {
		t.Error("another app is said to have worked")
	}
	b.clock.Advance(clawback.Propagation)
	mustDo(t, b.SaveGrants(ctx, admin, b.device.ID, []string{mail.Grant()}))
	if s := known(); !s.Worked() || len(s.Grants) != 2 || len(s.Grants[0].Added) != 1 || len(s.Grants[0].Removed) != 0 {
		t.Errorf("of the other app: %+v", s.Grants)
	}
}
