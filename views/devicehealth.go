package views

import "clawback"

// DeviceMark answers how a device is, in a word.
func DeviceMark(h clawback.DeviceHealth) Mark {
	switch {
	case h.Broken():
		return Mark{Word: "Needs attention", Class: "bad", Icon: iconWarning()}
	case h.Ready():
		return Mark{Word: "Ready", Class: "ok", Icon: iconCheckCircle()}
	}
	return Mark{Word: "In setup", Class: "live", Icon: iconDraft()}
}

func passing(h clawback.DeviceHealth) string {
	return Number(h.Passing()) + " of " + Count(len(clawback.CheckedSteps()), "check passes", "checks pass")
}

// stuckPath leads to the step that a device waits for, or to the setup of one that waits for none.
func stuckPath(h clawback.DeviceHealth) string {
	if check, stuck := h.Stuck(); stuck {
		return SetupStepPath(h.ID, check.Step)
	}
	return SetupPath(h.OrganizationID)
}

// stuckText says what a device waits for.
func stuckText(h clawback.DeviceHealth) string {
	check, stuck := h.Stuck()
	switch {
	case !stuck:
		return "Every check passes."
	case check.Status == "":
		return "“" + check.Step.Name() + "” was not checked yet."
	case check.Status == clawback.CheckPropagating || check.Status == clawback.CheckUnknown:
		return "“" + check.Step.Name() + "”: " + Visible(check.Finding)
	}
	return "“" + check.Step.Name() + "” does not pass: " + Visible(check.Finding)
}

func broken(list []clawback.DeviceHealth) []clawback.DeviceHealth {
	var found []clawback.DeviceHealth
	for _, d := range list {
		if d.Broken() {
			found = append(found, d)
		}
	}
	return found
}
