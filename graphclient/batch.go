package graphclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"clawback"

	"github.com/microsoft/kiota-abstractions-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"golang.org/x/sync/errgroup"
)

// perMailbox is how many requests of one batch may concern one mailbox. Outlook
// takes four at once (https://learn.microsoft.com/graph/throttling-limits); two
// leave room for the customer's other apps.
const perMailbox = 2

// immutableIDs asks for ids that survive a move:
// https://learn.microsoft.com/graph/outlook-immutable-id
const immutableIDs = `IdType="ImmutableId"`

// step is one request of a batch; mailbox is empty where it concerns none.
type step struct {
	mailbox string
	request *abstractions.RequestInformation
}

// reply is the answer to a step, with its body where the answer is OK.
type reply struct {
	clawback.Answer
	body []byte
}

// readsAtOnce is how many batches of one reading call are under way together.
const readsAtOnce = 8

// run sends the steps in batches and answers in their order. It fails where
// nothing could be asked: no token, or the first batch refused. Batches that may
// change something follow one another, and after one that failed as a whole the
// rest is not asked; reading ones go together once the first was answered.
func (s *session) run(ctx context.Context, sendBy time.Time, steps []step) ([]reply, error) {
	replies := make([]reply, len(steps))
	groups := pack(steps, s.unpaused(steps, replies))
	for n, group := range groups {
		whole, err := s.sendBatch(ctx, sendBy, steps, group, replies)
		if err != nil && n == 0 {
			return nil, err
		}
		if err != nil || whole.Kind != clawback.AnswerOK {
			fill(replies, group, lost(whole, err))
			fill(replies, slices.Concat(groups[n+1:]...), s.c.rest(lost(whole, err)))
			break
		}
		if sendBy.IsZero() {
			return replies, s.readTogether(ctx, steps, groups[n+1:], replies)
		}
	}
	return replies, nil
}

// readTogether sends each group by a session of its own.
func (s *session) readTogether(ctx context.Context, steps []step, groups [][]int, replies []reply) error {
	var together errgroup.Group
	together.SetLimit(readsAtOnce)
	for _, group := range groups {
		together.Go(func() error {
			own, err := s.c.graphSession(s.conn, s.call)
			if err != nil {
				return err
			}
			whole, err := own.sendBatch(ctx, time.Time{}, steps, group, replies)
			if err != nil || whole.Kind != clawback.AnswerOK {
				fill(replies, group, lost(whole, err))
			}
			return nil
		})
	}
	return together.Wait()
}

// unpaused answers the indexes of the steps that may be asked now; the others
// have their reply.
func (s *session) unpaused(steps []step, replies []reply) []int {
	var open []int
	for i, step := range steps {
		if left := s.c.pauses.left(s.stepKey(step), s.c.now()); left > 0 {
			replies[i] = reply{Answer: s.c.paused(left)}
			continue
		}
		open = append(open, i)
	}
	return open
}

// pack spreads steps over batches of at most twenty
// (https://learn.microsoft.com/graph/json-batching), at most two of a mailbox each.
// Chains by dependsOn would be fewer requests, but a failed one takes along all
// that depend on it.
func pack(steps []step, open []int) [][]int {
	var groups [][]int
	var taken []map[string]int
	first := 0
	for _, i := range open {
		step, n := steps[i], first
		for n < len(groups) && (len(groups[n]) >= clawback.BatchSize || step.mailbox != "" && taken[n][step.mailbox] >= perMailbox) {
			n++
		}
		if n == len(groups) {
			groups, taken = append(groups, nil), append(taken, map[string]int{})
		}
		groups[n] = append(groups[n], i)
		taken[n][step.mailbox]++
		for first < len(groups) && len(groups[first]) >= clawback.BatchSize {
			first++
		}
	}
	return groups
}

// sendBatch fills in the replies of a group and answers OK, or answers what
// became of the batch as a whole. What refuses the batch itself is an error.
func (s *session) sendBatch(ctx context.Context, sendBy time.Time, steps []step, group []int, replies []reply) (clawback.Answer, error) {
	batch, err := s.newBatch(steps, group)
	if err != nil {
		return clawback.Answer{}, s.failed(ctx, clawback.Answer{Kind: clawback.AnswerInvalid, Message: "The request could not be written."}, err)
	}
	x := s.do(ctx, sendBy, func(ctx context.Context) error {
		_, err := batch.Send(takeOver(ctx), s.adapter)
		return err
	})
	whole, err := s.c.outcome(x)
	if err != nil {
		return whole, err
	}
	switch whole.Kind {
	case clawback.AnswerOK:
		s.readBatch(ctx, x, steps, group, replies)
	case clawback.AnswerUnauthorized, clawback.AnswerDenied, clawback.AnswerInvalid:
		return whole, s.failed(ctx, whole, x.err)
	}
	return whole, nil
}

func (s *session) newBatch(steps []step, group []int) (core.BatchRequest, error) {
	batch := core.NewBatchRequest(s.adapter)
	for _, i := range group {
		item, err := batch.AddBatchRequestStep(*steps[i].request)
		if err != nil {
			return nil, fmt.Errorf("add a request to the batch: %w", err)
		}
		id := strconv.Itoa(i)
		item.SetId(&id)
	}
	return batch, nil
}

// innerAnswer is one answer of a batch. Id and headers may be numbers, on which
// the SDK's own reader panics.
type innerAnswer struct {
	ID      any             `json:"id"`
	Status  int             `json:"status"`
	Headers map[string]any  `json:"headers"`
	Body    json.RawMessage `json:"body"`
}

// readBatch reads each inner answer by itself; a step without a readable one is unknown.
func (s *session) readBatch(ctx context.Context, x *exchange, steps []step, group []int, replies []reply) {
	fill(replies, group, s.c.unknown(x.status, "Microsoft's answer does not mention this request."))
	var batch struct {
		Responses []json.RawMessage `json:"responses"`
	}
	_ = json.Unmarshal(x.body, &batch) // what can't be read mentions nothing
	waits := map[string]time.Duration{}
	for _, raw := range batch.Responses {
		var inner innerAnswer
		if json.Unmarshal(raw, &inner) != nil || inner.Status == 0 {
			continue
		}
		if i, err := strconv.Atoi(fmt.Sprint(inner.ID)); err == nil && slices.Contains(group, i) {
			replies[i] = reply{Answer: s.c.answer(inner.Status, inner.header(), inner.Body), body: inner.Body}
			s.heed(inner.Status)
			if asksToWait(inner.Status) {
				key := s.stepKey(steps[i])
				waits[key] = max(waits[key], replies[i].RetryAfter)
			}
		}
	}
	s.c.hold(ctx, waits)
}

func asksToWait(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

func (a innerAnswer) header() http.Header {
	header := http.Header{}
	for name, value := range a.Headers {
		header.Set(name, fmt.Sprint(value))
	}
	return header
}

// heed makes the next call ask for a new token where this one was refused.
func (s *session) heed(status int) {
	switch status {
	case http.StatusUnauthorized:
		s.c.tokens.drop(s.key(), s.token)
	case http.StatusForbidden:
		s.doubtToken()
	}
}

func fill(replies []reply, group []int, answer clawback.Answer) {
	for _, i := range group {
		replies[i] = reply{Answer: answer}
	}
}

func lost(whole clawback.Answer, err error) clawback.Answer {
	var failed *clawback.CallError
	if errors.As(err, &failed) {
		return failed.Answer
	}
	return whole
}

// rest answers for the steps that were not asked any more: an unknown answer
// before them says nothing about them.
func (c *Client) rest(whole clawback.Answer) clawback.Answer {
	switch whole.Kind {
	case clawback.AnswerUnknown, clawback.AnswerUnavailable:
		return clawback.Answer{
			Kind: clawback.AnswerUnavailable, RetryAfter: whole.RetryAfter, At: c.now(),
			Message: "Not asked: Microsoft gave no usable answer to the request before.",
		}
	}
	return whole
}
