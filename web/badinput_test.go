package web_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clawback"
	"clawback/handlers"
	"clawback/m365sim"
	"clawback/views"
)

const goodEmail = "Message-ID: <good@mx.example>\r\nFrom: Eve <eve@evil.example>\r\nSubject: Invoice\r\n\r\nPay.\r\n"

// secretWord stands in every bad input; no answer of the API may repeat it.
const secretWord = "ECHO7f"

// badFile is a file that can't be removed by, and what its answer says.
type badFile struct {
	name, says string
	status     int
	content    []byte
}

func badFiles() []badFile {
	large := append([]byte(goodEmail+secretWord), bytes.Repeat([]byte("x"), 30<<20)...)
	return []badFile{
		{"not an email", "not an email", 422, []byte("\x89PNG\r\n\x1a\n" + secretWord)},
		{"no Message-ID", "no Message-ID", 422, []byte("From: a@b.example\r\nSubject: " + secretWord + "\r\n\r\n")},
		{"two Message-IDs", "2 different Message-IDs", 422, []byte("Message-ID: <" + secretWord + "@x>\r\n" + goodEmail)},
		{"a malformed Message-ID", "malformed", 422, []byte("Message-ID: <a " + secretWord + " ”" + secretWord + "\x1b@x>\r\nFrom: a@b.example\r\n\r\n")},
		{"no sender", "no sender", 422, []byte("Message-ID: <" + secretWord + "@x>\r\n\r\n")},
		{"30 MB", "25 MB", 413, large},
		{"30 MB without a line end", "25 MB", 413, bytes.Repeat([]byte("x"), 30<<20)},
	}
}

// upload sends the form of a new remediation as a browser does.
func (b *browser) upload(fields map[string]string, file []byte) page {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, name := range []string{"organization_id", "eml", "internet_message_id", "reason", "reference"} {
		into, err := form.CreateFormField(name)
		if name == "eml" {
			into, err = form.CreateFormFile("eml", map[bool]string{true: "mail.eml"}[file != nil])
		}
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := into.Write(append([]byte(fields[name]), map[bool][]byte{true: file}[name == "eml"]...)); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.t.Fatal(err)
	}
	return b.do(b.request(http.MethodPost, "/remediations", &body, "Content-Type", form.FormDataContentType(), "Sec-Fetch-Site", "same-origin"))
}

// TestBadUpload sends each bad file through the whole portal, by the page and by the API.
func TestBadUpload(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.signedIn(t, p.staff(t, "SOCAnalyst"))
	c := p.client(t, p.token(t, clawback.AllRights()))
	remediations := "/organizations/" + p.org.ID + "/remediations"
	typed := map[string]string{"organization_id": p.org.ID, "reason": "typed <b>for</b> an hour", "reference": "INC-7"}

	for _, bad := range append(badFiles(), badFile{"an empty file", "empty", 422, []byte{}}) {
		t.Run(bad.name+", page", func(t *testing.T) {
			answer := b.upload(typed, bad.content)
			doc := answer.document(t)
			if answer.StatusCode != bad.status || !strings.Contains(doc.Find(".error-summary").Text(), bad.says) {
				t.Fatalf("%d %.300q, want %d and %q", answer.StatusCode, doc.Find("main").Text(), bad.status, bad.says)
			}
			if doc.Find(`.error-summary a[href="#eml"]`).Length() != 1 || doc.Find(`#eml[aria-invalid=true][aria-describedby~="eml-error"]`).Length() != 1 {
				t.Error("the error does not lead to the file")
			}
			chosen, _ := doc.Find("#organization option[selected]").Attr("value")
			reference, _ := doc.Find("#reference").Attr("value")
			if chosen != p.org.ID || doc.Find("#reason").Text() != typed["reason"] || reference != "INC-7" {
				t.Errorf("kept %q, %q, %q", chosen, doc.Find("#reason").Text(), reference)
			}
			if strings.Contains(answer.body, "\x1b") {
				t.Error("the page holds a control character of the file")
			}
		})
		if len(bad.content) == 0 {
			continue // by the API it is no file at all
		}
		t.Run(bad.name+", API", func(t *testing.T) {
			problem(t, c.call(http.MethodPost, remediations, object{"eml": bad.content, "reason": secretWord}), bad.status)
		})
	}

	t.Run("API alone", func(t *testing.T) {
		for _, body := range []object{
			{"reason": secretWord},
			{"eml": "", "internet_message_id": ""},
			{"eml": []byte(goodEmail), "internet_message_id": "<" + secretWord + "@x>"},
			{"internet_message_id": "two " + secretWord},
			{"internet_message_id": "<" + secretWord + "\x00@x>"},
		} {
			problem(t, c.call(http.MethodPost, remediations, body), 422)
		}
		problem(t, c.call(http.MethodPost, remediations, object{"eml": bytes.Repeat([]byte("x"), 64<<20)}), 413)
	})
	t.Run("above every limit", func(t *testing.T) {
		request := b.request(http.MethodPost, "/remediations", http.NoBody, "Content-Type", "multipart/form-data; boundary=x", "Sec-Fetch-Site", "same-origin")
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader("--x")), 65<<20
		recorder := p.answer(b, request)
		if recorder.Code != 413 || !strings.Contains(recorder.Body.String(), "25 MB") {
			t.Errorf("%d %.200s", recorder.Code, recorder.Body)
		}
	})
	if made := items(t, c.want(http.StatusOK, http.MethodGet, remediations, nil)); len(made) != 0 {
		t.Errorf("%d remediations were made of bad input", len(made))
	}
}

// answer asks the portal without a connection between.
func (p *portal) answer(b *browser, request *http.Request) *httptest.ResponseRecorder {
	for _, cookie := range b.client.Jar.Cookies(request.URL) {
		request.AddCookie(cookie)
	}
	recorder := httptest.NewRecorder()
	p.server.ServeHTTP(recorder, request)
	return recorder
}

// problem fails the test unless the answer is a problem of this status that repeats nothing.
func problem(t *testing.T, answer page, status int) {
	t.Helper()
	if answer.StatusCode != status || answer.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s %.200s, want %d", answer.StatusCode, answer.Header.Get("Content-Type"), answer.body, status)
		return
	}
	if strings.Contains(answer.body, secretWord) {
		t.Errorf("the problem repeats the input: %s", answer.body)
	}
	if said := answer.json(t); said["detail"] == "" || said["request_id"] == "" {
		t.Errorf("problem: %v", said)
	}
}

// TestUploadWithoutSession sends a large file after the session has ended, and one of somebody who never had any.
func TestUploadWithoutSession(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	left := p.signedIn(t, p.staff(t, "SOCAnalyst"))
	p.clock.Advance(clawback.SessionIdle + 1)
	typed := map[string]string{"organization_id": p.org.ID, "reason": "typed for an hour"}
	for who, b := range map[string]*browser{"ended": left, "never signed in": p.browser(t)} {
		for size, file := range map[string][]byte{"small": []byte(goodEmail), "large": append([]byte(goodEmail), bytes.Repeat([]byte("x"), 30<<20)...)} {
			answer := b.upload(typed, file)
			doc := answer.document(t)
			reason, _ := doc.Find(`input[name=reason]`).Attr("value")
			if answer.StatusCode != http.StatusUnauthorized || reason != "typed for an hour" {
				t.Fatalf("%s, %s: %d %.200s", who, size, answer.StatusCode, answer.body)
			}
			kept, _ := doc.Find(`input[name=eml_base64]`).Attr("value")
			again := doc.Find(`input[type=file]`).Length() == 1
			if again != (size == "large") || (kept == base64.StdEncoding.EncodeToString([]byte(goodEmail))) == again {
				t.Errorf("%s, %s: the file is kept: %v, asked for again: %v", who, size, kept != "", again)
			}
			if len(answer.body) > 20_000 {
				t.Errorf("%s, %s: the page has %d bytes", who, size, len(answer.body))
			}
		}
	}
}

// strangers are the addresses of one customer's things, and the ways to change them.
type strangers struct{ remediation, record, action string }

func (s strangers) pages() []string {
	return []string{"/remediations/" + s.remediation, "/remediations/" + s.remediation + "/live", "/records/" + s.record, "/actions/" + s.action}
}

func (s strangers) forms() []string {
	return []string{"/actions/" + s.action + "/complete", "/actions/" + s.action + "/dismiss"}
}

const customersSubject = "Salary list of the board"

// seedStrangers makes a remediation of the first customer with a record and an action.
func (p *portal) seedStrangers(t *testing.T) strangers {
	t.Helper()
	c, device, path := p.client(t, p.token(t, clawback.AllRights())), p.device(t), "/organizations/"+p.org.ID
	entry := c.want(http.StatusCreated, http.MethodPost, path+"/context", object{"address": "kept@contoso.example", "purpose": "Quarantine"})
	c.want(http.StatusOK, http.MethodPut, path+"/auto-remediation", object{"mode": "enforce", "devices": []string{device.ID}, "never_remove": []any{entry["id"]}})
	id := c.want(http.StatusCreated, http.MethodPost, path+"/remediations", object{"internet_message_id": "<a@b.example>", "reason": "phish", "start": true, "max_mailboxes": 100})["id"].(string)
	finding := p.finding(device)
	finding.Targets[0].Subject = customersSubject
	if err := p.store.SaveTrace(t.Context(), id, finding); err != nil {
		t.Fatal(err)
	}
	records := items(t, c.want(http.StatusOK, http.MethodGet, "/remediations/"+id+"/records", nil))
	actions := items(t, c.want(http.StatusOK, http.MethodGet, path+"/actions", nil))
	if len(records) == 0 || len(actions) == 0 {
		t.Fatalf("%d records, %d actions", len(records), len(actions))
	}
	return strangers{id, records[0]["id"].(string), actions[0]["id"].(string)}
}

// TestSomebodyElses asks for one customer's things as the other's admin and with the other's token: they do not exist.
func TestSomebodyElses(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	theirs := p.seedStrangers(t)
	other := p.world.Customers[1].People[0]
	p.member(t, p.other, other, clawback.RoleAdmin)
	b := p.signedIn(t, other)
	c := p.client(t, p.token(t, clawback.AllRights(), p.other.ID))
	tells := func(body string) bool {
		for _, detail := range []string{customersSubject, p.org.Name, p.org.Domain, "contoso.example", "evil.example", "R-1"} {
			if strings.Contains(body, detail) {
				return true
			}
		}
		return false
	}

	for _, path := range theirs.pages() {
		answer, nobodys := b.get(path), b.get(path[:len(path)-8]+"00000000")
		if answer.StatusCode != http.StatusNotFound || tells(answer.body) || !strings.Contains(answer.body, "or you may not see it") {
			t.Errorf("%s: %d %.300q", path, answer.StatusCode, answer.document(t).Find("main").Text())
		}
		if strings.HasSuffix(path, "/live") {
			continue
		}
		if a, n := answer.document(t).Find("main h1").Text(), nobodys.document(t).Find("main h1").Text(); a != n || nobodys.StatusCode != answer.StatusCode {
			t.Errorf("%s: what is somebody else's reads %q, what is nobody's %q", path, a, n)
		}
	}
	for _, path := range theirs.forms() {
		answer := b.post(path, map[string][]string{"comment": {"mine now"}, "reason": {"mine now"}})
		if answer.StatusCode != http.StatusNotFound || tells(answer.body) {
			t.Errorf("%s: %d %.300s", path, answer.StatusCode, answer.body)
		}
	}
	for _, call := range [][2]string{
		{"GET", "/organizations/" + p.org.ID}, {"GET", "/organizations/" + p.org.ID + "/remediations"}, {"GET", "/organizations/" + p.org.ID + "/actions"},
		{"GET", "/organizations/" + p.org.ID + "/context"}, {"GET", "/organizations/" + p.org.ID + "/auto-remediation"},
		{"GET", "/remediations/" + theirs.remediation}, {"GET", "/remediations/" + theirs.remediation + "/records"}, {"GET", "/records/" + theirs.record},
		{"POST", "/remediations/" + theirs.remediation + "/start"}, {"POST", "/remediations/" + theirs.remediation + "/stop"},
		{"POST", "/remediations/" + theirs.remediation + "/approve"}, {"POST", "/remediations/" + theirs.remediation + "/retry"},
		{"POST", "/remediations/" + theirs.remediation + "/hand-over"}, {"GET", "/remediations/" + theirs.remediation + "/causes"},
		{"POST", "/actions/" + theirs.action + "/complete"}, {"POST", "/actions/" + theirs.action + "/dismiss"},
	} {
		body := any(nil)
		if call[0] == "POST" {
			body = object{"reason": "mine"}
			if strings.HasSuffix(call[1], "/start") {
				body = object{"max_mailboxes": 1}
			}
			if strings.HasSuffix(call[1], "/retry") || strings.HasSuffix(call[1], "/hand-over") {
				body = object{"cause": "permission"}
			}
			if strings.HasPrefix(call[1], "/actions/") {
				body = object{"comment": "mine"}
			}
		}
		answer := c.call(call[0], call[1], body)
		if answer.StatusCode != http.StatusNotFound || tells(answer.body) {
			t.Errorf("%s %s: %d %s", call[0], call[1], answer.StatusCode, answer.body)
		}
	}
	mine := p.client(t, p.token(t, clawback.AllRights()))
	if action := mine.want(http.StatusOK, http.MethodGet, "/organizations/"+p.org.ID+"/actions", nil); items(t, action)[0]["status"] != "open" {
		t.Errorf("the action was changed: %v", action)
	}
	if r := mine.want(http.StatusOK, http.MethodGet, "/remediations/"+theirs.remediation, nil); r["status"] != "in_progress" {
		t.Errorf("the remediation was changed: %v", r["status"])
	}
}

// TestWithoutTheRight asks for what a role may not: the page says whose it is.
func TestWithoutTheRight(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	theirs := p.seedStrangers(t)
	admin := p.world.Customers[0].People[0]
	p.member(t, p.org, admin, clawback.RoleAdmin)
	for _, tt := range []struct {
		who    m365sim.Person
		method string
		path   string
		says   string
	}{
		{admin, "GET", "/remediations/new", "It takes a SOC analyst"},
		{admin, "POST", "/remediations", "It takes a SOC analyst"},
		{admin, "POST", "/remediations/" + theirs.remediation + "/stop", "It takes a SOC analyst"},
		{admin, "GET", "/halts", "It takes an operator"},
		{p.staff(t, "SOCAnalyst"), "POST", "/halts", "It takes an operator"},
		{p.staff(t, "EngagementManager"), "GET", "/remediations/new", "It takes a SOC analyst"},
		{p.staff(t, "EngagementManager"), "POST", "/remediations/" + theirs.remediation + "/start", "It takes a SOC analyst"},
	} {
		b := p.signedIn(t, tt.who)
		answer := b.get(tt.path)
		if tt.method == "POST" {
			answer = b.post(tt.path, map[string][]string{"reason": {"x"}, "organization_id": {"all"}})
		}
		text := answer.document(t).Find("main").Text()
		if answer.StatusCode != http.StatusForbidden || !strings.Contains(text, tt.says) || !strings.Contains(text, "You may not do this") {
			t.Errorf("%s: %s %s: %d %.300q", tt.who.Name, tt.method, tt.path, answer.StatusCode, text)
		}
	}
	reader := p.client(t, p.token(t, []clawback.Right{clawback.RightReadRemediations}))
	problem(t, reader.call(http.MethodPost, "/organizations/"+p.org.ID+"/remediations", object{"internet_message_id": secretWord}), 403)
}

// TestPhish uploads real phishing emails, where they are at hand, by the API and by the page: each gives a preview whose
// subject is text, or an error that names what is missing.
func TestPhish(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../shared/phish/*.eml")
	if err != nil || len(files) == 0 {
		t.Skip("no samples here")
	}
	p := newPortal(t)
	b := p.signedIn(t, p.staff(t, "SOCAnalyst"))
	c := p.client(t, p.token(t, clawback.AllRights()))
	p.device(t)
	c.want(http.StatusOK, http.MethodPut, "/organizations/"+p.org.ID+"/auto-remediation", object{"mode": "enforce"})
	previews := 0
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			target, refused := handlers.ReadEmail(bytes.NewReader(content))
			byPage := b.upload(map[string]string{"organization_id": p.org.ID}, content)
			byAPI := c.call(http.MethodPost, "/organizations/"+p.org.ID+"/remediations", object{"eml": content})
			if refused != nil {
				if says := byPage.document(t).Find(".error-summary").Text(); byPage.StatusCode != 422 || !strings.Contains(says, clawback.MessageOf(refused)) {
					t.Errorf("page: %d %q, want %v", byPage.StatusCode, says, refused)
				}
				problem(t, byAPI, 422)
				return
			}
			previews++
			if byPage.StatusCode != http.StatusSeeOther || byAPI.StatusCode != http.StatusCreated {
				t.Fatalf("page %d, API %d %.300s", byPage.StatusCode, byAPI.StatusCode, byAPI.body)
			}
			for _, address := range []string{byPage.location(), "/remediations/" + byAPI.json(t)["id"].(string)} {
				doc := b.get(address).document(t)
				want := "“" + views.Subject(target.Subject) + "”"
				if got := doc.Find("h1").Text(); got != want {
					t.Errorf("the heading is %q, want %q", got, want)
				}
				if doc.Find("main h1 *:not(bdi), main script, main img, main iframe").Length() > 0 {
					t.Error("something of the email became an element")
				}
				if title := doc.Find("title").Text(); !strings.Contains(title, strings.TrimRight(views.Short(views.Subject(target.Subject), 60), "…")) {
					t.Errorf("the title is %q", title)
				}
			}
		})
	}
	if previews < len(files)/2 {
		t.Errorf("only %d of %d gave a preview", previews, len(files))
	}
	t.Log(fmt.Sprint(previews, " previews of ", len(files), " emails"))
}
