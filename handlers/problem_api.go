package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"clawback"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// problemType is the media type of RFC 9457.
const problemType = "application/problem+json"

// Problem is every error the API answers: RFC 9457 with the id of the request,
// and, where the input was wrong, which parts of it. It repeats no input.
type Problem struct {
	Type      string         `json:"type" doc:"Always about:blank: the status says what kind of problem it is."`
	Title     string         `json:"title" doc:"The status in words."`
	Status    int            `json:"status"`
	Detail    string         `json:"detail" doc:"What happened and what to do, for people."`
	RequestID string         `json:"request_id,omitempty" doc:"Names this request in the log of the portal."`
	Errors    []ProblemField `json:"errors,omitempty" doc:"The parts of the input that were refused."`
}

// ProblemField is one refused part of the input.
type ProblemField struct {
	Location string `json:"location,omitempty" example:"body.address"`
	Message  string `json:"message"`
}

// Error answers the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus answers the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType makes huma answer problem details.
func (p *Problem) ContentType(string) string { return problemType }

func newProblem(status int, detail string) *Problem {
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if detail == "" {
		detail = http.StatusText(status) + "."
	}
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

// quoted is how messages repeat what was typed, which a page may and a problem may not.
var quoted = regexp.MustCompile(`“[^”]*”`)

// ProblemOf turns an error into what may be told of it.
func ProblemOf(err error, requestID string) *Problem {
	var framework *echo.HTTPError
	if errors.As(err, &framework) {
		return requestProblem(requestID, framework.Code, nil)
	}
	p := newProblem(StatusOf(clawback.KindOf(err)), quoted.ReplaceAllString(clawback.MessageOf(err), "“…”"))
	p.RequestID = requestID
	if field := clawback.FieldOf(err); field != "" {
		p.Errors = []ProblemField{{Location: "body." + field, Message: p.Detail}}
	}
	return p
}

// WriteProblem answers a problem outside an operation: an unknown path, a
// request refused before it reached one.
func WriteProblem(c echo.Context, p *Problem) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if p.Status == http.StatusUnauthorized {
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="clawback"`)
	}
	return c.Blob(p.Status, problemType, body)
}

var useProblems sync.Once

// installProblems makes huma, whose error constructors are package variables,
// answer problems which neither repeat the input nor show an error's text.
func installProblems() {
	useProblems.Do(func() {
		huma.DefaultArrayNullable = false
		huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
			return requestProblem("", status, errs)
		}
		huma.NewErrorWithContext = func(ctx huma.Context, status int, detail string, errs ...error) huma.StatusError {
			id := requestID(humaecho.Unwrap(ctx))
			if status == http.StatusRequestEntityTooLarge {
				return ProblemOf(BodyTooLarge(ctx.Operation().MaxBodyBytes), id)
			}
			return requestProblem(id, status, errs)
		}
	})
}

func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

var requestDetails = map[int]string{
	http.StatusBadRequest:           "The body of the request is missing or is not valid JSON.",
	http.StatusNotFound:             "There is nothing at this address.",
	http.StatusMethodNotAllowed:     "This address does not take this method.",
	http.StatusRequestTimeout:       "The body of the request did not arrive in time.",
	http.StatusUnsupportedMediaType: "Send the body as application/json.",
	http.StatusUnprocessableEntity:  "The request can't be processed as it is; errors says which parts are wrong.",
}

func requestProblem(requestID string, status int, errs []error) *Problem {
	detail, ok := requestDetails[status]
	if !ok && status >= http.StatusInternalServerError {
		detail = clawback.MessageOf(nil)
	}
	p := newProblem(status, detail)
	p.RequestID = requestID
	if status != http.StatusUnprocessableEntity {
		return p
	}
	for _, err := range errs {
		if d, ok := err.(huma.ErrorDetailer); ok {
			p.Errors = append(p.Errors, safeField(d.ErrorDetail()))
		}
	}
	return p
}

var plainLocation = regexp.MustCompile(`^[a-z0-9_.\[\]-]{1,80}$`)

// safeField keeps a location only where it looks like one of ours, since the
// names of unknown properties are input, too, and a message only where it is a
// validation rule's and not the text of a decoder.
func safeField(d *huma.ErrorDetail) ProblemField {
	field := ProblemField{Location: "body", Message: d.Message}
	if plainLocation.MatchString(d.Location) {
		field.Location = d.Location
	}
	if d.Value == "" && strings.Contains(d.Message, "base64") {
		field.Message = "This is empty. Send the content in base64."
		return field
	}
	if !strings.HasPrefix(d.Message, "expected ") && !strings.HasPrefix(d.Message, "unexpected property") &&
		!strings.HasPrefix(d.Message, "required ") {
		field.Message = "This value can't be read."
	}
	return field
}
