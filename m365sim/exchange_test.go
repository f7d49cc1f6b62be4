package m365sim_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"clawback/m365sim"

	"github.com/google/go-cmp/cmp"
)

// exchange sends a request to the admin API with a fresh token; path follows /adminapi.
func (b *bench) exchange(method, path string, body any, header ...string) reply {
	b.t.Helper()
	headers := map[string]string{"Authorization": "Bearer " + b.appToken(exchangeResource)}
	for i := 0; i+1 < len(header); i += 2 {
		headers[header[i]] = header[i+1]
	}

	return b.send(method, b.sim.Addresses().Exchange+"/adminapi"+path, headers, body)
}

func TestExchange_Envelope(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	b.deliver("count=5")
	full := b.invoke("Get-MessageTraceV2", map[string]any{"MessageId": phishID, "Status": []string{"Delivered"}},
		"X-AnchorMailbox", "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@"+b.first.ID, "X-CmdletName", "Get-MessageTraceV2",
		"X-ResponseFormat", "json", "Prefer", "odata.maxpagesize=1000").want(t, 200)
	if !strings.HasSuffix(text(full.body, "@odata.context"), "/adminapi/beta/"+b.first.ID+"/$metadata#Collection(Exchange.GenericHashTable)") ||
		full.body["adminapi.warnings@odata.type"] != "#Collection(String)" || full.body["@adminapi.warnings"] == nil {
		t.Errorf("envelope: %s", full.raw)
	}
	if row := full.list("value")[0]; row["Received@data.type"] != "System.DateTime" || row["ToIP"] != nil ||
		row["Organization"] != "brightwater.onmicrosoft.example" || row["Received"] != "2026-11-23T09:00:00.0000000" {
		t.Errorf("row: %v", row)
	}
	for name, want := range map[string]string{"Rate-Limit-Limit": "30000", "Rate-Limit-Remaining": "29999", "OrganizationStatus": "Active",
		"Rate-Limit-Reset": "2026-11-23T09:05:00Z", "X-BackEndHttpStatus": "200", "Preference-Applied": "odata.maxpagesize=1000",
		"X-ConcurrencyCount": "1", "X-CombinedAppOnlyConcurrencyCount": "1"} {
		if got := full.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	selected := "/beta/" + b.first.ID + "/InvokeCommand?$select=Received,RecipientAddress"
	asked := command("Get-MessageTraceV2", map[string]any{"MessageId": phishID})
	page := b.exchange("POST", selected, asked, "Prefer", "odata.maxpagesize=2").want(t, 200)
	link, err := url.Parse(text(page.body, "@odata.nextLink"))
	if err != nil || link.Query().Get("$select") == "" || link.Query().Get("$skiptoken") == "" {
		t.Fatalf("next link %s: %v", link, err)
	}
	next := b.exchange("POST", strings.TrimPrefix(link.RequestURI(), "/adminapi"), asked, "Prefer", "odata.maxpagesize=2").want(t, 200)
	if got := slices.Sorted(maps.Keys(next.list("value")[0])); !cmp.Equal(got, []string{"Received", "Received@data.type", "RecipientAddress"}) {
		t.Errorf("selected on the second page: %v", got)
	}
	b.exchange("GET", strings.TrimPrefix(link.RequestURI(), "/adminapi"), nil).want(t, 405)
	b.sim.SetSwitches(m365sim.Switches{DirectorySwitches: m365sim.DirectorySwitches{ReceivedWithOffset: true}})
	if row := b.invoke("Get-MessageTraceV2", nil).list("value")[0]; row["Received"] != "2026-11-23T09:00:00.0000000+00:00" {
		t.Errorf("switched: %v", row["Received"])
	}
}

func TestExchange_ModuleFileIsARoleProbe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := "/v1.0/" + b.first.ID + "/EXOModuleFile?Version=3.9.2"
	probe := func() string {
		return text(b.exchange("GET", path, nil, "CommandName", "*").want(t, 200).list("value")[0], "exportedCmdlets")
	}
	if got := probe(); got != "Get-AcceptedDomain,Get-DistributionGroupMember,Get-DynamicDistributionGroupMember,Get-Mailbox,"+
		"Get-MessageTraceDetailV2,Get-MessageTraceV2,Get-OrganizationConfig,Get-Recipient" {
		t.Errorf("a Security Reader may run %s", got)
	}
	one := b.exchange("GET", path, nil, "CommandName", "Get-Recipient").want(t, 200)
	if got := text(one.list("value")[0], "exportedCmdlets"); got != "Get-Recipient" {
		t.Errorf("one by name: %s", got)
	}
	b.sim.SetSwitches(m365sim.Switches{DirectorySwitches: m365sim.DirectorySwitches{NoTraceForSecurityReader: true}})
	if got := probe(); strings.Contains(got, "MessageTrace") {
		t.Errorf("switched, a Security Reader may run %s", got)
	}
	if _, err := b.try("POST", b.sim.Addresses().Exchange+"/adminapi/beta/"+b.first.ID+"/InvokeCommand",
		map[string]string{"Authorization": "Bearer " + b.appToken(exchangeResource)}, command("Get-MessageTraceV2", nil)); err == nil {
		t.Error("the trace answered a role that may not run it")
	}
	b.patchApp(`{"roles":["Global Reader"]}`)
	b.invoke("Get-MessageTraceV2", nil).want(t, 200)
	b.patchApp(`{"roles":["Helpdesk Administrator"]}`)
	if got := probe(); strings.Contains(got, "MessageTrace") || !strings.Contains(got, "Get-Recipient") {
		t.Errorf("a Helpdesk Administrator may run %s", got)
	}
	b.patchApp(`{"roles":[]}`)
	if r := b.exchange("GET", path, nil).want(t, 403); !strings.Contains(string(r.raw), "isn't supported in this scenario") {
		t.Errorf("without a role: %s", r.raw)
	}
	b.exchange("POST", path, nil).want(t, 405)
}

func TestExchange_RetiredAndUnknownCmdlets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, name := range []string{"Get-MessageTrace", "Get-MessageTraceDetail", "New-ComplianceSearchAction", "Search-Mailbox"} {
		r := b.invoke(name, nil, "Accept-Encoding", "identity").want(t, 403)
		if strings.Trim(string(r.raw), "\x00") != "" || r.header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: %q", name, r.raw)
		}
	}
	b.sim.SetSwitches(m365sim.Switches{DirectorySwitches: m365sim.DirectorySwitches{UnknownCmdletNamed: true}})
	if r := b.invoke("Get-MessageTrace", nil).want(t, 403); !strings.Contains(r.words(), "CommandNotFoundException|The term 'Get-MessageTrace' is") {
		t.Errorf("switched: %s", r.raw)
	}
}

func TestExchange_Recipients(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	for identity, want := range map[string]string{
		"office@brightwater.example": "Helena Voss UserMailbox UserMailbox", "Boardroom": "Boardroom UserMailbox RoomMailbox",
		"quarantine@brightwater.example": "Quarantine UserMailbox SharedMailbox", "old.plant@brightwater.example": "Old Plant MailUser MailUser",
		"gil@partner.example":                "Gil Partner MailUser GuestMailUser",
		"desk@courier.example":               "Courier Desk MailContact MailContact",
		"operations@brightwater.example":     "Operations Team MailUniversalDistributionGroup GroupMailbox",
		"ALL-STAFF@brightwater.example":      "All Staff MailUniversalDistributionGroup MailUniversalDistributionGroup",
		"front-desk@brightwater.example":     "Front Desk MailUniversalSecurityGroup MailUniversalSecurityGroup",
		"shared-inboxes@brightwater.example": "Shared Inboxes DynamicDistributionGroup DynamicDistributionGroup",
		b.first.People[0].ID:                 "Priya Nair UserMailbox UserMailbox",
	} {
		rows := b.invoke("Get-Recipient", map[string]any{"Identity": identity}).want(t, 200).list("value")
		if got := text(rows[0], "Name") + " " + text(rows[0], "RecipientType") + " " + text(rows[0], "RecipientTypeDetails"); got != want {
			t.Errorf("%s is %s, want %s", identity, got, want)
		}
	}
	voss := b.invoke("Get-Recipient", map[string]any{"Identity": "helena@brightwater.example"}).want(t, 200).list("value")[0]
	if addresses, _ := voss["EmailAddresses"].([]any); len(addresses) != 5 || addresses[0] != "SMTP:helena.voss@brightwater.example" ||
		text(voss, "PrimarySmtpAddress") != "helena.voss@brightwater.example" || text(voss, "ExternalDirectoryObjectId") == "" {
		t.Errorf("addresses: %v", voss)
	}
	for _, nobody := range []string{"nobody@brightwater.example", "helena+news@brightwater.example", "casey.newhire@brightwater.example", "Night Shift"} {
		r := b.invoke("Get-Recipient", map[string]any{"Identity": nobody}).want(t, 404)
		if r.code() != "NotFound" || !strings.HasPrefix(r.words(), "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|"+
			"The operation couldn't be performed because object '"+nobody+"' couldn't be found on '") {
			t.Errorf("%s: %s", nobody, r.raw)
		}
	}
	shared := b.invoke("Get-Recipient", map[string]any{"RecipientTypeDetails": []string{"SharedMailbox", "RoomMailbox"}}).want(t, 200)
	if len(shared.list("value")) != 3 {
		t.Errorf("shared and rooms: %s", shared.raw)
	}
	few := b.invoke("Get-Recipient", map[string]any{"ResultSize": 2}).want(t, 200)
	if warnings, _ := few.body["@adminapi.warnings"].([]any); len(few.list("value")) != 2 || len(warnings) != 1 {
		t.Errorf("two of them: %s", few.raw)
	}
	if all := b.invoke("Get-Recipient", map[string]any{"ResultSize": "Unlimited"}).want(t, 200); len(all.list("value")) != 12+3+1+1+1+6 {
		t.Errorf("%d recipients", len(all.list("value")))
	}
	b.invoke("Get-Recipient", map[string]any{"ResultSize": "many"}).want(t, 400)
	b.invoke("Get-Recipient", map[string]any{"Nonsense": true}).want(t, 400)
	b.invoke("Get-Mailbox", map[string]any{"Identity": "operations@brightwater.example"}).want(t, 404)
}

func TestExchange_Members(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	of := func(cmdlet, identity string) string {
		return column(b.invoke(cmdlet, map[string]any{"Identity": identity}).want(t, 200).list("value"), "Name")
	}
	if got := of("Get-DistributionGroupMember", "leadership@brightwater.example"); got != "Priya Nair,Operations Team,Front Desk,Night Shift,Courier Desk" {
		t.Errorf("members: %s", got)
	}
	if got := of("Get-DynamicDistributionGroupMember", "Shared Inboxes"); got != "Quarantine,SOC Archive" {
		t.Errorf("dynamic members: %s", got)
	}
	b.invoke("Get-DistributionGroupMember", map[string]any{"Identity": "Shared Inboxes"}).want(t, 404)
	b.invoke("Get-DistributionGroupMember", nil).want(t, 400)
	b.invoke("Get-DistributionGroupMember", map[string]any{"Identity": "x", "Member": "y"}).want(t, 400)
}

func TestExchange_Batch(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	b.deliver("to=" + priya)
	base := b.sim.Addresses().Exchange + "/adminapi/beta/" + b.first.ID
	item := func(id, cmdlet string, params map[string]any) map[string]any {
		return map[string]any{"id": id, "method": "POST", "url": base + "/InvokeCommand", "body": command(cmdlet, params),
			"headers": map[string]string{"Content-Type": "application/json"}}
	}
	requests := []any{item("a", "Get-MessageTraceV2", map[string]any{"MessageId": phishID}),
		item("b", "Get-Recipient", map[string]any{"Identity": "nobody"}), item("c", "Get-AcceptedDomain", nil),
		item("d", "Get-Nonsense", nil), map[string]any{"id": "e", "method": "POST", "url": base + "/$batch"}}
	path := "/beta/" + b.first.ID + "/$batch"
	r := b.exchange("POST", path, map[string]any{"requests": requests}, "Prefer", "odata.maxpagesize=1000;odata.continue-on-error").want(t, 200)
	got := map[string]float64{}
	for _, response := range r.list("responses") {
		got[text(response, "id")] = response["status"].(float64)
	}
	if diff := cmp.Diff(map[string]float64{"a": 200, "b": 404, "c": 200, "d": 403, "e": 400}, got); diff != "" {
		t.Error(diff)
	}
	body, _ := r.list("responses")[0]["body"].(map[string]any)
	if rows, _ := body["value"].([]any); len(rows) != 1 {
		t.Errorf("the first answer: %v", body)
	}
	if halted := b.exchange("POST", path, map[string]any{"requests": requests}).want(t, 200).list("responses"); len(halted) != 2 {
		t.Errorf("%d answers up to the first failure, want 2", len(halted))
	}
	b.exchange("POST", path, `{"requests":[]}`).want(t, 400)
	b.faults(`{"route":"exchange:Get-AcceptedDomain","drop":"before"}`)
	dropped := b.exchange("POST", path, map[string]any{"requests": requests[2:3]}).want(t, 200).list("responses")
	if dropped[0]["status"] != 504.0 {
		t.Errorf("a dropped inner request: %v", dropped)
	}
}

func TestExchange_DocumentedEndpoints(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *m365sim.Config) { c.PageSize = 0 })
	base := "/v2.0/" + b.first.ID
	b.exchange("POST", base+"/AcceptedDomain", command("Get-AcceptedDomain", nil)).want(t, 401)
	b.patchApp(`{"permissions":[{"resource":"Office 365 Exchange Online","value":"Exchange.ManageAsAppV2"}]}`)
	for endpoint, params := range map[string]map[string]any{
		"AcceptedDomain": nil, "OrganizationConfig": nil, "Mailbox": {"Identity": priya},
		"DistributionGroupMember":        {"Identity": "all-staff@brightwater.example"},
		"DynamicDistributionGroupMember": {"Identity": "shared-inboxes@brightwater.example"},
	} {
		if rows := b.exchange("POST", base+"/"+endpoint, command("Get-"+endpoint, params)).want(t, 200).list("value"); len(rows) == 0 {
			t.Errorf("%s is empty", endpoint)
		}
	}
	b.exchange("POST", base+"/AcceptedDomain", command("Get-Mailbox", nil)).want(t, 400)
	b.exchange("POST", base+"/MessageTrace", command("Get-MessageTraceV2", nil)).want(t, 404)
	b.exchange("POST", "/beta/"+b.first.ID+"/InvokeCommand", command("Get-AcceptedDomain", nil)).want(t, 401)
}
