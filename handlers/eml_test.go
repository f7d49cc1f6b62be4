package handlers_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/handlers"
)

const headOfEmail = "Message-ID: <8f21c@mx.example>\r\nFrom: \"Billing\" <Billing@PayPa1.example>\r\nSubject: Invoice\r\nDate: Mon, 23 Nov 2026 09:31:00 +0100\r\n\r\nbody\r\n"

func TestReadEmail(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 8, 31, 0, 0, time.UTC)
	received := "Received: from a by b with SMTP;\r\n Mon, 23 Nov 2026 08:32:00 +0000 (UTC)\r\n"
	for name, test := range map[string]struct {
		file   string
		target clawback.Target
		around time.Time
	}{
		"plain": {headOfEmail, clawback.Target{MessageID: "<8f21c@mx.example>", Sender: "billing@paypa1.example", Subject: "Invoice"}, at},
		"line feeds alone": {
			strings.ReplaceAll(headOfEmail, "\r\n", "\n"), clawback.Target{MessageID: "<8f21c@mx.example>", Sender: "billing@paypa1.example", Subject: "Invoice"}, at,
		},
		"byte order mark": {
			"\xEF\xBB\xBF" + headOfEmail, clawback.Target{MessageID: "<8f21c@mx.example>", Sender: "billing@paypa1.example", Subject: "Invoice"}, at,
		},
		"mbox line first": {
			"From billing@x.example Mon Nov 23 09:31:00 2026\n" + headOfEmail, clawback.Target{MessageID: "<8f21c@mx.example>", Sender: "billing@paypa1.example", Subject: "Invoice"}, at,
		},
		"empty lines first": {
			"\r\n\r\n" + headOfEmail, clawback.Target{MessageID: "<8f21c@mx.example>", Sender: "billing@paypa1.example", Subject: "Invoice"}, at,
		},
		"folded id, encoded subject": {
			"Message-ID:\r\n <a+b%c'\"d@x.example>\r\nFrom: a@x.example\r\nSubject: =?utf-8?q?Rechnung_f=C3=BCr?=\r\n =?utf-8?b?IMOcYmVy?=\r\n\r\n",
			clawback.Target{MessageID: "<a+b%c'\"d@x.example>", Sender: "a@x.example", Subject: "Rechnung für Über"}, time.Time{},
		},
		"raw 8-bit subject": {
			"Message-ID: <a@x>\r\nFrom: a@x.example\r\nSubject: Zahlung f\xFCr Sie\r\n\r\n", clawback.Target{MessageID: "<a@x>", Sender: "a@x.example", Subject: "Zahlung für Sie"}, time.Time{},
		},
		"raw subject in the body's charset": {
			"Message-ID: <a@x>\r\nFrom: a@x.example\r\nContent-Type: text/plain; charset=koi8-r\r\nSubject: \xF3\xDE\xC5\xD4\r\n\r\n",
			clawback.Target{MessageID: "<a@x>", Sender: "a@x.example", Subject: "Счет"}, time.Time{},
		},
		"control characters in the subject": {
			"Message-ID: <a@x>\r\nFrom: a@x.example\r\nSubject: Pay \x1b[31m =?utf-8?q?f=C3=BCr=00?= \x07\tmich\x00\r\n\r\n",
			clawback.Target{MessageID: "<a@x>", Sender: "a@x.example", Subject: "Pay \x1b[31m für \x07 mich"}, time.Time{},
		},
		"attached email": {
			"Message-ID: <outer@x>\r\nFrom: outer@x.example\r\nSubject: FW\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <inner@x>\r\nFrom: inner@x.example\r\n\r\n",
			clawback.Target{MessageID: "<outer@x>", Sender: "outer@x.example", Subject: "FW"}, time.Time{},
		},
		"broken lines between": {
			"Message-ID: <a@x>\r\nthis is no header\r\n continued\r\nBad Header: x\r\nFrom: a@x.example\r\n\r\n", clawback.Target{MessageID: "<a@x>", Sender: "a@x.example"}, time.Time{},
		},
		"the same id twice": {
			"Message-ID: <a@x>\r\nMessage-Id: <a@x>\r\nFrom: a@x.example\r\n\r\n", clawback.Target{MessageID: "<a@x>", Sender: "a@x.example"}, time.Time{},
		},
		"id without brackets": {"Message-ID: a@x\nFrom: a@x.example\n\n", clawback.Target{MessageID: "<a@x>", Sender: "a@x.example"}, time.Time{}},
		"name that is an address": {
			"Message-ID: <a@x>\r\nFrom: \"ceo@contoso.com <ceo@contoso.com>\" <evil@x.example>\r\n\r\n", clawback.Target{MessageID: "<a@x>", Sender: "evil@x.example"}, time.Time{},
		},
		"encoded name that is an address": {
			"Message-ID: <a@x>\r\nFrom: =?utf-8?q?ceo=40contoso=2Ecom=3E=2C?= <evil@x.example>\r\n\r\n", clawback.Target{MessageID: "<a@x>", Sender: "evil@x.example"}, time.Time{},
		},
		"sender written badly": {
			"Message-ID: <a@x>\r\nFrom: Billing, Dept. of [X] <evil@x.example>\r\n\r\n", clawback.Target{MessageID: "<a@x>", Sender: "evil@x.example"}, time.Time{},
		},
		"received instead of date": {
			received + "Message-ID: <a@x>\r\nFrom: a@x.example\r\n\r\n", clawback.Target{MessageID: "<a@x>", Sender: "a@x.example"}, at.Add(time.Minute),
		},
		"a date that lies": {
			received + "Message-ID: <a@x>\r\nFrom: a@x.example\r\nDate: Fri, 1 Jan 1999 00:00:00 +0000\r\n\r\n", clawback.Target{MessageID: "<a@x>", Sender: "a@x.example"}, at.Add(time.Minute),
		},
		"no end of headers": {"Message-ID: <a@x>\r\nFrom: a@x.example", clawback.Target{MessageID: "<a@x>", Sender: "a@x.example"}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := handlers.ReadEmail(strings.NewReader(test.file))
			if err != nil {
				t.Fatal(err)
			}
			want := test.target.Around(test.around)
			want.Source = clawback.SourceEML
			if got != want {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestReadEmailRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		kind clawback.Kind
		says string
	}{
		"empty":          {"", clawback.KindInvalid, "empty"},
		"blank":          {" \r\n\r\n\t\n", clawback.KindInvalid, "empty"},
		"a picture":      {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", clawback.KindInvalid, "not an email"},
		"a page":         {"<html><body>Message-ID: none</body></html>", clawback.KindInvalid, "not an email"},
		"no id":          {"From: a@x.example\r\nSubject: x\r\n\r\n", clawback.KindInvalid, "no Message-ID"},
		"empty id":       {"Message-ID: \r\nFrom: a@x.example\r\n\r\n", clawback.KindInvalid, "no Message-ID"},
		"two ids":        {"Message-ID: <a@x>\r\nMessage-ID: <b@x>\r\nFrom: a@x.example\r\n\r\n", clawback.KindInvalid, "2 different Message-IDs"},
		"two in one":     {"Message-ID: <a@x> <b@x>\r\nFrom: a@x.example\r\n\r\n", clawback.KindInvalid, "2 different Message-IDs"},
		"malformed id":   {"Message-ID: <a b@x>\r\nFrom: a@x.example\r\n\r\n", clawback.KindInvalid, "malformed"},
		"no sender":      {"Message-ID: <a@x>\r\nSubject: x\r\n\r\n", clawback.KindInvalid, "no sender"},
		"no address":     {"Message-ID: <a@x>\r\nFrom: somebody\r\n\r\n", clawback.KindInvalid, "sender"},
		"too large":      {headOfEmail + strings.Repeat("x", handlers.MaxEmail), clawback.KindTooLarge, "25 MB"},
		"a head too big": {"Message-ID: <a@x>\r\nX-A: " + strings.Repeat("x", 2<<20), clawback.KindInvalid, "headers"},
		"a long id":      {"Message-ID: <" + strings.Repeat("x", 5000) + "@x>\r\nFrom: a@x.example\r\n\r\n", clawback.KindInvalid, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := handlers.ReadEmail(strings.NewReader(test.file))
			if clawback.KindOf(err) != test.kind || clawback.FieldOf(err) != "eml" {
				t.Fatalf("err = %v of kind %s about %q", err, clawback.KindOf(err), clawback.FieldOf(err))
			}
			if message := clawback.MessageOf(err); !strings.Contains(message, test.says) || len(message) > 400 {
				t.Errorf("%q does not say %q", message, test.says)
			}
		})
	}
}

// TestReadEmailInTheWild reads real phishing emails where they are at hand: each gives a target, or an error that names
// what is missing.
func TestReadEmailInTheWild(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../shared/phish/*.eml")
	if err != nil || len(files) == 0 {
		t.Skip("no samples here")
	}
	read := 0
	for _, name := range files {
		content, err := os.ReadFile(name) //nolint:gosec // the name comes from the glob above
		if err != nil {
			t.Fatal(err)
		}
		target, err := handlers.ReadEmail(bytes.NewReader(content))
		var known *clawback.Error
		switch {
		case err == nil && target.Known() && target.MessageID != "":
			read++
			t.Logf("%s: %s from %s: %q", filepath.Base(name), target.MessageID, target.Sender, target.Subject)
		case errors.As(err, &known) && known.Field == "eml" && known.Message != "":
			t.Logf("%s: %s", filepath.Base(name), known.Message)
		default:
			t.Errorf("%s: neither a target nor a reason: %+v, %v", filepath.Base(name), target, err)
		}
	}
	if read < len(files)/2 {
		t.Errorf("only %d of %d could be read", read, len(files))
	}
}

func FuzzReadEmail(f *testing.F) {
	f.Add([]byte(headOfEmail))
	f.Add([]byte("Message-ID: <a@x>\nFrom: =?utf-8?b?4pyT?= <a@x>\nSubject: =?x-unknown?q?=FF?=\n\n"))
	f.Add([]byte("From: a@b\r\nMessage-Id:\r\n\t<\xFF\x00@x>\r\nReceived: ;\r\nDate: now"))
	f.Add([]byte(":\r\n: \r\n \r\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		target, err := handlers.ReadEmail(bytes.NewReader(content))
		if err != nil {
			if clawback.FieldOf(err) != "eml" {
				t.Errorf("an error about no file: %v", err)
			}
			return
		}
		if !target.Known() || !strings.HasPrefix(target.MessageID, "<") || !strings.HasSuffix(target.MessageID, ">") {
			t.Errorf("half a target: %+v", target)
		}
		if target.Sender != strings.ToLower(target.Sender) || strings.ContainsAny(target.Sender+target.Subject, "\r\n\x00") {
			t.Errorf("a target that was not cleaned: %+v", target)
		}
	})
}
