package m365sim

import (
	"strconv"
	"strings"
)

const (
	garbageNumericHeader = "batch_numeric_header"
	garbageMissingID     = "batch_missing_id"
)

// garbageKinds are what may come in place of the true body. The status stays, but for what has no body: text and
// html are a proxy's; json is the true body cut in half; empty; nul is NUL bytes declared as JSON; content_type is the
// true body declared as HTML. The two of a batch spoil its first inner answer, or on the route of an inner request
// that one's: a number as header value, which makes Microsoft's Go SDK panic, and no answer for an id.
var garbageKinds = []string{"", "text", "html", "json", "empty", "nul", "content_type", garbageNumericHeader,
	garbageMissingID}

func (f *fault) garble(ans answer) answer {
	switch f.Garbage {
	case "text":
		return ans.replaced("text/plain", "upstream connect error or disconnect/reset before headers")
	case "html":
		return ans.replaced("text/html", "<html><body><h1>Service Unavailable</h1></body></html>")
	case "json":
		return ans.replaced(jsonType, half(string(ans.bytes())))
	case "empty":
		ans.value, ans.raw = nil, nil
	case "nul":
		return ans.replaced(jsonType, strings.Repeat("\x00", 64))
	case "content_type":
		return ans.with("Content-Type", "text/html; charset=utf-8")
	case garbageNumericHeader, garbageMissingID:
		return garbleBatch(ans, f.Garbage)
	}

	return ans
}

// replaced is the answer with another body. One without content gets a status that can have it.
func (a answer) replaced(contentType, body string) answer {
	if a.status == 204 {
		a.status = 200
	}
	a.value, a.raw = nil, []byte(body)

	return a.with("Content-Type", contentType)
}

// half is the first half of a body, which leaves its JSON open.
func half(body string) string {
	if len(body) < 2 {
		return `{"value":[{"id":`
	}

	return body[:len(body)/2]
}

// garbleBatch spoils the first inner answer of a batch's; the answer of an inner request is marked, for the batch
// it becomes part of.
func garbleBatch(ans answer, kind string) answer {
	body, _ := ans.value.(map[string]any)
	responses, ok := body["responses"].([]map[string]any)
	switch {
	case !ok:
		ans.spoiled = kind
	case len(responses) == 0:
	case kind == garbageMissingID:
		body["responses"] = responses[1:]
	default:
		numericHeader(responses[0])
	}

	return ans
}

// numericHeader writes an inner answer's Retry-After as a number, where header values are texts.
func numericHeader(response map[string]any) {
	headers, _ := response["headers"].(map[string]any)
	text, _ := headers["Retry-After"].(string)
	seconds, err := strconv.Atoi(text)
	if err != nil {
		seconds = 7
	}
	headers["Retry-After"] = seconds
}
