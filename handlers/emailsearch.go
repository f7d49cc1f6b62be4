package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// EmailSearcher asks Microsoft's message trace for emails. It answers KindUnavailable when Microsoft does not.
type EmailSearcher interface {
	SearchEmails(ctx context.Context, actor clawback.Actor, organizationID string, search clawback.EmailSearch) (clawback.FoundEmails, error)
}

// The longest that somebody waits for a search.
const searchTime = 30 * time.Second

// Search answers the emails of a sender, with words of a subject, within days.
func (h *NewRemediation) Search(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	values := map[string]string{}
	for _, name := range []string{"organization_id", "sender", "subject", "from", "to"} {
		values[name] = clean(c.QueryParam(name))
	}
	data := views.EmailSearchData{Form: views.Form{Values: values}}
	if values["organization_id"] == "" {
		data.Form.Add(clawback.Invalid("organization_id", "Choose the organization whose mailboxes are meant."))
		return h.searchPage(c, http.StatusUnprocessableEntity, data)
	}
	search := clawback.EmailSearch{Sender: values["sender"], Subject: values["subject"]}
	var dates views.Form
	if search.From, search.To, dates = days(values["from"], values["to"]); len(dates.Errors) > 0 {
		data.Form.Errors = dates.Errors
		return h.searchPage(c, http.StatusUnprocessableEntity, data)
	}
	found, err := searchEmails(c.Request().Context(), h.searcher, actor, values["organization_id"], search)
	if err == nil {
		data.Found = &found
		return h.searchPage(c, http.StatusOK, data)
	}
	if kind := clawback.KindOf(err); kind != clawback.KindInvalid && kind != clawback.KindConflict && kind != clawback.KindUnavailable {
		return err
	}
	data.Form.Add(err)
	return h.searchPage(c, StatusOf(clawback.KindOf(err)), data)
}

func searchEmails(ctx context.Context, searcher EmailSearcher, actor clawback.Actor, organizationID string, search clawback.EmailSearch) (clawback.FoundEmails, error) {
	if searcher == nil {
		return clawback.FoundEmails{}, clawback.Errorf(clawback.KindUnavailable, "There is no search here. Give the email’s Message-ID or its .eml.")
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	return searcher.SearchEmails(ctx, actor, organizationID, search)
}

func (h *NewRemediation) searchPage(c echo.Context, status int, data views.EmailSearchData) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	if data.Organizations, err = h.organizations(c, actor); err != nil {
		return err
	}
	f := frame{title: "Search for emails", section: views.SectionNew, organization: data.Form.Value("organization_id")}
	return h.shell.show(c, status, actor, f, views.EmailSearch(data))
}
