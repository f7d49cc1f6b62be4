package m365sim

import "time"

// Propagation is how long Microsoft takes until something granted counts, by the scenario clock. The documentation
// speaks of replication delays without a figure; in the field a consent takes minutes, and a directory role 15 to 60
// minutes until Exchange honours it. What is taken away counts at once, in new tokens.
type Propagation struct {
	Tokens   time.Duration // until a consent or directory role shows in new tokens
	Exchange time.Duration // until Exchange honours a directory role that tokens show already
	Trace    time.Duration // until Graph's message trace sees its service principal
}

// pace is a principal's own propagation, or what the simulator was started with.
func (s *Sim) pace(p *principal) Propagation {
	if p.propagation != nil {
		return *p.propagation
	}

	return s.cfg.Propagation
}

// settled says whether what was granted at since counts by now; the zero time is forever ago.
func settled(since, now time.Time, after time.Duration) bool { return !now.Before(since.Add(after)) }

// traceReady says whether the message-trace service principal is there and known to the trace. The tenant is locked.
func (s *Sim) traceReady(t *tenant, p *principal) bool {
	after := s.cfg.Propagation.Trace
	if p != nil {
		after = s.pace(p).Trace
	}

	return t.traceSP && settled(t.traceSince, s.now(), after)
}
