package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// MailboxStore is what the page of a mailbox reads.
type MailboxStore interface {
	ListMailboxRecords(ctx context.Context, actor clawback.Actor, filter clawback.MailboxFilter) (clawback.Page[clawback.EmailRecord], error)
}

// Mailboxes is the page of what happened in one mailbox, over all remediations.
type Mailboxes struct {
	shell *Shell
	store MailboxStore
}

// NewMailboxes makes the page of a mailbox.
func NewMailboxes(shell *Shell, store MailboxStore) *Mailboxes {
	return &Mailboxes{shell: shell, store: store}
}

// mailboxRows is the number of records of a page.
const mailboxRows = 50

// Show answers the records of an address, or, without one, the form that asks for it.
func (h *Mailboxes) Show(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data := views.MailboxData{Staff: actor.IsStaff(), Now: h.shell.Now(), Filter: clawback.MailboxFilter{
		OrganizationID: c.QueryParam("organization"), Address: clean(c.QueryParam("address")), PageQuery: pageQuery(c),
	}}
	data.Filter.Limit = mailboxRows
	if data.Filter.Address != "" {
		if data.Page, err = h.store.ListMailboxRecords(c.Request().Context(), actor, data.Filter); err != nil {
			return err
		}
	}
	f := frame{title: data.Title(), section: views.SectionRemediations, organization: data.Filter.OrganizationID}
	return h.shell.show(c, http.StatusOK, actor, f, views.Mailbox(data))
}
