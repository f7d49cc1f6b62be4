package graphclient

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"clawback"

	"github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// session is one call's view of one resource of one tenant. It serves one
// goroutine.
type session struct {
	c        *Client
	conn     clawback.Connection
	resource string
	call     string          // for people
	token    string          // the last one used
	bearer   clawback.Secret // a person's own, in place of the app's
	traced   bool            // a request of this trace went out already

	adapter *core.GraphRequestAdapterBase
	base    map[string]string
}

func (c *Client) newSession(conn clawback.Connection, resource, call string) *session {
	return &session{c: c, conn: conn, resource: resource, call: call}
}

func (c *Client) graphSession(conn clawback.Connection, call string) (*session, error) {
	s := c.newSession(conn, graphResource, call)
	adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		s, core.GraphClientOptions{}, nil, nil, c.graphHTTP)
	if err != nil {
		return nil, fmt.Errorf("make the Graph adapter: %w", err)
	}
	adapter.SetBaseUrl(c.graph)
	s.adapter, s.base = adapter, map[string]string{"baseurl": c.graph}
	return s, nil
}

func (s *session) users() *users.UsersRequestBuilder {
	return users.NewUsersRequestBuilderInternal(s.base, s.adapter)
}

// AuthenticateRequest puts the token on a request of the SDK.
func (s *session) AuthenticateRequest(ctx context.Context, request *abstractions.RequestInformation, _ map[string]any) error {
	header, err := s.authorization(ctx)
	if err != nil {
		return err
	}
	request.Headers.Remove("Authorization")
	request.Headers.Add("Authorization", header)
	return nil
}

func (s *session) authorization(ctx context.Context) (string, error) {
	if !s.bearer.IsZero() {
		return "Bearer " + s.bearer.Reveal(), nil
	}
	token, err := s.c.accessToken(ctx, s.conn, s.resource)
	if err != nil {
		return "", err
	}
	s.token = token
	return "Bearer " + token, nil
}

// do makes one exchange, and after a 401 one more with a new token: Microsoft
// refuses a token before its time when something about the app changed
// (https://learn.microsoft.com/entra/identity/conditional-access/concept-continuous-access-evaluation).
func (s *session) do(ctx context.Context, sendBy time.Time, call func(context.Context) error) *exchange {
	x := s.attempt(ctx, sendBy, call)
	if x.status == http.StatusUnauthorized && s.c.tokens.drop(s.key(), s.token) {
		x = s.attempt(ctx, sendBy, call)
	}
	if asksToWait(x.status) {
		s.c.hold(ctx, map[string]time.Duration{s.pauseKey(): retryAfter(x.header.Get("Retry-After"), s.c.now())})
	}
	if x.status == http.StatusForbidden && s.bearer.IsZero() {
		s.doubtToken()
	}
	return x
}

// attempt is the one place from which anything is sent: no panic gets past it.
func (s *session) attempt(ctx context.Context, sendBy time.Time, call func(context.Context) error) (x *exchange) {
	x = &exchange{sendBy: sendBy}
	if x.err = s.admit(ctx); x.err != nil {
		return x
	}
	ctx, cancel := context.WithTimeout(withExchange(ctx, x), s.c.timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			x.err = fmt.Errorf("panic in a call to Microsoft: %v", p)
		}
	}()
	x.err = call(ctx)
	return x
}

// takeOver makes the SDK hand over what came back instead of reading it.
func takeOver(ctx context.Context) context.Context {
	option := abstractions.NewRequestHandlerOption()
	option.SetResponseHandler(func(response any, _ abstractions.ErrorMappings) (any, error) {
		return core.NewBatchResponse(), readAnswer(ctx, response.(*http.Response))
	})
	return context.WithValue(ctx, abstractions.ResponseHandlerOptionKey, option)
}

func readAnswer(ctx context.Context, resp *http.Response) error {
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		x.body = body
	}
	return err
}

// get sends one Graph request outside a batch.
func (s *session) get(ctx context.Context, request *abstractions.RequestInformation) *exchange {
	return s.do(ctx, time.Time{}, func(ctx context.Context) error {
		_, err := s.adapter.Send(takeOver(ctx), request, core.CreateBatchResponseDiscriminator, nil)
		return err
	})
}

// failed makes the error of this session's call.
func (s *session) failed(ctx context.Context, answer clawback.Answer, cause error) *clawback.CallError {
	return s.c.callError(ctx, s.call, answer, cause)
}

// settle answers the body of a whole call that must succeed, or its CallError.
func (s *session) settle(ctx context.Context, x *exchange) ([]byte, error) {
	answer, err := s.c.outcome(x)
	if err != nil {
		return nil, err
	}
	if answer.Kind != clawback.AnswerOK {
		return nil, s.failed(ctx, answer, x.err)
	}
	return x.body, nil
}

// ours says whether a link to a next page stays with Graph: the token goes with it.
func (s *session) ours(link string) bool { return strings.HasPrefix(link, s.c.graph+"/") }

// decode reads a body into one of the SDK's models and hands it to use. A body
// that is not what it should be is an error, never a panic.
func decode[T serialization.Parsable](body []byte, factory serialization.ParsableFactory, use func(T) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("read an answer: %v", p)
		}
	}()
	node, err := serialization.DefaultParseNodeFactoryInstance.GetRootParseNode("application/json", body)
	if err != nil {
		return err
	}
	value, err := node.GetObjectValue(factory)
	if err != nil {
		return err
	}
	model, ok := value.(T)
	if !ok {
		return fmt.Errorf("read an answer: it is a %T", value)
	}
	return use(model)
}

// text answers what a model's optional property holds.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
