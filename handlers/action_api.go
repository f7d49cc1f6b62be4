package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// ActionAPIStore is what the API does with actions.
type ActionAPIStore interface {
	ActionPageStore
	OrganizationFinder
}

// ActionAnswer is what a customer must do itself, in the API.
type ActionAnswer struct {
	ID              string                `json:"id"`
	OrganizationID  string                `json:"organization_id"`
	RemediationID   string                `json:"remediation_id"`
	RemediationName string                `json:"remediation_name" example:"R-12"`
	Subject         string                `json:"subject"`
	Sender          string                `json:"sender"`
	Outcome         clawback.Outcome      `json:"outcome" doc:"Why it is the customer's: protected, unreachable, denied, failed or observed."`
	Status          clawback.ActionStatus `json:"status" enum:"open,completed,dismissed"`
	Mailboxes       []ActionMailboxAnswer `json:"mailboxes" doc:"Empty in a list that would name more than 5,000: the records of the remediation name them all."`
	MailboxCount    int                   `json:"mailbox_count"`
	Comment         string                `json:"comment"`
	ClosedBy        string                `json:"closed_by"`
	Assignee        string                `json:"assignee" doc:"The member who works on it; empty: the organization as a whole."`
	Comments        []ActionCommentAnswer `json:"comments" doc:"The first said first; left out of a list where its mailboxes are."`
	CreatedAt       *time.Time            `json:"created_at"`
	ClosedAt        *time.Time            `json:"closed_at"`
}

// ActionMailboxAnswer is one mailbox of an action, in the API.
type ActionMailboxAnswer struct {
	RecordID   string          `json:"record_id"`
	Address    string          `json:"address"`
	Name       string          `json:"name"`
	Reason     clawback.Reason `json:"reason"`
	Purpose    string          `json:"purpose"`
	Folder     string          `json:"folder"`
	Detail     string          `json:"detail"`
	RecordedAt *time.Time      `json:"recorded_at"`
	CheckedAt  *time.Time      `json:"checked_at" doc:"When somebody last had the mailbox looked into again."`
	Checked    string          `json:"checked" doc:"What was to be said of it."`
}

// ActionCommentAnswer is what somebody said about an action, in the API.
type ActionCommentAnswer struct {
	ID    string     `json:"id"`
	At    *time.Time `json:"at"`
	By    string     `json:"by"`
	Staff bool       `json:"staff" doc:"Whether one of the provider's people said it."`
	Text  string     `json:"text"`
}

// CommentInput is what is said on completing or dismissing.
type CommentInput struct {
	Comment string `json:"comment,omitempty" maxLength:"2000"`
}

// AssignActionInput says who works on an action.
type AssignActionInput struct {
	Assignee string `json:"assignee" maxLength:"100" doc:"The id of a member, from assignees; empty gives it back to the organization as a whole."`
}

// ActionSaidInput is what is to be said about an action.
type ActionSaidInput struct {
	Text string `json:"text" maxLength:"2000"`
}

// AssigneeAnswer is a member to whom an action can be given, in the API.
type AssigneeAnswer struct {
	ID   string        `json:"id"`
	Name string        `json:"name"`
	Role clawback.Role `json:"role"`
}

// CheckActionInput chooses mailboxes of an action; without records all of them, at most 100 a request.
type CheckActionInput struct {
	Records []string `json:"records,omitempty" maxItems:"100" doc:"Only these records, by their ids."`
}

// CheckActionAnswer is the action after a look.
type CheckActionAnswer struct {
	ActionAnswer
	Gone    int `json:"gone" doc:"From how many mailboxes the email is gone: they left the action."`
	Left    int `json:"still_there"`
	Unknown int `json:"unknown" doc:"Into how many we could not look; checked says why."`
}

// Actions adds the operations on actions.
func (a *API) Actions(store ActionAPIStore, checker ActionChecker) {
	h := actionAPI{store, checker}
	register(a, operation{
		ID: "check-action", Method: http.MethodPost, Path: "/actions/{id}/check", Right: clawback.RightWorkActions,
		Tag: "Actions", Summary: "Look whether the email is gone from the mailboxes of an action; it changes nothing there",
	}, h.check)
	register(a, operation{
		ID: "list-actions", Method: http.MethodGet, Path: "/organizations/{org}/actions", Right: clawback.RightReadActions,
		Tag: "Actions", Summary: "List what an organization must do itself",
	}, h.list)
	register(a, operation{
		ID: "find-action", Method: http.MethodGet, Path: "/actions/{id}", Right: clawback.RightReadActions,
		Tag: "Actions", Summary: "Answer one action with its mailboxes and comments",
	}, h.find)
	register(a, operation{
		ID: "list-assignees", Method: http.MethodGet, Path: "/organizations/{org}/assignees", Right: clawback.RightReadActions,
		Tag: "Actions", Summary: "List the members to whom an organization's actions can be given",
	}, h.assignees)
	register(a, operation{
		ID: "assign-action", Method: http.MethodPost, Path: "/actions/{id}/assign", Right: clawback.RightWorkActions,
		Tag: "Actions", Summary: "Give an action to one member, or to the organization as a whole",
	}, h.assign)
	register(a, operation{
		ID: "comment-action", Method: http.MethodPost, Path: "/actions/{id}/comments", Right: clawback.RightWorkActions,
		Tag: "Actions", Summary: "Say something about an action",
	}, h.comment)
	register(a, operation{
		ID: "complete-action", Method: http.MethodPost, Path: "/actions/{id}/complete", Right: clawback.RightWorkActions,
		Tag: "Actions", Summary: "Say that the work is done",
	}, h.complete)
	register(a, operation{
		ID: "dismiss-action", Method: http.MethodPost, Path: "/actions/{id}/dismiss", Right: clawback.RightWorkActions,
		Tag: "Actions", Summary: "Say that nothing will be done, and why",
	}, h.dismiss)
}

type actionAPI struct {
	store   ActionAPIStore
	checker ActionChecker
}

func (h actionAPI) check(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body *CheckActionInput
}) (*answer[CheckActionAnswer], error) {
	looked, err := checkAction(ctx, h.checker, actor, in.ID, orZero(in.Body).Records)
	if err != nil {
		return nil, err
	}
	action, err := h.store.FindAction(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return answerOf(CheckActionAnswer{ActionAnswer: actionAnswer(action), Gone: looked.Gone, Left: looked.Left, Unknown: looked.Unknown}), nil
}

type commentRequest struct {
	IDPath
	Body *CommentInput
}

func (h actionAPI) list(ctx context.Context, actor clawback.Actor, in *struct {
	OrganizationPath
	ListQuery
	Status string `query:"status" enum:"open,completed,dismissed"`
}) (*answer[list[ActionAnswer]], error) {
	if err := visible(ctx, h.store, actor, clawback.RightReadActions, in.Organization); err != nil {
		return nil, err
	}
	page, err := h.store.ListActions(ctx, actor, clawback.ActionFilter{
		OrganizationID: in.Organization, Status: clawback.ActionStatus(in.Status), PageQuery: in.page(),
	})
	if err != nil {
		return nil, err
	}
	if err := h.fill(ctx, actor, page.Items); err != nil {
		return nil, err
	}
	return listOf(page, actionAnswer), nil
}

// maxActionMailboxes bounds how many mailboxes one list of actions names.
const maxActionMailboxes = 5000

// fill adds the mailboxes, which a list of the store only counts, and the comments.
func (h actionAPI) fill(ctx context.Context, actor clawback.Actor, actions []clawback.Action) error {
	named := 0
	for i, action := range actions {
		named += action.MailboxCount
		if len(action.Mailboxes) > 0 || named > maxActionMailboxes {
			continue
		}
		whole, err := h.store.FindAction(ctx, actor, action.ID)
		if err != nil {
			return err
		}
		actions[i].Mailboxes, actions[i].Comments = whole.Mailboxes, whole.Comments
	}
	return nil
}

func (h actionAPI) find(ctx context.Context, actor clawback.Actor, in *IDPath) (*answer[ActionAnswer], error) {
	return actionAnswerOf(h.store.FindAction(ctx, actor, in.ID))
}

func (h actionAPI) assignees(ctx context.Context, actor clawback.Actor, in *struct {
	OrganizationPath
	ListQuery
}) (*answer[list[AssigneeAnswer]], error) {
	if err := visible(ctx, h.store, actor, clawback.RightReadActions, in.Organization); err != nil {
		return nil, err
	}
	members, err := h.store.ListAssignees(ctx, actor, in.Organization)
	if err != nil {
		return nil, err
	}
	return windowOf(members, in.ListQuery, func(m clawback.Assignee) string { return m.ID }, func(m clawback.Assignee) AssigneeAnswer {
		return AssigneeAnswer{ID: m.ID, Name: m.Name, Role: m.Role}
	})
}

func (h actionAPI) assign(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body AssignActionInput
}) (*answer[ActionAnswer], error) {
	return actionAnswerOf(h.store.AssignAction(ctx, actor, in.ID, in.Body.Assignee))
}

func (h actionAPI) comment(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body ActionSaidInput
}) (*answer[ActionAnswer], error) {
	return actionAnswerOf(h.store.CommentAction(ctx, actor, in.ID, in.Body.Text))
}

func (h actionAPI) complete(ctx context.Context, actor clawback.Actor, in *commentRequest) (*answer[ActionAnswer], error) {
	return actionAnswerOf(h.store.CompleteAction(ctx, actor, in.ID, orZero(in.Body).Comment))
}

func (h actionAPI) dismiss(ctx context.Context, actor clawback.Actor, in *commentRequest) (*answer[ActionAnswer], error) {
	return actionAnswerOf(h.store.DismissAction(ctx, actor, in.ID, orZero(in.Body).Comment))
}

func actionAnswerOf(action clawback.Action, err error) (*answer[ActionAnswer], error) {
	if err != nil {
		return nil, err
	}
	return answerOf(actionAnswer(action)), nil
}

func actionAnswer(a clawback.Action) ActionAnswer {
	mailboxes := make([]ActionMailboxAnswer, 0, len(a.Mailboxes))
	for _, m := range a.Mailboxes {
		mailboxes = append(mailboxes, ActionMailboxAnswer{
			RecordID: m.RecordID, Address: m.Address, Name: m.Name, Reason: m.Reason,
			Purpose: m.Purpose, Folder: m.Folder, Detail: m.Detail, RecordedAt: moment(m.RecordedAt),
			CheckedAt: moment(m.CheckedAt), Checked: m.Checked,
		})
	}
	comments := make([]ActionCommentAnswer, 0, len(a.Comments))
	for _, said := range a.Comments {
		comments = append(comments, ActionCommentAnswer{ID: said.ID, At: moment(said.At), By: said.By, Staff: said.Staff, Text: said.Text})
	}
	return ActionAnswer{
		ID: a.ID, OrganizationID: a.OrganizationID, RemediationID: a.RemediationID, RemediationName: remediationName(a.RemediationNumber),
		Subject: a.Subject, Sender: a.Sender, Outcome: a.Outcome, Status: a.Status, Mailboxes: mailboxes, MailboxCount: a.MailboxCount,
		Comment: a.Comment, ClosedBy: a.ClosedBy, Assignee: a.AssigneeName, Comments: comments, CreatedAt: moment(a.CreatedAt), ClosedAt: moment(a.ClosedAt),
	}
}
