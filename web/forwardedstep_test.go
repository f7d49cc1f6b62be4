package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/web"
)

var forwardedLink = regexp.MustCompile(`http://[^"<\s]+/forwarded/[A-Za-z0-9_-]+`)

// forward makes a link to a step and answers its path.
func (r *rules) forward(t *testing.T, device clawback.Device, step string) string {
	t.Helper()
	made := r.admin.post("/devices/"+device.ID+"/setup/"+step+"/forward", nil)
	shown := r.admin.get(made.location())
	link := forwardedLink.FindString(shown.body)
	if made.StatusCode != http.StatusSeeOther || shown.StatusCode != http.StatusOK || !strings.HasPrefix(link, r.url) {
		t.Fatalf("forward: %d, then %d, link %q", made.StatusCode, shown.StatusCode, link)
	}
	return strings.TrimPrefix(link, r.url)
}

func TestForwardedStep(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device := r.device(t)
	r.check(t, device, clawback.CheckFail, "A finding that is nobody else’s.")
	stranger := r.browser(t)
	base := "/devices/" + device.ID + "/setup/"

	t.Run("tells what to do and nothing else", func(t *testing.T) {
		for _, step := range clawback.CheckedSteps() {
			page := stranger.get(r.forward(t, device, string(step)))
			sees(t, string(step), page, 200, "Who can do it", "What it does not allow", "I have done it", device.ClientID, device.TenantID)
			if page.Header.Get("X-Robots-Tag") == "" || page.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: its address may be kept elsewhere: %v", step, page.Header)
			}
			for _, secret := range []string{r.org.Name, r.org.ID, device.ID, "A finding that", "Priya", "Check now", "Evidence", "Setup</a>"} {
				if strings.Contains(page.body, secret) {
					t.Errorf("%s: the page tells %q", step, secret)
				}
			}
		}
	})

	t.Run("takes the bearer's word, which makes a check due and no more", func(t *testing.T) {
		path := r.forward(t, device, "security-reader")
		r.clock.Advance(time.Hour)
		// The check was made an hour ago, and is due in a day.
		r.check(t, device, clawback.CheckPass, "Fine.")
		due := func() bool {
			list, err := r.store.ListDevicesToCheck(t.Context(), r.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			return len(list) > 0
		}
		done := stranger.post(path+"/done", nil)
		if done.StatusCode != http.StatusSeeOther || due() {
			t.Errorf("%d; due at once: %v, though it was checked this very moment", done.StatusCode, due())
		}
		sees(t, "thanks", stranger.get(done.location()), 200, "Thank you", "Whoever sent you the link sees the result")
		if r.clock.Advance(clawback.CheckRest); !due() {
			t.Error("nobody looks")
		}
		sees(t, "the step", r.admin.get(base+"security-reader"), 200, "Said to be done")
		for range 5 {
			stranger.post(path+"/done", nil)
		}
		if events := r.audited(t, r.org.ID, "setup.forward_done"); len(events) != 1 {
			t.Errorf("%d words of one bearer in the trail within a minute", len(events))
		}
	})

	t.Run("gives the certificate to who connects, and to nobody else", func(t *testing.T) {
		if page := stranger.get(r.forward(t, device, "connect") + "/certificate"); page.StatusCode != http.StatusNotFound {
			t.Errorf("of a device that signs in by secret: %d", page.StatusCode)
		}
		if changed := r.admin.post("/devices/"+device.ID+"/credential", url.Values{"kind": {"certificate"}}); changed.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d", changed.StatusCode)
		}
		path := r.forward(t, device, "connect")
		if page := stranger.get(path + "/certificate"); page.StatusCode != http.StatusOK || !strings.HasPrefix(page.body, "-----BEGIN CERTIFICATE") || strings.Contains(page.body, "PRIVATE") {
			t.Errorf("certificate: %d %s", page.StatusCode, page.body)
		}
		sees(t, "connect", stranger.get(path), 200, "clawback.cer", "Thumbprint")
		if page := stranger.get(r.forward(t, device, "removal") + "/certificate"); page.StatusCode != http.StatusNotFound {
			t.Errorf("by the link to another step: %d", page.StatusCode)
		}
	})

	t.Run("can be withdrawn, and expires", func(t *testing.T) {
		path := r.forward(t, device, "recipients")
		form, _ := r.admin.get(base + "recipients").document(t).Find(`form[action$="/withdraw"]`).First().Attr("action")
		if done := r.admin.post(form, nil); done.StatusCode != http.StatusSeeOther {
			t.Fatalf("withdraw: %d", done.StatusCode)
		}
		late := r.forward(t, device, "recipients")
		sees(t, "why it was withdrawn", stranger.get(path), http.StatusGone, "It was withdrawn at ", "is not needed of you")
		ends := r.clock.Now().Add(clawback.ForwardedStepLife).UTC().Format("15:04 UTC on 2 January 2006")
		for what, path := range map[string]string{"withdrawn": path, "expired": late} {
			if what == "expired" {
				r.clock.Advance(clawback.ForwardedStepLife)
				sees(t, "why it works no more", stranger.get(path), http.StatusGone, "It expired at "+ends, "nothing is lost", "for a new one")
			}
			sees(t, what, stranger.get(path), http.StatusGone, "This link works no more")
			if page := stranger.post(path+"/done", nil); page.StatusCode != http.StatusGone {
				t.Errorf("%s: done: %d", what, page.StatusCode)
			}
			if page := stranger.get(path); strings.Contains(page.body, device.ClientID) {
				t.Errorf("%s: it still tells", what)
			}
		}
	})

	t.Run("an invented link is nothing", func(t *testing.T) {
		sees(t, "invented", stranger.get("/forwarded/invented"), 404, "whole link")
		if page := stranger.post("/forwarded/invented/done", nil); page.StatusCode != 404 {
			t.Errorf("done: %d", page.StatusCode)
		}
	})
}

// TestForwardedStep_disconnected has links of a device that was disconnected, one whose step was said to be done.
func TestForwardedStep_disconnected(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device, stranger := r.device(t), r.browser(t)
	path, open := r.forward(t, device, "removal"), r.forward(t, device, "recipients")
	stranger.post(path+"/done", nil)
	if done := r.admin.post("/devices/"+device.ID+"/disconnect", url.Values{"confirm": {device.Name}}); done.StatusCode != http.StatusSeeOther {
		t.Fatalf("disconnect: %d", done.StatusCode)
	}
	for _, path := range []string{path, open} {
		sees(t, "disconnected", stranger.get(path), http.StatusGone, "not connected to Clawback any more", "nothing left to do")
	}
}

// TestForwardedStep_isAnAdmins are the things that others may not.
func TestForwardedStep_isAnAdmins(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device := r.device(t)
	path := "/devices/" + device.ID + "/setup/removal/forward"
	token := strings.TrimPrefix(r.forward(t, device, "removal"), "/forwarded/")
	made := r.admin.post(path, nil).location()
	for who, b := range map[string]*browser{"analyst": r.analyst, "engagement manager": r.manager} {
		if page := b.post(path, nil); page.StatusCode != http.StatusForbidden {
			t.Errorf("the %s forwards: %d", who, page.StatusCode)
		}
		if page := b.get(made); page.StatusCode != http.StatusForbidden {
			t.Errorf("the %s reads the link: %d", who, page.StatusCode)
		}
		if page := b.post(made+"/withdraw", nil); page.StatusCode != http.StatusForbidden {
			t.Errorf("the %s withdraws: %d", who, page.StatusCode)
		}
		if page := b.get("/devices/" + device.ID + "/setup/removal"); page.StatusCode != 200 || strings.Contains(page.body, "Make a link") {
			t.Errorf("the %s is offered a link: %d", who, page.StatusCode)
		}
	}
	foreign := r.person(t, 1, "Olivia Grant")
	r.member(t, r.other, foreign, clawback.RoleAdmin)
	theirs := r.signedIn(t, foreign)
	for _, page := range []page{theirs.post(path, nil), theirs.get(made), theirs.post(made+"/withdraw", nil)} {
		if page.StatusCode != http.StatusNotFound {
			t.Errorf("another organization's admin: %d", page.StatusCode)
		}
	}
	sees(t, "a step that is done here", r.admin.post("/devices/"+device.ID+"/setup/never-remove/forward", nil), 404)
	if r.clock.Advance(clawback.ForwardedStepShown); r.admin.get(made).StatusCode != http.StatusConflict {
		t.Error("the link is shown for longer than it says")
	}
	for range clawback.MaxForwardedSteps - 2 {
		r.admin.post(path, nil)
	}
	sees(t, "one link too many", r.admin.post(path, nil), http.StatusConflict, "Withdraw one that is not needed")
	if strings.Contains(r.log.String(), token) {
		t.Error("the log holds the token")
	}
}

func TestForwardedStep_isBounded(t *testing.T) {
	t.Parallel()
	p := newPortal(t, withLimits(web.Limits{Links: web.Limit{PerSecond: 1, Burst: 3}}))
	b := p.browser(t)
	for range 3 {
		if page := b.get("/forwarded/guess"); page.StatusCode != http.StatusNotFound {
			t.Fatalf("%d", page.StatusCode)
		}
	}
	if page := b.get("/forwarded/guess"); page.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one more: %d", page.StatusCode)
	}
}
