package m365sim

import (
	"testing"
	"time"
	"unicode/utf8"
)

// Mail is hostile input: whatever comes, it is read without a panic and shown as text.
func FuzzContent(f *testing.F) {
	for _, raw := range []string{
		"Subject: x\r\n\r\ny", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b--",
		"Content-Type: text/calendar\r\n\r\nMETHOD:REQUEST\r\nDTSTART;VALUE=DATE:20260101\r\nATTENDEE;PARTSTAT=ACCEPTED:x",
		"Content-Transfer-Encoding: base64\r\nContent-Type: text/html; charset=latin1\r\n\r\n6Q==", "From: <<>>, \"\r\nTo: @\r\n\r\n",
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseContent(raw, time.Time{})
		if err != nil {
			return
		}
		if !utf8.ValidString(c.body) || !utf8.ValidString(c.preview()) {
			t.Errorf("body is %q", c.body)
		}
		if c.meeting != nil {
			c.meeting.describe(entity{}, nil)
		}
	})
}
