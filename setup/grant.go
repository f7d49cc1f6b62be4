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
	for step, granted := range map[clawback.SetupStep]bool{
		clawback.StepSecurityReader: hasSecurityReader(e),
		clawback.StepManageAsApp:    e.Tokens.Exchange.Has(clawback.ManageAsAppPermission) || listedGrant(e, clawback.ManageAsAppRoleID),
		clawback.StepRecipients:     e.Tokens.Graph.Has(userReadAll) || listedGrant(e, userReadAllID),
		clawback.StepRemoval:        e.Tokens.Graph.Has(clawback.MailReadWrite) || listedGrant(e, clawback.MailReadWriteRoleID),
	} {
		if granted {
			times[step] = e.At
			if known, ok := before.Check(step); ok && !known.GrantedAt.IsZero() {
				times[step] = known.GrantedAt
			}
		}
	}
	for _, g := range e.Directory.Grants.Grants {
		for step, id := range map[clawback.SetupStep]string{
			clawback.StepManageAsApp: clawback.ManageAsAppRoleID, clawback.StepRecipients: userReadAllID, clawback.StepRemoval: clawback.MailReadWriteRoleID,
		} {
			if strings.EqualFold(g.RoleID, id) && !g.GrantedAt.IsZero() {
				times[step] = g.GrantedAt
			}
		}
	}
	times[clawback.StepMessageTrace] = later(times[clawback.StepSecurityReader], times[clawback.StepManageAsApp])
	return times
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

func listedGrant(e clawback.SetupEvidence, id string) bool {
	return slices.ContainsFunc(e.Directory.Grants.Grants, func(g clawback.AppRoleGrant) bool { return strings.EqualFold(g.RoleID, id) })
}
