package purge

import (
	"context"
	"fmt"
	"time"

	"clawback"
)

// identityReuse is the age up to which a trace relies on the identity that an
// earlier one of the same remediation looked up. It lets a start right after its
// preview begin at once, and leaves the mailboxes two thirds of the time for which
// an identity may be relied on.
const identityReuse = 5 * time.Minute

type identityKey struct{ deviceID, address string }

// identities are the mailboxes behind addresses as they were just looked up.
type identities map[identityKey]clawback.Mailbox

func (e *Engine) freshIdentities(ctx context.Context, remediationID string) (identities, error) {
	traced, err := e.store.ListIdentities(ctx, remediationID, e.now().Add(-identityReuse))
	if err != nil {
		return nil, fmt.Errorf("list identities: %w", err)
	}
	known := identities{}
	for _, m := range traced {
		for _, recipient := range m.Recipients {
			known[identityKey{m.DeviceID, recipient}] = m.Mailbox
		}
	}
	return known, nil
}

// of answers what is known of addresses, and those to look up.
func (i identities) of(deviceID string, addresses []string) (answers []clawback.MailboxAnswer, open []string) {
	for _, address := range addresses {
		mailbox, known := i[identityKey{deviceID, address}]
		if !known {
			open = append(open, address)
			continue
		}
		answers = append(answers, clawback.MailboxAnswer{Address: address, Mailbox: mailbox, Answer: clawback.Answer{Kind: clawback.AnswerOK, At: mailbox.LookedUpAt}})
	}
	return answers, open
}
