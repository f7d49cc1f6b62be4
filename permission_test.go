package clawback_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"clawback"
)

// TestPermissions_documented holds the table of the operator's guide against the one that the checks use.
func TestPermissions_documented(t *testing.T) {
	guide, err := os.ReadFile("docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range clawback.Permissions() {
		kind := p.APIName()
		if p.API == "" {
			kind = "directory role"
		}
		if row := fmt.Sprintf("| `%s` | %s | %s | %s |\n", p.Value, kind, p.Need, p.Why); !strings.Contains(string(guide), row) {
			t.Errorf("docs/operating.md lacks the row\n%s", row)
		}
		if p.ID == "" || (p.Step == "") != (p.Need == clawback.NeedDiagnostic) {
			t.Errorf("%+v", p)
		}
	}
}

func TestFindPermission(t *testing.T) {
	if p, ok := clawback.FindPermission("Mail.ReadWrite"); !ok || p.ID != clawback.MailReadWriteRoleID || p.Need != clawback.NeedRequired {
		t.Errorf("Mail.ReadWrite: %+v, %v", p, ok)
	}
	if _, ok := clawback.FindPermission("Mail.Send"); ok {
		t.Error("Clawback has no use for Mail.Send")
	}
}
