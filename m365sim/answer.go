package m365sim

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// request is one HTTP request with its body read and decompressed, as the services see it.
type request struct {
	method string
	url    *url.URL
	header http.Header
	body   []byte
	done   <-chan struct{} // closed when the client has gone
}

// path is the decoded path.
func (r *request) path() string { return r.url.Path }

// answer is what a service says. A dropped answer never reaches the client as a whole.
type answer struct {
	status  int
	header  http.Header
	value   any    // written as JSON when not nil
	raw     []byte // written as it stands when value is nil
	drop    dropPoint
	spoiled string // kind of garbage a batch makes of it, when it is an inner answer
}

const jsonType = "application/json; odata.metadata=minimal; odata.streaming=true; IEEE754Compatible=false; charset=utf-8"

func jsonAnswer(status int, value any) answer {
	return answer{status: status, header: http.Header{"Content-Type": {jsonType}}, value: value}
}

func textAnswer(status int, contentType, text string) answer {
	return answer{status: status, header: http.Header{"Content-Type": {contentType}}, raw: []byte(text)}
}

func emptyAnswer(status int) answer { return answer{status: status, header: http.Header{}} }

// with sets a header and answers the answer, for chaining.
func (a answer) with(name, value string) answer {
	if a.header == nil {
		a.header = http.Header{}
	}
	a.header.Set(name, value)

	return a
}

// seen is the status that reached the client, 0 when the answer did not.
func (a answer) seen() int {
	if a.drop != "" {
		return 0
	}

	return a.status
}

// bytes is the body as it goes on the wire.
func (a answer) bytes() []byte {
	if a.value == nil {
		return a.raw
	}
	out, err := json.Marshal(a.value)
	if err != nil {
		// Every value is a map of plain types, so that this can't happen for any input.
		panic("m365sim: marshal answer: " + err.Error())
	}

	return out
}
