package setup

import (
	"fmt"
	"math"
	"slices"
	"time"

	"clawback"
)

// noticesOf says what somebody must know after a check: what passed once and fails,
// and what ends soon.
func noticesOf(before clawback.DeviceSetup, passed []clawback.SetupStep, e clawback.SetupEvidence, results []clawback.CheckResult) []clawback.SetupNotice {
	notices := broken(passed, results)
	for _, n := range endings(e) {
		if n.Due(e.At, before.Notices) {
			notices = append(notices, n)
		}
	}
	return notices
}

// broken are the steps that fail and passed once, whatever was between: Microsoft may
// have given no answer just then. What never passed is still being set up, and seen
// there.
func broken(passed []clawback.SetupStep, results []clawback.CheckResult) []clawback.SetupNotice {
	var notices []clawback.SetupNotice
	for _, r := range results {
		if r.Status != clawback.CheckFail || !slices.Contains(passed, r.Step) {
			continue
		}
		notices = append(notices, clawback.SetupNotice{Step: r.Step, Cause: r.Cause, Text: r.Finding + " " + r.Advice, At: r.CheckedAt})
	}
	return notices
}

// endings are what ends some day.
func endings(e clawback.SetupEvidence) []clawback.SetupNotice {
	ending := func(step clawback.SetupStep, cause clawback.CheckCause, ends time.Time, what, advice string) clawback.SetupNotice {
		days := int(math.Ceil(ends.Sub(e.At).Hours() / 24))
		return clawback.SetupNotice{Step: step, Cause: cause, EndsAt: ends, At: e.At,
			Text: fmt.Sprintf("%s ends in %s, at %s. %s", what, countOf(days, "day"), dayOf(ends), advice)}
	}
	var list []clawback.SetupNotice
	switch {
	case e.Integration: // the provider's own
	case e.Secret:
		list = append(list, ending(clawback.StepConnect, clawback.CauseSecretEnds, e.SecretEnds, "The client secret",
			"Let Clawback make a certificate for the device, or enter another secret."))
	default:
		list = append(list, ending(clawback.StepConnect, clawback.CauseCertificateEnds, e.CertEnds, "The certificate",
			"Let Clawback make a new one, and upload it to the app registration."))
	}
	c := &check{e: e}
	return append(list, ending(clawback.StepSecurityReader, clawback.CauseRoleEnds, c.roleEnds(), "The role Security Reader",
		"Extend the assignment, or make one without an end."))
}

// lookAtStages has a device looked at again no later than an end comes within another
// of the days ahead, or is there: a daily look could miss the last day.
func lookAtStages(results []clawback.CheckResult, e clawback.SetupEvidence) {
	for _, n := range endings(e) {
		for _, ahead := range append(clawback.NoticeDays(), 0) {
			at := n.EndsAt.Add(-time.Duration(ahead) * 24 * time.Hour)
			if i := stepIn(results, n.Step); i >= 0 && at.After(e.At) && at.Before(results[i].NextAt) {
				results[i].NextAt = at
			}
		}
	}
}

func stepIn(results []clawback.CheckResult, step clawback.SetupStep) int {
	return slices.IndexFunc(results, func(r clawback.CheckResult) bool { return r.Step == step })
}

func countOf(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
