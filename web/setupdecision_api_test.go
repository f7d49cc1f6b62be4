package web_test

import (
	"net/http"
	"strings"
	"testing"

	"clawback"
)

// TestSetupDecision_api leaves the step of never-remove context out, and takes it up again.
func TestSetupDecision_api(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device, c := r.device(t), r.client(t, r.token(t, clawback.AllRights(), r.org.ID))
	path := "/devices/" + device.ID + "/setup"
	task := func() object {
		t.Helper()
		rows := items(t, r.readerOf(t, r.org).want(http.StatusOK, http.MethodGet, path, nil))
		if len(rows) != len(clawback.SetupSteps()) || rows[0]["step"] != "connect" || rows[0]["name"] != "Connect the device" {
			t.Fatalf("tasks: %v", rows)
		}
		return rows[6]
	}
	if before := task(); before["step"] != "never-remove" || before["status"] != "not_started" || before["optional"] != true || before["skipped"] != nil {
		t.Errorf("before: %v", before)
	}

	const hostile = `<img src=x onerror=alert(1)>"; DROP TABLE setup_decisions; --`
	r.refusesStrangers(t, http.MethodGet, path, nil)
	r.refusesStrangers(t, http.MethodPost, path+"/never-remove/skip", object{"reason": "mine"})
	r.refusesStrangers(t, http.MethodPost, path+"/never-remove/unskip", nil)
	for _, key := range []string{"one", "one", "two"} {
		done := c.want(http.StatusOK, http.MethodPost, path+"/never-remove/skip", object{"reason": hostile}, "Idempotency-Key", key)
		skipped, _ := done["skipped"].(object)
		if done["status"] != "done" || !strings.Contains(done["why"].(string), "test decided") || skipped["reason"] != hostile || skipped["decided_by"] != "test" || skipped["taken_back_at"] != nil {
			t.Errorf("skipped: %v", done)
		}
	}
	if after := task(); after["status"] != "done" {
		t.Errorf("after: %v", after)
	}
	sees(t, "the page", r.analyst.get(path+"/never-remove"), 200, hostile)
	if events := r.audited(t, r.org.ID, "setup.step_skipped"); len(events) != 1 || events[0].ActorKind != clawback.ActorService {
		t.Errorf("decisions in the trail: %v", events)
	}

	for range 2 {
		if back := c.want(http.StatusOK, http.MethodPost, path+"/never-remove/unskip", nil); back["status"] != "not_started" || back["skipped"] != nil {
			t.Errorf("taken back: %v", back)
		}
	}
	if events := r.audited(t, r.org.ID, "setup.skip_taken_back"); len(events) != 1 {
		t.Errorf("%d in the trail", len(events))
	}
	c.want(http.StatusOK, http.MethodPost, path+"/never-remove/skip", nil) // a reason is not asked for

	for _, step := range []string{"removal", secretWord} {
		problem(t, c.call(http.MethodPost, path+"/"+step+"/skip", object{"reason": secretWord}), http.StatusUnprocessableEntity)
	}
	problem(t, c.call(http.MethodPost, path+"/never-remove/skip", object{"reason": strings.Repeat(secretWord, 1000)}), http.StatusUnprocessableEntity)
	entry := r.proposed(t, "quarantine@"+r.world.Customers[0].Domain)
	r.admin.post(entry+"/select", nil)
	c.want(http.StatusConflict, http.MethodPost, path+"/never-remove/skip", nil)
}
