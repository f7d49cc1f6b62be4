package m365sim

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"unicode/utf8"
)

// attachment is a part of a message which is not its text.
type attachment struct {
	name, contentType, contentID string
	inline                       bool
	data                         []byte
}

const maxPartDepth = 10

// readPart reads a message or a part of one: its text, attachments and invitation. What can't be read is text as it
// stands.
func (c *content) readPart(h textproto.MIMEHeader, body []byte, depth int) {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && depth < maxPartDepth && c.readParts(params["boundary"], body, depth) {
		return
	}
	data := decoded(body, h.Get("Content-Transfer-Encoding"))
	disposition, named, _ := mime.ParseMediaType(h.Get("Content-Disposition"))
	name := decodeHeader(named["filename"])
	if name == "" {
		name = decodeHeader(params["name"])
	}
	switch {
	case kind == "text/calendar" && c.meeting == nil:
		c.meeting = readMeeting(asUTF8(data, params["charset"]))
	case disposition == "attachment", name != "", !strings.HasPrefix(kind, "text/") && !strings.HasPrefix(kind, "multipart/"):
		c.attachments = append(c.attachments, attachment{name: name, contentType: kind, data: data,
			contentID: strings.Trim(h.Get("Content-Id"), "<>"), inline: disposition == "inline"})
	case kind == "text/html", c.body == "":
		c.body, c.html = asUTF8(data, params["charset"]), kind == "text/html"
	}
}

// readParts says whether there was any part.
func (c *content) readParts(boundary string, body []byte, depth int) bool {
	if boundary == "" {
		return false
	}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		if err != nil {
			return n > 0
		}
		inner, err := io.ReadAll(part)
		if err != nil && len(inner) == 0 {
			return n > 0
		}
		c.readPart(part.Header, inner, depth+1)
	}
}

// decoded undoes a transfer encoding, as far as it can be.
func decoded(body []byte, encoding string) []byte {
	var from io.Reader
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		from = base64.NewDecoder(base64.StdEncoding, bytes.NewReader(body))
	case "quoted-printable":
		from = quotedprintable.NewReader(bytes.NewReader(body))
	default:
		return body
	}
	out, err := io.ReadAll(from)
	if err != nil && len(out) == 0 {
		return body
	}

	return out
}

// asUTF8 is data as text; of other character sets Latin-1 is known.
func asUTF8(data []byte, charset string) string {
	if utf8.Valid(data) {
		return string(data)
	}
	switch strings.ToLower(charset) {
	case "iso-8859-1", "windows-1252", "latin1":
		var out strings.Builder
		for _, b := range data {
			out.WriteRune(rune(b))
		}
		return out.String()
	}

	return strings.ToValidUTF8(string(data), "\uFFFD")
}

// attached says whether there is an attachment that the text doesn't show inline.
func (c *content) attached() bool {
	for _, a := range c.attachments {
		if !a.inline {
			return true
		}
	}

	return false
}
