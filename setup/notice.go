package setup

import (
	"fmt"
	"math"
	"time"

	"clawback"
)

// noticesOf says what somebody must know after a check: what passed before and
// fails now, or still does, and what ends soon.
func noticesOf(before clawback.DeviceSetup, e clawback.SetupEvidence, results []clawback.CheckResult) []clawback.SetupNotice {
	notices := broken(before, results)
	for _, n := range endings(e) {
		if n.Due(e.At, before.Notices) {
			notices = append(notices, n)
		}
	}
	return notices
}

func broken(before clawback.DeviceSetup, results []clawback.CheckResult) []clawback.SetupNotice {
	var notices []clawback.SetupNotice
	told := map[clawback.CheckCause]bool{}
	for _, n := range before.Notices {
		told[n.Cause] = true
	}
	for _, r := range results {
		was, _ := before.Check(r.Step)
		if r.Status != clawback.CheckFail || was.Status != clawback.CheckPass && !told[r.Cause] {
			continue // still being set up, and seen there
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

func countOf(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
