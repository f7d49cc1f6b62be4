package graphclient_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
	"clawback/m365sim"
)

const invokePath = "/InvokeCommand"

func (b *bundle) lately(messageID string) clawback.TraceQuery {
	return clawback.TraceQuery{MessageID: messageID, From: b.clock.now().Add(-time.Hour), To: b.clock.now().Add(time.Hour)}
}

func (b *bundle) trace(messageID string) clawback.TraceResult {
	b.t.Helper()
	result, err := b.client.TraceMessage(b.t.Context(), b.conn, b.lately(messageID))
	if err != nil {
		b.t.Fatalf("trace: %v", err)
	}
	return result
}

// closeExchange takes away the role that Exchange asks for.
func (b *bundle) closeExchange() { b.patchApp(map[string]any{"roles": []string{}}) }

func TestTraceMessage_byEitherDoor(t *testing.T) {
	t.Parallel()
	for _, door := range []clawback.TraceDoor{clawback.TraceDoorExchange, clawback.TraceDoorGraph} {
		b := setup(t)
		if door == clawback.TraceDoorGraph {
			b.closeExchange()
		}
		at := "@" + b.tenant.Domain
		const id = "<o'trace+1&2#3%@evil.example>"
		b.deliver(id, to("priya.nair"+at, "Bruno.DeWitt"+at))
		b.deliver(id, to("daniel.osei"+at)+"&folder=junkemail")
		b.deliver(id, to("helena.voss"+at)+"&status=quarantined")
		b.deliver("<other@evil.example>", to("noor.haddad"+at))

		result := b.trace(id)
		if result.Door != door {
			t.Errorf("got door %s, want %s", result.Door, door)
		}
		want := map[string]clawback.DeliveryStatus{
			"priya.nair" + at: clawback.DeliveryDelivered, "bruno.dewitt" + at: clawback.DeliveryDelivered,
			"daniel.osei" + at: clawback.DeliveryFilteredAsSpam, "helena.voss" + at: clawback.DeliveryQuarantined,
		}
		if len(result.Rows) != len(want) {
			t.Errorf("%s: %d rows, want %d: %+v", door, len(result.Rows), len(want), result.Rows)
		}
		for _, row := range result.Rows {
			if want[row.Recipient] != row.Status || row.MessageID != id || row.TraceID == "" || row.Subject != subject {
				t.Errorf("%s: got %+v", door, row)
			}
			if row.Sender != "billing@evil.example" || b.clock.now().Sub(row.ReceivedAt).Abs() > time.Hour {
				t.Errorf("%s: got %+v", door, row)
			}
		}
		if rows := b.trace("<nowhere@evil.example>").Rows; len(rows) != 0 {
			t.Errorf("%s: got %+v", door, rows)
		}
	}
}

func TestTraceMessage_continuesUntilComplete(t *testing.T) {
	t.Parallel()
	for _, door := range []clawback.TraceDoor{clawback.TraceDoorExchange, clawback.TraceDoorGraph} {
		b := setup(t)
		if door == clawback.TraceDoorGraph {
			b.closeExchange()
		}
		graphclient.SetTraceSize(b.client, 4)
		const id = "<many@evil.example>"
		b.deliver(id, "count=11")
		b.deliver(id, "count=3")

		recipients := map[string]bool{}
		result := b.trace(id)
		for _, row := range result.Rows {
			recipients[row.Recipient] = true
		}
		if result.Door != door || len(recipients) != 11 {
			t.Errorf("%s: %d recipients, want 11 by %s", result.Door, len(recipients), door)
		}
	}
}

func TestTraceMessage_moreThanAThousandRecipients(t *testing.T) {
	t.Parallel()
	b := setup(t, func(cfg *m365sim.Config) { cfg.Mailboxes = 1100 })
	const id = "<everybody@evil.example>"
	b.deliver(id, "count=1100")
	if rows := b.trace(id).Rows; len(rows) != 1100 {
		t.Errorf("%d rows, want 1100", len(rows))
	}
	// A thousand by Message-ID, all by MessageTraceId, which are two pages.
	if n := b.spy.count(invokePath); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

// TestTraceMessage_everySwitch finds every recipient once, whichever way Microsoft cuts, continues and writes a trace.
func TestTraceMessage_everySwitch(t *testing.T) {
	t.Parallel()
	var switches map[string]any
	text, err := json.Marshal(m365sim.DirectorySwitches{})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &switches); err != nil {
		t.Fatal(err)
	}
	for name, zero := range switches {
		on := map[string]any{name: true}
		if zero != false {
			on[name] = 3600
		}
		text, err := json.Marshal(on)
		if err != nil {
			t.Fatal(err)
		}
		b := setup(t, func(cfg *m365sim.Config) {
			cfg.Mailboxes = 1100
			if err := json.Unmarshal(text, &cfg.Switches); err != nil {
				t.Fatal(err)
			}
		})
		graphclient.SetTraceSize(b.client, 300)
		const id = "<everybody@evil.example>"
		b.deliver(id, "count=1100")
		recipients := map[string]bool{}
		for _, row := range b.trace(id).Rows {
			recipients[row.Recipient] = true
			if age := b.clock.now().Sub(row.ReceivedAt); age < -time.Minute || age > time.Minute {
				t.Errorf("%s: received %v ago", text, age)
			}
		}
		if len(recipients) != 1100 {
			t.Errorf("%s: %d recipients, want 1100", text, len(recipients))
		}
	}
}

func TestTraceMessage_asksByTraceIDWhereMessageIDAnswersAThousandAtMost(t *testing.T) {
	t.Parallel()
	row := func(i int) string {
		return fmt.Sprintf(`{"MessageId":"<a@b>","MessageTraceId":"T","Received":"2026-01-02T03:04:05","RecipientAddress":"r%d@x","Status":"Delivered"}`, i)
	}
	s := stubbed(t, func(w http.ResponseWriter, r *http.Request) {
		rows, n := []string{}, 1000
		if strings.Contains(readBody(r), `"MessageTraceId":"T"`) {
			n = 1500
		}
		for i := range n {
			rows = append(rows, row(i))
		}
		answer(w, 200, `{"@odata.context":"x","value":[`+strings.Join(rows, ",")+`]}`)
	})
	result, err := s.client.TraceMessage(t.Context(), s.conn, someTrace())
	if err != nil || len(result.Rows) != 1500 {
		t.Errorf("%d rows, want 1500: %v", len(result.Rows), err)
	}
}

func TestTraceMessage_splitsLongSpans(t *testing.T) {
	t.Parallel()
	for _, door := range []clawback.TraceDoor{clawback.TraceDoorExchange, clawback.TraceDoorGraph} {
		b := setup(t)
		if door == clawback.TraceDoorGraph {
			b.closeExchange()
		}
		const id = "<old@evil.example>"
		b.deliver(id, to("priya.nair@"+b.tenant.Domain)+"&received="+b.clock.now().Add(-22*24*time.Hour).UTC().Format(time.RFC3339))
		b.deliver(id, to("daniel.osei@"+b.tenant.Domain))
		query := b.lately(id)
		query.From = b.clock.now().Add(-25 * 24 * time.Hour)
		result, err := b.client.TraceMessage(t.Context(), b.conn, query)
		if err != nil || len(result.Rows) != 2 || result.Door != door {
			t.Errorf("%s: got %+v, %v", door, result, err)
		}
	}
}

func TestTraceMessage_onlyAClosedDoorIsAReasonToTryTheOther(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault fault
		kind  clawback.AnswerKind
	}{
		"throttled": {fault{"route": "exchange:Get-MessageTraceV2", "status": 429, "retry_after": 21}, clawback.AnswerThrottled},
		"down":      {fault{"route": "exchange:Get-MessageTraceV2", "status": 503}, clawback.AnswerUnavailable},
		"refused":   {fault{"route": "exchange:Get-MessageTraceV2", "status": 400}, clawback.AnswerInvalid},
		"html":      {fault{"route": "exchange:Get-MessageTraceV2", "garbage": "html"}, clawback.AnswerUnknown},
		"half":      {fault{"route": "exchange:Get-MessageTraceV2", "garbage": "json"}, clawback.AnswerUnknown},
		"empty":     {fault{"route": "exchange:Get-MessageTraceV2", "garbage": "empty"}, clawback.AnswerUnknown},
		"dropped":   {fault{"route": "exchange:Get-MessageTraceV2", "drop": "after"}, clawback.AnswerUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.faults(tc.fault)
			_, err := b.client.TraceMessage(t.Context(), b.conn, b.lately("<a@b>"))
			failed := failure(t, err, tc.kind)
			if name == "throttled" && failed.RetryAfter != 21*time.Second {
				t.Errorf("got %+v", failed)
			}
			if n := b.spy.count("/messageTraces"); n != 0 {
				t.Errorf("Graph was asked %d times", n)
			}
		})
	}
}

func TestTraceMessage_bothDoorsClosed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.patchApp(map[string]any{"roles": []string{}, "permissions": []string{"Mail.ReadWrite"}})
	_, err := b.client.TraceMessage(t.Context(), b.conn, b.lately("<a@b>"))
	var failed *clawback.CallError
	if failed = failure(t, err, kindOf(t, err)); !strings.Contains(failed.Message, "Exchange: ") || !strings.Contains(failed.Message, "Graph: ") {
		t.Errorf("got %+v", failed)
	}
	if failed.Kind != clawback.AnswerUnauthorized && failed.Kind != clawback.AnswerDenied {
		t.Errorf("got %+v", failed)
	}

	b.faults(fault{"route": "GET /admin/exchange/tracing/messageTraces", "status": 429, "retry_after": 5})
	_, err = b.client.TraceMessage(t.Context(), b.conn, b.lately("<a@b>"))
	if failed := failure(t, err, clawback.AnswerThrottled); failed.RetryAfter != 5*time.Second {
		t.Errorf("Graph throttled: got %+v", failed)
	}
}

func kindOf(t *testing.T, err error) clawback.AnswerKind {
	t.Helper()
	var failed *clawback.CallError
	if !errors.As(err, &failed) {
		t.Fatalf("got %v", err)
	}
	return failed.Kind
}

func TestTraceMessage_aRefusedCredentialClosesBoth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.conn.ClientSecret = clawback.NewSecret("wrong")
	_, err := b.client.TraceMessage(t.Context(), b.conn, b.lately("<a@b>"))
	failure(t, err, clawback.AnswerUnauthorized)
	if n := b.spy.count(tokenPath); n != 1 {
		t.Errorf("asked for %d tokens", n)
	}
}

func TestTraceMessage_aTenantWithoutExchangeAsksGraph(t *testing.T) {
	t.Parallel()
	s := stubbedAll(t, func(w http.ResponseWriter, r *http.Request) {
		switch body := readBody(r); {
		case strings.Contains(body, "outlook.office365.com"):
			answer(w, 400, `{"error":"invalid_resource","error_codes":[500011]}`)
		case strings.HasSuffix(r.URL.Path, tokenPath):
			answer(w, 200, `{"token_type":"Bearer","expires_in":3599,"access_token":"tok"}`)
		default:
			answer(w, 200, `{"value":[{"id":"T","recipientAddress":"A@x","status":"recalled"}]}`)
		}
	})
	result, err := s.client.TraceMessage(t.Context(), s.conn, someTrace())
	if err != nil || result.Door != clawback.TraceDoorGraph || len(result.Rows) != 1 || result.Rows[0].Status != clawback.DeliveryGettingStatus {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestTraceMessage_nonsense(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `{"value":"x"}`, `[]`, `{"@odata.context":"x","value":[{"Received":"soon"}]}`,
		`{"value":[],"@odata.nextLink":"https://evil.example/x"}`,
	} {
		s := stubbed(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, body) })
		_, err := s.client.TraceMessage(t.Context(), s.conn, someTrace())
		failure(t, err, clawback.AnswerUnknown)
		if n := s.spy.count(invokePath); n != 1 {
			t.Errorf("%s: %d requests", body, n)
		}
	}
	for _, body := range []string{`{}`, `{"value":[null]}`, `<html>`, `{"value":[],"@odata.nextLink":"https://evil.example/x"}`} {
		s := stubbed(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, invokePath) {
				// What Exchange answers to an app it does not know: NUL bytes declared gzip.
				w.Header().Set("Content-Encoding", "gzip")
				answer(w, 403, "\x00\x00\x00")
				return
			}
			answer(w, 200, body)
		})
		_, err := s.client.TraceMessage(t.Context(), s.conn, someTrace())
		failure(t, err, clawback.AnswerUnknown)
	}
}

func TestTraceMessage_endsWherePagesDoNot(t *testing.T) {
	t.Parallel()
	var s *stub
	s = stubbed(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, invokePath) {
			answer(w, 403, `{}`)
			return
		}
		answer(w, 200, `{"value":[],"@odata.nextLink":"`+s.URL+`/v1.0/admin/exchange/tracing/messageTraces?x=1"}`)
	})
	_, err := s.client.TraceMessage(t.Context(), s.conn, someTrace())
	failure(t, err, clawback.AnswerUnknown)

	// A door that answers the same full page again and again has no more rows.
	s = stubbed(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, `{"@odata.context":"x","@adminapi.warnings":["There are more results"],"value":[
			{"MessageTraceId":"T","RecipientAddress":"a@x","Status":"Delivered","Received":"2026-01-02T03:04:05.1234567+00:00"}]}`)
	})
	result, err := s.client.TraceMessage(t.Context(), s.conn, someTrace())
	if err != nil || len(result.Rows) != 1 || s.spy.count(invokePath) != 2 {
		t.Errorf("got %+v, %v after %d requests", result, err, s.spy.count(invokePath))
	}
}

func TestTraceMessage_refusesAQueryWithoutASpan(t *testing.T) {
	t.Parallel()
	s := stubbed(t, func(http.ResponseWriter, *http.Request) {})
	for _, query := range []clawback.TraceQuery{
		{MessageID: "<a@b>"}, {From: time.Now().Add(-time.Hour), To: time.Now()},
		{MessageID: "<a@b>", From: time.Now(), To: time.Now().Add(-time.Hour)},
	} {
		_, err := s.client.TraceMessage(t.Context(), s.conn, query)
		failure(t, err, clawback.AnswerInvalid)
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	row := func(trace, recipient string, status clawback.DeliveryStatus, after time.Duration) clawback.TraceRow {
		return clawback.TraceRow{TraceID: trace, MessageID: "<A@b>", Recipient: recipient, Status: status, ReceivedAt: at.Add(after)}
	}
	foreign := row("1", "z@x", clawback.DeliveryDelivered, 0)
	foreign.MessageID = "<c@d>"
	got := graphclient.Merge(clawback.TraceQuery{MessageID: "<a@b>"}, []clawback.TraceRow{
		row("1", "B@x", clawback.DeliveryDelivered, 0), row("1", "b@X", clawback.DeliveryGettingStatus, time.Minute),
		row("1", "a@x", clawback.DeliveryPending, 0), row("1", "a@x", clawback.DeliveryFailed, 0),
		row("1", "c@x", clawback.DeliveryDelivered, time.Minute), row("1", "c@x", clawback.DeliveryQuarantined, 0),
		row("1", "d@x", clawback.DeliveryQuarantined, 0), row("1", "d@x", clawback.DeliveryDelivered, time.Minute),
		row("2", "d@x", clawback.DeliveryFailed, 2*time.Minute), row("1", " ", clawback.DeliveryDelivered, 0), foreign,
	})
	var short []string
	for _, r := range got {
		short = append(short, r.TraceID+" "+r.Recipient+" "+string(r.Status))
	}
	want := []string{"1 a@x failed", "1 b@x delivered", "1 c@x delivered", "1 d@x delivered", "2 d@x failed"}
	if !slices.Equal(short, want) {
		t.Errorf("got %q, want %q", short, want)
	}
}

func someTrace() clawback.TraceQuery {
	return clawback.TraceQuery{MessageID: "<a@b>", From: time.Now().Add(-time.Hour), To: time.Now()}
}

func TestTraceMessage_bySenderAndSubject(t *testing.T) {
	t.Parallel()
	for _, door := range []clawback.TraceDoor{clawback.TraceDoorExchange, clawback.TraceDoorGraph} {
		b := setup(t)
		if door == clawback.TraceDoorGraph {
			b.closeExchange()
		}
		at := "@" + b.tenant.Domain
		b.deliver("<1@evil.example>", to("priya.nair"+at))
		b.deliver("<2@evil.example>", to("daniel.osei"+at))
		for what, query := range map[string]clawback.TraceQuery{
			"both":    {Sender: "billing@evil.example", Subject: subject},
			"sender":  {Sender: "billing@evil.example"},
			"subject": {Subject: subject[:5]},
		} {
			query.From, query.To = b.clock.now().Add(-time.Hour), b.clock.now().Add(time.Hour)
			result, err := b.client.TraceMessage(t.Context(), b.conn, query)
			if err != nil || result.Door != door || len(result.Rows) != 2 || result.Rows[0].MessageID == result.Rows[1].MessageID {
				t.Errorf("%s by %s: %+v, %v", what, door, result, err)
			}
			query.Subject += " of another"
			if result, err := b.client.TraceMessage(t.Context(), b.conn, query); err != nil || len(result.Rows) != 0 {
				t.Errorf("another than %s by %s: %+v, %v", what, door, result, err)
			}
		}
	}
}
