package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// PersonStore is what the pages of an organization's people use.
type PersonStore interface {
	OrganizationFinder
	ListInvitations(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.Invitation, error)
	MemberStore
}

// MemberStore keeps who belongs to an organization.
type MemberStore interface {
	ListMembers(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.Member, error)
	FindMember(ctx context.Context, actor clawback.Actor, organizationID, personID string) (clawback.Member, error)
	ChangeMemberRole(ctx context.Context, actor clawback.Actor, organizationID, personID string, before, role clawback.Role) error
	RemoveMember(ctx context.Context, actor clawback.Actor, organizationID, personID string) error
}

// People are the pages of who has access to an organization.
type People struct {
	shell *Shell
	store PersonStore
}

// NewPeople makes the pages of people.
func NewPeople(shell *Shell, store PersonStore) *People { return &People{shell: shell, store: store} }

// List answers the members and the invitations.
func (h *People) List(c echo.Context) error { return h.list(c, http.StatusOK, views.Form{}) }

func (h *People) list(c echo.Context, status int, form views.Form) error {
	ctx, id := c.Request().Context(), c.Param("org")
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data := views.PeopleData{
		Form: form, Me: actor.ID, CanManage: actor.Can(clawback.RightManagePeople, id), CanInvite: actor.Can(clawback.RightInvite, id), Now: h.shell.Now(),
	}
	if data.Organization, err = h.store.FindOrganization(ctx, actor, id); err != nil {
		return err
	}
	if data.Members, err = h.store.ListMembers(ctx, actor, id); err != nil {
		return err
	}
	if data.Invitations, err = h.store.ListInvitations(ctx, actor, id); err != nil {
		return err
	}
	f := frame{title: data.Title(), section: views.SectionOrganizations, organization: id}
	return h.shell.show(c, status, actor, f, views.People(data))
}

// Show answers one member, to who may change it.
func (h *People) Show(c echo.Context) error { return h.page(c, http.StatusOK, views.Form{}) }

// ChangeRole gives a member another role.
func (h *People) ChangeRole(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	organization, person := c.Param("org"), c.Param("person")
	before, role := clawback.Role(formValue(c, "before")), clawback.Role(formValue(c, "role"))
	if person == actor.ID && role == clawback.RoleAnalyst && formValue(c, "sure") == "" {
		return h.again(c, "role", clawback.Invalid("sure", "Confirm it: this is your own role."))
	}
	if err := h.store.ChangeMemberRole(c.Request().Context(), actor, organization, person, before, role); err != nil {
		return h.again(c, "role", err)
	}
	return redirect(c, views.PeoplePath(organization))
}

// Remove takes a member out of the organization.
func (h *People) Remove(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	organization, person := c.Param("org"), c.Param("person")
	if formValue(c, "sure") == "" {
		return h.again(c, "", clawback.Invalid("sure-remove", "Confirm that this person is to be removed."))
	}
	if err := h.store.RemoveMember(c.Request().Context(), actor, organization, person); err != nil {
		return h.again(c, "", err)
	}
	return redirect(c, views.PeoplePath(organization))
}

func (h *People) again(c echo.Context, field string, err error) error {
	form, ok := formOf(c, field, err)
	if !ok {
		return err
	}
	return h.page(c, StatusOf(clawback.KindOf(err)), form)
}

func (h *People) page(c echo.Context, status int, form views.Form) error {
	ctx, id := c.Request().Context(), c.Param("org")
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data := views.PersonData{Form: form, Own: c.Param("person") == actor.ID, Now: h.shell.Now()}
	if data.Organization, err = h.store.FindOrganization(ctx, actor, id); err != nil {
		return err
	}
	if !actor.Can(clawback.RightManagePeople, id) {
		return clawback.Errorf(clawback.KindForbidden, "Only an admin of the organization changes roles or removes people.")
	}
	if data.Member, err = h.store.FindMember(ctx, actor, id, c.Param("person")); err != nil {
		return err
	}
	members, err := h.store.ListMembers(ctx, actor, id)
	if err != nil {
		return err
	}
	data.LastAdmin = data.Member.Role == clawback.RoleAdmin && admins(members) == 1
	return h.shell.show(c, status, actor, frame{title: data.Title(), section: views.SectionOrganizations, organization: id}, views.Person(data))
}

func admins(members []clawback.Member) int {
	n := 0
	for _, m := range members {
		if m.Role == clawback.RoleAdmin {
			n++
		}
	}
	return n
}
