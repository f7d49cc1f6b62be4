package m365sim

import "time"

// Outlook's limits hold for each app and mailbox: https://learn.microsoft.com/graph/throttling-limits
const (
	mailboxConcurrency = 4
	mailboxRequests    = 10_000 // in mailboxMinutes
	mailboxMinutes     = 10
)

// admission counts the requests of one app in one mailbox, by the minute: a count for each request would cost more
// memory than the mail.
type admission struct {
	appID    string
	inFlight int
	minute   int64 // of the newest count
	counts   [mailboxMinutes]uint16
}

// enter counts a request, refused ones too: Microsoft says that they count. It answers why it may not go on and after
// how long to try again.
func (a *admission) enter(now time.Time, limit int) (string, time.Duration) {
	a.forget(now.Unix() / 60)
	sum := 0
	for _, n := range a.counts {
		sum += int(n)
	}
	a.counts[0] = min(a.counts[0]+1, mailboxRequests)
	switch {
	case sum >= limit:
		return "Application is over its RequestCount limit.", a.untilForgotten(now, sum-limit)
	case a.inFlight >= mailboxConcurrency:
		return "Application is over its MailboxConcurrency limit.", time.Second
	}
	a.inFlight++

	return "", 0
}

// forget shifts the counts to the minute of now, the newest first.
func (a *admission) forget(minute int64) {
	for ; a.minute < minute; a.minute++ {
		if minute-a.minute > mailboxMinutes {
			a.counts, a.minute = [mailboxMinutes]uint16{}, minute-1
		}
		copy(a.counts[1:], a.counts[:])
		a.counts[0] = 0
	}
}

// untilForgotten is the time until more than surplus requests have left the ten minutes.
func (a *admission) untilForgotten(now time.Time, surplus int) time.Duration {
	for age := mailboxMinutes - 1; age >= 0; age-- {
		if surplus -= int(a.counts[age]); surplus < 0 {
			return time.Unix((a.minute+int64(mailboxMinutes-age))*60, 0).Sub(now)
		}
	}

	return time.Minute
}

// idle says whether the app has asked nothing for so long that its counts can go.
func (a *admission) idle(now time.Time) bool {
	return a.inFlight == 0 && now.Unix()/60-a.minute >= mailboxMinutes
}
