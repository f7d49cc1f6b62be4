package handlers

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"

	"clawback"
	"clawback/views"
)

// The largest email that is accepted, and the largest head of one.
const (
	MaxEmail     = 25 << 20
	maxEmailHead = 1 << 20
)

func tooLargeError() *clawback.Error {
	return &clawback.Error{Kind: clawback.KindTooLarge, Field: "eml", Message: "This file is larger than 25 MB. Save the email without its attachments, or type its Message-ID."}
}

func emlError(format string, args ...any) *clawback.Error {
	return clawback.Invalid("eml", format, args...)
}

// ReadEmail answers the email that a file holds, from its outermost headers alone: Message-ID, sender, subject and the
// time around which it arrived. It returns KindInvalid or KindTooLarge, both about the field "eml", which say what is
// missing.
func ReadEmail(r io.Reader) (clawback.Target, error) {
	head, err := readHead(r)
	if err != nil {
		return clawback.Target{}, err
	}
	headers := selectHeaders(head)
	if !headers.email() {
		return clawback.Target{}, emlError("This file is not an email: it does not begin with an email's headers. Save the email as .eml, not as .msg or PDF.")
	}
	target := clawback.Target{Source: clawback.SourceEML}
	if target.MessageID, err = headers.messageID(); err != nil {
		return clawback.Target{}, err
	}
	if target.Sender, err = headers.sender(); err != nil {
		return clawback.Target{}, err
	}
	if target.Subject, err = headers.subject(); err != nil {
		return clawback.Target{}, &clawback.Error{Kind: clawback.KindInvalid, Field: "eml", Message: "The headers of this email can't be read. Type its Message-ID instead.", Err: err}
	}
	return target.Around(headers.arrival()), nil
}

// readHead answers the lines up to the first empty one, and sees to it that the whole file is not too large.
func readHead(r io.Reader) ([]byte, error) {
	counted := &counter{r: io.LimitReader(r, MaxEmail+1)}
	reader := bufio.NewReader(counted)
	var head bytes.Buffer
	for more := true; more && head.Len() <= maxEmailHead; {
		line, err := reader.ReadSlice('\n')
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		blank := err == nil && len(bytes.TrimRight(line, "\r\n")) == 0
		more = !errors.Is(err, io.EOF) && !(blank && bytes.HasSuffix(head.Bytes(), []byte("\n")))
		if !blank || head.Len() > 0 { // empty lines before the first header are forgiven
			head.Write(line)
		}
	}
	if _, err := io.Copy(io.Discard, reader); err != nil {
		return nil, err
	}
	if counted.n > MaxEmail {
		return nil, tooLargeError()
	}
	if head.Len() > maxEmailHead {
		return nil, emlError("The headers of this file are larger than an email's can be. Type the Message-ID instead.")
	}
	if len(bytes.TrimSpace(head.Bytes())) == 0 {
		return nil, emlError("This file is empty. Save the email as .eml again.")
	}
	return bytes.TrimPrefix(head.Bytes(), []byte("\xEF\xBB\xBF")), nil
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// emailHeaders are the unfolded headers that tell an email, by their canonical names.
type emailHeaders map[string][]string

var wantedHeaders = []string{"Message-Id", "From", "Subject", "Date", "Received", "Content-Type", "To", "Mime-Version"}

var headerName = regexp.MustCompile(`^[!-9;-~]+[ \t]*:`)

// selectHeaders unfolds the headers it wants and drops the rest, as well as lines that are none: one broken header must
// not hide the others.
func selectHeaders(head []byte) emailHeaders {
	headers := emailHeaders{}
	current := ""
	for line := range strings.Lines(string(head)) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"):
			if values := headers[current]; len(values) > 0 {
				values[len(values)-1] += " " + strings.TrimSpace(line)
			}
		case headerName.MatchString(line):
			name, value, _ := strings.Cut(line, ":")
			current = textproto.CanonicalMIMEHeaderKey(strings.TrimRight(name, " \t"))
			headers[current] = append(headers[current], strings.TrimSpace(value))
		default:
			current = "" // no header, nor what follows it
		}
	}
	kept := emailHeaders{}
	for _, name := range wantedHeaders {
		if values := headers[name]; len(values) > 0 {
			kept[name] = values
		}
	}
	return kept
}

// email says whether these are headers of an email at all.
func (h emailHeaders) email() bool { return len(h) > 0 }

// subject answers the first subject. The decoder refuses a header with a control character, so it gets what stands
// between them; they stay where they are, since the copies bear them as well.
func (h emailHeaders) subject() (string, error) {
	if len(h["Subject"]) == 0 {
		return "", nil
	}
	var subject strings.Builder
	for rest := strings.Map(noControls, h.utf8(h["Subject"][0])); rest != ""; {
		text, control := rest, ""
		if at := strings.IndexFunc(rest, unicode.IsControl); at >= 0 {
			_, size := utf8.DecodeRuneInString(rest[at:])
			text, control = rest[:at], rest[at:at+size]
		}
		rest = rest[len(text)+len(control):]
		decoded, err := decodeText(text)
		if err != nil {
			return "", err
		}
		subject.WriteString(decoded + control)
	}
	clean := strings.ToValidUTF8(strings.Map(noControls, subject.String()), "\uFFFD")
	return strings.Join(strings.Fields(clean), " "), nil
}

// decodeText decodes the encoded words of a header, and keeps the spaces around it.
func decodeText(text string) (string, error) {
	inner := strings.TrimSpace(text)
	if inner == "" {
		return text, nil
	}
	decoded, err := enmime.DecodeHeaders([]byte("Subject: " + inner + "\r\n\r\n"))
	if err != nil || len(decoded["Subject"]) == 0 {
		return "", err
	}
	before, after, _ := strings.Cut(text, inner)
	return before + decoded["Subject"][0] + after, nil
}

func noControls(r rune) rune {
	if r == 0 || r == '\r' || r == '\n' {
		return ' '
	}
	return r
}

// utf8 answers raw 8-bit text in UTF-8: in the charset the body declares, else in the one that old mailers mean.
func (h emailHeaders) utf8(value string) string {
	if utf8.ValidString(value) {
		return value
	}
	var charset encoding.Encoding = charmap.Windows1252
	if types := h["Content-Type"]; len(types) > 0 {
		_, params, _ := mime.ParseMediaType(types[0]) // a broken type declares nothing
		if declared, err := htmlindex.Get(params["charset"]); err == nil && params["charset"] != "" {
			charset = declared
		}
	}
	text, err := charset.NewDecoder().String(value)
	if err != nil || !utf8.ValidString(text) {
		return strings.ToValidUTF8(value, "\uFFFD")
	}
	return text
}

var bracketed = regexp.MustCompile(`<[^<>]*>`)

// messageID answers the one Message-ID.
func (h emailHeaders) messageID() (string, error) {
	found := map[string]bool{}
	for _, value := range h["Message-Id"] {
		for _, id := range idsIn(value) {
			found[id] = true
		}
	}
	switch len(found) {
	case 0:
		return "", emlError("This email has no Message-ID, so its copies can't be found. Take the email from a mailbox that received it: delivery adds the missing id.")
	case 1:
	default:
		return "", emlError("This email names %d different Message-IDs. Type the one under which it was delivered.", len(found))
	}
	for id := range found {
		normal, err := clawback.NormalizeMessageID(id)
		if err != nil {
			return "", emlError("The Message-ID of this email is malformed, so its copies can't be found by it: “%s”", short(id))
		}
		return normal, nil
	}
	return "", nil // not reached: there is one
}

// idsIn answers the ids of one header: what stands in angle brackets, or everything where nothing does.
func idsIn(value string) []string {
	if ids := bracketed.FindAllString(value, -1); len(ids) > 0 {
		return ids
	}
	if value = strings.TrimSpace(value); value == "" {
		return nil
	}
	return []string{value}
}

// short answers text out of a file for a message, which quotes it so that a problem can leave it out.
func short(text string) string {
	runes := []rune(strings.NewReplacer("“", "", "”", "").Replace(views.Visible(text)))
	if len(runes) > 100 {
		return string(runes[:100]) + "…"
	}
	return string(runes)
}

var address = regexp.MustCompile(`[^\s<>()\[\]",;:]+@[^\s<>()\[\]",;:]+`)

// sender answers the address of the first From, even out of one that is written badly. It is read before encoded words
// are decoded: what they hold is a name, never an address.
func (h emailHeaders) sender() (string, error) {
	for _, value := range h["From"] {
		value = strings.Map(noControls, h.utf8(value))
		if list, err := enmime.ParseAddressList(value); err == nil && len(list) > 0 && address.MatchString(list[0].Address) {
			return normalSender(list[0].Address), nil
		}
		if inBrackets := bracketed.FindAllString(value, -1); len(inBrackets) > 0 {
			if found := address.FindString(inBrackets[len(inBrackets)-1]); found != "" {
				return normalSender(found), nil
			}
		}
		if found := address.FindString(value); found != "" {
			return normalSender(found), nil
		}
	}
	if len(h["From"]) == 0 {
		return "", emlError("This email names no sender (it has no From header), so its copies can't be told from others. Type its Message-ID instead.")
	}
	return "", emlError("The sender of this email can't be read (its From header holds no address). Type its Message-ID instead.")
}

func normalSender(address string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(address, "")))
}

// How far the sender's clock may be off before the receiving server's time counts.
const believable = 24 * time.Hour

// arrival answers when the email came: its date, which is the sender's word, unless the last server that took it in
// says something else.
func (h emailHeaders) arrival() time.Time {
	var dated, received time.Time
	if dates := h["Date"]; len(dates) > 0 {
		dated = parseDate(dates[0])
	}
	if hops := h["Received"]; len(hops) > 0 {
		_, at, _ := lastCut(hops[0], ";")
		received = parseDate(at)
	}
	if dated.IsZero() || !received.IsZero() && received.Sub(dated).Abs() > believable {
		return received
	}
	return dated
}

func lastCut(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// parseDate answers the time of a header, or the zero time.
func parseDate(value string) time.Time {
	at, err := mail.ParseDate(strings.TrimSpace(value))
	if err != nil || at.Year() < 1990 || at.Year() > 2200 {
		return time.Time{}
	}
	return at.UTC()
}
