package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"clawback"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// The address of the API, and how large a request may be: an email of 26 MB
// grows by a third in base64.
const (
	APIPrefix       = "/api/v1"
	maxAPIBody      = 1 << 20
	maxAPIEmailBody = 35 << 20
	apiBodyTime     = time.Minute // also ends a call: while a deadline for reading is set, its passing cancels the request
	emailBodyTime   = 2 * time.Minute
	rightKey        = "clawback.right"
)

// BodyTooLarge answers the error of a body above an operation's limit in bytes, naming what may be sent.
func BodyTooLarge(limit int64) error {
	if limit == maxAPIEmailBody {
		return clawback.Errorf(clawback.KindTooLarge, "The body of the request is too large: an email may have at most %d MB.", MaxEmail>>20)
	}
	return clawback.Errorf(clawback.KindTooLarge, "The body of the request is too large: at most %d MB.", limit>>20)
}

// API is the JSON face: the same use cases as the pages.
type API struct {
	api huma.API
	log *slog.Logger
	now func() time.Time
}

// APIConfig is what the API needs beside its stores.
type APIConfig struct {
	Version   string
	PublicURL string
	Log       *slog.Logger
	Now       func() time.Time
}

// NewAPI mounts an API without operations; its middleware authenticates and
// checks the right that each operation names.
func NewAPI(e *echo.Echo, cfg APIConfig, middleware ...func(huma.Context, func(huma.Context))) *API {
	installProblems()

	config := huma.DefaultConfig("Clawback", cfg.Version)
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	config.Info.Description = "Removes malicious email from Microsoft 365 mailboxes after delivery. Every request carries a bearer token."
	config.Servers = []*huma.Server{{URL: cfg.PublicURL + APIPrefix}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "A token of a named service, with its rights and organizations."},
	}

	api := &API{api: humaecho.NewWithGroup(e, e.Group(APIPrefix), config), log: cfg.Log, now: cfg.Now}
	api.api.UseMiddleware(middleware...)
	return api
}

// OpenAPI answers the document of every operation.
func (a *API) OpenAPI() *huma.OpenAPI { return a.api.OpenAPI() }

// OperationRight answers the right an operation asks for; false where none is
// declared, which refuses every request.
func OperationRight(op *huma.Operation) (clawback.Right, bool) {
	right, ok := op.Metadata[rightKey].(clawback.Right)
	return right, ok
}

// operation is what one route of the API says of itself; Right is mandatory.
type operation struct {
	ID       string
	Method   string
	Path     string
	Right    clawback.Right
	Tag      string
	Summary  string
	Text     string
	Status   int           // 200 when 0
	MaxBody  int64         // 1 MB when 0
	BodyTime time.Duration // a minute when 0
}

// register adds an operation: it is called with the actor, and its error is
// told as a problem.
func register[I, O any](a *API, op operation, call func(context.Context, clawback.Actor, *I) (*O, error)) {
	if op.Right == "" {
		panic("handlers: the operation " + op.ID + " declares no right")
	}
	if op.Status == 0 {
		op.Status = http.StatusOK
	}
	if op.MaxBody == 0 {
		op.MaxBody = maxAPIBody
	}
	if op.BodyTime == 0 {
		op.BodyTime = apiBodyTime
	}
	description := "Asks for the right `" + string(op.Right) + "`."
	if op.Text != "" {
		description = op.Text + "\n\n" + description
	}

	huma.Register(a.api, huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Tags: []string{op.Tag},
		Summary: op.Summary, Description: description,
		DefaultStatus: op.Status, MaxBodyBytes: op.MaxBody, BodyReadTimeout: op.BodyTime,
		Errors:   []int{401, 403, 404, 409, 422, 429, 503},
		Security: []map[string][]string{{"bearer": {}}},
		Metadata: map[string]any{rightKey: op.Right}, Parameters: op.parameters(),
	}, func(ctx context.Context, in *I) (*O, error) {
		actor, ok := clawback.ActorFrom(ctx)
		if !ok {
			return nil, newProblem(http.StatusUnauthorized, "")
		}
		out, err := call(ctx, actor, in)
		if err != nil {
			return nil, a.problem(ctx, op, actor, err)
		}
		return out, nil
	})
}

// parameters describes the header that the portal reads before the operation does.
func (op operation) parameters() []*huma.Param {
	if op.Method != http.MethodPost {
		return nil
	}
	longest := 255
	return []*huma.Param{{
		Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &longest},
		Description: "Makes a repeated request harmless: within a day it is answered as the first time, with Idempotent-Replayed: true.",
	}}
}

func (a *API) problem(ctx context.Context, op operation, actor clawback.Actor, err error) *Problem {
	if clawback.KindOf(err) == clawback.KindInternal {
		a.log.ErrorContext(ctx, "api operation", "operation", op.ID, "request_id", actor.RequestID, "error", err)
	}
	p := ProblemOf(err, actor.RequestID)
	if op.Method == http.MethodGet {
		for i, field := range p.Errors {
			p.Errors[i].Location = strings.Replace(field.Location, "body.", "query.", 1)
		}
	}
	return p
}

// ListQuery is how every list is paged. It is exported, as are the paths below, because huma sees no other fields.
type ListQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many rows to answer at most."`
	Cursor string `query:"cursor" maxLength:"500" doc:"The next of the page before."`
}

func (q ListQuery) page() clawback.PageQuery {
	return clawback.PageQuery{Limit: q.Limit, Cursor: q.Cursor}
}

// list is one page of rows; next is the cursor of the following page, empty on
// the last one.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next" doc:"The cursor of the next page, empty on the last one."`
}

type answer[T any] struct{ Body T }

func answerOf[T any](body T) *answer[T] { return &answer[T]{Body: body} }

func listOf[T, R any](page clawback.Page[T], convert func(T) R) *answer[list[R]] {
	return answerOf(list[R]{Items: each(page.Items, convert), Next: page.Next})
}

// each converts every row; the answer is never null in JSON.
func each[T, R any](items []T, convert func(T) R) []R {
	rows := make([]R, 0, len(items))
	for _, item := range items {
		rows = append(rows, convert(item))
	}
	return rows
}

// windowOf pages a list that the store answers as a whole: its cursor is the id of the last row. It returns KindInvalid for
// one that is no row's.
func windowOf[T, R any](all []T, query ListQuery, id func(T) string, convert func(T) R) (*answer[list[R]], error) {
	start := 0
	if query.Cursor != "" {
		last := slices.IndexFunc(all, func(item T) bool { return id(item) == query.Cursor })
		if last < 0 {
			return nil, clawback.Invalid("cursor", "This cursor is of no row of this list. Start again from the first page.")
		}
		start = last + 1
	}
	end := min(start+query.page().Rows(), len(all))
	page := clawback.Page[T]{Items: all[start:end]}
	if end < len(all) {
		page.Next = id(all[end-1])
	}
	return listOf(page, convert), nil
}

// moment answers a time as JSON has it: null for one that has not come.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// orEmpty answers a list that is never null in JSON.
func orEmpty[T any](rows []T) []T {
	if rows == nil {
		return []T{}
	}
	return rows
}

// OrganizationPath names an organization.
type OrganizationPath struct {
	Organization string `path:"org" maxLength:"100" doc:"The organization's id."`
}

// IDPath names a thing by its id.
type IDPath struct {
	ID string `path:"id" maxLength:"100"`
}

// Operations answers the operations of one path of the document.
func Operations(item *huma.PathItem) []*huma.Operation {
	all := []*huma.Operation{item.Get, item.Put, item.Post, item.Delete, item.Patch, item.Head, item.Options, item.Trace}
	return slices.DeleteFunc(all, func(op *huma.Operation) bool { return op == nil })
}
