package m365sim

import (
	"net/http"
	"strconv"
	"strings"
)

// recipientTypes are RecipientType and RecipientTypeDetails of what stands behind an address.
var recipientTypes = map[recipientKind][2]string{
	kindUser: {"UserMailbox", "UserMailbox"}, kindShared: {"UserMailbox", "SharedMailbox"},
	kindRoom: {"UserMailbox", "RoomMailbox"}, kindEquipment: {"UserMailbox", "EquipmentMailbox"}, kindOnPremises: {"MailUser", "MailUser"},
	kindGuest: {"MailUser", "GuestMailUser"}, kindContact: {"MailContact", "MailContact"},
	kindGroup:   {"MailUniversalDistributionGroup", "GroupMailbox"},
	kindList:    {"MailUniversalDistributionGroup", "MailUniversalDistributionGroup"},
	kindDynamic: {"DynamicDistributionGroup", "DynamicDistributionGroup"},
}

// recipientType is a recipient's; a list which can be given rights has one of its own.
func recipientType(r *recipient) (kind, details string) {
	types := recipientTypes[r.kind]
	if r.secures {
		return "MailUniversalSecurityGroup", "MailUniversalSecurityGroup"
	}

	return types[0], types[1]
}

// hasRecipient says whether Exchange knows the object: a user without a licence and a group without an address are
// Entra's alone.
func hasRecipient(r *recipient) bool { return recipientTypes[r.kind] != [2]string{} }

var recipientParams = []string{"identity", "recipienttypedetails", "resultsize"}

// getRecipient is Get-Recipient: of an -Identity, which is an id, a name or any address, or of all.
func (c *exchangeCall) getRecipient() answer { return c.listRecipients(hasRecipient) }

// getMailbox is Get-Mailbox, which knows cloud mailboxes only.
func (c *exchangeCall) getMailbox() answer {
	return c.listRecipients(func(r *recipient) bool { return r.mailbox != nil })
}

func (c *exchangeCall) listRecipients(wanted func(*recipient) bool) answer {
	if err := c.onlyParams(recipientParams); err != nil {
		return c.badParameter(err.Error())
	}
	size, err := c.listSize()
	if err != nil {
		return c.badParameter(err.Error())
	}
	all := c.tenant.recipients
	if identity := c.text("Identity"); identity != "" {
		found := c.tenant.identified(identity)
		if found == nil || !wanted(found) {
			return c.objectNotFound(identity)
		}
		all = []*recipient{found}
	}
	rows, warnings := []entity{}, []string{}
	for _, r := range all {
		if _, details := recipientType(r); !wanted(r) || !oneOf(c.texts("RecipientTypeDetails"), details) {
			continue
		}
		if len(rows) == size {
			warnings = append(warnings, "There are more results available than are currently displayed. To view them, "+
				"increase the value for the ResultSize parameter.")
			break
		}
		rows = append(rows, c.tenant.exchangeRecipient(r))
	}

	return c.results(rows, warnings)
}

// listSize reads -ResultSize, which may be Unlimited.
func (c *exchangeCall) listSize() (int, error) {
	text := c.text("ResultSize")
	if n, ok := c.param("ResultSize").(float64); ok {
		text = strconv.Itoa(int(n))
	}
	switch {
	case text == "":
		return defaultResultSize, nil
	case strings.EqualFold(text, "Unlimited"):
		return len(c.tenant.recipients), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, cmdletFailure("Cannot process argument transformation on parameter 'ResultSize'. Cannot convert value "+
			"\"%s\" to type \"Microsoft.Exchange.Data.Unlimited`1[System.UInt32]\".", text)
	}

	return n, nil
}

// identified finds a recipient by id, address or name, as -Identity does; user+tag@domain is nobody's.
func (t *tenant) identified(identity string) *recipient {
	if r := t.byID[strings.ToLower(identity)]; r != nil {
		return r
	}
	if r := t.byAddress[strings.ToLower(identity)]; r != nil {
		return r
	}
	for _, r := range t.recipients {
		if strings.EqualFold(r.name, identity) {
			return r
		}
	}

	return nil
}

func (t *tenant) exchangeRecipient(r *recipient) entity {
	kind, details := recipientType(r)
	var external, directory any = nil, r.id
	if r.mailbox == nil && (r.kind == kindContact || r.kind == kindGuest || r.kind == kindOnPremises) {
		external = "SMTP:" + r.mail
	}
	if r.kind == kindDynamic {
		directory = ""
	}

	return entity{"Identity": r.name, "Name": r.name, "DisplayName": r.name, "Alias": nickname(r),
		"PrimarySmtpAddress":        r.mail,
		"EmailAddresses@odata.type": "#Collection(String)", "EmailAddresses": r.proxyAddresses(),
		"RecipientType": kind, "RecipientTypeDetails": details, "ExternalEmailAddress": external,
		"ExternalDirectoryObjectId": directory, "Guid@data.type": "System.Guid", "Guid@odata.type": "#Guid",
		"Guid": t.ids.uuid("exchange", r.id), "OrganizationId": t.onMicrosoft()}
}

func (c *exchangeCall) objectNotFound(identity string) answer {
	return c.failure(http.StatusNotFound, "NotFound",
		"Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException", "The operation couldn't be performed "+
			"because object '"+identity+"' couldn't be found on '"+strings.ToUpper(c.tenant.onMicrosoft())+"'.")
}

// listMembers is Get-DistributionGroupMember: a list's own members, groups among them.
func (c *exchangeCall) listMembers() answer { return c.membersOf(kindList) }

// dynamicMembers is Get-DynamicDistributionGroupMember.
func (c *exchangeCall) dynamicMembers() answer { return c.membersOf(kindDynamic) }

func (c *exchangeCall) membersOf(kind recipientKind) answer {
	if err := c.onlyParams([]string{"identity", "resultsize"}); err != nil {
		return c.badParameter(err.Error())
	}
	identity := c.text("Identity")
	if identity == "" {
		return c.badParameter(missingMandatory("Identity").Error())
	}
	list := c.tenant.identified(identity)
	if list == nil || list.kind != kind {
		return c.objectNotFound(identity)
	}
	rows := []entity{}
	for _, member := range list.members() {
		rows = append(rows, c.tenant.exchangeRecipient(member))
	}

	return c.results(rows, []string{})
}
