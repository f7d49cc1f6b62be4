package m365sim_test

import (
	"fmt"
	"testing"
)

func TestDirectory_CreatePrincipal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	body := func(id string) string { return fmt.Sprintf(`{"appId":%q}`, id) }
	const trace = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
	b.graph("POST", "/servicePrincipals", body(trace), "Content-Type", "application/json").want(t, 403)
	b.patchApp(`{"permissions":["Application.ReadWrite.All"],"message_trace_service_principal":false}`)
	made := b.graph("POST", "/servicePrincipals", body(trace), "Content-Type", "application/json").want(t, 201)
	if text(made.body, "appId") != trace || text(made.body, "id") == "" {
		t.Errorf("created %s", made.raw)
	}
	b.graph("POST", "/servicePrincipals", body(trace), "Content-Type", "application/json").want(t, 409)
	b.graph("POST", "/servicePrincipals", body("x"), "Content-Type", "application/json").want(t, 400)
	b.graph("POST", "/servicePrincipals", "{", "Content-Type", "application/json").want(t, 400)
}

func TestDirectory_Domains(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.graph("GET", "/domains", nil).want(t, 403)
	b.patchApp(`{"permissions":["Domain.Read.All"]}`)
	list := b.graph("GET", "/domains", nil).want(t, 200).list("value")
	if len(list) != 2 || text(list[0], "id") != "brightwater.example" || list[0]["isDefault"] != true ||
		list[1]["isInitial"] != true || list[0]["isVerified"] != true {
		t.Errorf("domains are %v", list)
	}
}
