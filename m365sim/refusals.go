package m365sim

import (
	"maps"
	"net/http"
	"slices"
)

// refusedAt says where Entra shows a refusal: in the token endpoint's answer, back to the app after the sign-in, on
// its own page of the sign-in, or on the consent page.
type refusedAt int

const (
	atToken refusedAt = 1 << iota
	atApp
	atPage
	atConsent
)

// tenantRefusal is an AADSTS error that no request can bring about, but a tenant's state: its policies, its people, its
// licenses. Control sets one for an app.
type tenantRefusal struct {
	at     refusedAt
	status int
	name   string
	text   string
}

const (
	badRequest   = http.StatusBadRequest
	unauthorized = http.StatusUnauthorized
)

// tenantRefusals are named and worded by Microsoft's reference of error codes; statuses and where each shows are belief.
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
var tenantRefusals = map[int]tenantRefusal{
	16000: {atPage, badRequest, "interaction_required", "Either multiple user identities are available for the " +
		"current request or selected account is not supported for the scenario."},
	28002: {atToken, badRequest, "invalid_scope", "Provided value for the input parameter scope isn't valid when " +
		"requesting an access token. Specify a valid scope."},
	50034: {atPage, badRequest, "invalid_grant", "The user account does not exist in the directory."},
	50053: {atPage, badRequest, "invalid_grant", "The account is locked, you've tried to sign in too many times " +
		"with an incorrect user ID or password."},
	50057: {atPage, badRequest, "invalid_grant", "The user account is disabled."},
	50074: {atApp | atToken, badRequest, "interaction_required", "Strong Authentication is required."},
	50076: {atApp | atToken, badRequest, "interaction_required", mfaText},
	50079: {atApp | atToken, badRequest, "interaction_required", mfaText},
	50126: {atPage, badRequest, "invalid_grant", "Error validating credentials due to invalid username or " +
		"password."},
	50196: {atToken, badRequest, "invalid_grant", "The server terminated an operation because it encountered a " +
		"client request loop. Please contact your app vendor."},
	53000: {atApp, badRequest, "interaction_required", "Device is not in required device state. Conditional Access " +
		"policy requires a compliant device, and the device is not compliant."},
	53001: {atApp, badRequest, "interaction_required", "Device is not in required device state. Conditional Access " +
		"policy requires a domain joined device, and the device is not domain joined."},
	53002: {atApp, badRequest, "access_denied", "The app used is not an approved app for Conditional Access."},
	53003: {atApp | atToken, badRequest, "access_denied", "Access has been blocked by Conditional Access policies. " +
		"The access policy does not allow token issuance."},
	53004: {atApp, badRequest, "interaction_required", "User needs to complete Multi-factor authentication " +
		"registration process before accessing this content."},
	65001: {atToken, badRequest, "invalid_grant", "The user or administrator has not consented to use the " +
		"application. Send an interactive authorization request for this user and resource."},
	70021: {atToken, unauthorized, "invalid_client", "No matching federated identity record found for presented " +
		"assertion."},
	90013: {atToken, badRequest, "invalid_request", "Invalid input received from the user."},
	90014: {atToken, badRequest, "invalid_request", "The required field is missing from the credential."},
	90024: {atToken, http.StatusServiceUnavailable, "temporarily_unavailable", "A transient error has occurred. " +
		"Try again."},
	90033: {atToken, http.StatusServiceUnavailable, "temporarily_unavailable", "A transient error has occurred. " +
		"Please try again."},
	90055: {atToken, http.StatusTooManyRequests, "temporarily_unavailable", "Server is terminating the request due " +
		"to excessive request rates. Please try again."},
	90094: {atPage, badRequest, "interaction_required", "The grant requires admin permission."},
	90095: {atPage, badRequest, "interaction_required", "Admin consent is required, and a request for it can be " +
		"sent to the administrators for review."},
	90124: {atToken, badRequest, "invalid_resource", "The resource is not supported over the /common or /consumers " +
		"endpoints. Please use the /organizations or tenant-specific endpoint."},
	90130: {atToken, badRequest, "invalid_request", "The resource is not supported over the /common endpoint. " +
		"Please use a tenant-specific endpoint."},
	530032: {atApp | atToken, badRequest, "access_denied", "Access has been blocked due to a security policy of " +
		"the tenant."},
	530035: {atApp | atToken, badRequest, "access_denied", "Access has been blocked by security defaults."},
	650052: {atConsent, badRequest, "invalid_client", "The app is trying to access a service that your " +
		"organization lacks a service principal for. Contact your IT Admin to review the configuration of your " +
		"service subscriptions."},
	650054: {atConsent, badRequest, "invalid_client", "The application asked for permissions to access a resource " +
		"that has been removed or is no longer available."},
	650056: {atConsent, badRequest, "invalid_client", "Misconfigured application. This could be due to one of the " +
		"following: the client has not listed any permissions in the requested permissions in the client's " +
		"application registration."},
	650057: {atConsent, badRequest, "invalid_resource", "Invalid resource. The client has requested access to a " +
		"resource which is not listed in the requested permissions in the client's application registration."},
	700030: {atToken, unauthorized, "invalid_client", "Invalid certificate. Subject name in certificate is not " +
		"authorized."},
	700211: {atToken, unauthorized, "invalid_client", noIssuerText},
	700212: {atToken, unauthorized, "invalid_client", "No matching federated identity record found for presented " +
		"assertion audience."},
	700213: {atToken, unauthorized, "invalid_client", "No matching federated identity record found for presented " +
		"assertion subject."},
}

const (
	mfaText = "Due to a configuration change made by your administrator, or because you moved to a new location, you must " +
		"use multi-factor authentication to access the resource."
	noIssuerText = "No matching federated identity record found for presented assertion issuer."
)

func refusalCodes() []int { return slices.Sorted(maps.Keys(tenantRefusals)) }

// refusalAt is the refusal control has set for an app, where it shows at that place. The tenant is locked.
func (p *principal) refusalAt(place refusedAt) *oauthFailure {
	if p == nil {
		return nil
	}
	r := tenantRefusals[p.refusal]
	if r.at&place == 0 {
		return nil
	}

	return fail(r.status, r.name, p.refusal, "%s", r.text)
}
