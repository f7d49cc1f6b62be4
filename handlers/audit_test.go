package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"clawback"
)

func TestAudit(t *testing.T) {
	t.Parallel()
	operator := clawback.Actor{Kind: clawback.ActorPerson, StaffRoles: []clawback.Role{clawback.RoleOperator}}
	admin := clawback.Actor{Kind: clawback.ActorPerson, Memberships: []clawback.Membership{{OrganizationID: "o1", Role: clawback.RoleAdmin}}}
	both := admin
	both.Memberships = append(both.Memberships, clawback.Membership{OrganizationID: "o2", Role: clawback.RoleAdmin})
	for name, test := range map[string]struct {
		actor   clawback.Actor
		path    string
		checked string
		says    []string
	}{
		"of everything":       {operator, "/audit", " 500", []string{"The chain of this installation", "the latest 500 of 1,000 events are unbroken", "Contoso", "Removal started", "Check from the first", `href="/remediations/r1"`}},
		"from the first":      {operator, "/audit?check=all", " 100000", []string{"unbroken, 1,000 events from the first to the last"}},
		"of the installation": {operator, "/audit?organization=installation", " 500", []string{`<option value="installation" selected>`, "Audit trail · this installation"}},
		"of an organization":  {operator, "/audit?organization=o2", "o2 500", []string{"Audit trail · Fabrikam", "The chain of Fabrikam"}},
		"of the own one":      {admin, "/audit?person=ada&about=R-1", "o1 500", []string{"The chain of Contoso", `value="ada"`, `value="R-1"`, `about=R-1&amp;cursor=n2&amp;person=ada`}},
		"of two own ones":     {both, "/audit", "", []string{"Fabrikam"}},
		"of a foreign one":    {admin, "/audit?organization=o2", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := &fake{}
			w := newPortal(store, &test.actor).get(test.path)
			wants(t, w, http.StatusOK, test.says...)
			if store.checked != test.checked {
				t.Errorf("checked %q, want %q", store.checked, test.checked)
			}
			if strings.Contains(w.Body.String(), "<script>alert") {
				t.Error("a hostile name is no text")
			}
		})
	}
	store := &fake{}
	wants(t, newPortal(store, &operator).get("/audit?organization=installation&action=halt.set&person=Ada&about=x&cursor=c"), http.StatusOK)
	want := clawback.AuditFilter{Installation: true, Action: "halt.set", Person: "Ada", About: "x", PageQuery: clawback.PageQuery{Limit: 50, Cursor: "c"}}
	if store.audit != want {
		t.Errorf("filter %+v, want %+v", store.audit, want)
	}
}
