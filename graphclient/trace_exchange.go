package graphclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"clawback"

	"github.com/google/uuid"
)

const (
	traceCmdlet = "Get-MessageTraceV2"
	// exchangeTime is the cmdlet's time: UTC, to a ten-millionth, without a zone.
	exchangeTime = "2006-01-02T15:04:05.0000000"
	// byTraceFrom is the number of recipients from which only a search by
	// MessageTraceId is complete.
	byTraceFrom = 1000
	// anchor routes an app's cmdlet to the tenant's system mailbox.
	anchor = "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@"
)

// traceExchange asks Get-MessageTraceV2 by the transport of Microsoft's own
// PowerShell module. https://learn.microsoft.com/powershell/module/exchangepowershell/get-messagetracev2
func (c *Client) traceExchange(ctx context.Context, conn clawback.Connection, query clawback.TraceQuery) ([]clawback.TraceRow, error) {
	s := c.newSession(conn, exchangeResource, traceCall)
	var all []clawback.TraceRow
	for _, w := range windows(query.From, query.To, c.now()) {
		rows, err := s.traceWindow(ctx, w, query)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// traceWindow asks by what the query names, and once more by each network message
// id where that alone does not answer all of a message.
func (s *session) traceWindow(ctx context.Context, w window, query clawback.TraceQuery) ([]clawback.TraceRow, error) {
	rows, err := s.traceAll(ctx, w, exchangeQuery(query))
	if err != nil {
		return nil, err
	}
	byID := map[string]int{}
	for _, row := range rows {
		byID[clawback.MessageIDKey(row.MessageID)]++
	}
	asked := map[string]bool{}
	for _, row := range rows {
		cut := byID[clawback.MessageIDKey(row.MessageID)] >= byTraceFrom
		if !cut || row.TraceID == "" || asked[row.TraceID] {
			continue
		}
		asked[row.TraceID] = true
		more, err := s.traceAll(ctx, w, parameters{"MessageTraceId": row.TraceID})
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func exchangeQuery(query clawback.TraceQuery) parameters {
	if query.MessageID != "" {
		return parameters{"MessageId": query.MessageID}
	}
	by := parameters{}
	if query.Sender != "" {
		by["SenderAddress"] = query.Sender
	}
	if query.Subject != "" {
		by["Subject"], by["SubjectFilterType"] = query.Subject, "Contains"
	}
	return by
}

// parameters are those of a cmdlet.
type parameters map[string]any

// traceAll continues where a full page ended, for the cmdlet has no paging: the
// last row's time becomes EndDate, its recipient StartingRecipientAddress.
func (s *session) traceAll(ctx context.Context, w window, by parameters) ([]clawback.TraceRow, error) {
	params := parameters{
		"StartDate": w.from.Format(exchangeTime), "EndDate": w.to.Format(exchangeTime), "ResultSize": s.c.traceSize,
	}
	maps.Copy(params, by)

	var all []clawback.TraceRow
	seen := map[rowKey]bool{}
	for range maxTracePages {
		page, more, err := s.tracePage(ctx, params)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if !grew(seen, page) || !more && len(page) < s.c.traceSize {
			return all, nil
		}
		last := page[len(page)-1]
		params["EndDate"], params["StartingRecipientAddress"] = last.ReceivedAt.Format(exchangeTime), last.Recipient
	}
	return nil, s.endless(ctx)
}

// grew says whether a page brought a row that was not seen before.
func grew(seen map[rowKey]bool, page []clawback.TraceRow) bool {
	before := len(seen)
	for _, row := range page {
		seen[rowKey{row.TraceID, strings.ToLower(row.Recipient)}] = true
	}
	return len(seen) > before
}

func (s *session) endless(ctx context.Context) error {
	return s.failed(ctx, s.c.unknown(0, "The message trace has no end."), nil)
}

// tracePage is one call of the cmdlet with the pages Exchange cuts its answer
// into, and whether Exchange says that there are more rows.
func (s *session) tracePage(ctx context.Context, params parameters) (rows []clawback.TraceRow, more bool, err error) {
	link := s.invokeURL()
	for range maxTracePages {
		body, err := s.invoke(ctx, link, params)
		if err != nil {
			return nil, false, err
		}
		page, err := readTracePage(body)
		if err == nil && page.Next != "" && !strings.HasPrefix(page.Next, s.c.exchange+"/") {
			err = errors.New("next page elsewhere")
		}
		if err != nil {
			return nil, false, s.failed(ctx, s.c.unknown(http.StatusOK, "Exchange's answer could not be read."), err)
		}
		rows, more = append(rows, page.rows...), more || page.more()
		if page.Next == "" {
			return rows, more, nil
		}
		link = page.Next
	}
	return nil, false, s.endless(ctx)
}

func (s *session) invokeURL() string {
	return s.c.exchange + "/adminapi/beta/" + url.PathEscape(s.conn.TenantID) + "/InvokeCommand"
}

// invoke posts the cmdlet; a next page is the same body posted to its link.
func (s *session) invoke(ctx context.Context, link string, params parameters) ([]byte, error) {
	body, err := json.Marshal(map[string]any{
		"CmdletInput": map[string]any{"CmdletName": traceCmdlet, "Parameters": params},
	})
	if err != nil {
		return nil, fmt.Errorf("write a cmdlet: %w", err)
	}
	x := s.do(ctx, time.Time{}, func(ctx context.Context) error {
		req, err := s.invocation(ctx, link, body)
		if err != nil {
			return err
		}
		resp, err := s.c.http.Do(req)
		if err != nil {
			return err
		}
		return readAnswer(ctx, resp)
	})
	return s.settle(ctx, x)
}

func (s *session) invocation(ctx context.Context, link string, body []byte) (*http.Request, error) {
	authorization, err := s.authorization(ctx)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, link, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Authorization":     authorization,
		"Content-Type":      "application/json; charset=utf-8",
		"Accept":            "application/json",
		"X-AnchorMailbox":   anchor + s.conn.TenantID,
		"X-ResponseFormat":  "json",
		"X-CmdletName":      traceCmdlet,
		"Prefer":            "odata.maxpagesize=1000",
		"Connection-Id":     uuid.NewString(),
		"Client-Request-Id": uuid.NewString(),
	} {
		req.Header.Set(name, value)
	}
	return req, nil
}

// exchangePage is the answer of a cmdlet. A value that is absent is empty.
type exchangePage struct {
	Context  string        `json:"@odata.context"`
	Warnings []string      `json:"@adminapi.warnings"`
	Next     string        `json:"@odata.nextLink"`
	Value    []exchangeRow `json:"value"`
	rows     []clawback.TraceRow
}

// exchangeRow is one row of Get-MessageTraceV2.
type exchangeRow struct {
	MessageID        string `json:"MessageId"`
	MessageTraceID   string `json:"MessageTraceId"`
	Received         string `json:"Received"`
	SenderAddress    string `json:"SenderAddress"`
	RecipientAddress string `json:"RecipientAddress"`
	Subject          string `json:"Subject"`
	Status           string `json:"Status"`
}

// more says that Exchange warned of rows it left out.
func (p exchangePage) more() bool {
	for _, warning := range p.Warnings {
		if strings.Contains(warning, "more results") || strings.Contains(warning, "StartingRecipientAddress") {
			return true
		}
	}
	return false
}

func readTracePage(body []byte) (exchangePage, error) {
	var page exchangePage
	if err := json.Unmarshal(body, &page); err != nil {
		return page, fmt.Errorf("read a trace: %w", err)
	}
	if page.Value == nil && page.Context == "" {
		return page, errors.New("read a trace: no list of rows")
	}
	for _, row := range page.Value {
		at, err := received(row.Received)
		if err != nil {
			return page, fmt.Errorf("read a trace: %w", err)
		}
		page.rows = append(page.rows, clawback.TraceRow{
			TraceID: row.MessageTraceID, MessageID: row.MessageID, Sender: strings.ToLower(row.SenderAddress),
			Recipient: row.RecipientAddress, Subject: row.Subject, Status: deliveryStatus(row.Status), ReceivedAt: at,
		})
	}
	return page, nil
}

// received reads a time of Exchange, which is UTC where it names no zone.
func received(value string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return at.UTC(), nil
	}
	return time.Parse("2006-01-02T15:04:05", value)
}
