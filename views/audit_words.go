package views

import "strings"

// auditWords are what happened, in the words of people, in the order in which they are offered.
var auditWords = []Choice{
	{"remediation.created", "Remediation asked for"},
	{"remediation.started", "Removal started"},
	{"remediation.awaiting_approval", "Approval needed"},
	{"remediation.approved", "Removal approved"},
	{"remediation.not_approved", "Removal not approved in time"},
	{"removal.announced", "Removals sent to Microsoft"},
	{"remediation.contained", "Remediation contained"},
	{"remediation.blocked", "Remediation blocked"},
	{"remediation.lapsed", "Blocked remediation no longer goes on by itself"},
	{"remediation.resumed", "Blocked remediation let go on"},
	{"remediation.retried", "Mailboxes tried again"},
	{"remediation.handed_over", "Mailboxes handed over to the customer"},
	{"removal.ordered", "Removal from a protected mailbox ordered"},
	{"removal.announced_as_ordered", "Ordered removal sent to Microsoft"},
	{"remediation.stopped", "Remediation stopped"},
	{"remediation.completed", "Remediation completed"},
	{"restore.asked", "Putting back asked for"},
	{"email.kept", "Email kept as evidence"},
	{"email.read", "Evidence read"},
	{"email.expired", "Evidence deleted, its time was over"},
	{"restore.announced", "Copies sent back by Microsoft’s API"},
	{"restore.finished", "Putting back finished"},
	{"halt.set", "Removals halted"},
	{"halt.lifted", "Halt lifted"},
	{"auto_remediation.changed", "Auto remediation changed"},
	{"context.created", "Never-remove context proposed"},
	{"context.changed", "Never-remove context changed"},
	{"context.reviewed", "Never-remove context reviewed"},
	{"context.resolved", "Never-remove context resolved"},
	{"action.assigned", "Action assigned"},
	{"action.commented", "Action commented on"},
	{"action.checked", "Mailboxes of an action checked again"},
	{"action.completed", "Action completed"},
	{"action.dismissed", "Action dismissed"},
	{"action.reopened", "Action opened again"},
	{"organization.created", "Organization created"},
	{"portfolio.saved", "Engagement manager assigned"},
	{"engagement_manager.assigned", "Engagement manager assigned"},
	{"invitation.created", "Invitation made"},
	{"invitation.redeemed", "Invitation redeemed"},
	{"invitation.revoked", "Invitation taken back"},
	{"member.saved", "Member added"},
	{"member.role_changed", "Role of a member changed"},
	{"member.removed", "Member removed"},
	{"device.connected", "Device connected"},
	{"setup.step_skipped", "Step of the setup left out"},
	{"setup.skip_taken_back", "Left out step of the setup taken up again"},
	{"setup.looked", "Directory read with the own right"},
	{"setup.step_forwarded", "Step of the setup forwarded"},
	{"setup.forward_opened", "Forwarded step opened"},
	{"setup.forward_done", "Forwarded step reported as done"},
	{"setup.forward_withdrawn", "Forwarded step withdrawn"},
	{"canary.started", "Test of a device started"},
	{"canary.announced", "Step of a test sent to Microsoft"},
	{"canary.stopped", "Waiting for the email of a test stopped"},
	{"canary.ended", "Test of a device ended"},
	{"canary.clean_up_asked", "Message of a test to be taken away"},
	{"canary.cleaned_up", "Message of a test taken away"},
	{"canary.left_behind", "Message of a test could not be taken away"},
	{"device.changed", "Device renamed or dated anew"},
	{"device.credential_prepared", "New credential of a device prepared"},
	{"device.credential_changed", "Credential of a device changed"},
	{"device.credential_discarded", "New credential of a device discarded"},
	{"device.disconnected", "Device disconnected"},
	{"device.reconnected", "Device connected again"},
	{"consent.asked", "Consent asked for"},
	{"consent.returned", "Somebody came back from Microsoft with a consent"},
	{"consent.refused", "Consent link came back to no effect"},
	{"consent.revoked", "Consent link taken back"},
	{"token.created", "API token made"},
	{"token.revoked", "API token revoked"},
	{"sign_in.succeeded", "Signed in"},
	{"sign_in.refused", "Sign-in refused"},
	{"session.ended", "Session ended"},
}

// AuditWords says what happened; an action without words of its own says its name.
func AuditWords(action string) string {
	for _, known := range auditWords {
		if known.Value == action {
			return known.Label
		}
	}
	return sentence(strings.NewReplacer(".", " ", "_", " ").Replace(Visible(action)))
}

func auditChoices() []Choice {
	choices := make([]Choice, len(auditWords))
	copy(choices, auditWords)
	return choices
}
