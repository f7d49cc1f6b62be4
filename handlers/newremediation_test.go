package handlers_test

import (
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clawback"
	"clawback/handlers"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	fields := func(change ...string) url.Values {
		values := url.Values{"organization_id": {"o1"}, "reason": {"kit"}, "reference": {hostile}}
		for i := 0; i+1 < len(change); i += 2 {
			values.Set(change[i], change[i+1])
		}
		return values
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(headOfEmail))

	for name, test := range map[string]struct {
		values url.Values
		file   string
		id     string
	}{
		"file":               {fields(), headOfEmail, "<8f21c@mx.example>"},
		"file from the form": {fields("eml_base64", encoded), "", "<8f21c@mx.example>"},
		"another file":       {fields("eml_base64", encoded), strings.Replace(headOfEmail, "8f21c", "other", 1), "<other@mx.example>"},
		"typed":              {fields("internet_message_id", " a@b "), "", "<a@b>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &fake{}
			w := newPortal(store, &analyst).upload("/remediations", test.values, test.file)
			wants(t, w, http.StatusSeeOther)
			if got := w.Header().Get("Location"); got != "/remediations/r9" {
				t.Errorf("Location = %q", got)
			}
			if store.created.Targets[0].MessageID != test.id || store.created.OrganizationID != "o1" || store.created.Reason != "kit" || store.created.Start {
				t.Errorf("created %+v", store.created)
			}
		})
	}

	for name, test := range map[string]struct {
		values url.Values
		file   string
		status int
		link   string
		says   string
		kept   bool // the file
	}{
		"neither":          {fields(), "", 422, "#message-id", "Enter a Message-ID", false},
		"both":             {fields("internet_message_id", "a@b"), headOfEmail, 422, "#message-id", "not both", true},
		"no organization":  {fields("organization_id", ""), headOfEmail, 422, "#organization", "Choose the organization", true},
		"not a Message-ID": {fields("internet_message_id", "no id"), "", 422, "#message-id", "This is not a Message-ID", false},
		"not an email":     {fields(), "\x89PNG\r\n\x1a\n", 422, "#eml", "not an email", false},
		"an empty file":    {fields(), " ", 422, "#eml", "empty", false},
		"no Message-ID":    {fields(), "From: a@b.example\r\n\r\n", 422, "#eml", "no Message-ID", false},
		"two Message-IDs":  {fields(), "Message-ID: <c@d>\r\n" + headOfEmail, 422, "#eml", "2 different", false},
		"too large":        {fields(), headOfEmail + strings.Repeat("x", handlers.MaxEmail), 413, "#eml", "25 MB", false},
		"broken base64":    {fields("eml_base64", "%%"), "", 422, "#eml", "got lost", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &fake{}
			w := newPortal(store, &analyst).upload("/remediations", test.values, test.file)
			wants(t, w, test.status, `href="`+test.link+`"`, test.says, "kit</textarea>", `value="`+html.EscapeString(hostile)+`"`)
			if kept := strings.Contains(w.Body.String(), `name="eml_base64"`); kept != test.kept {
				t.Errorf("the file is kept: %v, want %v", kept, test.kept)
			}
			if store.created.OrganizationID != "" {
				t.Error("it was created all the same")
			}
		})
	}

	t.Run("refused by the store", func(t *testing.T) {
		t.Parallel()
		store := &fake{err: clawback.Errorf(clawback.KindConflict, "The auto remediation of this organization is off.")}
		wants(t, newPortal(store, &analyst).upload("/remediations", fields(), headOfEmail), http.StatusConflict,
			"The auto remediation of this organization is off.", `name="eml_base64"`, "kit</textarea>")
	})
}
