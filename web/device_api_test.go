package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"clawback"
)

// TestDevices_api connects, changes, renews, disconnects and reconnects a device, and has the integration consented to.
func TestDevices_api(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b, token := p.browser(t), p.token(t, clawback.AllRights(), p.org.ID)
	call := func(method, path, body string, status int, into any, headers ...string) page {
		t.Helper()
		headers = append([]string{"Authorization", "Bearer " + token, "Content-Type", "application/json"}, headers...)
		got := b.do(b.request(method, "/api/v1"+path, strings.NewReader(body), headers...))
		if got.StatusCode != status {
			t.Fatalf("%s %s: %d, want %d: %s", method, path, got.StatusCode, status, got.body)
		}
		if into != nil {
			if err := json.Unmarshal([]byte(got.body), into); err != nil {
				t.Fatal(err)
			}
		}
		return got
	}
	var device struct {
		ID             string
		Name           string
		Version        int
		CertificatePEM string  `json:"certificate_pem"`
		DisconnectedAt *string `json:"disconnected_at"`
	}
	app := p.world.Customers[0].App
	devices := "/organizations/" + p.org.ID + "/devices"
	body := `{"connection":"custom_app","tenant":"` + p.org.Domain + `","client_id":"` + app.ClientID + `","credential":"certificate"}`
	call(http.MethodPost, devices, body, 201, &device, "Idempotency-Key", "once")
	if first := device.ID; !strings.HasPrefix(device.CertificatePEM, "-----BEGIN CERTIFICATE") {
		t.Errorf("connected: %+v", device)
	} else if call(http.MethodPost, devices, body, 201, &device, "Idempotency-Key", "once"); device.ID != first {
		t.Error("the same request connected another device")
	}
	call(http.MethodPost, devices, body, 409, nil)
	path := "/devices/" + device.ID
	call(http.MethodPut, path, `{"name":"By the API","onboarded_on":"2025-11-03","version":7}`, 409, nil)
	call(http.MethodPut, path, `{"name":"By the API","onboarded_on":"2025-11-03","version":1}`, 200, &device)
	call(http.MethodPut, path, `{"name":"By the API","onboarded_on":"soon"}`, 422, nil)
	call(http.MethodPost, path+"/credential", `{"credential":"secret","client_secret":"`+app.Secret+`"}`, 200, nil)
	call(http.MethodPost, path+"/checks", ``, 200, nil)
	call(http.MethodPost, path+"/credential", `{"credential":"certificate"}`, 200, &device)
	call(http.MethodPost, path+"/credential/discard", ``, 200, nil)
	call(http.MethodPost, path+"/credential/discard", ``, 409, nil)
	call(http.MethodPost, path+"/consents", ``, 409, nil)
	call(http.MethodPost, path+"/disconnect", `{"confirm":"no"}`, 422, nil)
	if call(http.MethodPost, path+"/disconnect", `{"confirm":"By the API","reason":"moving"}`, 200, &device); device.DisconnectedAt == nil {
		t.Error("it is not disconnected")
	}
	call(http.MethodPost, path+"/checks", ``, 409, nil)
	if call(http.MethodPost, path+"/reconnect", `{"credential":"secret","client_secret":"`+app.Secret+`"}`, 200, &device); device.DisconnectedAt != nil {
		t.Error("it is not connected again")
	}

	call(http.MethodPost, devices, `{"connection":"integration","tenant":"`+p.org.Domain+`"}`, 422, nil)
	call(http.MethodPost, devices, `{"connection":"integration","tenant":"`+p.org.Domain+`","onboarded_on":"2026-05-04"}`, 201, &device)
	path = "/devices/" + device.ID
	var consent struct{ ID, Link, Status string }
	call(http.MethodPost, path+"/consents", ``, 201, &consent)
	sees(t, "the link", p.browser(t).get(consent.Link), 200, p.org.Domain)
	call(http.MethodPost, path+"/consents/"+consent.ID+"/revoke", ``, 200, nil)
	sees(t, "the withdrawn link", p.browser(t).get(consent.Link), 410, "withdrawn")
	if list := call(http.MethodGet, path+"/consents", ``, 200, nil); !strings.Contains(list.body, `"status":"revoked"`) || strings.Contains(list.body, "/consent/") {
		t.Errorf("the list is %s", list.body)
	}
	token = p.token(t, clawback.AllRights(), p.other.ID)
	for one, body := range map[string]string{"/disconnect": `{"confirm":"x"}`, "/reconnect": `{}`, "/credential": `{}`, "/credential/discard": ``, "/consents": ``} {
		call(http.MethodPost, path+one, body, 404, nil)
	}
}

// TestIdempotency_keepsNoLink answers the same link to a repeated request, without keeping it for who reads the database.
func TestIdempotency_keepsNoLink(t *testing.T) {
	b := newConsentBench(t)
	c := b.client(t, b.token(t, clawback.AllRights(), b.org.ID))
	path, key := b.device+"/consents", []string{"Idempotency-Key", "asked-once-by-a-script"}
	first := c.want(http.StatusCreated, http.MethodPost, path, object{}, key...)
	again := c.want(http.StatusCreated, http.MethodPost, path, object{}, key...)
	id, link := first["id"].(string), first["link"].(string)
	if again["id"] != id || again["link"] != link {
		t.Errorf("asked %v, and again %v", first, again)
	}
	sees(t, "the link", b.browser(t).get(strings.TrimPrefix(link, b.url)), 200, b.org.Domain)
	stored, token := b.stored(t), link[strings.LastIndex(link, "/")+1:]
	if len(token) < 20 || strings.Contains(stored, token) {
		t.Errorf("the database holds the link %q", link)
	}
	if !strings.Contains(stored, key[1]) || !strings.Contains(stored, id) {
		t.Error("these are not the database's files")
	}
}
