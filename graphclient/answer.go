package graphclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"clawback"
)

// Error codes of Graph by what they mean, besides the status they come with:
// https://learn.microsoft.com/graph/errors and the live-measured codes of mailboxes
// without a home in the cloud.
var (
	noMailboxCodes = []string{
		"MailboxNotEnabledForRESTAPI", "MailboxNotSupportedForRESTAPI", "ResourceNotFound",
		"Request_ResourceNotFound", "ErrorInvalidUser", "ErrorNonExistentMailbox",
	}
	notFoundCodes = []string{"ErrorItemNotFound", "ErrorFolderNotFound"}
)

// classify sorts an answer by its status and code. A 404 that doesn't say what
// was not found is unknown: it may as well be a proxy's.
func classify(status int, code string) clawback.AnswerKind {
	switch {
	case status >= 200 && status < 300:
		return clawback.AnswerOK
	case status == http.StatusUnauthorized:
		return clawback.AnswerUnauthorized
	case status == http.StatusForbidden, is(code, "ErrorQuotaExceeded"):
		return clawback.AnswerDenied
	case status == http.StatusNotFound:
		return classifyNotFound(code)
	case status == http.StatusTooManyRequests:
		return clawback.AnswerThrottled
	case status == http.StatusRequestTimeout, status == http.StatusConflict,
		status == http.StatusPreconditionFailed, status >= 500 && status < 600:
		return clawback.AnswerUnavailable
	case status >= 400 && status < 500:
		return clawback.AnswerInvalid
	}
	return clawback.AnswerUnknown
}

func classifyNotFound(code string) clawback.AnswerKind {
	switch {
	case is(code, noMailboxCodes...):
		return clawback.AnswerNoMailbox
	case is(code, notFoundCodes...):
		return clawback.AnswerNotFound
	}
	return clawback.AnswerUnknown
}

func is(code string, codes ...string) bool {
	return slices.ContainsFunc(codes, func(c string) bool { return strings.EqualFold(c, code) })
}

// errorBody is the error of Graph and of the Exchange admin API, which puts what
// matters into details: https://learn.microsoft.com/graph/errors.
type errorBody struct {
	Error struct {
		Code       string `json:"code"`
		Message    string `json:"message"`
		InnerError struct {
			RequestID         string `json:"request-id"`
			InternalException struct {
				Message string `json:"message"`
			} `json:"internalexception"`
		} `json:"innerError"`
		Details []struct {
			Message string `json:"message"`
		} `json:"details"`
	} `json:"error"`
}

// answer reads one answer of Graph or Exchange, the outer or an inner one.
func (c *Client) answer(status int, header http.Header, body []byte) clawback.Answer {
	a := clawback.Answer{Status: status, At: c.now(), RequestID: header.Get("Request-Id")}
	if status >= 400 {
		var e errorBody
		_ = json.Unmarshal(body, &e) // what is no JSON keeps its status
		a.Code, a.Message = e.Error.Code, e.words(status)
		if a.RequestID == "" {
			a.RequestID = e.Error.InnerError.RequestID
		}
		a.RetryAfter = retryAfter(header.Get("Retry-After"), a.At)
	}
	a.Kind = classify(status, a.Code)
	if a.Kind == clawback.AnswerUnknown && a.Message == "" {
		a.Message = fmt.Sprintf("Microsoft answered with status %d, which says nothing about the request.", status)
	}
	return a
}

// words answers the most telling text: Exchange's is after the last bar of its
// first detail.
func (e errorBody) words(status int) string {
	for _, detail := range e.Error.Details {
		if text := detail.Message[strings.LastIndex(detail.Message, "|")+1:]; text != "" {
			return text
		}
	}
	if text := e.Error.InnerError.InternalException.Message; text != "" {
		return text
	}
	if e.Error.Message != "" {
		return e.Error.Message
	}
	return fmt.Sprintf("Microsoft answered with status %d and no explanation.", status)
}

const longestRetryAfter = 24 * time.Hour

// retryAfter reads seconds or an HTTP date (RFC 9110, section 10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		wait = time.Duration(min(seconds, longestRetryAfter.Seconds()) * float64(time.Second))
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestRetryAfter)
}

// outcome says what an exchange came to: an answer, or the error of a call that
// never began, because there was no token.
func (c *Client) outcome(x *exchange) (clawback.Answer, error) {
	var failed *clawback.CallError
	switch {
	case errors.As(x.err, &failed):
		return clawback.Answer{}, failed
	case x.refused.Load():
		return clawback.Answer{Kind: clawback.AnswerNotSent, At: c.now(), Message: "Not sent: " + errNotSent.Error() + "."}, nil
	case x.status == 0 && !x.connected.Load():
		return clawback.Answer{Kind: clawback.AnswerUnavailable, At: c.now(), Message: "Microsoft could not be reached."}, nil
	case x.status == 0 && errors.Is(x.err, context.DeadlineExceeded):
		return c.unknown(0, "Microsoft did not answer in time."), nil
	case x.status == 0:
		return c.unknown(0, "The connection ended before Microsoft's answer came."), nil
	}
	a := c.answer(x.status, x.header, x.body)
	if a.Kind == clawback.AnswerOK && x.err != nil {
		return c.unknown(x.status, "Microsoft's answer could not be read to its end."), nil
	}
	return a, nil
}

func (c *Client) unknown(status int, message string) clawback.Answer {
	return clawback.Answer{Kind: clawback.AnswerUnknown, Status: status, At: c.now(), Message: message}
}
