package handlers_test

import (
	"net/url"
	"testing"

	"clawback"
)

func TestHalts(t *testing.T) {
	t.Parallel()
	operator := clawback.Actor{Kind: clawback.ActorPerson, StaffRoles: []clawback.Role{clawback.RoleOperator}}
	for name, test := range map[string]struct {
		path   string
		values url.Values
		status int
		want   string
	}{
		"all":            {"/halts", url.Values{"organization_id": {"all"}, "reason": {"Wrong"}}, 303, "set  Wrong"},
		"one":            {"/halts", url.Values{"organization_id": {"o1"}, "reason": {"Wrong"}}, 303, "set o1 Wrong"},
		"lift":           {"/halts/lift", url.Values{"organization_id": {"all"}, "reason": {"Done"}}, 303, "lift  Done"},
		"nothing chosen": {"/halts", url.Values{"reason": {"Wrong"}}, 422, ""},
		"no reason":      {"/halts", url.Values{"organization_id": {"all"}}, 422, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &fake{}
			wants(t, newPortal(store, &operator).post(test.path, test.values), test.status)
			if store.halted != test.want {
				t.Errorf("halted %q, want %q", store.halted, test.want)
			}
		})
	}
}
