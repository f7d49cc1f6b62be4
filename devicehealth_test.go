package clawback_test

import (
	"testing"

	"clawback"
)

func TestDeviceHealth(t *testing.T) {
	passing := func(besides ...clawback.CheckState) []clawback.CheckState {
		checks := besides
		for _, step := range clawback.CheckedSteps() {
			checks = append(checks, clawback.CheckState{Step: step, Status: clawback.CheckPass, Passed: true})
		}
		return checks
	}
	trace := clawback.CheckState{Step: clawback.StepMessageTrace, Status: clawback.CheckUnknown}
	removal := clawback.CheckState{Step: clawback.StepRemoval, Status: clawback.CheckFail}
	broke := removal
	broke.Passed = true
	for name, tt := range map[string]struct {
		health  clawback.DeviceHealth
		passing int
		stuck   clawback.SetupStep
		broken  bool
	}{
		"nothing checked":         {clawback.DeviceHealth{}, 0, clawback.StepConnect, false},
		"every check passes":      {clawback.DeviceHealth{Checks: passing()}, 6, "", false},
		"in setup":                {clawback.DeviceHealth{Checks: passing(removal)}, 5, clawback.StepRemoval, false},
		"passed before":           {clawback.DeviceHealth{Checks: passing(broke)}, 5, clawback.StepRemoval, true},
		"what broke comes first":  {clawback.DeviceHealth{Checks: passing(trace, broke)}, 4, clawback.StepRemoval, true},
		"removals go through it":  {clawback.DeviceHealth{Checks: passing(removal), Remediated: true, Mode: clawback.ModeObserve}, 5, clawback.StepRemoval, true},
		"off":                     {clawback.DeviceHealth{Checks: passing(removal), Remediated: true, Mode: clawback.ModeOff}, 5, clawback.StepRemoval, false},
		"another device removes":  {clawback.DeviceHealth{Checks: passing(removal), Mode: clawback.ModeEnforce}, 5, clawback.StepRemoval, false},
		"what could not be asked": {clawback.DeviceHealth{Checks: passing(trace), Remediated: true, Mode: clawback.ModeEnforce}, 5, clawback.StepMessageTrace, false},
	} {
		check, stuck := tt.health.Stuck()
		if check.Step != tt.stuck || stuck != (tt.stuck != "") || tt.health.Ready() == stuck {
			t.Errorf("%s: stuck at %q (%v), want %q", name, check.Step, stuck, tt.stuck)
		}
		if tt.health.Passing() != tt.passing || tt.health.Broken() != tt.broken {
			t.Errorf("%s: %d pass, broken %v; want %d, %v", name, tt.health.Passing(), tt.health.Broken(), tt.passing, tt.broken)
		}
	}
}
