package web

import (
	"net/http"
	"strings"

	"clawback"
	"clawback/handlers"
	"clawback/views"

	"github.com/labstack/echo/v4"
)

// routes is the table of everything the portal answers. Beside the policy here, the store keeps everybody inside the own
// organizations: what one may not see is not found.
func (s *Server) routes(deps Deps) {
	const get, post = http.MethodGet, http.MethodPost

	home := handlers.NewHome(s.shell, deps.Store)
	signIn := handlers.NewSignIn(s.shell)
	remediations := handlers.NewRemediations(s.shell, deps.Store)
	newRemediation := handlers.NewNewRemediation(s.shell, deps.Store, deps.Searcher)
	records := handlers.NewRecords(s.shell, deps.Store)
	mailboxes := handlers.NewMailboxes(s.shell, deps.Store)
	actions := handlers.NewActions(s.shell, deps.Store, deps.Checker)
	halts := handlers.NewHalts(s.shell, deps.Store)
	context := handlers.NewContextEntries(s.shell, deps.Store, deps.Resolver)
	reviews := handlers.NewReviews(s.shell, deps.Store)
	settings := handlers.NewAutoRemediations(s.shell, deps.Store, deps.Readiness)
	audit := handlers.NewAudit(s.shell, deps.Store)

	canaries := handlers.NewCanaries(s.shell, handlers.CanaryConfig{Store: deps.Store, Starter: deps.Canaries, AdminCenter: s.adminCenter()})
	setupConfig := handlers.SetupConfig{Store: deps.Store, Engine: deps.Setup, AdminCenter: s.adminCenter(), Public: s.public.String(), Consents: s.consentLinks()}
	setup := handlers.NewSetup(s.shell, setupConfig)
	consents := handlers.NewConsents(s.shell, deps.Store, deps.Setup, s.consentLinks())
	organizations := handlers.NewOrganizations(s.shell, deps.Store, s.entra)
	people := handlers.NewPeople(s.shell, deps.Store)
	invitations := handlers.NewInvitations(s.shell, deps.Store, people, handlers.InvitationLinks{Public: s.public.String(), Consent: s.consentAddress})
	account := handlers.NewAccount(s.shell, deps.Store)

	// For machines and browsers.
	s.route(get, "/healthz", Public(), s.alive)
	s.route(get, "/readyz", Public(), s.ready)
	s.route(get, "/static/*", Public(), s.static)
	s.route(get, "/favicon.ico", Public(), s.favicon)

	// Signing in and out.
	s.route(get, "/sign-in", Public(), signIn.Show)
	s.route(get, signInPath, Public(), s.beginSignIn)
	s.route(get, callbackPath, Public(), s.finishSignIn)
	s.route(post, "/sign-out", Public(), s.signOut)

	// Pages.
	s.route(get, "/", SignedIn(), home.Show)
	s.route(get, "/remediations", With(clawback.RightReadRemediations), remediations.List)
	s.route(get, "/remediations/new", With(clawback.RightRemediate), newRemediation.New)
	s.route(get, "/remediations/search", With(clawback.RightRemediate), newRemediation.Search)
	s.route(post, "/remediations", With(clawback.RightRemediate), newRemediation.Create)
	s.route(get, "/remediations/:id", With(clawback.RightReadRemediations), remediations.Show)
	s.route(get, "/remediations/:id/live", With(clawback.RightReadRemediations), remediations.Live)
	s.route(post, "/remediations/:id/start", With(clawback.RightRemediate), remediations.Start)
	s.route(post, "/remediations/:id/widen", With(clawback.RightRemediate), remediations.Widen)
	s.route(post, "/remediations/:id/stop", With(clawback.RightRemediate), remediations.Stop)
	s.route(post, "/remediations/:id/approve", With(clawback.RightApprove), remediations.Approve)
	s.route(post, "/remediations/:id/retry", With(clawback.RightRemediate), remediations.Retry)
	s.route(post, "/remediations/:id/hand-over", With(clawback.RightRemediate), remediations.HandOver)
	s.route(post, "/remediations/:id/restore", With(clawback.RightRemediate), remediations.Restore)
	s.route(post, "/records/:id/restore", With(clawback.RightRemediate), records.Restore)
	s.route(get, "/kept-emails/:id", With(clawback.RightRemediate), handlers.NewKeptEmails(deps.Store).Save)
	s.route(post, "/records/:id/accept", With(clawback.RightRemediate), records.Accept)
	s.route(post, "/records/:id/leave", With(clawback.RightRemediate), records.Leave)
	s.route(get, "/records/:id", With(clawback.RightReadRemediations), records.Show)
	s.route(get, "/records/:id/remove", With(clawback.RightConfigure), records.AskOrder)
	s.route(post, "/records/:id/remove", With(clawback.RightConfigure), records.Order)
	s.route(get, "/mailboxes", With(clawback.RightReadRemediations), mailboxes.Show)
	s.route(get, "/actions", With(clawback.RightReadActions), actions.List)
	s.route(get, "/actions/:id", With(clawback.RightReadActions), actions.Show)
	s.route(post, "/actions/:id/check", With(clawback.RightReadActions), actions.Check)
	s.route(post, "/actions/:id/assign", With(clawback.RightWorkActions), actions.Assign)
	s.route(post, "/actions/:id/comments", With(clawback.RightReadActions), actions.Comment)
	s.route(post, "/actions/:id/complete", With(clawback.RightWorkActions), actions.Complete)
	s.route(post, "/actions/:id/dismiss", With(clawback.RightWorkActions), actions.Dismiss)
	s.route(get, "/halts", With(clawback.RightHalt), halts.List)
	s.route(post, "/halts", With(clawback.RightHalt), halts.Set)
	s.route(post, "/halts/lift", With(clawback.RightHalt), halts.Lift)
	s.route(get, "/audit", With(clawback.RightReadAudit), audit.List)

	// Setup.
	s.route(get, "/organizations/:org/setup", With(clawback.RightReadOrganization), setup.List)
	s.route(get, "/organizations/:org/devices/new", With(clawback.RightConfigure), setup.NewDevice)
	s.route(post, "/organizations/:org/devices/new", With(clawback.RightConfigure), setup.CreateDevice)
	s.route(get, "/devices/:id/certificate", With(clawback.RightReadOrganization), setup.Certificate)
	s.route(post, "/devices/:id/credential", With(clawback.RightConfigure), setup.ChangeCredential)
	s.route(get, "/devices/:id/report", With(clawback.RightReadOrganization), setup.Report)
	s.route(get, "/devices/:id/setup/:step", With(clawback.RightReadOrganization), setup.Show)
	s.route(get, "/devices/:id/setup/:step/live", With(clawback.RightReadOrganization), setup.Live)
	s.route(post, "/devices/:id/setup/:step/check", With(clawback.RightConfigure), setup.Check)
	s.route(post, "/devices/:id/setup/:step/watch", With(clawback.RightConfigure), setup.Watch)
	s.route(post, "/devices/:id/setup/:step/look", With(clawback.RightConfigure), s.beginLook)
	s.route(post, "/devices/:id/setup/:step/skip", With(clawback.RightConfigure), setup.Skip)
	s.route(post, "/devices/:id/setup/:step/unskip", With(clawback.RightConfigure), setup.Unskip)
	s.route(post, "/devices/:id/setup/:step/forward", With(clawback.RightConfigure), setup.Forward)
	s.route(get, "/devices/:id/setup/:step/forward/:link", With(clawback.RightConfigure), setup.ForwardedLink)
	s.route(post, "/devices/:id/setup/:step/forward/:link/withdraw", With(clawback.RightConfigure), setup.Withdraw)
	s.route(get, "/forwarded/:token", Public(), s.unhurried(setup.Forwarded))
	s.route(get, "/forwarded/:token/certificate", Public(), s.unhurried(setup.ForwardedCertificate))
	s.route(get, "/forwarded/:token/done", Public(), s.unhurried(setup.ForwardedThanks))
	s.route(post, "/forwarded/:token/done", Public(), s.unhurried(setup.ReportForwarded))
	s.route(get, "/devices/:id/canary", With(clawback.RightReadOrganization), canaries.Show)
	s.route(get, "/devices/:id/canary/live", With(clawback.RightReadOrganization), canaries.Live)
	s.route(post, "/devices/:id/canary", With(clawback.RightConfigure), canaries.Start)
	s.route(post, "/canaries/:id/clean-up", With(clawback.RightConfigure), canaries.CleanUp)
	s.route(post, "/devices/:id/credential/discard", With(clawback.RightConfigure), setup.DiscardCredential)
	s.route(get, "/devices/:id/edit", With(clawback.RightConfigure), setup.EditDevice)
	s.route(post, "/devices/:id", With(clawback.RightConfigure), setup.UpdateDevice)
	s.route(get, "/devices/:id/disconnect", With(clawback.RightConfigure), setup.AskDisconnect)
	s.route(post, "/devices/:id/disconnect", With(clawback.RightConfigure), setup.Disconnect)
	s.route(get, "/devices/:id/reconnect", With(clawback.RightConfigure), setup.AskReconnect)
	s.route(post, "/devices/:id/reconnect", With(clawback.RightConfigure), setup.Reconnect)
	s.route(post, "/devices/:id/consents", With(clawback.RightConfigure), consents.Create)
	s.route(get, "/devices/:id/consents/:consent", With(clawback.RightConfigure), consents.Link)
	s.route(post, "/devices/:id/consents/:consent/revoke", With(clawback.RightConfigure), consents.Revoke)
	s.route(get, views.ConsentReturnPath(), Public(), s.unhurried(consents.Return))
	s.route(get, "/consent/:token", Public(), s.unhurried(consents.Show))
	s.route(post, "/canaries/:id/stop", With(clawback.RightConfigure), canaries.Stop)
	// Organizations and their people.
	s.route(get, "/organizations", With(clawback.RightReadOrganization), organizations.List)
	s.route(get, "/organizations/new", With(clawback.RightManage), organizations.New)
	s.route(post, "/organizations", With(clawback.RightManage), organizations.Create)
	s.route(get, "/organizations/:org", With(clawback.RightReadOrganization), organizations.Show)
	s.route(post, "/organizations/:org/engagement-manager", With(clawback.RightManage), organizations.Assign)
	s.route(get, "/organizations/:org/people", With(clawback.RightReadOrganization), people.List)
	s.route(get, "/organizations/:org/people/:person", With(clawback.RightManagePeople), people.Show)
	s.route(post, "/organizations/:org/people/:person/role", With(clawback.RightManagePeople), people.ChangeRole)
	s.route(post, "/organizations/:org/people/:person/remove", With(clawback.RightManagePeople), people.Remove)
	s.route(get, "/organizations/:org/invitations/new", With(clawback.RightInvite), invitations.New)
	s.route(post, "/organizations/:org/invitations", With(clawback.RightInvite), invitations.Create)
	s.route(get, "/organizations/:org/invitations/:id/link", With(clawback.RightInvite), invitations.Link)
	s.route(post, "/organizations/:org/invitations/:id/revoke", With(clawback.RightInvite), invitations.Revoke)
	s.route(get, "/invitations/:token", Public(), invitations.Show)
	s.route(get, "/account", SignedIn(), account.Show)
	s.route(post, "/account/sessions/:id/end", SignedIn(), account.EndSession)

	// What may be removed: never-remove context, its review, the setting.
	s.route(get, "/organizations/:org/context", With(clawback.RightReadContext), context.List)
	s.route(get, "/organizations/:org/context/new", With(clawback.RightProposeContext), context.New)
	s.route(post, "/organizations/:org/context", With(clawback.RightProposeContext), context.Create)
	s.route(get, "/context/:id", With(clawback.RightReadContext), context.Show)
	s.route(get, "/context/:id/edit", With(clawback.RightProposeContext), context.Edit)
	s.route(post, "/context/:id", With(clawback.RightProposeContext), context.Update)
	s.route(post, "/context/:id/resolve", With(clawback.RightProposeContext), context.Resolve)
	s.route(post, "/context/:id/review", With(clawback.RightReviewContext), context.Decide)
	s.route(post, "/context/:id/select", With(clawback.RightConfigure), context.Select)
	s.route(get, "/context/:id/deselect", With(clawback.RightConfigure), context.AskDeselect)
	s.route(post, "/context/:id/deselect", With(clawback.RightConfigure), context.Deselect)
	s.route(get, "/reviews", With(clawback.RightReviewContext), reviews.List)
	s.route(get, "/organizations/:org/auto-remediation", With(clawback.RightReadOrganization), settings.Show)
	for _, answer := range views.SettingAnswers() {
		path := views.AutoRemediationAnswerPath(":org", answer)
		s.route(get, path, With(clawback.RightConfigure), settings.Edit(answer))
		s.route(post, path, With(clawback.RightConfigure), settings.Save(answer))
	}

	// The JSON API: each operation declares its right where it is registered.
	s.api = handlers.NewAPI(s.echo, handlers.APIConfig{
		Version: s.cfg.Version, PublicURL: s.public.String(), Log: s.cfg.Log, Now: s.cfg.Now,
	}, s.authenticateToken, s.checkOperation, s.answerOnce)
	s.api.Organizations(deps.Store)
	s.api.Remediations(deps.Store, deps.Searcher)
	s.api.EmailSearches(deps.Searcher)
	s.api.Records(deps.Store)
	s.api.KeptEmails(deps.Store)
	s.api.Context(deps.Store, deps.Resolver)
	s.api.AutoRemediation(deps.Store, deps.Readiness)
	s.api.Actions(deps.Store, deps.Checker)
	s.api.Halts(deps.Store)
	s.api.Audit(deps.Store)
	s.api.Checks(deps.Store, deps.Setup)
	s.api.SetupDecisions(deps.Store)
	s.api.ForwardedSteps(setupConfig)
	s.api.SetupReports(setupConfig)
	s.api.Devices(deps.Store, deps.Setup, s.consentLinks())
	s.api.Canaries(deps.Store, deps.Canaries)
	s.apiPolicies()
	s.route(get, openAPIPath, Public(), s.openAPI)
}

// adminCenter answers the address of the simulated admin center, empty for Microsoft's own.
func (s *Server) adminCenter() string {
	if s.cfg.Simulated {
		return s.cfg.SignIn.LoginURL
	}
	return ""
}

// Route is a line of the table: who may ask what.
type Route struct {
	Method, Path string
	Policy       Policy
}

// Routes answers every route that the router knows, with its policy.
func (s *Server) Routes() []Route {
	var all []Route
	for _, r := range s.echo.Routes() {
		all = append(all, Route{Method: r.Method, Path: r.Path, Policy: s.policies[r.Method+" "+r.Path]})
	}
	return all
}

// echoPath writes a path of the OpenAPI document as the router does.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

func isAPI(c echo.Context) bool { return strings.HasPrefix(c.Request().URL.Path, "/api/") }
