package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"clawback"
)

// TestSetupReport_api tells what the printed page tells, to whoever may read it.
func TestSetupReport_api(t *testing.T) {
	t.Parallel()
	r := newRules(t)
	device := r.device(t)
	path := "/devices/" + device.ID + "/report"
	all := r.client(t, r.token(t, clawback.AllRights(), r.org.ID))
	before := all.want(http.StatusOK, http.MethodGet, path, nil)
	for _, empty := range []string{"checks", "grants", "decisions", "forwarded_steps"} {
		if rows, isList := before[empty].([]any); !isList || len(rows) != 0 {
			t.Errorf("before anything was checked: %s is %v", empty, before[empty])
		}
	}
	if granted := rowsOf(t, before, "permissions")[0]["granted"]; granted != nil {
		t.Errorf("granted before a check: %v", granted)
	}

	const hostile = `Contoso </bdi><script>alert("1")</script>`
	device, err := r.store.UpdateDevice(t.Context(), operator, device.ID, clawback.DeviceChange{Name: hostile})
	if err != nil {
		t.Fatal(err)
	}

	// A role that is missing first gives a step a history.
	r.patchApp(t, `{"roles":[]}`)
	all.want(http.StatusOK, http.MethodPost, "/devices/"+device.ID+"/checks", nil)
	r.patchApp(t, `{"roles":["Security Reader"]}`)
	r.clock.Advance(clawback.Propagation)
	all.want(http.StatusOK, http.MethodPost, "/devices/"+device.ID+"/checks", nil)
	r.forward(t, device, "removal")
	r.admin.post("/devices/"+device.ID+"/setup/never-remove/skip", url.Values{"reason": {`None <i>here</i> "at all".`}})

	answer := all.call(http.MethodGet, path, nil)
	report := answer.json(t)
	page := strings.Join(strings.Fields(r.admin.get(path).document(t).Find("main").Text()), " ")
	said := 0
	for _, fact := range factsOf(t, report) {
		if fact = strings.Join(strings.Fields(fact), " "); fact != "" {
			said++
			if !strings.Contains(page, fact) {
				t.Errorf("%q is in the report and not on the page", fact)
			}
		}
	}
	if said < 100 {
		t.Errorf("the report has %d facts", said)
	}
	if events := rowsOf(t, report, "events"); len(events) == 0 || report["events_shown"] != true || len(events) != r.admin.get(path).document(t).Find("#events ~ ol > li").Length() {
		t.Errorf("%d events", len(events))
	}
	checks := rowsOf(t, report, "checks")
	layers, _ := checks[1]["layers"].([]any)
	if changes := rowsOf(t, checks[1], "changes"); len(checks) != len(clawback.CheckedSteps()) || len(changes) < 2 || len(layers) != len(clawback.CheckLayers()) {
		t.Errorf("%d checks; of the role %d changes and %d layers", len(checks), len(changes), len(layers))
	}
	for _, proof := range rowsOf(t, report, "proofs") {
		if proof["shown"] != false || proof["holds"] != false {
			t.Errorf("a proof that nobody made: %v", proof)
		}
	}
	if strings.Contains(answer.body, r.world.Customers[0].App.Secret) || strings.Contains(answer.body, "/forwarded/") {
		t.Error("it holds a secret")
	}

	reader := r.readerOf(t, r.org).want(http.StatusOK, http.MethodGet, path, nil)
	if len(rowsOf(t, reader, "events")) != 0 || reader["events_shown"] != false || len(rowsOf(t, reader, "checks")) != len(checks) {
		t.Errorf("without the right to the trail: %v", reader["events"])
	}
	r.refusesStrangers(t, http.MethodGet, path, nil)
}

func rowsOf(t *testing.T, o object, key string) []object {
	t.Helper()
	rows, isList := o[key].([]any)
	if !isList {
		t.Fatalf("%s of %v is no list", key, o)
	}
	var all []object
	for _, row := range rows {
		all = append(all, row.(object))
	}
	return all
}

// factsOf lists what the report says in words and names, as the page shows them.
func factsOf(t *testing.T, report object) []string {
	t.Helper()
	var facts []string
	add := func(o object, keys ...string) {
		for _, key := range keys {
			text, isText := o[key].(string)
			if !isText {
				t.Fatalf("%s of %v is no text", key, o)
			}
			facts = append(facts, text)
		}
	}
	add(report, "written_for")
	add(report["organization"].(object), "name")
	add(report["device"].(object), "name", "tenant_id", "client_id")
	add(report["credential"].(object), "thumbprint")
	for _, task := range rowsOf(t, report, "tasks") {
		add(task, "name", "why", "worked_on_by")
	}
	for _, check := range rowsOf(t, report, "checks") {
		add(check, "finding", "checked_by")
		for _, layer := range rowsOf(t, check, "layers") {
			add(layer, "sentence")
			evidence, _ := layer["evidence"].([]any)
			for _, e := range evidence {
				add(e.(object), "asked", "found", "expected")
			}
		}
		for _, change := range rowsOf(t, check, "changes") {
			add(change, "finding", "checked_by")
		}
	}
	for _, p := range rowsOf(t, report, "permissions") {
		add(p, "permission", "api", "why")
	}
	for _, g := range rowsOf(t, report, "grants") {
		add(g, "seen_by")
		for _, name := range append(g["added"].([]any), g["removed"].([]any)...) {
			facts = append(facts, name.(string))
		}
	}
	for _, d := range rowsOf(t, report, "decisions") {
		add(d, "decided_by", "reason")
	}
	for _, f := range rowsOf(t, report, "forwarded_steps") {
		add(f, "forwarded_by", "withdrawn_by")
	}
	for _, e := range rowsOf(t, report, "events") {
		add(e, "actor_name")
	}
	return facts
}
