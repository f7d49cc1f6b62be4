package setup

import (
	"slices"
	"strings"
	"time"

	"clawback"
)

// grantTimes says since when each step's grant is there: as Entra tells, as
// earlier checks saw it, or since now. A grant that is gone has no time.
func grantTimes(e clawback.SetupEvidence, before clawback.DeviceSetup) map[clawback.SetupStep]time.Time {
	times := map[clawback.SetupStep]time.Time{}
	for _, p := range clawback.Permissions() {
		at, granted := grantTime(e, p)
		if !granted || p.Need != clawback.NeedRequired {
			continue
		}
		if known, ok := before.Check(p.Step); at.IsZero() && ok {
			at = known.GrantedAt
		}
		if at.IsZero() {
			at = e.At
		}
		times[p.Step] = at
	}
	times[clawback.StepMessageTrace] = later(times[clawback.StepSecurityReader], times[clawback.StepManageAsApp])
	return times
}

// grantTime says whether a permission is granted, by the token or by the
// directory, and when, where the directory tells.
func grantTime(e clawback.SetupEvidence, p clawback.Permission) (at time.Time, granted bool) {
	if p.API == "" {
		return time.Time{}, hasSecurityReader(e)
	}
	for _, g := range e.Directory.Grants.Grants {
		if strings.EqualFold(g.RoleID, p.ID) {
			return g.GrantedAt, true
		}
	}
	return time.Time{}, tokenFor(e, p.API).Has(p.Value)
}

func tokenFor(e clawback.SetupEvidence, api string) clawback.TokenEvidence {
	if api == clawback.ExchangeAppID {
		return e.Tokens.Exchange
	}
	return e.Tokens.Graph
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func hasSecurityReader(e clawback.SetupEvidence) bool {
	roles := append(slices.Clone(e.Directory.Assigned.Roles), e.Directory.Active.Roles...)
	return hasRole(e.Tokens.Exchange, clawback.SecurityReaderRoleID) || slices.ContainsFunc(roles, wideReader)
}
