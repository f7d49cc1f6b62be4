package m365sim

import (
	"net/http"
	"slices"
	"strings"
)

// cmdlet is one of Exchange's commands: who may run it, by directory role, and what it does.
type cmdlet struct {
	name  string
	roles []string
	run   func(*exchangeCall) answer
}

// everyRole may look recipients up.
var everyRole = slices.Concat(cmdletRoles, connectRoles)

// cmdlets are all that Exchange answers here.
func (c *exchangeCall) cmdlets() []cmdlet {
	traceRoles := cmdletRoles
	if c.sim.Switches().NoTraceForSecurityReader {
		traceRoles = slices.DeleteFunc(slices.Clone(cmdletRoles), func(name string) bool { return name == securityReader })
	}

	return []cmdlet{
		{"Get-AcceptedDomain", everyRole, (*exchangeCall).acceptedDomains},
		{"Get-DistributionGroupMember", everyRole, (*exchangeCall).listMembers},
		{"Get-DynamicDistributionGroupMember", everyRole, (*exchangeCall).dynamicMembers},
		{"Get-Mailbox", everyRole, (*exchangeCall).getMailbox},
		{"Get-MessageTraceDetailV2", traceRoles, (*exchangeCall).messageTraceDetail},
		{"Get-MessageTraceV2", traceRoles, (*exchangeCall).messageTrace},
		{"Get-OrganizationConfig", everyRole, (*exchangeCall).organizationConfig},
		{"Get-Recipient", everyRole, (*exchangeCall).getRecipient},
	}
}

// dispatch runs the cmdlet, which must be one of the app's roles. The tenant is locked.
func (c *exchangeCall) dispatch() answer {
	for _, known := range c.cmdlets() {
		if strings.EqualFold(known.name, c.cmdlet) && c.hasRole(known.roles) {
			return known.run(c)
		}
	}

	return c.unknownCmdlet()
}

// unknownCmdlet is Exchange's answer for a cmdlet which does not exist or is not in the app's role: NUL bytes
// declared as gzip, as measured live.
func (c *exchangeCall) unknownCmdlet() answer {
	if c.sim.Switches().UnknownCmdletNamed {
		return c.failure(http.StatusForbidden, "Forbidden", "System.Management.Automation.CommandNotFoundException",
			"The term '"+c.cmdlet+"' is not recognized as the name of a cmdlet, function, script file, or operable program.")
	}

	return answer{status: http.StatusForbidden, raw: make([]byte, 32), header: http.Header{
		"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}}
}

// moduleFile answers GET EXOModuleFile, of which a client learns the cmdlets it may run; with a CommandName header
// other than *, those of them it names.
func (c *exchangeCall) moduleFile() answer {
	c.tenant.mu.Lock()
	defer c.tenant.mu.Unlock()
	if !c.hasRole(everyRole) {
		return c.roleUnsupported()
	}
	asked := strings.FieldsFunc(c.req.header.Get("CommandName"), func(r rune) bool { return r == ',' || r == ' ' })
	var names []string
	for _, known := range c.cmdlets() {
		if c.hasRole(known.roles) && (len(asked) == 0 || slices.Contains(asked, "*") || oneOf(asked, known.name)) {
			names = append(names, known.name)
		}
	}
	base := c.sim.addresses.Exchange + "/adminapi/v1.0/" + c.tenant.id

	return jsonAnswer(http.StatusOK, map[string]any{"@odata.context": base + "/$metadata#EXOModuleFile",
		"value": []entity{{"exportedCmdlets": strings.Join(names, ",")}}})
}
