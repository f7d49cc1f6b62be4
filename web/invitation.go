package web

import (
	"context"
	"net/http"
	"net/url"

	"clawback"
	"clawback/views"

	"github.com/labstack/echo/v4"
)

// anyTenant stands for the tenant of whoever signs in, where it is not known yet.
const anyTenant = "organizations"

// consentAddress answers where an administrator of a tenant allows the sign-in app. Microsoft sends back to the
// callback, which is registered anyway; nothing hangs on what it says.
func (s *Server) consentAddress(tenantID string) string {
	return s.cfg.SignIn.LoginURL + "/" + url.PathEscape(tenantID) + "/v2.0/adminconsent?" + url.Values{
		"client_id": {s.cfg.SignIn.ClientID}, "scope": {"openid profile"}, "redirect_uri": {s.public.String() + callbackPath},
	}.Encode()
}

// invitedBy binds the attempt to the invitation that the browser came with. It answers false when that one can't be
// used, and the browser is to be shown why.
func (s *Server) invitedBy(ctx context.Context, attempt *clawback.SignInAttempt, token string) (bool, error) {
	if token == "" {
		return true, nil
	}
	invitation, err := s.store.FindInvitation(ctx, token)
	if err != nil {
		return false, err
	}
	if invitation.Status(s.cfg.Now()) != clawback.InvitationOpen {
		return false, nil
	}
	attempt.Invitation, attempt.ReturnPath = invitation.ID, views.OrganizationPath(invitation.OrganizationID)
	return true, nil
}

// redeem makes the person a member when the sign-in came by an invitation.
func (s *Server) redeem(ctx context.Context, attempt clawback.SignInAttempt, identity clawback.Identity) error {
	if attempt.Invitation == "" {
		return nil
	}
	_, err := s.store.RedeemInvitation(ctx, attempt.Invitation, identity)
	return err
}

// refusedInvitation answers why the invitation did not let its bearer in.
func (s *Server) refusedInvitation(c echo.Context, err error) error {
	switch clawback.KindOf(err) {
	case clawback.KindForbidden, clawback.KindConflict, clawback.KindNotFound:
		return s.shell.InvitationRefused(c, err)
	}
	return err
}

// refusedByMicrosoft answers the page that names who must act, with the administrators' link where that helps.
func (s *Server) refusedByMicrosoft(c echo.Context, attempt clawback.SignInAttempt, code, description string) error {
	refusal := entraRefusal(code, description)
	if clawback.KindOf(refusal) != clawback.KindUnauthenticated {
		return refusal
	}
	heading, consents := refusalHeading(code, description)
	data := views.SignInRefusedData{Heading: heading, Message: clawback.MessageOf(refusal)}
	if consents {
		tenant, err := s.tenantInvited(c.Request().Context(), attempt)
		if err != nil {
			return err
		}
		data.Consent = s.consentAddress(tenant)
	}
	return s.shell.SignInRefused(c, http.StatusUnauthorized, data)
}

// tenantInvited answers the tenant that the attempt's invitation names, or any.
func (s *Server) tenantInvited(ctx context.Context, attempt clawback.SignInAttempt) (string, error) {
	if attempt.Invitation == "" {
		return anyTenant, nil
	}
	invitation, err := s.store.FindInvitationByID(ctx, attempt.Invitation)
	return invitation.TenantID, err
}

// refusalHeading answers what happened in a few words, and whether an administrator's consent mends it.
func refusalHeading(code, description string) (heading string, consents bool) {
	switch aadsts(description) {
	case "65001", "90094":
		return "Your organization has not allowed Clawback yet", true
	case "90095":
		return "Your administrators have to approve it", true
	case "50105":
		return "You are not assigned to Clawback", false
	case "65004":
		return "The sign-in was cancelled", false
	}
	switch code {
	case "consent_required", "interaction_required":
		return "Your organization has not allowed Clawback yet", true
	}
	return "Microsoft did not sign you in", false
}
