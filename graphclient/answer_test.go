package graphclient_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		code   string
		want   clawback.AnswerKind
	}{
		{200, "", clawback.AnswerOK},
		{201, "", clawback.AnswerOK},
		{204, "", clawback.AnswerOK},
		{404, "ErrorItemNotFound", clawback.AnswerNotFound},
		{404, "ErrorFolderNotFound", clawback.AnswerNotFound},
		{404, "MailboxNotEnabledForRESTAPI", clawback.AnswerNoMailbox},
		{404, "ResourceNotFound", clawback.AnswerNoMailbox},
		{404, "Request_ResourceNotFound", clawback.AnswerNoMailbox},
		{404, "ErrorInvalidUser", clawback.AnswerNoMailbox},
		{404, "", clawback.AnswerUnknown},
		{404, "SomethingElse", clawback.AnswerUnknown},
		{403, "ErrorAccessDenied", clawback.AnswerDenied},
		{403, "", clawback.AnswerDenied},
		{400, "ErrorQuotaExceeded", clawback.AnswerDenied},
		{507, "ErrorQuotaExceeded", clawback.AnswerDenied},
		{401, "InvalidAuthenticationToken", clawback.AnswerUnauthorized},
		{429, "ApplicationThrottled", clawback.AnswerThrottled},
		{503, "MailboxStoreUnavailable", clawback.AnswerUnavailable},
		{500, "", clawback.AnswerUnavailable},
		{504, "UnknownError", clawback.AnswerUnavailable},
		{409, "ErrorIrresolvableConflict", clawback.AnswerUnavailable},
		{412, "ErrorIrresolvableConflict", clawback.AnswerUnavailable},
		{408, "", clawback.AnswerUnavailable},
		{400, "ErrorInvalidIdMalformed", clawback.AnswerInvalid},
		{424, "FailedDependency", clawback.AnswerInvalid},
		{302, "", clawback.AnswerUnknown},
		{0, "", clawback.AnswerUnknown},
		{700, "", clawback.AnswerUnknown},
	} {
		if got := graphclient.Classify(tc.status, tc.code); got != tc.want {
			t.Errorf("%d %s: got %s, want %s", tc.status, tc.code, got, tc.want)
		}
	}
}

func TestAnswer_keepsWhatMicrosoftSaid(t *testing.T) {
	t.Parallel()
	s := stubbedBatch(t, func(innerRequest) (int, map[string]any, string) {
		return 403, map[string]any{"request-id": "r-1"}, `{"error":{"code":"ErrorAccessDenied","message":"Access to OData is disabled."}}`
	})
	got := s.move(t, moves(1)...)[0]
	if got.Status != 403 || got.Code != "ErrorAccessDenied" || got.Message != "Access to OData is disabled." || got.RequestID != "r-1" || got.At.IsZero() {
		t.Errorf("got %+v", got)
	}
}

func TestAnswer_takesTheRequestIDFromTheBody(t *testing.T) {
	t.Parallel()
	s := stubbedBatch(t, func(innerRequest) (int, map[string]any, string) {
		return 400, nil, `{"error":{"code":"X","message":"y","innerError":{"request-id":"r-2"}}}`
	})
	if got := s.move(t, moves(1)...)[0]; got.RequestID != "r-2" {
		t.Errorf("got %+v", got)
	}
}

func TestAnswer_readsRetryAfter(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		value    any
		from, to time.Duration
	}{
		"text":     {"12", 12 * time.Second, 12 * time.Second},
		"number":   {7, 7 * time.Second, 7 * time.Second},
		"fraction": {"0.5", 500 * time.Millisecond, 500 * time.Millisecond},
		"date":     {time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat), 80 * time.Second, 91 * time.Second},
		"past":     {time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), 0, 0},
		"negative": {"-3", 0, 0},
		"huge":     {"1e300", 24 * time.Hour, 24 * time.Hour},
		"nonsense": {"soon", 0, 0},
	} {
		s := stubbedBatch(t, func(innerRequest) (int, map[string]any, string) {
			return 429, map[string]any{"retry-after": tc.value}, `{"error":{"code":"ApplicationThrottled","message":"Too many."}}`
		})
		got := s.move(t, moves(1)...)[0]
		if got.Kind != clawback.AnswerThrottled || got.RetryAfter < tc.from || got.RetryAfter > tc.to {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestAnswer_keepsTheStatusOfWhatIsNoJSON(t *testing.T) {
	t.Parallel()
	s := stubbed(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte("<html>proxy</html>"))
	})
	_, err := s.client.FindCopies(t.Context(), s.conn, finds(1))
	if failed := failure(t, err, clawback.AnswerDenied); failed.Status != 403 || strings.Contains(failed.Message, "<") {
		t.Errorf("got %+v", failed)
	}
}
