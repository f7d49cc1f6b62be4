package graphclient

import (
	"context"
	"fmt"

	"clawback"
)

// ReadEmail answers an email as it was delivered (RFC 5322), of at most 32 MB. It
// fails with a *clawback.CallError.
// https://learn.microsoft.com/graph/outlook-get-mime-message
func (c *Client) ReadEmail(ctx context.Context, conn clawback.Connection, mailboxID, immutableID string) ([]byte, error) {
	s, err := c.graphSession(conn, "read an email")
	if err != nil {
		return nil, err
	}
	request, err := s.users().ByUserId(mailboxID).Messages().ByMessageId(immutableID).Content().ToGetRequestInformation(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("ask for an email: %w", err)
	}
	request.Headers.AddAll(preferImmutable())
	return s.settle(ctx, s.get(ctx, request))
}
