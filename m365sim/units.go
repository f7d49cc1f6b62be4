package m365sim

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// unitBucket is the budget of directory resource units which one app has in one tenant: it fills up within ten
// seconds. https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
type unitBucket struct {
	used float64
	at   time.Time
}

const (
	unitSpan     = 10 * time.Second
	unitOverrun  = 1.8 // of the budget: what is refused still counts, up to here
	unitWarnedAt = 0.8
)

// unitBudget is Microsoft's budget for one app in one tenant, by the tenant's number of users.
func unitBudget(users int) float64 {
	switch {
	case users < 50:
		return 3500
	case users <= 500:
		return 5000
	default:
		return 8000
	}
}

// take spends cost of size; when too little is left it answers how long to wait.
func (b *unitBucket) take(now time.Time, cost, size float64) (time.Duration, bool) {
	if elapsed := now.Sub(b.at); elapsed > 0 {
		b.used = max(0, b.used-size*elapsed.Seconds()/unitSpan.Seconds())
		b.at = now
	}
	b.used = min(b.used+cost, size*unitOverrun)
	if over := b.used - size; over > 0 {
		return time.Duration(over / size * float64(unitSpan)), false
	}

	return 0, true
}

// unitPrices are the routes which cost more than one resource unit.
var unitPrices = map[string]int{
	"/users": 2, "/applications": 2, "/oauth2PermissionGrants": 2, "/servicePrincipals/{principal}/appRoleAssignments": 2,
	"/groups/{group}/members": 3, "/groups/{group}/members/{type}": 3,
	"/groups/{group}/transitiveMembers": 5, "/groups/{group}/transitiveMembers/{type}": 5,
}

// unitCost is what a request costs: $select and a $top below 20 make it cheaper by one, $expand dearer.
func (c *graphCall) unitCost(route graphRoute) int {
	cost := max(1, unitPrices[route.pattern])
	if c.query.Has("$select") {
		cost--
	}
	if c.query.Has("$expand") {
		cost++
	}
	if top, err := strconv.Atoi(c.query.Get("$top")); err == nil && top < 20 {
		cost--
	}

	return max(1, cost)
}

// takeUnits spends the directory's resource units of one request. The tenant is locked.
func (c *graphCall) takeUnits(route graphRoute) (answer, bool) {
	bucket := c.tenant.directory[c.token.AppID]
	if bucket == nil {
		bucket = &unitBucket{}
		c.tenant.directory[c.token.AppID] = bucket
	}
	size := unitBudget(len(c.tenant.recipients))
	c.units = c.unitCost(route)
	delay, ok := bucket.take(c.sim.now(), float64(c.units), size)
	c.share = bucket.used / size
	if ok {
		return answer{}, true
	}

	return c.metered(c.failure(http.StatusTooManyRequests, "TooManyRequests", "Too many requests.")).
		with("Retry-After", seconds(delay)).
		with("X-Ms-Throttle-Scope", "Tenant_Application/ReadWrite/"+c.token.AppID+"/"+c.tenant.id).
		with("X-Ms-Throttle-Information", "ResourceUnitLimitExceeded"), false
}

// metered says in headers what a request of the directory cost, and how much of the budget is in use once it is most.
func (c *graphCall) metered(ans answer) answer {
	if c.units == 0 {
		return ans
	}
	ans = ans.with("X-Ms-Resource-Unit", strconv.Itoa(c.units))
	if c.share > unitWarnedAt {
		ans = ans.with("X-Ms-Throttle-Limit-Percentage", fmt.Sprintf("%.1f", c.share))
	}

	return ans
}
