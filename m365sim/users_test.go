package m365sim_test

import "testing"

func TestDirectory_PlusAddressesAreNobodys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.deliver("to=helena%2Bnews@brightwater.example")
	rows := b.invoke("Get-MessageTraceV2", nil).want(t, 200).list("value")
	if len(rows) != 1 || text(rows[0], "RecipientAddress") != "helena+news@brightwater.example" || b.copiesOf(phishID) != 1 {
		t.Errorf("the trace shows %v", rows)
	}
	for _, filter := range []string{"proxyAddresses/any(p:p eq 'smtp:helena+news@brightwater.example')",
		"mail eq 'helena+news@brightwater.example'"} {
		if found := b.graph("GET", "/users"+query("$filter", filter), nil).want(t, 200).list("value"); len(found) != 0 {
			t.Errorf("%s finds %v", filter, found)
		}
	}
	b.graph("GET", "/users/helena%2Bnews@brightwater.example", nil).want(t, 404)
}
