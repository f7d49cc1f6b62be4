package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// InvitationStore is what the pages of invitations use.
type InvitationStore interface {
	OrganizationFinder
	CreateInvitation(ctx context.Context, actor clawback.Actor, n clawback.NewInvitation) (clawback.InvitationMade, error)
	FindInvitationLink(ctx context.Context, actor clawback.Actor, organizationID, id string) (clawback.InvitationMade, error)
	RevokeInvitation(ctx context.Context, actor clawback.Actor, organizationID, id string) error
	InvitationReader
}

// InvitationReader answers the invitation behind a link.
type InvitationReader interface {
	FindInvitation(ctx context.Context, token string) (clawback.Invitation, error)
	NoteDeadInvitation(ctx context.Context, who clawback.Actor, id string) error
}

// InvitationLinks are the addresses that leave the portal in somebody's message.
type InvitationLinks struct {
	Public  string                       // the portal's own address
	Consent func(tenantID string) string // where an administrator of a tenant allows the sign-in
}

// Invitations are the pages of invitations.
type Invitations struct {
	shell  *Shell
	store  InvitationStore
	links  InvitationLinks
	people *People
}

// NewInvitations makes the pages of invitations; a revocation that fails comes back with the page of people.
func NewInvitations(shell *Shell, store InvitationStore, people *People, links InvitationLinks) *Invitations {
	return &Invitations{shell: shell, store: store, people: people, links: links}
}

// New answers the form of an invitation.
func (h *Invitations) New(c echo.Context) error {
	return h.form(c, http.StatusOK, views.Form{})
}

// Create makes an invitation and leads to its link.
func (h *Invitations) Create(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	made, err := h.store.CreateInvitation(c.Request().Context(), actor, clawback.NewInvitation{
		OrganizationID: c.Param("org"), Invitee: formValue(c, "invitee"), Role: clawback.Role(formValue(c, "role")),
	})
	if err != nil {
		form, ok := formOf(c, "invitee", err)
		if !ok {
			return err
		}
		return h.form(c, StatusOf(clawback.KindOf(err)), form)
	}
	return redirect(c, views.InvitationLinkPath(made.OrganizationID, made.ID))
}

// Link answers the link to who made the invitation, for some minutes: going back, or a second look, must not lose it.
func (h *Invitations) Link(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	made, err := h.store.FindInvitationLink(c.Request().Context(), actor, c.Param("org"), c.Param("id"))
	if err != nil {
		return err
	}
	data := views.InvitationMadeData{
		Invitation: made.Invitation, Link: h.links.Public + views.InvitationPath(made.Token.Reveal()),
		Consent: h.links.Consent(made.TenantID), Now: h.shell.Now(),
	}
	f := frame{title: "Invitation link", section: views.SectionOrganizations, organization: made.OrganizationID}
	return h.shell.show(c, http.StatusOK, actor, f, views.InvitationMade(data))
}

func (h *Invitations) form(c echo.Context, status int, form views.Form) error {
	id := c.Param("org")
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data := views.NewInvitationData{Form: form, Roles: []clawback.Role{clawback.RoleAdmin}}
	if data.Organization, err = h.store.FindOrganization(c.Request().Context(), actor, id); err != nil {
		return err
	}
	if !actor.Can(clawback.RightInvite, id) {
		return clawback.Errorf(clawback.KindForbidden, "Only an admin of the organization, its engagement manager or an operator invites people.")
	}
	if actor.Can(clawback.RightManagePeople, id) {
		data.Roles = clawback.CustomerRoles()
	}
	return h.shell.show(c, status, actor, frame{title: data.Title(), section: views.SectionOrganizations, organization: id}, views.NewInvitation(data))
}

// Revoke makes an invitation's link worthless.
func (h *Invitations) Revoke(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	err = h.store.RevokeInvitation(c.Request().Context(), actor, c.Param("org"), c.Param("id"))
	if err == nil {
		return redirect(c, views.PeoplePath(c.Param("org")))
	}
	form, ok := formOf(c, "", err)
	if !ok {
		return err
	}
	return h.people.list(c, StatusOf(clawback.KindOf(err)), form)
}

// Show answers the page behind an invitation's link to anybody who has it.
func (h *Invitations) Show(c echo.Context) error {
	ctx := c.Request().Context()
	invitation, err := h.store.FindInvitation(ctx, c.Param("token"))
	if clawback.KindOf(err) == clawback.KindNotFound {
		return clawback.Errorf(clawback.KindNotFound, "There is no such invitation. Check that you have the whole link, as it was sent to you.")
	}
	if err != nil {
		return err
	}
	data := views.InvitationData{Invitation: invitation, Token: c.Param("token"), Now: h.shell.Now()}
	status := http.StatusOK
	if invitation.Status(data.Now) != clawback.InvitationOpen {
		status = http.StatusGone
		who := clawback.Actor{Kind: clawback.ActorPerson, Name: "Somebody with the link", RemoteAddr: c.RealIP(), RequestID: requestID(c)}
		if err := h.store.NoteDeadInvitation(ctx, who, invitation.ID); err != nil {
			return err
		}
	}
	return render(c, status, views.Solo(h.shell.bare(data.Heading()), views.Invitation(data)))
}

// InvitationRefused says why somebody who signed in could not use an invitation.
func (s *Shell) InvitationRefused(c echo.Context, err error) error {
	data := views.InvitationRefusedData{Message: clawback.MessageOf(err), RequestID: requestID(c)}
	return render(c, StatusOf(clawback.KindOf(err)), views.Solo(s.bare("Invitation refused"), views.InvitationRefused(data)))
}

// SignInRefused says who must act on what Microsoft refused.
func (s *Shell) SignInRefused(c echo.Context, status int, data views.SignInRefusedData) error {
	data.RequestID = requestID(c)
	return render(c, status, views.Solo(s.bare(data.Heading), views.SignInRefused(data)))
}

// SignInAllowed thanks an administrator who was asked for the sign-in and whom Microsoft sent back.
func (s *Shell) SignInAllowed(c echo.Context, allowed bool) error {
	return render(c, http.StatusOK, views.Solo(s.bare("Administrator’s consent"), views.SignInAllowed(allowed)))
}
