package handlers

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"clawback"
)

// RemediationAPIStore is what the API does with remediations. Each method answers NotFound for one that the actor may
// not see and Conflict where its state does not allow the change.
type RemediationAPIStore interface {
	RemediationCreator
	RemediationStore
	OrganizationFinder
}

// RemediationAnswer is a remediation in the API.
type RemediationAnswer struct {
	ID               string                     `json:"id"`
	Name             string                     `json:"name" example:"R-12" doc:"The short name people use."`
	OrganizationID   string                     `json:"organization_id"`
	OrganizationName string                     `json:"organization_name"`
	Status           clawback.RemediationStatus `json:"status" enum:"draft,in_progress,awaiting_approval,blocked,completed,stopped"`
	Phase            clawback.Phase             `json:"phase" enum:",tracing,retracing,removing,watching" doc:"What it does now; empty for a draft whose preview is ready and for one that has ended. Retracing removes what the preview found while the trace is asked again."`
	BlockedBy        clawback.BlockedBy         `json:"blocked_by" doc:"What a blocked remediation waits for."`
	BlockedDetail    string                     `json:"blocked_detail"`
	BlockedSince     *time.Time                 `json:"blocked_since"`
	Lapsed           string                     `json:"lapsed" doc:"Why a blocked remediation no longer goes on by itself: start it when previewed_at says that its new preview is ready."`
	Mode             clawback.Mode              `json:"mode" doc:"The organization's mode at the start; empty for a draft."`
	Removal          clawback.RemovalKind       `json:"removal"`
	Targets          []TargetAnswer             `json:"targets"`
	IncludeSender    bool                       `json:"include_sender" doc:"Whether the Sent Items of an internal sender are cleaned, too."`
	Mailboxes        []string                   `json:"mailboxes" doc:"Named by hand: looked into although no trace names them. Empty in a list."`
	Similar          int                        `json:"similar" doc:"Of a draft: emails with a target's sender and subject under other ids, for widen. 0 in a list."`
	SimilarUnknown   bool                       `json:"similar_unknown" doc:"Microsoft did not answer how many there are."`
	Existing         bool                       `json:"existing" doc:"The answer of a creation: it was under way already, and nothing new was started."`
	Variants         []clawback.Variant         `json:"variants" doc:"Senders and subjects that were seen under the targets' ids."`
	SetupTest        bool                       `json:"setup_test" doc:"An admin's test of the setup with an email from outside: no incident."`
	Reason           string                     `json:"reason"`
	Reference        string                     `json:"reference"`
	MaxMailboxes     int                        `json:"max_mailboxes" doc:"0: the organization's volume limit alone."`
	ApprovedUpTo     int                        `json:"approved_up_to" doc:"0: not approved."`
	ApprovalFor      int                        `json:"approval_for" doc:"The number of mailboxes for which an approval was asked last."`
	ApprovalUntil    *time.Time                 `json:"approval_until" doc:"Without an approval a waiting removal ends then."`
	CreatedBy        string                     `json:"created_by"`
	StartedBy        string                     `json:"started_by"`
	ApprovedBy       string                     `json:"approved_by"`
	Counts           map[string]int             `json:"counts" doc:"recipients: addresses in the trace. mailboxes: the sum of open and of every outcome."`
	ContainedAt      *time.Time                 `json:"contained_at" doc:"When every reachable copy was proved gone."`
	CreatedAt        *time.Time                 `json:"created_at"`
	PreviewedAt      *time.Time                 `json:"previewed_at"`
	StartedAt        *time.Time                 `json:"started_at"`
	TracedAt         *time.Time                 `json:"traced_at"`
	FirstCleanAt     *time.Time                 `json:"first_clean_at"`
	NextLookAt       *time.Time                 `json:"next_look_at"`
	EndedAt          *time.Time                 `json:"ended_at"`
	EndedBy          string                     `json:"ended_by" doc:"Who stopped it."`
	EndReason        string                     `json:"end_reason" doc:"Why it was stopped."`
}

// TargetAnswer is an email to remove, in the API.
type TargetAnswer struct {
	Source       clawback.TargetSource `json:"source"`
	MessageID    string                `json:"internet_message_id"`
	Sender       string                `json:"sender"`
	Subject      string                `json:"subject"`
	ReceivedFrom *time.Time            `json:"received_from"`
	ReceivedTo   *time.Time            `json:"received_to"`
	Mailbox      string                `json:"mailbox" doc:"The one mailbox in which it is meant; empty for every one."`
}

// RemediationInput asks for a remediation: of emails named by their ids, given as files, or found by a search.
type RemediationInput struct {
	EmailInput
	Targets       []EmailInput `json:"targets,omitempty" maxItems:"100" doc:"Several emails, each by its id or as a file, in place of one."`
	Search        *SearchInput `json:"search,omitempty" doc:"Every email that Microsoft's message trace finds, in place of one."`
	Mailboxes     []string     `json:"mailboxes,omitempty" maxItems:"50" doc:"Addresses to look into although no trace names them, such as the reporter's."`
	IncludeSender bool         `json:"include_sender,omitempty" doc:"Clean the Sent Items of an internal sender, too."`
	Exercise      bool         `json:"exercise,omitempty" doc:"The email is part of an exercise (red team, phishing simulation): that is refused with 422, since an exercise's email is not removed."`
	Reason        string       `json:"reason,omitempty" maxLength:"2000"`
	Reference     string       `json:"reference,omitempty" maxLength:"200" doc:"Of the incident."`
	Start         bool         `json:"start,omitempty" doc:"Remove when the trace is in. Without it a draft with a preview is made."`
	MaxMailboxes  int          `json:"max_mailboxes,omitempty" minimum:"0" maximum:"1000000" doc:"Wait for an approval above this number of mailboxes."`
}

// WidenInput adds to a draft, whose preview is then made anew.
type WidenInput struct {
	Similar       bool     `json:"similar,omitempty" doc:"The emails with the same sender and subject that the preview counted."`
	Mailboxes     []string `json:"mailboxes,omitempty" maxItems:"50" doc:"Addresses to look into although no trace names them."`
	IncludeSender bool     `json:"include_sender,omitempty" doc:"Clean the Sent Items of an internal sender, too."`
}

// CreatedAnswer is the remediation that was created, or that was under way.
type CreatedAnswer struct {
	Status int
	Body   RemediationAnswer
}

// StartInput starts a draft.
type StartInput struct {
	MaxMailboxes int    `json:"max_mailboxes" minimum:"1" maximum:"1000000" doc:"Wait for an approval above this number of mailboxes: nobody looks at the preview of a script."`
	Reason       string `json:"reason,omitempty" maxLength:"2000"`
	Reference    string `json:"reference,omitempty" maxLength:"200"`
}

// ApproveInput approves a number of mailboxes.
type ApproveInput struct {
	UpTo   int    `json:"up_to,omitempty" minimum:"1" maximum:"1000000" doc:"The number of mailboxes that is approved, and a tenth more; without it as many as were asked for."`
	Reason string `json:"reason" minLength:"1" maxLength:"2000"`
}

// ReasonInput says why.
type ReasonInput struct {
	Reason string `json:"reason,omitempty" maxLength:"2000"`
}

// StopAnswer is the remediation after a stop, with what was already done.
type StopAnswer struct {
	RemediationAnswer
	Removed   int `json:"removed" doc:"From how many mailboxes it was removed, proved."`
	OnTheWire int `json:"on_the_wire" doc:"For how many a request had left before: looks show what became of it."`
}

// Remediations adds the operations on remediations.
func (a *API) Remediations(store RemediationAPIStore, searcher EmailSearcher) {
	h := remediationAPI{store: store, searcher: searcher}
	const tag = "Remediations"
	register(a, operation{
		ID: "list-remediations", Method: http.MethodGet, Path: "/organizations/{org}/remediations", Right: clawback.RightReadRemediations,
		Tag: tag, Summary: "List an organization's remediations, the newest first",
	}, h.list)
	register(a, operation{
		ID: "create-remediation", Method: http.MethodPost, Path: "/organizations/{org}/remediations", Right: clawback.RightRemediate,
		Tag: tag, Summary: "Remove an email, or preview its removal", Status: http.StatusCreated,
		Text: "Takes `internet_message_id` or `eml`, several of them as `targets`, or a `search` by sender, subject and time, which means every email it finds. " +
			"Where the same email is being removed or watched already, nothing new is started: that remediation is answered with 200 and `existing: true`, " +
			"and looks into the `mailboxes` that are named, too.",
		MaxBody: maxAPIEmailBody, BodyTime: emailBodyTime,
	}, h.create)
	register(a, operation{
		ID: "find-remediation", Method: http.MethodGet, Path: "/remediations/{id}", Right: clawback.RightReadRemediations,
		Tag: tag, Summary: "Read a remediation with its counts",
	}, h.find)
	register(a, operation{
		ID: "start-remediation", Method: http.MethodPost, Path: "/remediations/{id}/start", Right: clawback.RightRemediate,
		Tag: tag, Summary: "Start a draft, or let a blocked remediation go on that has lapsed",
	}, h.start)
	register(a, operation{
		ID: "widen-remediation", Method: http.MethodPost, Path: "/remediations/{id}/widen", Right: clawback.RightRemediate,
		Tag: tag, Summary: "Add emails or mailboxes to a draft, whose preview is made anew",
	}, h.widen)
	register(a, operation{
		ID: "approve-remediation", Method: http.MethodPost, Path: "/remediations/{id}/approve", Right: clawback.RightApprove,
		Tag: tag, Summary: "Approve a removal above the limit, as a second person",
	}, h.approve)
	register(a, operation{
		ID: "stop-remediation", Method: http.MethodPost, Path: "/remediations/{id}/stop", Right: clawback.RightRemediate,
		Tag: tag, Summary: "Stop a remediation: nothing more is sent, and the answer tells what was already done",
	}, h.stop)
	register(a, operation{
		ID: "restore-remediation", Method: http.MethodPost, Path: "/remediations/{id}/restore", Right: clawback.RightRemediate,
		Tag: tag, Summary: "Put back what was removed",
		Text: "Asks for every softly removed copy to be put back into the folder it lay in, also in mailboxes protected meanwhile and while removals are halted. " +
			"It ends the watch. The records say when each copy is back: `restored_at`. To ask again is harmless.",
	}, h.restore)
	h.causes(a, tag)
}

type remediationAPI struct {
	store    RemediationAPIStore
	searcher EmailSearcher
}

func (h remediationAPI) list(ctx context.Context, actor clawback.Actor, in *struct {
	OrganizationPath
	ListQuery
	Status  string `query:"status" enum:"draft,in_progress,awaiting_approval,blocked,completed,stopped"`
	Outcome string `query:"outcome" maxLength:"40" doc:"Only those with a mailbox of this outcome."`
}) (*answer[list[RemediationAnswer]], error) {
	outcome := clawback.Outcome(in.Outcome)
	if outcome != clawback.OutcomeNone && !outcome.Valid() {
		return nil, unknownOutcome()
	}
	if err := visible(ctx, h.store, actor, clawback.RightReadRemediations, in.Organization); err != nil {
		return nil, err
	}
	page, err := h.store.ListRemediations(ctx, actor, clawback.RemediationFilter{
		OrganizationID: in.Organization, Status: clawback.RemediationStatus(in.Status), Outcome: outcome, PageQuery: in.page(),
	})
	if err != nil {
		return nil, err
	}
	return listOf(page, remediationAnswer), nil
}

func (h remediationAPI) create(ctx context.Context, actor clawback.Actor, in *struct {
	OrganizationPath
	Body RemediationInput
}) (*CreatedAnswer, error) {
	targets, err := h.targets(ctx, actor, in.Organization, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := h.store.CreateRemediation(ctx, actor, clawback.NewRemediation{
		OrganizationID: in.Organization, Targets: targets,
		Mailboxes: in.Body.Mailboxes, IncludeSender: in.Body.IncludeSender, Exercise: in.Body.Exercise,
		Reason: in.Body.Reason, Reference: in.Body.Reference, Start: in.Body.Start, MaxMailboxes: in.Body.MaxMailboxes,
	})
	if err != nil {
		return nil, err
	}
	status := http.StatusCreated
	if r.Existing {
		status = http.StatusOK
	}
	return &CreatedAnswer{Status: status, Body: remediationAnswer(r)}, nil
}

func (h remediationAPI) widen(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body WidenInput
}) (*answer[RemediationAnswer], error) {
	return remediationAnswerOf(h.store.WidenRemediation(ctx, actor, in.ID, clawback.Widening(in.Body)))
}

func (h remediationAPI) find(ctx context.Context, actor clawback.Actor, in *struct{ IDPath }) (*answer[RemediationAnswer], error) {
	return remediationAnswerOf(h.store.FindRemediation(ctx, actor, in.ID))
}

func (h remediationAPI) start(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body StartInput
}) (*answer[RemediationAnswer], error) {
	return remediationAnswerOf(h.store.StartRemediation(ctx, actor, in.ID, in.Body.MaxMailboxes, in.Body.Reason, in.Body.Reference))
}

func (h remediationAPI) approve(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body ApproveInput
}) (*answer[RemediationAnswer], error) {
	body := in.Body
	if body.UpTo == 0 {
		known, err := h.store.FindRemediation(ctx, actor, in.ID)
		if err != nil {
			return nil, err
		}
		body.UpTo = known.ApprovalFor
	}
	return remediationAnswerOf(h.store.ApproveRemediation(ctx, actor, in.ID, body.UpTo, body.Reason))
}

func (h remediationAPI) stop(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body *ReasonInput
}) (*answer[StopAnswer], error) {
	stopped, err := h.store.StopRemediation(ctx, actor, in.ID, orZero(in.Body).Reason)
	if err != nil {
		return nil, err
	}
	return answerOf(StopAnswer{RemediationAnswer: remediationAnswer(stopped), Removed: stopped.Counts.Of(clawback.OutcomeRemoved), OnTheWire: stopped.Counts.Open}), nil
}

func (h remediationAPI) restore(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body *ReasonInput
}) (*answer[RemediationAnswer], error) {
	return remediationAnswerOf(h.store.RestoreRemediation(ctx, actor, in.ID, orZero(in.Body).Reason))
}

func orZero[T any](body *T) T {
	if body == nil {
		var zero T
		return zero
	}
	return *body
}

func remediationAnswerOf(r clawback.Remediation, err error) (*answer[RemediationAnswer], error) {
	if err != nil {
		return nil, err
	}
	return answerOf(remediationAnswer(r)), nil
}

func remediationAnswer(r clawback.Remediation) RemediationAnswer {
	targets := make([]TargetAnswer, 0, len(r.Targets))
	for _, t := range r.Targets {
		targets = append(targets, TargetAnswer{
			Source: t.Source, MessageID: t.MessageID, Sender: t.Sender, Subject: t.Subject,
			ReceivedFrom: moment(t.ReceivedFrom), ReceivedTo: moment(t.ReceivedTo), Mailbox: t.Mailbox,
		})
	}
	return RemediationAnswer{
		ID: r.ID, Name: remediationName(r.Number), OrganizationID: r.OrganizationID, OrganizationName: r.OrganizationName,
		Status: r.Status, Phase: r.Phase, BlockedBy: r.BlockedBy, BlockedDetail: r.BlockedDetail, BlockedSince: moment(r.BlockedSince), Lapsed: r.Lapsed,
		Mode: r.Mode, Removal: r.Removal, Targets: targets, Variants: orEmpty(r.Variants),
		IncludeSender: r.IncludeSender, Mailboxes: orEmpty(r.NamedMailboxes), Similar: r.Similar, SimilarUnknown: r.SimilarUnknown, Existing: r.Existing,
		Reason: r.Reason, SetupTest: r.CanaryID != "", Reference: r.Reference, MaxMailboxes: r.MaxMailboxes, ApprovedUpTo: r.ApprovedUpTo, ApprovalFor: r.ApprovalFor, ApprovalUntil: moment(approvalUntil(r)),
		CreatedBy: r.CreatedByName, StartedBy: r.StartedByName, ApprovedBy: r.ApprovedBy,
		Counts: countsAnswer(r.Counts), ContainedAt: moment(r.ContainedAt),
		CreatedAt: moment(r.CreatedAt), PreviewedAt: moment(r.PreviewedAt), StartedAt: moment(r.StartedAt), TracedAt: moment(r.TracedAt),
		FirstCleanAt: moment(r.FirstCleanAt), NextLookAt: moment(r.NextLookAt),
		EndedAt: moment(r.EndedAt), EndedBy: r.EndedByName, EndReason: r.EndReason,
	}
}

// approvalUntil is zero for what waits for no approval.
func approvalUntil(r clawback.Remediation) time.Time {
	if r.Status != clawback.StatusAwaitingApproval {
		return time.Time{}
	}
	return r.ApprovalAskedAt.Add(clawback.ApprovalLifetime)
}

func countsAnswer(c clawback.Counts) map[string]int {
	counts := map[string]int{"recipients": c.Recipients, "mailboxes": c.Mailboxes, "open": c.Open}
	for _, outcome := range clawback.Outcomes() {
		counts[string(outcome)] = c.Of(outcome)
	}
	return counts
}

// remediationName is what people call a remediation.
func remediationName(number int64) string { return fmt.Sprintf("R-%d", number) }
