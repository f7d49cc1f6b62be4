package views_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/views"
)

var now = time.Date(2026, 11, 23, 9, 41, 12, 0, time.UTC)

const hostile = "<b>act now</b> \u202Etxt.exe\u202C\x07 <script>alert(1)</script> & \"quotes\""

// page is one state of one page.
type page struct {
	name    string
	title   string
	content views.Content
	solo    bool
	input   func(*views.LayoutInput)
}

// TestGallery holds every page in its states against what is true of all of them. With VIEWS_GALLERY it writes them
// into that folder, to be looked at beside the static files.
func TestGallery(t *testing.T) {
	folder := os.Getenv("VIEWS_GALLERY")
	for _, p := range gallery() {
		t.Run(p.name, func(t *testing.T) {
			html := renderPage(t, p)
			holdsForEveryPage(t, html)
			if folder == "" {
				return
			}
			if err := os.WriteFile(filepath.Join(folder, p.name+".html"), []byte(html), 0o600); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func renderPage(t *testing.T, p page) string {
	t.Helper()
	asset := func(name string) string { return "static/" + name }
	component := views.Solo(views.Layout{Title: p.title, Asset: asset, Now: now}, p.content)
	if !p.solo {
		in := views.LayoutInput{Title: p.title, Section: views.SectionRemediations, Actor: analyst, Organizations: organizations, Asset: asset, Now: now}
		if p.input != nil {
			p.input(&in)
		}
		component = views.Page(views.NewLayout(in), p.content)
	}
	var b bytes.Buffer
	if err := component.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var (
	inline  = regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|hx-on|javascript:|<script>|js:`)
	idValue = regexp.MustCompile(`\sid="([^"]*)"`)
	labels  = regexp.MustCompile(`\s(?:aria-labelledby|aria-describedby|for)="([^"]*)"`)
	unsafe  = regexp.MustCompile("[\x00-\x08\x0b-\x1f\u202A-\u202E\u2066-\u2069\u200B\uFEFF]")
)

func holdsForEveryPage(t *testing.T, html string) {
	t.Helper()
	if n := strings.Count(html, "<h1"); n != 1 {
		t.Errorf("it has %d h1, want 1", n)
	}
	if n := strings.Count(html, "<main"); n != 1 {
		t.Errorf("it has %d main, want 1", n)
	}
	if found := inline.FindString(html); found != "" {
		t.Errorf("it has something inline, which the policy refuses: %q", found)
	}
	visible := regexp.MustCompile(`value="[^"]*"|data-copy="[^"]*"|<textarea[^<]*</textarea>`).ReplaceAllString(html, "")
	if found := unsafe.FindString(visible); found != "" {
		t.Errorf("it shows %q, which hides or turns text", found)
	}
	ids := map[string]bool{}
	for _, match := range idValue.FindAllStringSubmatch(html, -1) {
		if ids[match[1]] {
			t.Errorf("the id %q is there twice", match[1])
		}
		ids[match[1]] = true
	}
	for _, match := range labels.FindAllStringSubmatch(html, -1) {
		for _, id := range strings.Fields(match[1]) {
			if !ids[id] {
				t.Errorf("a label names the id %q, which is not there", id)
			}
		}
	}
	if strings.Count(html, "<table") != strings.Count(html, "<caption") {
		t.Error("a table has no caption")
	}
}

var (
	contoso       = clawback.Organization{ID: "o1", Name: "Contoso Ltd", Domain: "contoso.com", Mode: clawback.ModeEnforce}
	fabrikam      = clawback.Organization{ID: "o2", Name: "Fabrikam", Domain: "fabrikam.example", Mode: clawback.ModeObserve}
	organizations = []clawback.Organization{contoso, fabrikam}
	analyst       = clawback.Actor{Kind: clawback.ActorPerson, ID: "p1", Name: "Ada Okoye", StaffRoles: []clawback.Role{clawback.RoleSOCAnalyst}}
	operator      = clawback.Actor{Kind: clawback.ActorPerson, ID: "p2", Name: "Otto Berg", StaffRoles: []clawback.Role{clawback.RoleOperator}}
	admin         = clawback.Actor{
		Kind: clawback.ActorPerson, ID: "p3", Name: "Mia Chen", Memberships: []clawback.Membership{{OrganizationID: "o1", Role: clawback.RoleAdmin}},
	}
	setting = clawback.AutoRemediation{OrganizationID: "o1", Mode: clawback.ModeEnforce, VolumeLimit: 500}
	target  = clawback.Target{Source: clawback.SourceEML, MessageID: "<8f21c.4410@mx.paypa1-support.example>", Sender: "billing@paypa1-support.example",
		Subject: "Invoice 88213 overdue", ReceivedFrom: now.Add(-2 * time.Hour), ReceivedTo: now.Add(47 * time.Hour)}
)

func sample(change func(*clawback.Remediation)) clawback.Remediation {
	r := clawback.Remediation{
		ID: "r1", Number: 2291, OrganizationID: "o1", OrganizationName: "Contoso Ltd", Status: clawback.StatusInProgress, Mode: clawback.ModeEnforce,
		Removal: clawback.RemovalSoft, Targets: []clawback.Target{target}, Reason: "Credential phishing, kit seen at two other customers", Reference: "INC-40812",
		CreatedBy: "p1", CreatedByName: "Ada Okoye", StartedBy: "p1", StartedByName: "Ada Okoye",
		CreatedAt: now.Add(-time.Minute), PreviewedAt: now.Add(-50 * time.Second), StartedAt: now.Add(-11 * time.Second), TracedAt: now.Add(-10 * time.Second),
		Counts: clawback.Counts{Recipients: 27, Mailboxes: 25, Outcomes: map[clawback.Outcome]int{}},
	}
	change(&r)
	return r
}

func draft(change func(*clawback.Remediation)) clawback.Remediation {
	return sample(func(r *clawback.Remediation) {
		r.Status, r.StartedAt, r.StartedBy, r.StartedByName, r.TracedAt, r.Mode = clawback.StatusDraft, time.Time{}, "", "", time.Time{}, ""
		change(r)
	})
}

func contained(r *clawback.Remediation) {
	r.Phase, r.ContainedAt, r.FirstCleanAt, r.NextLookAt = clawback.PhaseWatching, now, now.Add(-5*time.Second), now.Add(8*time.Minute)
	r.Counts.Outcomes = map[clawback.Outcome]int{clawback.OutcomeRemoved: 22, clawback.OutcomeAlreadyGone: 1, clawback.OutcomeProtected: 1, clawback.OutcomeUnreachable: 1}
}

func sampleRecords(preview bool) []clawback.EmailRecord {
	var records []clawback.EmailRecord
	add := func(name string, outcome clawback.Outcome, reason clawback.Reason, folder string, read bool) {
		r := clawback.EmailRecord{ID: "rec-" + name, RemediationID: "r1", OrganizationID: "o1", Mailbox: clawback.Mailbox{ID: "5a3b", Name: strings.ToUpper(name[:1]) + name[1:], Address: name + "@contoso.com"},
			Outcome: outcome, Reason: reason, State: clawback.RecordDone, DoneAt: now.Add(-5 * time.Second), DeliveryStatus: "delivered", DeliveredAt: now.Add(-10 * time.Minute),
			Recipients: []string{name + "@contoso.com"}, Attempts: 1}
		if reason == clawback.ReasonNeverRemove {
			r.ProtectedPurpose = "Quarantine inbox"
		}
		if folder != "" && !preview {
			r.Copies = []clawback.Copy{{ID: "c" + name, FolderName: folder, Read: read, Matched: true, Outcome: outcome, Reason: reason, ReceivedAt: now.Add(-10 * time.Minute),
				VerifiedAt: now.Add(-4 * time.Second), Status: 201, Answer: `{"id":"AAMk…"}`}}
		}
		if preview && (outcome == clawback.OutcomeRemoved || outcome == clawback.OutcomeAlreadyGone) {
			r.Outcome, r.State, r.DoneAt = clawback.OutcomeNone, clawback.RecordNew, time.Time{}
		}
		records = append(records, r)
	}
	add("a.meyer", clawback.OutcomeRemoved, "", "Inbox", false)
	add("b.okafor", clawback.OutcomeRemoved, "", "Inbox › Vendors", true)
	add("quarantine", clawback.OutcomeProtected, clawback.ReasonNeverRemove, "", false)
	add("c.ruiz", clawback.OutcomeRemoved, "", "Deleted Items", true)
	add("old.plant", clawback.OutcomeUnreachable, clawback.ReasonNoMailbox, "", false)
	add("d.nowak", clawback.OutcomeAlreadyGone, "", "Recoverable Items", false)
	add("a.very.long.mailbox.name.that.somebody.really.has.and.which.must.not.break.the.layout", clawback.OutcomeDenied, clawback.ReasonAccessPolicy, "Inbox", false)
	if !preview {
		records = append(records, clawback.EmailRecord{ID: "rec-open", Mailbox: clawback.Mailbox{Address: "e.open@contoso.com"}, State: clawback.RecordRemoving})
	}
	return records
}

func remediationData(r clawback.Remediation, change func(*views.RemediationData)) views.RemediationData {
	preview := r.Status == clawback.StatusDraft
	d := views.RemediationData{Remediation: r, Setting: setting, Actor: analyst, Now: now}
	if r.Counts.Mailboxes > 0 {
		d.Records = clawback.Page[clawback.EmailRecord]{Items: sampleRecords(preview), Next: "next", Total: r.Counts.Mailboxes}
	}
	if preview && r.Counts.Mailboxes > 0 {
		d.Protected, d.Unreachable = d.Records.Items[2:3], d.Records.Items[4:5]
	}
	if change != nil {
		change(&d)
	}
	return d
}

func sampleAction(status clawback.ActionStatus) clawback.Action {
	return clawback.Action{ID: "a1", OrganizationID: "o1", OrganizationName: "Contoso Ltd", RemediationID: "r1", RemediationNumber: 2291, Subject: hostile, Sender: "billing@paypa1-support.example",
		Outcome: clawback.OutcomeProtected, Status: status, MailboxCount: 1, CreatedAt: now.Add(-3 * time.Hour),
		Mailboxes: []clawback.ActionMailbox{{RecordID: "rec-q", Address: "quarantine@contoso.com", Name: "Quarantine", Reason: clawback.ReasonNeverRemove, Purpose: "Quarantine inbox"}}}
}

func gallery() []page {
	var pages []page
	add := func(name, title string, content views.Content, input func(*views.LayoutInput)) {
		pages = append(pages, page{name: name, title: title, content: content, input: input})
	}
	solo := func(name, title string, content views.Content) {
		pages = append(pages, page{name: name, title: title, content: content, solo: true})
	}
	remediation := func(name string, r clawback.Remediation, change func(*views.RemediationData), input func(*views.LayoutInput)) {
		d := remediationData(r, change)
		add(name, d.Title(), views.Remediation(d), input)
	}
	section := func(s views.Section) func(*views.LayoutInput) {
		return func(in *views.LayoutInput) { in.Section = s }
	}
	customer := func(s views.Section) func(*views.LayoutInput) {
		return func(in *views.LayoutInput) {
			in.Section, in.Actor, in.Organizations, in.OpenActions = s, admin, organizations[:1], 2
		}
	}

	solo("sign-in", "Sign in", views.SignIn(views.SignInData{Return: "/remediations/r1"}))
	for _, status := range []int{401, 403, 404, 413, 422, 429, 500, 503} {
		d := views.NewErrorData(status, "", "req-5f2c8a")
		solo(fmt.Sprintf("error-%d", status), d.Heading, views.ErrorPage(d))
	}
	solo("session-ended", "Your session has ended", views.SessionEnded(views.SessionEndedData{Action: "/remediations", Multipart: true, FileName: "invoice.eml",
		Fields: []views.HiddenField{{Name: "reason", Value: hostile}, {Name: "eml_base64", Value: "aGk="}}}))
	solo("session-ended-large", "Your session has ended", views.SessionEnded(views.SessionEndedData{Action: "/remediations", Multipart: true, FileName: "invoice.eml", FileLost: true}))

	done := sample(contained)
	approval := sample(func(r *clawback.Remediation) {
		r.ID, r.Number, r.Status, r.Counts.Mailboxes, r.Counts.Open = "r2", 2292, clawback.StatusAwaitingApproval, 640, 638
		r.ApprovalFor, r.ApprovalAskedAt, r.ApprovalHour = 638, now.Add(-time.Minute), 120
		r.Counts.Outcomes[clawback.OutcomeProtected], r.CreatedBy, r.StartedBy, r.StartedByName = 2, "p9", "p9", "Ben Ruiz"
		r.Targets = []clawback.Target{{MessageID: "<x@y>", Sender: "hr@contoso-portal.example", Subject: hostile}}
	})
	halted := sample(func(r *clawback.Remediation) {
		r.ID, r.Number, r.Status, r.BlockedBy, r.BlockedSince, r.Counts.Open = "r3", 2293, clawback.StatusBlocked, clawback.BlockedTrace, now.Add(-time.Minute), 9
		r.BlockedDetail = "Microsoft answered 503 to the message trace."
		r.Counts.Outcomes[clawback.OutcomeRemoved] = 16
	})
	lately := clawback.Page[clawback.Remediation]{Items: []clawback.Remediation{done, approval, halted, draft(func(r *clawback.Remediation) {
		r.ID, r.Number, r.PreviewedAt, r.Counts = "r4", 2294, time.Time{}, clawback.Counts{}
		r.Targets = []clawback.Target{{Source: clawback.SourceMessageID, MessageID: "<typed@example.com>"}}
	})}, Total: 1204, Next: "next"}
	actions := clawback.Page[clawback.Action]{Items: []clawback.Action{sampleAction(clawback.ActionOpen), sampleAction(clawback.ActionDismissed)}, Total: 2}

	add("home", "Home", views.Home(views.HomeData{Actor: analyst, Attention: clawback.Page[clawback.Remediation]{Items: lately.Items[1:], Total: 3}, Lately: lately, Now: now}), section(views.SectionHome))
	add("home-quiet", "Home", views.Home(views.HomeData{Actor: analyst, Now: now}), section(views.SectionHome))
	add("home-customer", "Home", views.Home(views.HomeData{Actor: admin, Actions: actions, Lately: clawback.Page[clawback.Remediation]{Items: lately.Items[:1]}, Now: now}), customer(views.SectionHome))
	list := views.RemediationsData{Page: lately, Now: now, Staff: true, CanCreate: true}
	add("remediations", list.Title(), views.Remediations(list), nil)
	add("remediations-none", list.Title(), views.Remediations(views.RemediationsData{Filter: clawback.RemediationFilter{Search: hostile}, Now: now}), nil)
	add("new", "New remediation", views.NewRemediation(views.NewRemediationData{Organizations: organizations}), section(views.SectionNew))
	add("new-invalid", "New remediation", views.NewRemediation(views.NewRemediationData{Organizations: organizations, CarriedFile: "aGk=", Form: views.Form{
		Values: map[string]string{"reason": hostile, "eml_name": "invoice.eml", "internet_message_id": "no id"},
		Errors: []views.FieldError{{Field: "organization_id", Message: "Choose the organization whose mailboxes are meant."}, {Field: "internet_message_id", Message: "This is not a Message-ID."}, {Field: "eml", Message: "This file is not an email."}},
	}}), section(views.SectionNew))

	remediation("preview-running", draft(func(r *clawback.Remediation) {
		r.Phase, r.PreviewedAt, r.Counts = clawback.PhaseTracing, time.Time{}, clawback.Counts{}
	}), nil, nil)
	ready := draft(func(r *clawback.Remediation) {
		r.Counts.Open = 23
		r.Counts.Outcomes = map[clawback.Outcome]int{clawback.OutcomeProtected: 1, clawback.OutcomeUnreachable: 1}
		r.Targets[0].Subject = "Invoice 88213 overdue " + hostile
		r.Variants = []clawback.Variant{{Sender: "x@other.example", Subject: hostile, Copies: 2}, {Sender: target.Sender, Subject: target.Subject, Copies: 23, IsTarget: true}}
	})
	remediation("preview", ready, nil, nil)
	remediation("preview-invalid", ready, func(d *views.RemediationData) {
		d.Form = views.Form{Values: map[string]string{"reason": "", "reference": "INC-1"}, Errors: []views.FieldError{{Field: "reason", Message: "Say why this email is removed."}}}
	}, nil)
	remediation("preview-observe", ready, func(d *views.RemediationData) { d.Setting.Mode = clawback.ModeObserve }, func(in *views.LayoutInput) {
		in.Organization, in.Organizations = "o2", organizations
	})
	remediation("preview-nobody", draft(func(r *clawback.Remediation) { r.Counts = clawback.Counts{} }), nil, nil)
	remediation("preview-customer", ready, func(d *views.RemediationData) { d.Actor = admin }, customer(views.SectionRemediations))
	remediation("running", sample(func(r *clawback.Remediation) {
		r.Phase, r.Counts.Open = clawback.PhaseRemoving, 14
		r.Counts.Outcomes = map[clawback.Outcome]int{clawback.OutcomeRemoved: 10, clawback.OutcomeProtected: 1}
	}), nil, nil)
	remediation("approval", approval, nil, nil)
	remediation("approval-own", approval, func(d *views.RemediationData) { d.Remediation.StartedBy = "p1" }, nil)
	remediation("blocked", halted, nil, func(in *views.LayoutInput) {
		in.Halts = []clawback.Halt{{By: "Otto Berg", Reason: "Wrong email, " + hostile, Since: now.Add(-time.Minute)}}
		in.Simulated, in.Actor = true, operator
	})
	remediation("contained", done, nil, func(in *views.LayoutInput) { in.Organization = "o1" })
	remediation("failed", sample(func(r *clawback.Remediation) {
		r.Phase = clawback.PhaseWatching
		r.Counts.Outcomes = map[clawback.Outcome]int{clawback.OutcomeRemoved: 20, clawback.OutcomeFailed: 2, clawback.OutcomeDenied: 1, clawback.OutcomeNotFound: 1, clawback.OutcomeAmbiguous: 1}
	}), func(d *views.RemediationData) {
		d.Causes = []clawback.Cause{{Reason: clawback.ReasonThrottled, Mailboxes: 2, HandedOver: 1, HandOverAt: now.Add(time.Hour)}, {Reason: clawback.ReasonPermission, Mailboxes: 1, HandedOver: 1}, {Reason: "new_one", Mailboxes: 1, HandOverAt: now}}
	}, nil)
	remediation("blocked-lapsed", sample(func(r *clawback.Remediation) {
		r.Status, r.BlockedBy, r.BlockedSince, r.PreviewedAt, r.Counts.Open = clawback.StatusBlocked, clawback.BlockedPreview, now.Add(-26*time.Hour), now, 9
		r.Lapsed = "The rules changed while it was blocked: the volume limit, the never-remove list."
		r.Counts.Outcomes = map[clawback.Outcome]int{clawback.OutcomeRemoved: 14, clawback.OutcomeProtected: 2}
	}), nil, nil)
	remediation("stopped", sample(func(r *clawback.Remediation) {
		r.Status, r.EndedAt, r.EndedByName, r.EndReason = clawback.StatusStopped, now, "Ben Ruiz", hostile
		r.Counts.Outcomes = map[clawback.Outcome]int{clawback.OutcomeRemoved: 10, clawback.OutcomeStopped: 15}
	}), nil, nil)
	for i, name := range []string{"removed", "read", "protected"} {
		d := views.RecordData{Record: sampleRecords(false)[i], Remediation: done, Now: now, Timeline: []clawback.TimelineEvent{
			{At: now.Add(-10 * time.Minute), Kind: clawback.TimelineDelivered, Text: "Delivered to the mailbox"},
			{At: now.Add(-10 * time.Second), Kind: clawback.TimelineTraced, Text: "Named by Microsoft’s message trace"},
			{At: now.Add(-9900 * time.Millisecond), Kind: clawback.TimelineFound, Text: "Found in Inbox, unread"},
			{At: now.Add(-6 * time.Second), Kind: clawback.TimelineAnswer, Text: "Moved to Recoverable Items", Detail: `HTTP 201 {"id":"AAMkAGI2"}` + hostile},
			{At: now.Add(-5 * time.Second), Kind: clawback.TimelineVerified, Text: "Proved gone: two looks found no copy"},
		}}
		add("record-"+name, d.Title(), views.Record(d), nil)
	}
	order := views.RecordData{Record: sampleRecords(false)[2], Remediation: done, OwnAdmin: true, Now: now}
	order.Record.Reason = clawback.ReasonNeverRemove
	add("record-own-protected", order.Title(), views.Record(order), customer(views.SectionActions))
	add("record-order", order.Title(), views.OrderRecord(order), customer(views.SectionActions))
	order.Form = views.Form{Errors: []views.FieldError{{Field: "sure", Message: "Say by the box that you want it.", Kind: clawback.KindInvalid}}}
	add("record-order-refused", order.Title(), views.OrderRecord(order), customer(views.SectionActions))
	order.Record.State, order.Record.Outcome, order.Record.Order = clawback.RecordChecking, clawback.OutcomeNone, clawback.Order{By: "p3", ByName: hostile, At: now}
	add("record-ordered", order.Title(), views.Record(order), customer(views.SectionActions))
	denied := views.RecordData{Record: sampleRecords(false)[0], Remediation: done, CanRemediate: true, Now: now}
	denied.Record.Outcome, denied.Record.Reason = clawback.OutcomeDenied, clawback.ReasonAccessPolicy
	add("record-denied", denied.Title(), views.Record(denied), nil)
	add("actions", "Actions", views.Actions(views.ActionsData{Page: actions, Filter: clawback.ActionFilter{Status: clawback.ActionOpen}, Staff: true, Now: now}), section(views.SectionActions))
	action := views.ActionData{Action: sampleAction(clawback.ActionOpen), CanWork: true, CanCheck: true, OwnAdmin: true, Now: now}
	action.Action.Mailboxes[0].Lookable, action.Action.Mailboxes[0].CheckedAt, action.Action.Mailboxes[0].Checked = true, now, "Still there."
	action.Action.Mailboxes = append(action.Action.Mailboxes, clawback.ActionMailbox{RecordID: "rec-v", Address: "very.long.name.of.a.mailbox@subsidiary.contoso.com", Reason: clawback.ReasonNeverRemove, Lookable: true})
	add("action", action.Title(), views.Action(action), customer(views.SectionActions))
	action.Action.Assignee, action.Action.AssigneeName, action.CanComment, action.ActorID = "p4", hostile, true, "p3"
	action.Assignees = []clawback.Assignee{{ID: "p3", Name: "Mia Chen", Role: clawback.RoleAdmin}, {ID: "p4", Name: hostile, Role: clawback.RoleAnalyst}}
	action.Action.Comments = []clawback.ActionComment{{At: now.Add(-time.Hour), By: hostile, Text: "Asked the owner.\n" + hostile}, {At: now, By: "Ada Okoye", Staff: true, Text: "Thank you."}}
	add("action-worked-on", action.Title(), views.Action(action), customer(views.SectionActions))
	action.CanWork = false
	add("action-staff", action.Title(), views.Action(action), section(views.SectionActions))
	mailbox := views.MailboxData{Page: clawback.Page[clawback.EmailRecord]{Items: sampleRecords(false), Total: 80, Next: "n"}, Filter: clawback.MailboxFilter{Address: hostile}, Now: now}
	add("mailbox", mailbox.Title(), views.Mailbox(mailbox), nil)
	add("mailbox-none", "Mailbox", views.Mailbox(views.MailboxData{Now: now}), nil)
	auditor := func(in *views.LayoutInput) { in.Section, in.Actor = views.SectionAudit, operator }
	audit := views.AuditData{Everywhere: true, Organizations: organizations, Now: now, Check: &clawback.AuditCheck{Events: 12_345, Checked: 500, At: now},
		Page: clawback.Page[clawback.AuditEvent]{Next: "n", Total: -1, Items: []clawback.AuditEvent{
			{ID: "e2", OrganizationID: "o1", Sequence: 12_345, At: now, ActorKind: clawback.ActorBot, ActorName: "Clawback", OnBehalfOf: "p1", OnBehalfOfName: "Ada Okoye",
				Action: "removal.announced", Subject: "r1", SubjectName: hostile, After: []byte(`{"copies":24}`), RemoteAddr: "192.0.2.7"},
			{ID: "e1", Sequence: 3, At: now.Add(-48 * time.Hour), ActorKind: clawback.ActorPerson, ActorName: hostile, Action: "halt.set", Before: []byte(`{"reason":"` + "x" + `"}`), After: []byte(`broken`)},
		}}}
	add("audit", audit.Title(), views.Audit(audit), auditor)
	broken := audit
	broken.Check, broken.Page.Items = &clawback.AuditCheck{OrganizationID: "o1", Events: 20, Checked: 4, BrokenAt: 5, Problem: "its text was changed"}, nil
	broken.Filter = clawback.AuditFilter{OrganizationID: "o1", Person: hostile, Action: "something.new"}
	add("audit-broken", broken.Title(), views.Audit(broken), auditor)
	add("halts", "Halt switch", views.Halts(views.HaltsData{CanHalt: true, Organizations: organizations, Now: now,
		Halts: []clawback.Halt{{By: "Otto Berg", Reason: "Wrong email", Since: now}, {OrganizationID: "o1", Organization: "Contoso Ltd", By: "Otto Berg", Reason: "On their wish", Since: now}}}),
		func(in *views.LayoutInput) { in.Section, in.Actor = views.SectionHalts, operator })
	return pages
}
