package graphclient

import (
	"context"
	"net/http"
	"sync"

	"clawback"
)

// Tokens asks for a fresh token for Exchange and for Graph, side by side, and
// reads what they carry. They replace the cached ones: a cached token keeps the
// roles it was issued with.
func (c *Client) Tokens(ctx context.Context, conn clawback.Connection) clawback.TokensEvidence {
	var found clawback.TokensEvidence
	together(
		func() { found.Exchange = c.tokenEvidence(ctx, conn, exchangeResource) },
		func() { found.Graph = c.tokenEvidence(ctx, conn, graphResource) },
	)
	return found
}

func (c *Client) tokenEvidence(ctx context.Context, conn clawback.Connection, resource string) clawback.TokenEvidence {
	asked := "A fresh token for " + resource
	token, err := c.freshToken(ctx, conn, resource)
	if err != nil {
		return clawback.TokenEvidence{Probe: clawback.Probe{Asked: asked, Answer: failedAnswer(err)}}
	}
	found, ok := claims(token)
	found.Probe = clawback.Probe{Asked: asked, Answer: clawback.Answer{Kind: clawback.AnswerOK, Status: http.StatusOK, At: c.now()}}
	if !ok {
		found.Answer = c.unknown(http.StatusOK, "The token was issued, but what it carries can't be read.")
	}
	return found
}

// together runs looks side by side and waits for all.
func together(looks ...func()) {
	var all sync.WaitGroup
	for _, look := range looks {
		all.Go(look)
	}
	all.Wait()
}
