package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// RemediationReader is what the pages of remediations look up.
type RemediationReader interface {
	ListRemediations(ctx context.Context, actor clawback.Actor, filter clawback.RemediationFilter) (clawback.Page[clawback.Remediation], error)
	FindRemediation(ctx context.Context, actor clawback.Actor, id string) (clawback.Remediation, error)
	ListRecords(ctx context.Context, actor clawback.Actor, remediationID string, filter clawback.RecordFilter) (clawback.Page[clawback.EmailRecord], error)
	FindAutoRemediation(ctx context.Context, actor clawback.Actor, organizationID string) (clawback.AutoRemediation, error)
}

// RemediationChanger is what the buttons of a remediation do.
type RemediationChanger interface {
	StartRemediation(ctx context.Context, actor clawback.Actor, id string, maxMailboxes int, reason, reference string) (clawback.Remediation, error)
	StopRemediation(ctx context.Context, actor clawback.Actor, id, reason string) (clawback.Remediation, error)
	ApproveRemediation(ctx context.Context, actor clawback.Actor, id string, upTo int, reason string) (clawback.Remediation, error)
}

// RemediationWidener is how a preview is widened.
type RemediationWidener interface {
	WidenRemediation(ctx context.Context, actor clawback.Actor, id string, widening clawback.Widening) (clawback.Remediation, error)
}

// RemediationStore is what the pages of remediations use.
type RemediationStore interface {
	RemediationReader
	RemediationChanger
	RemediationWidener
	CauseStore
	RestoreStore
	ListKeptEmails(ctx context.Context, actor clawback.Actor, remediationID string) ([]clawback.KeptEmail, error)
}

// Remediations are the pages of remediations; a draft's page is its preview.
type Remediations struct {
	shell *Shell
	store RemediationStore
}

// NewRemediations makes the pages of remediations.
func NewRemediations(shell *Shell, store RemediationStore) *Remediations {
	return &Remediations{shell: shell, store: store}
}

// List answers the remediations of a filter.
func (h *Remediations) List(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	filter := clawback.RemediationFilter{
		OrganizationID: c.QueryParam("organization"), Status: clawback.RemediationStatus(c.QueryParam("status")),
		Outcome: clawback.Outcome(c.QueryParam("outcome")), Search: c.QueryParam("q"),
		Attention: c.QueryParam("attention") == "1", Sender: clean(c.QueryParam("sender")), Mailbox: clean(c.QueryParam("mailbox")), PageQuery: pageQuery(c),
	}
	data := views.RemediationsData{Now: h.shell.Now(), Staff: actor.IsStaff(), CanCreate: actor.CanAnywhere(clawback.RightRemediate)}
	filter.From, filter.Until, data.Form = days(clean(c.QueryParam("from")), clean(c.QueryParam("to")))
	data.Filter = filter
	status := http.StatusOK
	if len(data.Form.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	} else if data.Page, err = h.store.ListRemediations(c.Request().Context(), actor, filter); err != nil {
		return err
	}
	f := frame{title: data.Title(), named: true, section: views.SectionRemediations, organization: filter.OrganizationID}
	return h.shell.show(c, status, actor, f, views.Remediations(data))
}

// days answers the moments from the beginning of one day to the end of another, and the form with what is wrong with them.
func days(from, to string) (begin, end time.Time, form views.Form) {
	form.Values = map[string]string{"from": from, "to": to}
	day := func(field string) time.Time {
		typed := form.Value(field)
		parsed, err := time.Parse(time.DateOnly, typed)
		if err != nil && typed != "" {
			form.Add(clawback.Invalid(field, "“%s” is no date. Write it like 2027-01-31, or leave it empty.", views.Short(views.Visible(typed), 40)))
		}
		return parsed
	}
	begin, end = day("from"), day("to")
	if end.IsZero() {
		return begin, end, form
	}
	if end.Before(begin) {
		form.Add(clawback.Invalid("to", "The last day is before the first one."))
	}
	return begin, end.AddDate(0, 0, 1), form
}

// Show answers one remediation.
func (h *Remediations) Show(c echo.Context) error {
	return h.page(c, http.StatusOK, views.Form{})
}

// Live answers the part of the page that changes while a remediation runs. Where nothing changes any more it answers
// the last state once, which carries no next poll.
func (h *Remediations) Live(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, err := h.data(c, actor)
	if err != nil {
		return err
	}
	data.Poll = true
	c.Response().Header().Add("Vary", "HX-Request-Type, HX-Request")
	return render(c, http.StatusOK, views.RemediationLive(data))
}

// Start begins the removal of a preview.
func (h *Remediations) Start(c echo.Context) error {
	return h.change(c, "reason", func(ctx context.Context, actor clawback.Actor, id string) error {
		most, err := formNumber(c, "max_mailboxes")
		if err != nil {
			return err
		}
		reason := formValue(c, "reason")
		if reason == "" {
			return clawback.Invalid("reason", "Say why this email is removed. The customer reads it, too.")
		}
		_, err = h.store.StartRemediation(ctx, actor, id, most, reason, formValue(c, "reference"))
		return err
	})
}

// Widen adds emails or mailboxes to a preview, which is made anew.
func (h *Remediations) Widen(c echo.Context) error {
	return h.change(c, "mailboxes", func(ctx context.Context, actor clawback.Actor, id string) error {
		_, err := h.store.WidenRemediation(ctx, actor, id, clawback.Widening{
			Similar: formValue(c, "similar") != "", Mailboxes: strings.Fields(formValue(c, "mailboxes")), IncludeSender: formValue(c, "include_sender") != "",
		})
		return err
	})
}

// Stop ends a remediation, or discards a preview.
func (h *Remediations) Stop(c echo.Context) error {
	return h.change(c, "stop_reason", func(ctx context.Context, actor clawback.Actor, id string) error {
		reason := formValue(c, "stop_reason")
		if reason == "" {
			return clawback.Invalid("stop_reason", "Say why it is stopped. Mailboxes that were not cleaned keep the email.")
		}
		_, err := h.store.StopRemediation(ctx, actor, id, reason)
		var known *clawback.Error
		if errors.As(err, &known) && known.Field == "reason" {
			return &clawback.Error{Kind: known.Kind, Message: known.Message, Field: "stop_reason", Err: err} // the page has two
		}
		return err
	})
}

// Approve lets a colleague's remediation go on, up to a number of mailboxes.
func (h *Remediations) Approve(c echo.Context) error {
	return h.change(c, "reason", func(ctx context.Context, actor clawback.Actor, id string) error {
		upTo, err := formNumber(c, "up_to")
		if err != nil {
			return err
		}
		reason := formValue(c, "reason")
		if reason == "" {
			return clawback.Invalid("reason", "Say why you approve it. It is kept with the removal.")
		}
		_, err = h.store.ApproveRemediation(ctx, actor, id, upTo, reason)
		return err
	})
}

// change does one thing to a remediation and goes back to its page; what can be mended there is shown there.
func (h *Remediations) change(c echo.Context, field string, do func(ctx context.Context, actor clawback.Actor, id string) error) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	err = do(c.Request().Context(), actor, c.Param("id"))
	if err == nil {
		return redirect(c, afterChange(c))
	}
	form, ok := formOf(c, field, err)
	if !ok {
		return err
	}
	return h.page(c, StatusOf(clawback.KindOf(err)), form)
}

// afterChange answers where a change came from: the page of the remediation, or of the one record it was about.
func afterChange(c echo.Context) string {
	if record := formValue(c, "record"); record != "" {
		return views.RecordPath(record)
	}
	return views.RemediationPath(c.Param("id"))
}

func (h *Remediations) page(c echo.Context, status int, form views.Form) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, err := h.data(c, actor)
	if err != nil {
		return err
	}
	data.Form = form
	f := frame{title: data.Title(), section: views.SectionRemediations, organization: data.Remediation.OrganizationID}
	return h.shell.show(c, status, actor, f, views.Remediation(data))
}

// The number of mailboxes that a preview names one by one for each outcome.
const previewNames = 20

func (h *Remediations) data(c echo.Context, actor clawback.Actor) (data views.RemediationData, err error) {
	ctx := c.Request().Context()
	data.Now, data.Actor, data.Met = h.shell.Now(), actor, c.QueryParam("met") != ""
	data.RecordFilter = clawback.RecordFilter{
		Outcome: clawback.Outcome(c.QueryParam("outcome")), Reason: clawback.Reason(c.QueryParam("reason")), Search: c.QueryParam("mailbox"), PageQuery: pageQuery(c),
	}
	if data.Remediation, err = h.store.FindRemediation(ctx, actor, c.Param("id")); err != nil {
		return data, err
	}
	r := data.Remediation
	if data.Setting, err = h.store.FindAutoRemediation(ctx, actor, r.OrganizationID); err != nil {
		return data, err
	}
	if data.Records, err = h.store.ListRecords(ctx, actor, r.ID, data.RecordFilter); err != nil {
		return data, err
	}
	if r.Status != clawback.StatusDraft {
		return h.ran(ctx, actor, data)
	}
	if data.Protected, err = h.named(ctx, actor, r, clawback.OutcomeProtected); err != nil {
		return data, err
	}
	data.Unreachable, err = h.named(ctx, actor, r, clawback.OutcomeUnreachable)
	return data, err
}

// ran adds what a removal left behind: what was not cleaned, what can be put back.
func (h *Remediations) ran(ctx context.Context, actor clawback.Actor, data views.RemediationData) (views.RemediationData, error) {
	var err error
	if data.Causes, err = h.store.ListCauses(ctx, actor, data.Remediation.ID); err != nil {
		return data, err
	}
	if data.Restores, err = h.store.CountRestores(ctx, actor, data.Remediation.ID); err != nil {
		return data, err
	}
	data.Kept, err = h.store.ListKeptEmails(ctx, actor, data.Remediation.ID)
	return data, err
}

// named answers the first mailboxes of an outcome, to be named in the preview.
func (h *Remediations) named(ctx context.Context, actor clawback.Actor, r clawback.Remediation, outcome clawback.Outcome) ([]clawback.EmailRecord, error) {
	if r.Counts.Of(outcome) == 0 {
		return nil, nil
	}
	page, err := h.store.ListRecords(ctx, actor, r.ID, clawback.RecordFilter{Outcome: outcome, PageQuery: clawback.PageQuery{Limit: previewNames}})
	return page.Items, err
}
