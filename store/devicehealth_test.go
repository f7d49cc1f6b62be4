package store_test

import (
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

// check saves what one check of a device came to.
func (b *bench) check(t *testing.T, deviceID string, step clawback.SetupStep, status clawback.CheckStatus) {
	t.Helper()
	result := clawback.CheckResult{Step: step, CheckedAt: b.clock.Now(), Diagnosis: clawback.Diagnosis{Status: status, Finding: "It is " + string(status) + "."}}
	must(b.SaveChecks(ctx, storetest.Operator(), deviceID, []clawback.CheckResult{result}))(t)
}

func TestDeviceHealth(t *testing.T) {
	b := setup(t)
	second := storetest.Device(t, b.Store, b.org)
	b.check(t, b.device.ID, clawback.StepRemoval, clawback.CheckPass)
	b.clock.Advance(time.Hour)
	b.check(t, b.device.ID, clawback.StepRemoval, clawback.CheckFail)
	b.check(t, second.ID, clawback.StepRemoval, clawback.CheckFail)

	for name, tt := range map[string]struct {
		actor        clawback.Actor
		organization string
		want         int
	}{
		"the own":              {storetest.Admin(b.org), "", 2},
		"a portfolio":          {storetest.EngagementManager(b.other.ID), "", 1},
		"all":                  {storetest.SOCAnalyst(), "", 3},
		"one of all":           {storetest.SOCAnalyst(), b.org.ID, 2},
		"a foreign one's none": {storetest.Admin(b.org), b.other.ID, 0},
	} {
		if list := must(b.ListDeviceHealth(ctx, tt.actor, tt.organization))(t); len(list) != tt.want {
			t.Errorf("%s: %d devices, want %d", name, len(list), tt.want)
		}
	}

	health := map[string]clawback.DeviceHealth{}
	for _, d := range must(b.ListDeviceHealth(ctx, storetest.Admin(b.org), b.org.ID))(t) {
		health[d.ID] = d
	}
	first := health[b.device.ID]
	want := clawback.CheckState{Step: clawback.StepRemoval, Status: clawback.CheckFail, Finding: "It is fail.", Since: b.clock.Now(), Passed: true}
	if len(first.Checks) != 1 || first.Checks[0] != want || !first.Remediated || first.Mode != clawback.ModeEnforce || first.Device != b.device {
		t.Errorf("the first device: %+v, want the check %+v", first, want)
	}
	if d := health[second.ID]; d.Remediated || d.Checks[0].Passed || d.Broken() {
		t.Errorf("a second device that never passed: %+v", d)
	}
}
