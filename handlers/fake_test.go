package handlers_test

import (
	"context"
	"fmt"
	"strings"

	"clawback"
	"clawback/handlers"
)

// fake answers what a test puts into it.
type fake struct {
	handlers.RemediationStore
	remediation clawback.Remediation
	records     []clawback.EmailRecord
	err         error // of everything that changes

	created   clawback.NewRemediation
	existing  bool // CreateRemediation meets one
	found     clawback.FoundEmails
	searched  clawback.EmailSearch
	widened   clawback.Widening
	judged    []string // what was said of a record, and why
	started   []string
	stopped   string
	approved  int
	completed string
	dismissed string
	assigned  string
	commented string
	halted    string
	checked   string
	restored  string
	restores  clawback.RestoreCounts
	copies    []clawback.Copy
	waiting   []clawback.Remediation
	devices   []clawback.DeviceHealth
	open      []clawback.Action
	mailbox   clawback.MailboxFilter
	audit     clawback.AuditFilter
	filter    clawback.RemediationFilter
	actions   clawback.ActionFilter
	causes    []clawback.Cause
	choice    clawback.CauseChoice
	note      string
	record    clawback.EmailRecord
	ordered   string
	kept      []clawback.ActionMailbox
	looked    []string
}

func (f *fake) ListOrganizations(context.Context, clawback.Actor) ([]clawback.Organization, error) {
	return []clawback.Organization{{ID: "o1", Name: "Contoso", Domain: "contoso.com", Mode: clawback.ModeEnforce}, {ID: "o2", Name: "Fabrikam"}}, nil
}

func (f *fake) ListHalts(context.Context, clawback.Actor) ([]clawback.Halt, error) { return nil, nil }

func (f *fake) CountOpenActions(context.Context, clawback.Actor) (int, error) { return 0, nil }

func (f *fake) CountReviews(context.Context, clawback.Actor) (int, error) { return 0, nil }

func (f *fake) ListDeviceHealth(_ context.Context, _ clawback.Actor, organization string) ([]clawback.DeviceHealth, error) {
	var list []clawback.DeviceHealth
	for _, d := range f.devices {
		if organization == "" || d.OrganizationID == organization {
			list = append(list, d)
		}
	}
	return list, nil
}

func (f *fake) FindRemediation(context.Context, clawback.Actor, string) (clawback.Remediation, error) {
	return f.remediation, nil
}

func (f *fake) FindAutoRemediation(context.Context, clawback.Actor, string) (clawback.AutoRemediation, error) {
	return clawback.AutoRemediation{Mode: clawback.ModeEnforce, VolumeLimit: 500}, nil
}

func (f *fake) ListRecords(context.Context, clawback.Actor, string, clawback.RecordFilter) (clawback.Page[clawback.EmailRecord], error) {
	return clawback.Page[clawback.EmailRecord]{Items: f.records, Total: len(f.records)}, nil
}

func (f *fake) ListRemediations(_ context.Context, _ clawback.Actor, filter clawback.RemediationFilter) (clawback.Page[clawback.Remediation], error) {
	f.filter = filter
	return clawback.Page[clawback.Remediation]{Items: []clawback.Remediation{f.remediation}, Next: "n2", Total: 40}, nil
}

func (f *fake) CreateRemediation(_ context.Context, _ clawback.Actor, n clawback.NewRemediation) (clawback.Remediation, error) {
	f.created = n
	return clawback.Remediation{ID: "r9", Existing: f.existing}, f.err
}

func (f *fake) StartRemediation(_ context.Context, _ clawback.Actor, id string, most int, reason, reference string) (clawback.Remediation, error) {
	f.started = []string{id, fmt.Sprint(most), reason, reference}
	return f.remediation, f.err
}

func (f *fake) StopRemediation(_ context.Context, _ clawback.Actor, _, reason string) (clawback.Remediation, error) {
	f.stopped = reason
	return f.remediation, f.err
}

func (f *fake) ApproveRemediation(_ context.Context, _ clawback.Actor, _ string, upTo int, _ string) (clawback.Remediation, error) {
	f.approved = upTo
	return f.remediation, f.err
}

func (f *fake) RetryRemediation(_ context.Context, _ clawback.Actor, _ string, choice clawback.CauseChoice) (int, error) {
	f.choice = choice
	return 3, f.err
}

func (f *fake) HandOver(_ context.Context, _ clawback.Actor, _ string, choice clawback.CauseChoice, note string) (int, error) {
	f.choice, f.note = choice, note
	return 1, f.err
}

func (f *fake) ListCauses(context.Context, clawback.Actor, string) ([]clawback.Cause, error) {
	return f.causes, nil
}

func (f *fake) ListActions(_ context.Context, _ clawback.Actor, filter clawback.ActionFilter) (clawback.Page[clawback.Action], error) {
	f.actions = filter
	return clawback.Page[clawback.Action]{Items: f.open, Total: len(f.open)}, nil
}

func (f *fake) FindAction(context.Context, clawback.Actor, string) (clawback.Action, error) {
	return clawback.Action{ID: "a1", OrganizationID: "o1", Status: clawback.ActionOpen, Outcome: clawback.OutcomeProtected, Subject: hostile, Mailboxes: f.kept}, nil
}

func (f *fake) CheckAction(_ context.Context, _ clawback.Actor, id string, records []string) (clawback.ActionLooked, error) {
	f.looked = append(f.looked, id+" "+strings.Join(records, ","))
	return clawback.ActionLooked{}, f.err
}

func (f *fake) ListAssignees(context.Context, clawback.Actor, string) ([]clawback.Assignee, error) {
	return []clawback.Assignee{{ID: "p1", Name: "Ada", Role: clawback.RoleAdmin}, {ID: "p2", Name: hostile, Role: clawback.RoleAnalyst}}, nil
}

func (f *fake) AssignAction(_ context.Context, _ clawback.Actor, id, person string) (clawback.Action, error) {
	f.assigned = person
	return clawback.Action{ID: id}, f.err
}

func (f *fake) CommentAction(_ context.Context, _ clawback.Actor, id, said string) (clawback.Action, error) {
	f.commented = said
	return clawback.Action{ID: id}, f.err
}

func (f *fake) CompleteAction(_ context.Context, _ clawback.Actor, id, comment string) (clawback.Action, error) {
	f.completed = comment
	return clawback.Action{ID: id}, f.err
}

func (f *fake) DismissAction(_ context.Context, _ clawback.Actor, id, reason string) (clawback.Action, error) {
	f.dismissed = reason
	return clawback.Action{ID: id}, f.err
}

func (f *fake) CountRestores(context.Context, clawback.Actor, string) (clawback.RestoreCounts, error) {
	return f.restores, nil
}

func (f *fake) ListKeptEmails(context.Context, clawback.Actor, string) ([]clawback.KeptEmail, error) {
	return nil, nil
}

func (f *fake) RestoreRemediation(_ context.Context, _ clawback.Actor, id, reason string) (clawback.Remediation, error) {
	f.restored = id + " " + reason
	return f.remediation, f.err
}

func (f *fake) RestoreRecord(_ context.Context, _ clawback.Actor, id, reason string) (clawback.EmailRecord, error) {
	f.restored = id + " " + reason
	return clawback.EmailRecord{}, f.err
}

func (f *fake) OrderRemoval(_ context.Context, _ clawback.Actor, id, reason string) (clawback.EmailRecord, error) {
	f.ordered = id + " " + reason
	return clawback.EmailRecord{}, f.err
}

func (f *fake) FindRecord(_ context.Context, _ clawback.Actor, id string) (clawback.EmailRecord, error) {
	if f.record.ID == id {
		return f.record, nil
	}
	return clawback.EmailRecord{ID: id, OrganizationID: "o1", State: clawback.RecordDone, Outcome: clawback.OutcomeRemoved, Copies: f.copies}, nil
}

func (f *fake) ListTimeline(context.Context, clawback.Actor, string) ([]clawback.TimelineEvent, error) {
	return nil, nil
}

func (f *fake) ListWaiting(context.Context, clawback.Actor, string, int) (clawback.Page[clawback.Remediation], error) {
	return clawback.Page[clawback.Remediation]{Items: f.waiting, Total: len(f.waiting)}, nil
}

func (f *fake) ListReviews(context.Context, clawback.Actor) ([]clawback.ContextEntry, error) {
	return []clawback.ContextEntry{{ID: "e1", OrganizationID: "o1", Address: hostile, Purpose: "Archive", Status: clawback.ReviewRequested, UpdatedAt: started}}, nil
}

func (f *fake) ListContext(context.Context, clawback.Actor, string) ([]clawback.ContextEntry, error) {
	return []clawback.ContextEntry{{ID: "e2", OrganizationID: "o1", Address: "kept@contoso.com", Status: clawback.ReviewDeclined, Selected: true}, {ID: "e3", OrganizationID: "o1", Address: "fine@contoso.com"}}, nil
}

func (f *fake) ListMailboxRecords(_ context.Context, _ clawback.Actor, filter clawback.MailboxFilter) (clawback.Page[clawback.EmailRecord], error) {
	f.mailbox = filter
	return clawback.Page[clawback.EmailRecord]{Items: f.records, Total: len(f.records), Next: "n2"}, f.err
}

func (f *fake) ListAudit(_ context.Context, _ clawback.Actor, filter clawback.AuditFilter) (clawback.Page[clawback.AuditEvent], error) {
	f.audit = filter
	return clawback.Page[clawback.AuditEvent]{Next: "n2", Total: -1, Items: []clawback.AuditEvent{{ID: "e1", OrganizationID: "o1", Sequence: 7, At: started, ActorKind: clawback.ActorBot,
		ActorName: "Clawback", OnBehalfOf: "p1", OnBehalfOfName: hostile, Action: "remediation.started", Subject: "r1", SubjectName: hostile, After: []byte(`{"mailboxes":24}`)}}}, nil
}

func (f *fake) CheckAudit(_ context.Context, _ clawback.Actor, chain string, most int) (clawback.AuditCheck, error) {
	f.checked = fmt.Sprint(chain, " ", most)
	return clawback.AuditCheck{OrganizationID: chain, Events: 1000, Checked: min(most, 1000), At: started}, f.err
}

func (f *fake) SetHalt(_ context.Context, _ clawback.Actor, organization, reason string) error {
	f.halted = "set " + organization + " " + reason
	return f.err
}

func (f *fake) LiftHalt(_ context.Context, _ clawback.Actor, organization, reason string) error {
	f.halted = "lift " + organization + " " + reason
	return f.err
}
