package clawback

// PermissionNeed says what Clawback does without a permission.
type PermissionNeed string

// The needs.
const (
	NeedRequired   PermissionNeed = "required"   // without it nothing can be removed
	NeedOptional   PermissionNeed = "optional"   // without it something is told less well, or takes another way
	NeedDiagnostic PermissionNeed = "diagnostic" // it only lets a check name a mistake
)

// Permission is an application permission of the app, or a directory role, with
// what it is for. Ids are Microsoft's own, the same in every tenant:
// https://learn.microsoft.com/graph/permissions-reference
type Permission struct {
	Value string
	ID    string
	API   string // the API's app id; empty for a directory role
	Need  PermissionNeed
	Step  SetupStep // the step that asks for it, empty for what is only diagnostic
	Why   string
}

// Permissions is all that an app needs or may have, what is required first. Anything
// else that it has is too much.
func Permissions() []Permission {
	return []Permission{
		{"Security Reader", SecurityReaderRoleID, "", NeedRequired, StepSecurityReader,
			"Lets the app search Exchange's message trace for who received an email. It only reads."},
		{ManageAsAppPermission, ManageAsAppRoleID, ExchangeAppID, NeedRequired, StepManageAsApp,
			"Lets the app in to Exchange Online without a signed-in person. What it may do there is decided by its role."},
		{"User.Read.All", "df021288-bdef-4463-88db-98f22de89214", GraphAppID, NeedRequired, StepRecipients,
			"Finds the mailbox behind an address with all its addresses, so that a never-remove inbox is protected under each."},
		{MailReadWrite, MailReadWriteRoleID, GraphAppID, NeedRequired, StepRemoval,
			"Finds, removes and puts back email. Security Reader and Exchange.ManageAsApp give no right to remove anything."},
		{MessageTracePermission, "89b20d8a-76e2-4057-867b-9961f800b9a4", GraphAppID, NeedOptional, StepMessageTrace,
			"A second door to the message trace, by Microsoft Graph."},
		{"GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6", GraphAppID, NeedOptional, StepRecipients,
			"Tells that a recipient is a group. Without it a group is shown as an unknown address."},
		{"OrgContact.Read.All", "e1a88a34-94c4-4418-be12-c87b00e26bea", GraphAppID, NeedOptional, StepRecipients,
			"Tells that a recipient is a contact outside. Without it a contact is shown as an unknown address."},
		{"Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6", GraphAppID, NeedOptional, StepRecipients,
			"Tells the tenant's own domains, and with them which recipients are outside."},
		{"Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", GraphAppID, NeedDiagnostic, "",
			"Shows what was added and consented to, so that a mistake is named instead of guessed, and when a client secret ends."},
		{"RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c", GraphAppID, NeedDiagnostic, "",
			"Shows how the role was assigned: to whom, for what, until when."},
		{"Directory.Read.All", "7ab1d382-f21e-4acd-a863-ba3e13f7da61", GraphAppID, NeedDiagnostic, "",
			"Shows delegated permissions too, and stands in for the other rights to read the directory. It reads more than these."},
	}
}

// FindPermission answers the permission or role of a name; false where Clawback has no use for it.
func FindPermission(value string) (Permission, bool) {
	for _, p := range Permissions() {
		if p.Value == value {
			return p, true
		}
	}
	return Permission{}, false
}

// Grant is how the permission is called in the list of what an app is granted.
func (p Permission) Grant() string {
	if p.API == "" {
		return "directory role: " + p.Value
	}
	return p.Value + " on " + p.APIName()
}

// APIName is the API's name in the admin center.
func (p Permission) APIName() string {
	switch p.API {
	case ExchangeAppID:
		return "Office 365 Exchange Online"
	case GraphAppID:
		return "Microsoft Graph"
	}
	return "Microsoft Entra"
}
