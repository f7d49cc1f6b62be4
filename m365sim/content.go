package m365sim

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// content is what all copies of one message share.
type content struct {
	messageID string
	subject   string
	from      mail.Address
	sender    mail.Address
	to, cc    []mail.Address
	sent      time.Time
	received  time.Time
	html      bool
	body      string
	headers   [][2]string
	raw       []byte

	attachments []attachment
	meeting     *meeting // nil unless it is of a calendar
}

// parseContent reads an RFC 5322 message as a lenient server does: what can't be decoded is kept as it stands.
func parseContent(raw []byte, received time.Time) (*content, error) {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read message: %w", err)
	}
	body, err := io.ReadAll(msg.Body)
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	c := &content{
		messageID: strings.TrimSpace(msg.Header.Get("Message-Id")),
		subject:   decodeHeader(msg.Header.Get("Subject")),
		from:      oneAddress(msg.Header, "From"),
		sender:    oneAddress(msg.Header, "Sender"),
		to:        addressList(msg.Header, "To"),
		cc:        addressList(msg.Header, "Cc"),
		received:  received,
		sent:      received,
		headers:   headerLines(raw),
		raw:       raw,
	}
	c.readPart(textproto.MIMEHeader(msg.Header), body, 0)
	if c.sender.Address == "" {
		c.sender = c.from
	}
	if date, err := msg.Header.Date(); err == nil {
		c.sent = date.UTC()
	}

	return c, nil
}

func decodeHeader(value string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(value)
	if err != nil {
		return value
	}

	return decoded
}

func addressList(h mail.Header, name string) []mail.Address {
	if h.Get(name) == "" {
		return nil
	}
	list, err := h.AddressList(name)
	if err != nil {
		// Exchange delivers a malformed header all the same, with the text as the name.
		return []mail.Address{looseAddress(h.Get(name))}
	}
	out := make([]mail.Address, 0, len(list))
	for _, a := range list {
		out = append(out, *a)
	}

	return out
}

func oneAddress(h mail.Header, name string) mail.Address {
	list := addressList(h, name)
	if len(list) == 0 {
		return mail.Address{}
	}

	return list[0]
}

func looseAddress(value string) mail.Address {
	name, rest, found := strings.Cut(value, "<")
	if !found {
		return mail.Address{Address: strings.TrimSpace(value)}
	}

	return mail.Address{Name: strings.Trim(decodeHeader(strings.TrimSpace(name)), `"`), Address: strings.Trim(rest, "<> ")}
}

// headerLines answers the headers in their order, unfolded.
func headerLines(raw []byte) [][2]string {
	var out [][2]string
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if last := len(out) - 1; (line[0] == ' ' || line[0] == '\t') && last >= 0 {
			out[last][1] += " " + strings.TrimSpace(line)
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			out = append(out, [2]string{name, strings.TrimSpace(value)})
		}
	}

	return out
}

func (c *content) preview() string {
	preview := strings.Join(strings.Fields(c.body), " ")
	for i := range preview {
		if i > 250 {
			return preview[:i]
		}
	}

	return preview
}

const oldMailKinds = 6

// oldMail answers one of the newsletters every tenant has received; all mailboxes share their content.
func (t *tenant) oldMail(kind int) *content {
	if t.old[kind] == nil {
		t.old[kind] = t.writeOldMail(kind)
	}

	return t.old[kind]
}

func (t *tenant) writeOldMail(kind int) *content {
	subjects := [oldMailKinds]string{"Quarterly newsletter", "Parking during works", "Welcome to the team",
		"Holiday schedule", "Canteen menu", "Updated travel policy"}
	from := mail.Address{Name: "Internal News", Address: "news@" + t.domain}
	// Anchored at the tenant's creation, so that every mailbox sees the same mail with the same date.
	at := t.created.AddDate(0, 24+kind, kind).Add(9 * time.Hour)
	id := "<" + t.ids.uuid(t.domain, "old mail", subjects[kind]) + "@" + t.domain + ">"
	raw := fmt.Sprintf("From: %s\r\nSubject: %s\r\nMessage-ID: %s\r\nDate: %s\r\n\r\n%s: please see the intranet.\r\n",
		from.String(), subjects[kind], id, at.Format(time.RFC1123Z), subjects[kind])
	c, err := parseContent([]byte(raw), at)
	if err != nil {
		panic("m365sim: the seeded mail is malformed: " + err.Error())
	}

	return c
}

// compose writes a draft's MIME form, which $value answers.
func (c *content) compose() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "From: %s\r\nSubject: %s\r\nMessage-ID: %s\r\nDate: %s\r\n\r\n%s\r\n", c.from.String(),
		mime.QEncoding.Encode("utf-8", c.subject), c.messageID, c.sent.Format(time.RFC1123Z), c.body)

	return out.Bytes()
}

func (r recipientInput) address() mail.Address {
	return mail.Address{Name: r.EmailAddress.Name, Address: r.EmailAddress.Address}
}
