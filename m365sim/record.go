package m365sim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// recorder writes one JSON line for each HTTP exchange, each in one Write, without a credential in it.
type recorder struct {
	mu  sync.Mutex
	out io.Writer
}

// recordLine is the shape of a line. A dropped answer has status 0 and neither headers nor body.
type recordLine struct {
	Method          string            `json:"method"`
	URL             string            `json:"url"`
	RequestHeaders  map[string]string `json:"request_headers"`
	RequestBody     any               `json:"request_body"`
	Status          int               `json:"status"`
	ResponseHeaders map[string]string `json:"response_headers"`
	ResponseBody    any               `json:"response_body"`
}

func (rec *recorder) write(r *http.Request, body []byte, ans answer, out []byte) {
	if rec.out == nil {
		return
	}
	line := recordLine{
		Method: r.Method, URL: redactURL(r.URL.RequestURI()), RequestHeaders: redactHeaders(r.Header),
		RequestBody: redactBody(r.Header.Get("Content-Type"), body),
	}
	if line.Status = ans.seen(); line.Status != 0 {
		line.ResponseHeaders = redactHeaders(ans.header)
		line.ResponseBody = redactBody(ans.header.Get("Content-Type"), out)
	}
	text, err := json.Marshal(line)
	if err != nil {
		return // a line is made of strings and decoded JSON, which always marshal
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	_, _ = rec.out.Write(append(text, '\n')) // a recording that fails must not fail the request
}

const redacted = "REDACTED"

// secretNames are form fields, query parameters and JSON members which carry a credential.
var secretNames = []string{"access_token", "id_token", "refresh_token", "client_secret", "client_assertion", "code",
	"code_verifier", "id_token_hint", "logout_hint", "password", "assertion", "secret", "secrettext"}

func isSecret(name string) bool { return slices.Contains(secretNames, strings.ToLower(name)) }

func redactHeaders(h http.Header) map[string]string {
	out := map[string]string{}
	for name, values := range h {
		value := strings.Join(values, ", ")
		switch http.CanonicalHeaderKey(name) {
		case "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie":
			value = redacted
		case "Location", "Referer":
			value = redactURL(value)
		}
		out[name] = value
	}

	return out
}

func redactURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return redacted
	}
	if hidden, changed := redactQuery(u.RawQuery); changed {
		u.RawQuery = hidden
	}
	if hidden, changed := redactQuery(u.Fragment); changed {
		u.Fragment, u.RawFragment = hidden, ""
	}

	return u.String()
}

// redactQuery keeps the spelling of everything it does not hide.
func redactQuery(query string) (string, bool) {
	parts, changed := strings.Split(query, "&"), false
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		decoded, err := url.QueryUnescape(name)
		if value != "" && (err != nil || isSecret(decoded)) {
			parts[i], changed = name+"="+redacted, true
		}
	}

	return strings.Join(parts, "&"), changed
}

func redactBody(contentType string, body []byte) any {
	if len(body) == 0 {
		return nil
	}
	var decoded any
	if json.Unmarshal(body, &decoded) == nil {
		return redactJSON(decoded)
	}
	if strings.HasPrefix(contentType, "application/x-www-form-urlencoded") {
		hidden, _ := redactQuery(string(body))
		return hidden
	}
	if strings.HasPrefix(contentType, "text/html") {
		return redactHTML(string(body))
	}

	return strings.ToValidUTF8(string(body), "?")
}

// redactJSON hides members by name. A member "code" is a credential only as a text beside no "message": Graph's
// errors have a code too.
func redactJSON(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if _, isError := v["message"]; isSecret(name) && !(name == "code" && isError) {
				v[name] = redacted
				continue
			}
			v[name] = redactJSON(member)
		}
	case []any:
		for i := range v {
			v[i] = redactJSON(v[i])
		}
	}

	return value
}

var htmlCredential = regexp.MustCompile(`(name="(?:code|id_token|access_token)" value=")[^"]*`)

func redactHTML(page string) string {
	return htmlCredential.ReplaceAllString(page, "${1}"+redacted)
}
