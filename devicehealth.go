package clawback

import "time"

// DeviceHealth is a device with what its last checks came to, without their evidence.
type DeviceHealth struct {
	Device
	Mode       Mode // of its organization
	Remediated bool // the organization's auto remediation works on it
	Checks     []CheckState
	Touch      Touch // the last on any of its steps; zero: nobody's
}

// CheckState is what one check of a device came to.
type CheckState struct {
	Step    SetupStep
	Status  CheckStatus // empty: it was never made
	Finding string
	Since   time.Time // since when it is so
	Passed  bool      // it passes, or did before
}

// Passing counts the required checks that pass.
func (h DeviceHealth) Passing() int {
	n := 0
	for _, step := range CheckedSteps() {
		if h.check(step).Status == CheckPass {
			n++
		}
	}
	return n
}

// Stuck answers the check that keeps the device from removing, and whether there is one: what broke, else the first in
// the order of the setup that does not pass.
func (h DeviceHealth) Stuck() (CheckState, bool) {
	var first *CheckState
	for _, step := range CheckedSteps() {
		check := h.check(step)
		if h.broke(check) {
			return check, true
		}
		if first == nil && check.Status != CheckPass {
			first = &check
		}
	}
	if first == nil {
		return CheckState{}, false
	}
	return *first, true
}

// StuckSince answers since when the device waits at the step that Stuck names; zero where it waits at none.
func (h DeviceHealth) StuckSince() time.Time {
	check, stuck := h.Stuck()
	switch {
	case !stuck:
		return time.Time{}
	case check.Since.IsZero():
		return h.CreatedAt
	}
	return check.Since
}

// Ready says whether every required check passes.
func (h DeviceHealth) Ready() bool { return h.Passing() == len(CheckedSteps()) }

// Broken says whether a check fails of a device that somebody relies on: it passed before, or removals go through the
// device. What is still being set up is not broken, and what could not be asked is not known to be.
func (h DeviceHealth) Broken() bool {
	check, stuck := h.Stuck()
	return stuck && h.broke(check)
}

func (h DeviceHealth) broke(check CheckState) bool {
	return check.Status == CheckFail && (check.Passed || h.Remediated && h.Mode != ModeOff)
}

func (h DeviceHealth) check(step SetupStep) CheckState {
	for _, c := range h.Checks {
		if c.Step == step {
			return c
		}
	}
	return CheckState{Step: step}
}
