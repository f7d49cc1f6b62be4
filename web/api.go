package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"clawback"
	"clawback/handlers"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// openAPIPath is where the API describes itself.
const openAPIPath = handlers.APIPrefix + "/openapi.json"

// TokenStore knows API tokens. ActorByToken returns KindUnauthenticated for one that is unknown, expired or revoked.
type TokenStore interface {
	ActorByToken(ctx context.Context, token string) (clawback.Actor, error)
}

// authenticateToken puts the token's actor into the request. A browser's session counts for nothing here: what a page may
// do by cookie is guarded against other sites, the API is not.
func (s *Server) authenticateToken(ctx huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(ctx)
	scheme, token, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		s.deny(c, "Send an API token: Authorization: Bearer and the token.")
		return
	}
	actor, err := s.store.ActorByToken(c.Request().Context(), token)
	if hasEnded(err) {
		s.deny(c, "This API token is not valid.")
		return
	}
	if err == nil {
		err = s.limits.api.take(actor.ID)
	}
	if err != nil {
		s.problem(c, err)
		return
	}
	c.SetRequest(c.Request().WithContext(clawback.WithActor(c.Request().Context(), marked(c, actor, ""))))
	next(ctx)
}

// deny counts failed requests alone: a good token from the same address is never locked out by them.
func (s *Server) deny(c echo.Context, message string) {
	err := s.limits.denied.take(c.RealIP())
	if err == nil {
		err = clawback.Errorf(clawback.KindUnauthenticated, "%s", message)
	}
	s.problem(c, err)
}

// problem answers an error as the API does, with the log of any other.
func (s *Server) problem(c echo.Context, err error) { s.answerError(err, c) }

// checkOperation lets through who has the operation's right somewhere; one that declares none lets nobody through.
func (s *Server) checkOperation(ctx huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(ctx)
	right, _ := handlers.OperationRight(ctx.Operation())
	if err := With(right).allow(c); err != nil {
		s.problem(c, clawback.Errorf(clawback.KindOf(err), "This token does not have the right %q.", string(right)))
		return
	}
	next(ctx)
}

// openAPI answers the document of the API.
func (s *Server) openAPI(c echo.Context) error {
	document, err := s.document()
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "public, max-age=300")
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, document)
}

func (s *Server) document() ([]byte, error) { return json.Marshal(s.api.OpenAPI()) }

// AnswerStore remembers the answers of POSTs by their Idempotency-Key. ClaimIdempotencyKey answers the saved one, found
// being true; or claims the key. It returns KindConflict for a key whose first request is still under way or that came with
// another request.
type AnswerStore interface {
	ClaimIdempotencyKey(ctx context.Context, actorID, key, requestHash string) (status int, body []byte, found bool, err error)
	SaveIdempotentAnswer(ctx context.Context, actorID, key string, status int, body []byte) error
	DropIdempotencyKey(ctx context.Context, actorID, key string) error
}

// maxKey is the length of the longest key.
const maxKey = 255

// answerOnce makes a repeated POST harmless: the second answer is the first one, and nothing is done again. What failed on
// our side is not remembered, so that the repeat is a real one.
func (s *Server) answerOnce(ctx huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(ctx)
	key := c.Request().Header.Get("Idempotency-Key")
	if key == "" || c.Request().Method != http.MethodPost {
		next(ctx)
		return
	}
	actor, _ := clawback.ActorFrom(c.Request().Context())
	hash, err := hashRequest(c, key, ctx.Operation().MaxBodyBytes)
	if err != nil {
		s.problem(c, err)
		return
	}
	status, body, found, err := s.answers.ClaimIdempotencyKey(c.Request().Context(), actor.ID, key, hash)
	if err != nil {
		s.problem(c, err)
		return
	}
	if found {
		c.Response().Header().Set("Idempotent-Replayed", "true")
		if err := c.Blob(status, echo.MIMEApplicationJSON, body); err != nil {
			s.logError(c, "replay answer", err)
		}
		return
	}
	s.remember(c, actor.ID, key, func() { next(ctx) })
}

// remember saves a good answer before it is sent; after any other, and after a panic, the key is free again.
func (s *Server) remember(c echo.Context, actorID, key string, call func()) {
	// The client may be gone: what was done is remembered all the same.
	keep := context.WithoutCancel(c.Request().Context())
	recorder := &answerRecorder{ResponseWriter: c.Response().Writer}
	c.Response().Writer = recorder
	saved := false
	defer func() {
		c.Response().Writer = recorder.ResponseWriter
		if saved {
			return
		}
		if err := s.answers.DropIdempotencyKey(keep, actorID, key); err != nil {
			s.logError(c, "release idempotency key", err)
		}
	}()

	call()
	if status := recorder.status; status >= http.StatusOK && status < http.StatusMultipleChoices {
		if err := s.answers.SaveIdempotentAnswer(keep, actorID, key, status, recorder.body.Bytes()); err != nil {
			s.logError(c, "save idempotent answer", err)
		} else {
			saved = true
		}
	}
	recorder.send()
}

// hashRequest answers what tells two requests with one key apart, and leaves the body to be read again.
func hashRequest(c echo.Context, key string, limit int64) (string, error) {
	if len(key) > maxKey {
		return "", clawback.Errorf(clawback.KindInvalid, "The Idempotency-Key may have up to %d characters.", maxKey)
	}
	r := c.Request()
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return "", clawback.Errorf(clawback.KindInvalid, "The body of the request did not arrive.")
	}
	if int64(len(body)) > limit {
		return "", handlers.BodyTooLarge(limit)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.New()
	_, _ = io.WriteString(sum, r.Method+" "+r.URL.RequestURI()+"\n") // a hash takes everything
	_, _ = sum.Write(body)
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// answerRecorder holds an answer back until it is saved.
type answerRecorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader holds the status.
func (r *answerRecorder) WriteHeader(status int) { r.status = status }

// Write holds the body.
func (r *answerRecorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.body.Write(p)
}

func (r *answerRecorder) send() {
	if r.status == 0 {
		r.status = http.StatusInternalServerError
	}
	r.ResponseWriter.WriteHeader(r.status)
	_, _ = r.ResponseWriter.Write(r.body.Bytes()) // the client is gone: there is nobody to tell
}
