package purge

import (
	"time"

	"clawback"
)

// maxAttempts is how often one mailbox is tried before it has failed.
const maxAttempts = 6

// backoff answers how long to wait after so many attempts.
func backoff(attempts int) time.Duration {
	steps := []time.Duration{time.Second, 3 * time.Second, 10 * time.Second, 30 * time.Second, 2 * time.Minute}
	return steps[min(max(attempts, 0), len(steps)-1)]
}

// tokenAgain is how long to wait after Microsoft gave no token: that is no
// attempt, so nothing else would make the waits longer.
const tokenAgain = 30 * time.Second

// pause answers how long to wait before a request is repeated: what Microsoft
// asked for, or the backoff when it asked for nothing.
func pause(answer clawback.Answer, attempts int) time.Duration {
	switch {
	case answer.RetryAfter > 0:
		return answer.RetryAfter
	case answer.Kind == clawback.AnswerUnauthorized:
		return tokenAgain
	}
	return backoff(attempts)
}
