package handlers_test

import (
	"encoding/base64"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestSessionEnded(t *testing.T) {
	t.Parallel()
	p := newPortal(&fake{}, nil)
	w := p.post("/ended?x=1", url.Values{"reason": {hostile}, "tick": {"a", "b"}})
	wants(t, w, http.StatusUnauthorized, `action="/ended?x=1"`, `name="reason" value="`+html.EscapeString(hostile)+`"`, `name="tick" value="a"`, `name="tick" value="b"`, "Send again", `target="_blank"`)
	if strings.Contains(w.Body.String(), `name="x"`) {
		t.Error("the query is sent twice")
	}
	w = p.upload("/ended", url.Values{"reason": {"kit"}}, headOfEmail)
	wants(t, w, http.StatusUnauthorized, `enctype="multipart/form-data"`, `name="eml_base64" value="`+base64.StdEncoding.EncodeToString([]byte(headOfEmail)), `name="reason" value="kit"`)
	w = p.upload("/ended", url.Values{"reason": {"kit"}}, strings.Repeat("x", 2<<20))
	wants(t, w, http.StatusUnauthorized, `name="reason" value="kit"`, `type="file"`, "Choose it again")
}

func TestSignInReturn(t *testing.T) {
	t.Parallel()
	p := newPortal(&fake{}, nil)
	wants(t, p.get("/sign-in?return=/remediations/r1"), http.StatusOK, `href="/sign-in/microsoft?return=%2Fremediations%2Fr1"`)
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"} {
		w := p.get("/sign-in?return=" + url.QueryEscape(elsewhere))
		wants(t, w, http.StatusOK, `href="/sign-in/microsoft"`)
	}
}
