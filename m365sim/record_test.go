package m365sim_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clawback/m365sim"
)

func TestRecording_HidesEveryCredential(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := setup(t, func(c *m365sim.Config) { c.Record = &lockedWriter{out: &out} })
	back := b.signIn("organizations", b.authorizeQuery(), b.world.Provider.People[0].ID)
	tokens := b.send("POST", b.tokenURL("organizations"), nil, b.codeForm(back.Get("code"))).want(t, 200)
	basic := b.codeForm("x")
	basic.Del("client_secret")
	b.send("POST", b.tokenURL("organizations"), map[string]string{"Authorization": "Basic abc"}, basic)
	asserted := credentials(b.first.App, graphResource+"/.default")
	asserted.Del("client_secret")
	asserted.Set("client_assertion", "assertion-value")
	b.send("POST", b.tokenURL(b.first.ID), nil, asserted)
	post := b.authorizeQuery()
	post.Set("response_mode", "form_post")
	page := b.send("POST", b.authorizeURL("organizations", post), nil, url.Values{"person": {b.world.Provider.People[0].ID}}).want(t, 200)
	code := strings.SplitN(strings.SplitN(string(page.raw), `name="code" value="`, 2)[1], `"`, 2)[0]
	access := b.appToken(graphResource)
	b.send("GET", b.sim.Addresses().Graph+"/v1.0/users", map[string]string{"Authorization": "Bearer " + access,
		"Cookie": "session=cookie-value"}, nil).want(t, 200)
	b.graphAs(access, "GET", "/users/nobody@x.example", nil).want(t, 404)

	for _, secret := range []string{b.world.SignIn.Secret, b.first.App.Secret, back.Get("code"), code, verifier, access,
		text(tokens.body, "access_token"), text(tokens.body, "id_token"), "cookie-value", "Basic abc", "assertion-value"} {
		if secret == "" || strings.Contains(out.String(), secret) || strings.Contains(out.String(), url.QueryEscape(secret)) {
			t.Errorf("the recording holds %.20s", secret)
		}
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	last := map[string]any{}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	failure, _ := last["response_body"].(map[string]any)["error"].(map[string]any)
	if last["method"] != "GET" || last["url"] != "/v1.0/users/nobody@x.example" || last["status"] != 404.0 ||
		text(failure, "code") != "Request_ResourceNotFound" {
		t.Errorf("line: %v", last)
	}
}

func TestGraph_EchoesRequestIDs(t *testing.T) {
	t.Parallel()
	b := setup(t, unrecorded)
	r := b.graph("GET", "/users/nobody@x.example", nil, "client-request-id", "c-1").want(t, 404)
	failure, _ := r.body["error"].(map[string]any)
	inner, _ := failure["innerError"].(map[string]any)
	if r.header.Get("request-id") == "" || r.header.Get("client-request-id") != "c-1" || inner["client-request-id"] != "c-1" ||
		inner["date"] == nil || inner["request-id"] != r.header.Get("request-id") {
		t.Errorf("%v %s", r.header, r.raw)
	}
	for path, status := range map[string]int{"/nonsense": 400, "/users/x/nonsense": 400, "/oauth2PermissionGrants": 403} {
		b.graph("GET", path, nil).want(t, status)
	}
	b.graph(http.MethodPut, "/users", nil).want(t, 405)
	b.graphAs(b.appToken(graphResource), "GET", b.sim.Addresses().Graph+"/v9/users", nil).want(t, 400)
}
