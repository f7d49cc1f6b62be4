package m365sim

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"time"
)

// oauthFailure is one AADSTS error with its HTTP status and OAuth name.
type oauthFailure struct {
	status int
	name   string
	code   int
	text   string
}

func fail(status int, name string, code int, format string, args ...any) *oauthFailure {
	return &oauthFailure{status: status, name: name, code: code, text: fmt.Sprintf(format, args...)}
}

// oauthError writes the token endpoint's error body as Entra does.
func (s *Sim) oauthError(f oauthFailure) answer {
	trace, correlation, at := s.nextID("trace"), s.nextID("correlation"), s.now().Format(time.DateTime)+"Z"

	return textJSON(f.status, map[string]any{
		"error": f.name,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", f.code,
			f.text, trace, correlation, at),
		"error_codes": []int{f.code}, "timestamp": at, "trace_id": trace, "correlation_id": correlation,
		"error_uri": fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", f.code),
	})
}

// errorPage shows an error at Microsoft's side, where going back to the client is not safe or not meant.
func (f *oauthFailure) errorPage() answer {
	body := fmt.Sprintf("<p>Sorry, but we're having trouble signing you in.</p><p data-testid=\"aadsts\">AADSTS%d: %s</p>",
		f.code, html.EscapeString(f.text))

	return htmlPage(f.status, "Sign in", body, "")
}

// form reads a posted form; a body which is none is an empty form.
func (r *request) form() url.Values {
	values, err := url.ParseQuery(string(r.body))
	if err != nil || r.method != http.MethodPost {
		return url.Values{}
	}

	return values
}
