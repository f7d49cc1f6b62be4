package handlers_test

import (
	"bytes"
	"encoding/base64"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"clawback"
	"clawback/handlers"
)

// sent is a form as a browser sends it: fields and files in the order of the page.
type sent struct{ name, file, value string }

func (p *portal) send(t *testing.T, path string, parts ...sent) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, part := range parts {
		into, err := form.CreateFormField(part.name)
		if part.file != "" {
			into, err = form.CreateFormFile(part.name, part.file)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := into.Write([]byte(part.value)); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return p.do(r)
}

var (
	organization = sent{name: "organization_id", value: "o1"}
	earlier      = sent{name: "eml_base64", value: base64.StdEncoding.EncodeToString([]byte(strings.Replace(headOfEmail, "8f21c", "earlier", 1)))}
	earlierName  = sent{name: "eml_name", value: "earlier.eml"}
)

// TestCarriedFile shows which file is meant when one came along with the form and another is chosen.
func TestCarriedFile(t *testing.T) {
	t.Parallel()
	chosen := sent{"eml", "chosen.eml", headOfEmail}
	id := sent{name: "internet_message_id", value: "typed@mx.example"}

	t.Run("another replaces it, by name as well", func(t *testing.T) {
		t.Parallel()
		w := newPortal(&fake{}, &analyst).send(t, "/remediations", chosen, earlier, earlierName)
		wants(t, w, http.StatusUnprocessableEntity, "chosen.eml", base64.StdEncoding.EncodeToString([]byte(headOfEmail)))
		if strings.Contains(w.Body.String(), "earlier.eml") || strings.Contains(w.Body.String(), earlier.value) {
			t.Error("the file before is still there")
		}
	})
	t.Run("one that is refused leaves none behind", func(t *testing.T) {
		t.Parallel()
		w := newPortal(&fake{}, &analyst).send(t, "/remediations", organization, sent{"eml", "picture.png", "\x89PNG"}, earlier, earlierName)
		wants(t, w, http.StatusUnprocessableEntity, "not an email")
		if strings.Contains(w.Body.String(), earlier.value) {
			t.Error("the email before would be sent without a word")
		}
	})
	t.Run("it can be left out", func(t *testing.T) {
		t.Parallel()
		w := newPortal(&fake{}, &analyst).send(t, "/remediations", organization, earlier, earlierName, id)
		wants(t, w, http.StatusUnprocessableEntity, "not both", "Leave this file out", earlier.value, `typed@mx.example</textarea>`)
		store := &fake{}
		w = newPortal(store, &analyst).send(t, "/remediations", organization, sent{"eml", "", ""}, earlier, earlierName, sent{name: "eml_drop", value: "1"}, id)
		wants(t, w, http.StatusSeeOther)
		if store.created.Targets[0].MessageID != "<typed@mx.example>" || store.created.Targets[0].Source != clawback.SourceMessageID {
			t.Errorf("created %+v", store.created)
		}
	})
	t.Run("a field that nobody asked for is nothing", func(t *testing.T) {
		t.Parallel()
		store := &fake{}
		w := newPortal(store, &analyst).send(t, "/remediations", organization, id, sent{name: "unasked", value: strings.Repeat("x", 1<<20)})
		wants(t, w, http.StatusSeeOther)
	})
}

// TestLongHeadOfLargeFile is a large file without a line end: its size is what is said.
func TestLongHeadOfLargeFile(t *testing.T) {
	t.Parallel()
	_, err := handlers.ReadEmail(strings.NewReader(strings.Repeat("x", handlers.MaxEmail+1)))
	if clawback.KindOf(err) != clawback.KindTooLarge {
		t.Errorf("err = %v", err)
	}
}

// TestSessionEndedWithFile shows which file comes back with a form that was sent without a session.
func TestSessionEndedWithFile(t *testing.T) {
	t.Parallel()
	p := newPortal(&fake{}, nil)
	typed := sent{name: "reason", value: "typed\r\nfor an hour " + hostile}
	encoded := base64.StdEncoding.EncodeToString([]byte(headOfEmail))
	for name, tt := range map[string]struct {
		parts []sent
		wants []string
		lacks []string
	}{
		"small":               {[]sent{typed, {"eml", "a.eml", headOfEmail}}, []string{encoded, "“<bdi>a.eml</bdi>” is kept"}, []string{"Choose it again"}},
		"of exactly a MB":     {[]sent{typed, {"eml", "a.eml", strings.Repeat("x", 1<<20)}}, []string{`name="eml_base64"`}, []string{"Choose it again"}},
		"large":               {[]sent{typed, {"eml", "a.eml", strings.Repeat("x", 1<<20+1)}}, []string{"Choose it again", `type="file"`}, []string{`name="eml_base64"`}},
		"empty":               {[]sent{typed, {"eml", "a.eml", ""}}, []string{"Choose it again"}, []string{`name="eml_base64"`}},
		"kept before":         {[]sent{typed, {"eml", "", ""}, earlier, earlierName}, []string{earlier.value, "“<bdi>earlier.eml</bdi>” is kept"}, nil},
		"replaces one":        {[]sent{typed, {"eml", "a.eml", headOfEmail}, earlier, earlierName}, []string{encoded, `value="a.eml"`}, []string{earlier.value, "earlier.eml"}},
		"large, replaces one": {[]sent{typed, {"eml", "a.eml", strings.Repeat("x", 2<<20)}, earlier, earlierName}, []string{"Choose it again"}, []string{earlier.value, "earlier.eml"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := p.send(t, "/ended", tt.parts...)
			body := w.Body.String()
			if w.Code != http.StatusUnauthorized || !strings.Contains(body, "for an hour &lt;script&gt;") {
				t.Fatalf("%d %.300s", w.Code, body)
			}
			for _, want := range tt.wants {
				if !strings.Contains(body, want) {
					t.Errorf("the page lacks %.80q", want)
				}
			}
			for _, lack := range tt.lacks {
				if strings.Contains(body, lack) {
					t.Errorf("the page has %.80q", lack)
				}
			}
		})
	}

	many := make([]sent, 60)
	for i := range many {
		many[i] = sent{name: "f", value: strings.Repeat("x", 60<<10)}
	}
	if w := p.send(t, "/ended", many...); w.Code != http.StatusRequestEntityTooLarge || w.Body.Len() > 20_000 {
		t.Errorf("more text than a person types: %d, %d bytes", w.Code, w.Body.Len())
	}
	broken := httptest.NewRequest(http.MethodPost, "/ended", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"reason\"\r\n\r\ncut off"))
	broken.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	wants(t, p.do(broken), http.StatusUnprocessableEntity, "could not be read")
	wants(t, p.post("/ended", url.Values{"reason": {"a"}}), http.StatusUnauthorized, `value="a"`)
}
