package m365sim

import "time"

// traceCall says what is asked of the message trace, at either door.
type traceCall int

const (
	traceRows traceCall = iota
	traceDetail
)

const (
	traceQuota       = 100 // requests a tenant and window
	traceQuotaWindow = 5 * time.Minute
	quotaText        = "Your recent queries have surpassed the permitted limit, please try again later."
)

// takeTrace uses one request of the tenant's quota, which both doors share; details too, unless switched. When none
// is left it answers how long to wait. The tenant is locked.
func (s *Sim) takeTrace(t *tenant, of traceCall) (time.Duration, bool) {
	quota := &t.traceQuota
	if of == traceDetail && s.Switches().DetailQuotaApart {
		quota = &t.detailQuota
	}

	return quota.take(s.now(), traceQuota, traceQuotaWindow)
}
