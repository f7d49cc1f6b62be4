package m365sim

import (
	"net/http"
	"slices"
	"time"
)

// admitted holds the request against the service's limits, lets its time pass and runs it.
func (c *graphCall) admitted(route graphRoute) answer {
	leave, refusal, ok := c.enter(route)
	if !ok {
		return refusal
	}
	defer leave()
	c.sim.latency.pass(c.done)
	c.tenant.mu.Lock()
	defer c.tenant.mu.Unlock()
	if refusal, ok := c.permitted(route); !ok {
		return c.metered(refusal)
	}

	return c.metered(route.run(c))
}

// enter takes the request's place in the limits of its service.
func (c *graphCall) enter(route graphRoute) (func(), answer, bool) {
	c.tenant.mu.Lock()
	defer c.tenant.mu.Unlock()
	switch {
	case route.service == serviceDirectory:
		refusal, ok := c.takeUnits(route)
		return func() {}, refusal, ok
	case route.service != serviceMail && route.service != serviceMailbox, c.target == nil, c.target.mailbox == nil:
		return func() {}, answer{}, true
	}

	return c.enterMailbox(c.target.mailbox)
}

// enterMailbox takes the request's place in the app's share of the mailbox.
func (c *graphCall) enterMailbox(box *mailbox) (func(), answer, bool) {
	limit := c.sim.Switches().MailboxRequests
	if limit < 0 {
		return func() {}, answer{}, true
	}
	if limit == 0 {
		limit = mailboxRequests
	}
	share := box.share(c.token.AppID, c.sim.now())
	over, delay := share.enter(c.sim.now(), limit)
	if over != "" {
		return nil, c.failure(http.StatusTooManyRequests, "ApplicationThrottled", over).
			with("Retry-After", seconds(delay)), false
	}

	return func() { c.tenant.mu.Lock(); share.inFlight--; c.tenant.mu.Unlock() }, answer{}, true
}

// share is an app's, made with its first request and dropped by another app's when it is long over.
func (m *mailbox) share(appID string, now time.Time) *admission {
	for _, a := range m.admitted {
		if a.appID == appID {
			return a
		}
	}
	m.admitted = slices.DeleteFunc(m.admitted, func(a *admission) bool { return a.idle(now) })
	made := &admission{appID: appID, minute: now.Unix() / 60}
	m.admitted = append(m.admitted, made)

	return made
}

// permitted holds the token's roles against the route; for mail also the app's reach to this mailbox.
func (c *graphCall) permitted(route graphRoute) (answer, bool) {
	granted := slices.ContainsFunc(route.anyOf, func(p string) bool { return slices.Contains(c.token.Roles, p) })
	switch route.service {
	case serviceMail:
		return c.mailPermitted(granted)
	case serviceMailbox:
		return c.mailboxAnswers(granted)
	case serviceTrace:
		return c.tracePermitted(granted)
	}
	if !granted && c.token.Type == "user" {
		granted = c.delegated(route)
	}
	if !granted {
		return c.failure(http.StatusForbidden, "Authorization_RequestDenied",
			"Insufficient privileges to complete the operation."), false
	}

	return answer{}, true
}

func (c *graphCall) mailPermitted(granted bool) (answer, bool) {
	if c.target != nil && c.app != nil {
		if text, ok := c.app.mayTouch(c.target.id, granted); !ok {
			return c.failure(http.StatusForbidden, "ErrorAccessDenied", text), false
		}
		granted = true
	}

	return c.mailboxAnswers(granted)
}

// mailboxAnswers refuses what no mailbox would answer. Application access policies don't reach the mailbox item API.
func (c *graphCall) mailboxAnswers(granted bool) (answer, bool) {
	switch {
	case !granted:
		return c.failure(http.StatusForbidden, "ErrorAccessDenied",
			"Access is denied. Check credentials and try again."), false
	case c.target == nil:
		return c.failure(http.StatusNotFound, "ErrorInvalidUser",
			"The requested user '"+c.params["user"]+c.params["mailbox"]+"' is invalid."), false
	case c.target.mailbox == nil:
		return c.noMailbox(), false
	}
	c.target.mailbox.expire(c.sim.now())

	return answer{}, true
}

func (c *graphCall) noMailbox() answer {
	return c.failure(http.StatusNotFound, "MailboxNotEnabledForRESTAPI",
		"The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
}
