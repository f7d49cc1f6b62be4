package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// ReviewStore is what the review queue uses.
type ReviewStore interface {
	ListOrganizations(ctx context.Context, actor clawback.Actor) ([]clawback.Organization, error)
	ListReviews(ctx context.Context, actor clawback.Actor) ([]clawback.ContextEntry, error)
	FindContext(ctx context.Context, actor clawback.Actor, id string) (clawback.ContextEntry, error)
	CountContextImpact(ctx context.Context, actor clawback.Actor, entries []clawback.ContextEntry) (map[string]int, error)
}

// Reviews is the queue of what an engagement manager's customers wait for.
type Reviews struct {
	shell *Shell
	store ReviewStore
}

// NewReviews makes the review queue.
func NewReviews(shell *Shell, store ReviewStore) *Reviews {
	return &Reviews{shell: shell, store: store}
}

// List answers the queue, the oldest first; done names the entry that was just decided.
func (h *Reviews) List(c echo.Context) error {
	ctx := c.Request().Context()
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data := views.ReviewsData{Now: h.shell.Now(), Organizations: map[string]clawback.Organization{}}
	if data.Entries, err = h.store.ListReviews(ctx, actor); err != nil {
		return err
	}
	if data.Impact, err = h.store.CountContextImpact(ctx, actor, data.Entries); err != nil {
		return err
	}
	organizations, err := h.store.ListOrganizations(ctx, actor)
	if err != nil {
		return err
	}
	for _, o := range organizations {
		data.Organizations[o.ID] = o
	}
	if id := c.QueryParam("done"); id != "" {
		if data.Done, err = h.store.FindContext(ctx, actor, id); err != nil && clawback.KindOf(err) != clawback.KindNotFound {
			return err
		}
	}
	return h.shell.show(c, http.StatusOK, actor, frame{title: "Review queue", section: views.SectionReviews}, views.Reviews(data))
}

// fromQueue is the form's word for a decision that was made in the queue, to which it goes back.
const fromQueue = "queue"

// Decide gives the engagement manager's word on an entry.
func (h *ContextEntries) Decide(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	status := clawback.ReviewStatus(formValue(c, "status"))
	if status == "" {
		return h.again(c, clawback.Invalid("status", "Choose: approve, ask back, or decline."))
	}
	entry, err := h.store.DecideContext(c.Request().Context(), actor, c.Param("id"), clawback.ContextDecision{
		Status: status, Comment: formValue(c, "comment"), SeenAt: seenAt(c),
	})
	if err != nil {
		return h.again(c, err)
	}
	if formValue(c, "from") == fromQueue {
		return redirect(c, views.ReviewsDonePath(entry.ID))
	}
	return redirect(c, views.ContextPath(entry.ID))
}
