package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// RecordAPIStore reads what happened in each mailbox.
type RecordAPIStore interface {
	ListRecords(ctx context.Context, actor clawback.Actor, remediationID string, filter clawback.RecordFilter) (clawback.Page[clawback.EmailRecord], error)
	FindRecord(ctx context.Context, actor clawback.Actor, id string) (clawback.EmailRecord, error)
	ListTimeline(ctx context.Context, actor clawback.Actor, recordID string) ([]clawback.TimelineEvent, error)
	RestoreRecord(ctx context.Context, actor clawback.Actor, recordID, reason string) (clawback.EmailRecord, error)
	RecordJudge
}

// RecordAnswer is what happened to the email in one mailbox, in the API.
type RecordAnswer struct {
	ID               string               `json:"id"`
	RemediationID    string               `json:"remediation_id"`
	OrganizationID   string               `json:"organization_id"`
	Mailbox          string               `json:"mailbox" doc:"Its primary address."`
	MailboxID        string               `json:"mailbox_id"`
	MailboxName      string               `json:"mailbox_name"`
	MailboxKind      clawback.MailboxKind `json:"mailbox_kind"`
	Recipients       []string             `json:"recipients" doc:"The addresses that the trace named for this mailbox, or that were named by hand."`
	Origin           clawback.Origin      `json:"origin" enum:",named,sender" doc:"How it came in: empty by the message trace, named by hand, or as the sender's own."`
	State            clawback.RecordState `json:"state" enum:"new,checking,removing,verifying,done"`
	Outcome          clawback.Outcome     `json:"outcome" doc:"Empty while work goes on, and in a preview the outcome to be."`
	Reason           clawback.Reason      `json:"reason"`
	Detail           string               `json:"detail"`
	ProtectedBy      string               `json:"protected_by" doc:"The context entry that protects it."`
	ProtectedPurpose string               `json:"protected_purpose"`
	Late             bool                 `json:"late"`
	Copies           []CopyAnswer         `json:"copies"`
	DeliveredAt      *time.Time           `json:"delivered_at"`
	CreatedAt        *time.Time           `json:"created_at"`
	DoneAt           *time.Time           `json:"done_at"`
}

// CopyAnswer is one item in a mailbox, in the API.
type CopyAnswer struct {
	ID         string           `json:"id"`
	Folder     string           `json:"folder" doc:"Where it lay, empty when not known."`
	Read       bool             `json:"read"`
	Matched    bool             `json:"matched" doc:"Whether it is the target and not merely an email with its id."`
	Sender     string           `json:"sender"`
	Subject    string           `json:"subject"`
	Outcome    clawback.Outcome `json:"outcome"`
	Reason     clawback.Reason  `json:"reason"`
	Status     int              `json:"status" doc:"The HTTP status of Microsoft's last answer, 0 for none."`
	Code       string           `json:"code"`
	ReceivedAt *time.Time       `json:"received_at"`
	FoundAt    *time.Time       `json:"found_at"`
	SentAt     *time.Time       `json:"sent_at"`
	RemovedAt  *time.Time       `json:"removed_at"`
	VerifiedAt *time.Time       `json:"verified_at"`
	RestoredAt *time.Time       `json:"restored_at"`
	Problem    string           `json:"restore_problem" doc:"Why it can't be put back; empty where it can or was not asked for."`
}

// RecordStoryAnswer is a record with its timeline.
type RecordStoryAnswer struct {
	RecordAnswer
	Timeline []TimelineAnswer `json:"timeline"`
}

// TimelineAnswer is one line of a record's story.
type TimelineAnswer struct {
	At     *time.Time            `json:"at"`
	Kind   clawback.TimelineKind `json:"kind"`
	Text   string                `json:"text"`
	Detail string                `json:"detail"`
}

// Records adds the operations on records.
func (a *API) Records(store RecordAPIStore) {
	h := recordAPI{store}
	register(a, operation{
		ID: "list-records", Method: http.MethodGet, Path: "/remediations/{id}/records", Right: clawback.RightReadRemediations,
		Tag: "Remediations", Summary: "List what happened in each mailbox; of a draft, what would happen",
	}, h.list)
	register(a, operation{
		ID: "find-record", Method: http.MethodGet, Path: "/records/{id}", Right: clawback.RightReadRemediations,
		Tag: "Remediations", Summary: "Read what happened in one mailbox, with its timeline",
	}, h.find)
	register(a, operation{
		ID: "restore-record", Method: http.MethodPost, Path: "/records/{id}/restore", Right: clawback.RightRemediate,
		Tag: "Remediations", Summary: "Put back what was removed from one mailbox",
	}, h.restore)
	register(a, operation{
		ID: "accept-record", Method: http.MethodPost, Path: "/records/{id}/accept", Right: clawback.RightRemediate,
		Tag: "Remediations", Summary: "Say that what differs in a mailbox is the email, too: it is removed",
		Text: "For a mailbox with a copy of the outcome `ambiguous`. Needs a reason, which is kept with the mailbox.",
	}, h.accept)
	register(a, operation{
		ID: "leave-record", Method: http.MethodPost, Path: "/records/{id}/leave", Right: clawback.RightRemediate,
		Tag: "Remediations", Summary: "Say that what differs in a mailbox is another email: it stays",
		Text: "For a mailbox with a copy of the outcome `ambiguous`, whose reason becomes `left_by_soc`. Needs a reason, which is kept with the mailbox.",
	}, h.leave)
}

type recordAPI struct{ store RecordAPIStore }

func (h recordAPI) list(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	ListQuery
	Outcome string `query:"outcome" maxLength:"40"`
	Search  string `query:"search" maxLength:"320" doc:"A part of an address."`
}) (*answer[list[RecordAnswer]], error) {
	outcome := clawback.Outcome(in.Outcome)
	if outcome != clawback.OutcomeNone && !outcome.Valid() {
		return nil, unknownOutcome()
	}
	page, err := h.store.ListRecords(ctx, actor, in.ID, clawback.RecordFilter{Outcome: outcome, Search: in.Search, PageQuery: in.page()})
	if err != nil {
		return nil, err
	}
	return listOf(page, recordAnswer), nil
}

func (h recordAPI) find(ctx context.Context, actor clawback.Actor, in *struct{ IDPath }) (*answer[RecordStoryAnswer], error) {
	record, err := h.store.FindRecord(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	events, err := h.store.ListTimeline(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	story := RecordStoryAnswer{RecordAnswer: recordAnswer(record), Timeline: make([]TimelineAnswer, 0, len(events))}
	for _, e := range events {
		story.Timeline = append(story.Timeline, TimelineAnswer{At: moment(e.At), Kind: e.Kind, Text: e.Text, Detail: e.Detail})
	}
	return answerOf(story), nil
}

func (h recordAPI) restore(ctx context.Context, actor clawback.Actor, in *struct {
	IDPath
	Body *ReasonInput
}) (*answer[RecordAnswer], error) {
	return recordAnswerOf(h.store.RestoreRecord(ctx, actor, in.ID, orZero(in.Body).Reason))
}

func (h recordAPI) accept(ctx context.Context, actor clawback.Actor, in *judgeInput) (*answer[RecordAnswer], error) {
	return recordAnswerOf(h.store.AcceptRecord(ctx, actor, in.ID, in.Body.Reason))
}

func (h recordAPI) leave(ctx context.Context, actor clawback.Actor, in *judgeInput) (*answer[RecordAnswer], error) {
	return recordAnswerOf(h.store.LeaveRecord(ctx, actor, in.ID, in.Body.Reason))
}

type judgeInput struct {
	IDPath
	Body ReasonInput
}

func recordAnswerOf(record clawback.EmailRecord, err error) (*answer[RecordAnswer], error) {
	if err != nil {
		return nil, err
	}
	return answerOf(recordAnswer(record)), nil
}

func unknownOutcome() error {
	return clawback.Errorf(clawback.KindInvalid, "There is no such outcome. The document of this API lists them in the counts of a remediation.")
}

func recordAnswer(r clawback.EmailRecord) RecordAnswer {
	copies := make([]CopyAnswer, 0, len(r.Copies))
	for _, c := range r.Copies {
		copies = append(copies, copyAnswer(c))
	}
	return RecordAnswer{
		ID: r.ID, RemediationID: r.RemediationID, OrganizationID: r.OrganizationID,
		Mailbox: r.Mailbox.Address, MailboxID: r.Mailbox.ID, MailboxName: r.Mailbox.Name, MailboxKind: r.Mailbox.Kind,
		Recipients: orEmpty(r.Recipients), Origin: r.Origin, State: r.State, Outcome: r.Outcome, Reason: r.Reason, Detail: r.Detail,
		ProtectedBy: r.ProtectedBy, ProtectedPurpose: r.ProtectedPurpose, Late: r.Late, Copies: copies,
		DeliveredAt: moment(r.DeliveredAt), CreatedAt: moment(r.CreatedAt), DoneAt: moment(r.DoneAt),
	}
}

func copyAnswer(c clawback.Copy) CopyAnswer {
	return CopyAnswer{
		ID: c.ID, Folder: c.FolderName, Read: c.Read, Matched: c.Matched, Sender: c.Sender, Subject: c.Subject,
		Outcome: c.Outcome, Reason: c.Reason, Status: c.Status, Code: c.Code,
		ReceivedAt: moment(c.ReceivedAt), FoundAt: moment(c.FoundAt), SentAt: moment(c.SentAt),
		RemovedAt: moment(c.RemovedAt), VerifiedAt: moment(c.VerifiedAt), RestoredAt: moment(c.RestoredAt), Problem: c.BackProblem,
	}
}
