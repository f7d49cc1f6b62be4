package clawback_test

import (
	"testing"

	"clawback"
)

func TestDeviceSetup_level(t *testing.T) {
	proved := func(proof clawback.CanaryProof) clawback.Canary {
		return clawback.Canary{ID: string(proof), Proof: proof, Status: clawback.CanaryProved}
	}
	failed := clawback.Canary{ID: "f", Proof: clawback.ProofCanRemove, Status: clawback.CanaryFailed}
	for name, tt := range map[string]struct {
		check    clawback.CheckStatus
		canaries []clawback.Canary
		want     clawback.ProofLevel
		why      string
	}{
		"nothing":                 {"", nil, clawback.LevelNone, ""},
		"granted":                 {clawback.CheckPass, []clawback.Canary{failed}, clawback.LevelGranted, "Granted. That it can remove was not shown yet."},
		"not granted":             {clawback.CheckFail, nil, clawback.LevelNone, ""},
		"can remove":              {clawback.CheckPass, []clawback.Canary{failed, proved(clawback.ProofCanRemove)}, clawback.LevelCanRemove, "Granted, and shown in a mailbox that it can remove. An email from outside was not tried yet."},
		"end to end":              {clawback.CheckPass, []clawback.Canary{proved(clawback.ProofEndToEnd)}, clawback.LevelEndToEnd, "Granted, and shown with an email from outside that it is ready end to end."},
		"open for some mailboxes": {clawback.CheckUnknown, []clawback.Canary{proved(clawback.ProofCanRemove)}, clawback.LevelCanRemove, ""},
		"taken away since":        {clawback.CheckFail, []clawback.Canary{proved(clawback.ProofEndToEnd)}, clawback.LevelNone, ""},
	} {
		s := clawback.DeviceSetup{Canaries: tt.canaries, Checks: []clawback.CheckResult{{Step: clawback.StepConnect, Diagnosis: clawback.Diagnosis{Status: clawback.CheckPass}}}}
		if tt.check != "" {
			s.Checks = append(s.Checks, clawback.CheckResult{Step: clawback.StepRemoval, Diagnosis: clawback.Diagnosis{Status: tt.check}})
		}
		if got := s.Level(); got != tt.want {
			t.Errorf("%s: level %d, want %d", name, got, tt.want)
		}
		if got := s.Task(clawback.StepRemoval).Why; tt.why != "" && got != tt.why {
			t.Errorf("%s: %q", name, got)
		}
	}
}
