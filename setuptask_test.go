package clawback_test

import (
	"strings"
	"testing"

	"clawback"
)

func TestSwitchOnTask(t *testing.T) {
	t.Parallel()
	checks := func(last clawback.CheckStatus) []clawback.CheckResult {
		var list []clawback.CheckResult
		for _, step := range clawback.CheckedSteps() {
			list = append(list, clawback.CheckResult{Step: step, Diagnosis: clawback.Diagnosis{Status: clawback.CheckPass}})
		}
		list[len(list)-1].Status = last
		return list
	}
	for name, tt := range map[string]struct {
		setup  clawback.DeviceSetup
		status clawback.TaskStatus
		why    string
	}{
		"enforce":                 {clawback.DeviceSetup{Checks: checks(clawback.CheckPass), Mode: clawback.ModeEnforce, Remediated: true}, clawback.TaskDone, ""},
		"observe":                 {clawback.DeviceSetup{Checks: checks(clawback.CheckPass), Mode: clawback.ModeObserve, Remediated: true}, clawback.TaskInProgress, "observe mode"},
		"off":                     {clawback.DeviceSetup{Checks: checks(clawback.CheckPass), Mode: clawback.ModeOff, Remediated: true}, clawback.TaskNotStarted, ""},
		"another device enforces": {clawback.DeviceSetup{Checks: checks(clawback.CheckPass), Mode: clawback.ModeEnforce}, clawback.TaskNotStarted, "not among the auto remediation’s devices"},
		"never connected":         {clawback.DeviceSetup{Mode: clawback.ModeEnforce}, clawback.TaskBlocked, "Connect the device"},
		"broke in enforce":        {clawback.DeviceSetup{Checks: checks(clawback.CheckFail), Mode: clawback.ModeEnforce, Remediated: true}, clawback.TaskNeedsAttention, "“Removal permission” does not pass"},
		"not ready yet":           {clawback.DeviceSetup{Checks: checks(clawback.CheckUnknown), Mode: clawback.ModeOff, Remediated: true}, clawback.TaskBlocked, "Removal permission"},
	} {
		task := tt.setup.Task(clawback.StepSwitchOn)
		if task.Status != tt.status || !strings.Contains(task.Why, tt.why) || (tt.why == "") != (task.Why == "") {
			t.Errorf("%s: %s, %q; want %s, %q", name, task.Status, task.Why, tt.status, tt.why)
		}
	}
}
