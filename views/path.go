package views

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"clawback"
)

// HomePath is the first page.
func HomePath() string { return "/" }

// SignInPath is the page for who is not signed in.
func SignInPath() string { return "/sign-in" }

// SignInMicrosoftPath begins the sign-in and comes back to a local path.
func SignInMicrosoftPath(back string) string {
	return withQuery("/sign-in/microsoft", url.Values{"return": {back}})
}

// SignOutPath ends the session; by POST only.
func SignOutPath() string { return "/sign-out" }

// RemediationsPath is the list of remediations.
func RemediationsPath() string { return "/remediations" }

// RemediationsFilterPath is a list of remediations by its filter.
func RemediationsFilterPath(f clawback.RemediationFilter) string {
	q := url.Values{
		"organization": {f.OrganizationID}, "status": {string(f.Status)}, "outcome": {string(f.Outcome)},
		"q": {f.Search}, "sender": {f.Sender}, "mailbox": {f.Mailbox}, "from": {firstDay(f.From)}, "to": {lastDay(f.Until)}, "cursor": {f.Cursor},
	}
	if f.Attention {
		q.Set("attention", "1")
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	return withQuery(RemediationsPath(), q)
}

func firstDay(from time.Time) string {
	if from.IsZero() {
		return ""
	}
	return from.Format(time.DateOnly)
}

// lastDay answers the day that is the last before a moment.
func lastDay(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return until.AddDate(0, 0, -1).Format(time.DateOnly)
}

// MailboxPath is what happened in the mailbox of an address.
func MailboxPath(f clawback.MailboxFilter) string {
	return withQuery("/mailboxes", url.Values{"organization": {f.OrganizationID}, "address": {f.Address}, "cursor": {f.Cursor}})
}

// NewRemediationPath is the form of a new remediation.
func NewRemediationPath(organizationID string) string {
	return withQuery("/remediations/new", url.Values{"organization": {organizationID}})
}

// EmailSearchPath searches for emails to remove.
func EmailSearchPath() string { return RemediationsPath() + "/search" }

// RemediationMetPath is a remediation that was under way when it was asked for again.
func RemediationMetPath(id string) string { return RemediationPath(id) + "?met=1" }

// RemediationWidenPath adds emails or mailboxes to a preview; by POST only.
func RemediationWidenPath(id string) string { return RemediationPath(id) + "/widen" }

// RecordAcceptPath says that what differs is the email too; by POST only, as is the next.
func RecordAcceptPath(id string) string { return RecordPath(id) + "/accept" }

// RecordLeavePath says that it is another email.
func RecordLeavePath(id string) string { return RecordPath(id) + "/leave" }

// RemediationPath is one remediation; of a draft, its preview.
func RemediationPath(id string) string { return "/remediations/" + url.PathEscape(id) }

// RemediationRecordsPath is one remediation with a part of its mailboxes.
func RemediationRecordsPath(id string, f clawback.RecordFilter) string {
	return withQuery(RemediationPath(id), recordsQuery(f))
}

// RemediationLivePath is the part of it that changes.
func RemediationLivePath(id string, f clawback.RecordFilter) string {
	return withQuery(RemediationPath(id)+"/live", recordsQuery(f))
}

func recordsQuery(f clawback.RecordFilter) url.Values {
	q := url.Values{"outcome": {string(f.Outcome)}, "reason": {string(f.Reason)}, "mailbox": {f.Search}, "cursor": {f.Cursor}}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	return q
}

// RemediationStartPath starts a preview's removal; by POST only, as are the next three.
func RemediationStartPath(id string) string { return RemediationPath(id) + "/start" }

// RemediationStopPath stops it, or discards a preview.
func RemediationStopPath(id string) string { return RemediationPath(id) + "/stop" }

// RemediationApprovePath approves it.
func RemediationApprovePath(id string) string { return RemediationPath(id) + "/approve" }

// RemediationHandOverPath makes what was not cleaned the customer's action.
func RemediationHandOverPath(id string) string { return RemediationPath(id) + "/hand-over" }

// RemediationRetryPath tries failed and denied mailboxes again.
func RemediationRetryPath(id string) string { return RemediationPath(id) + "/retry" }

// RemediationRestorePath puts back what it removed; by POST only.
func RemediationRestorePath(id string) string { return RemediationPath(id) + "/restore" }

// KeptEmailPath answers a kept email as a file.
func KeptEmailPath(id string) string { return "/kept-emails/" + url.PathEscape(id) }

// RecordRestorePath puts back what was removed from one mailbox; by POST only.
func RecordRestorePath(id string) string { return RecordPath(id) + "/restore" }

// RecordPath is one mailbox of a remediation.
func RecordPath(id string) string { return "/records/" + url.PathEscape(id) }

// RecordOrderPath asks the customer's admin whether the email shall go from a protected mailbox; POST takes the word.
func RecordOrderPath(id string) string { return RecordPath(id) + "/remove" }

// AnyStatus asks for actions of every status, since a list that is asked for none shows the open ones.
const AnyStatus = "any"

// ActionsPath is the list of actions.
func ActionsPath(f clawback.ActionFilter) string {
	q := url.Values{"organization": {f.OrganizationID}, "cursor": {f.Cursor}}
	switch f.Status {
	case clawback.ActionOpen: // the list's own choice
	case "":
		q.Set("status", AnyStatus)
	default:
		q.Set("status", string(f.Status))
	}
	if f.Assignee != "" {
		q.Set("assignee", Me)
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	return withQuery("/actions", q)
}

// Me stands for the reader where a list can be narrowed to one person: addresses name no ids of people.
const Me = "me"

// ActionPath is one action.
func ActionPath(id string) string { return "/actions/" + url.PathEscape(id) }

// ActionCheckPath looks whether the email is gone; by POST only.
func ActionCheckPath(id string) string { return ActionPath(id) + "/check" }

// ActionAssignPath gives it to somebody; by POST only.
func ActionAssignPath(id string) string { return ActionPath(id) + "/assign" }

// ActionCommentsPath takes a comment; by POST only.
func ActionCommentsPath(id string) string { return ActionPath(id) + "/comments" }

// ActionCommentPath is the page of an action, at what was said last.
func ActionCommentPath(a clawback.Action) string { return ActionPath(a.ID) + "#comments" }

// ActionCompletePath completes it; by POST only.
func ActionCompletePath(id string) string { return ActionPath(id) + "/complete" }

// ActionDismissPath dismisses it; by POST only.
func ActionDismissPath(id string) string { return ActionPath(id) + "/dismiss" }

// Installation stands for what belongs to no organization, where an address names one.
const Installation = "installation"

// AuditPath is the audit trail by its filter.
func AuditPath(f clawback.AuditFilter) string {
	q := url.Values{"organization": {f.OrganizationID}, "action": {f.Action}, "about": {f.About}, "person": {f.Person}, "cursor": {f.Cursor}}
	if f.Installation {
		q.Set("organization", Installation)
	}
	return withQuery("/audit", q)
}

// withCheck asks the audit page to check the whole chain.
func withCheck(path string) string {
	if strings.Contains(path, "?") {
		return path + "&check=all"
	}
	return path + "?check=all"
}

// HaltsPath is the halt switch; POST sets it.
func HaltsPath() string { return "/halts" }

// HaltsLiftPath lifts it; by POST only.
func HaltsLiftPath() string { return "/halts/lift" }

// OrganizationsPath is the list of organizations; POST creates one.
func OrganizationsPath() string { return "/organizations" }

// OrganizationsFilterPath is the list by its filter.
func OrganizationsFilterPath(f clawback.OrganizationFilter) string {
	q := url.Values{"filter": {f.Search}, "order": {string(f.Order)}, "cursor": {f.Cursor}}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	return withQuery(OrganizationsPath(), q)
}

// NewOrganizationPath is the form of a new organization.
func NewOrganizationPath() string { return "/organizations/new" }

// OrganizationPath is one organization.
func OrganizationPath(id string) string { return "/organizations/" + url.PathEscape(id) }

// EngagementManagerPath assigns its engagement manager; by POST only.
func EngagementManagerPath(id string) string { return OrganizationPath(id) + "/engagement-manager" }

// PeoplePath is who has access to an organization.
func PeoplePath(organizationID string) string { return OrganizationPath(organizationID) + "/people" }

// PersonPath is one member.
func PersonPath(organizationID, personID string) string {
	return PeoplePath(organizationID) + "/" + url.PathEscape(personID)
}

// PersonRolePath changes a member's role; by POST only.
func PersonRolePath(organizationID, personID string) string {
	return PersonPath(organizationID, personID) + "/role"
}

// PersonRemovePath removes a member; by POST only.
func PersonRemovePath(organizationID, personID string) string {
	return PersonPath(organizationID, personID) + "/remove"
}

// InvitationsPath makes an invitation; by POST only.
func InvitationsPath(organizationID string) string {
	return OrganizationPath(organizationID) + "/invitations"
}

// NewInvitationPath is the form of an invitation.
func NewInvitationPath(organizationID string) string { return InvitationsPath(organizationID) + "/new" }

// InvitationRevokePath revokes an invitation; by POST only.
func InvitationRevokePath(organizationID, id string) string {
	return InvitationsPath(organizationID) + "/" + url.PathEscape(id) + "/revoke"
}

// InvitationLinkPath shows the link of an invitation to who made it, for some minutes.
func InvitationLinkPath(organizationID, id string) string {
	return InvitationsPath(organizationID) + "/" + url.PathEscape(id) + "/link"
}

// InvitationPath is the page behind an invitation's link.
func InvitationPath(token string) string { return "/invitations/" + url.PathEscape(token) }

// SignInInvitationPath begins the sign-in that redeems an invitation.
func SignInInvitationPath(token string) string {
	return withQuery("/sign-in/microsoft", url.Values{"invitation": {token}})
}

// AccountPath is the person's own page.
func AccountPath() string { return "/account" }

// SessionEndPath ends one of the person's own sessions; by POST only.
func SessionEndPath(id string) string {
	return AccountPath() + "/sessions/" + url.PathEscape(id) + "/end"
}

// ContextEntriesPath is an organization's never-remove context; POST proposes an inbox.
func ContextEntriesPath(organizationID string) string {
	return organizationPath(organizationID) + "/context"
}

// NewContextPath is the form of a proposal.
func NewContextPath(organizationID string) string { return ContextEntriesPath(organizationID) + "/new" }

// ContextPath is one entry; POST changes it.
func ContextPath(id string) string { return "/context/" + url.PathEscape(id) }

// ContextEditPath is the form that changes it.
func ContextEditPath(id string) string { return ContextPath(id) + "/edit" }

// ContextResolvePath looks its address up again; by POST only, as are the next two.
func ContextResolvePath(id string) string { return ContextPath(id) + "/resolve" }

// ContextReviewPath takes the engagement manager's word.
func ContextReviewPath(id string) string { return ContextPath(id) + "/review" }

// ContextSelectPath lets it protect.
func ContextSelectPath(id string) string { return ContextPath(id) + "/select" }

// ContextDeselectPath asks whether its protection shall end; POST ends it.
func ContextDeselectPath(id string) string { return ContextPath(id) + "/deselect" }

// ReviewsPath is the review queue.
func ReviewsPath() string { return "/reviews" }

// ReviewsDonePath is the queue after the decision on an entry.
func ReviewsDonePath(id string) string { return withQuery(ReviewsPath(), url.Values{"done": {id}}) }

// AutoRemediationPath is what happens in an organization when the SOC says remove.
func AutoRemediationPath(organizationID string) string {
	return organizationPath(organizationID) + "/auto-remediation"
}

// AutoRemediationHistoryPath is the same with a later page of its history.
func AutoRemediationHistoryPath(organizationID, cursor string) string {
	return withQuery(AutoRemediationPath(organizationID), url.Values{"cursor": {cursor}})
}

// AutoRemediationAnswerPath is the form of one answer; POST saves it.
func AutoRemediationAnswerPath(organizationID string, answer SettingAnswer) string {
	return AutoRemediationPath(organizationID) + "/" + strings.ReplaceAll(string(answer), "_", "-")
}

func organizationPath(id string) string { return "/organizations/" + url.PathEscape(id) }

// withQuery leaves out what is empty.
func withQuery(path string, query url.Values) string {
	for name, values := range query {
		if len(values) == 0 || values[0] == "" {
			delete(query, name)
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}
