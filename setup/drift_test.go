package setup_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
)

func (b *bench) setup() clawback.DeviceSetup {
	b.t.Helper()
	found, err := b.store.FindDeviceSetup(b.t.Context(), b.admin, b.device.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

func TestChecker_tellsTooMuch(t *testing.T) {
	b := start(t).withDevice()
	b.patch(object{"permissions": append(permissions(), "Mail.Send", object{"resource": "Office 365 SharePoint Online", "value": "Sites.Read.All"}),
		"roles": []any{"Security Reader", "Helpdesk Administrator"}})
	got := b.check()[clawback.StepConnect]
	want := "Granted beyond what is needed: Mail.Send on Microsoft Graph, directory role: Helpdesk Administrator, a permission on Office 365 SharePoint Online."
	if got.Status != clawback.CheckPass || !strings.Contains(strings.Join(got.Notes, " "), want) {
		t.Errorf("%s: %q", got.Status, got.Notes)
	}
	b.patch(object{"permissions": permissions(), "roles": []any{"Security Reader"}})
	if got := b.check()[clawback.StepConnect]; strings.Contains(strings.Join(got.Notes, " "), "beyond") {
		t.Errorf("taken back: %q", got.Notes)
	}
}

// TestChecker_tellsWhatAConsentChanged gives consent to one permission, which
// takes another away.
func TestChecker_tellsWhatAConsentChanged(t *testing.T) {
	b := start(t).withDevice()
	b.patch(object{"permissions": permissions("Mail.ReadWrite")})
	b.check()
	b.check()
	if grants := b.setup().Grants; len(grants) != 1 || !slices.Contains(grants[0].Granted, "Exchange.ManageAsApp on Office 365 Exchange Online") ||
		!slices.Contains(grants[0].Granted, "directory role: Security Reader") {
		t.Fatalf("before: %+v", grants)
	}
	b.faults(object{"route": "login:token", "status": 500})
	b.check() // nothing is known, so nothing was taken away
	b.faults()
	b.clock.Advance(time.Minute)
	b.patch(object{"permissions": permissions("User.Read.All")})
	b.check()
	grants := b.setup().Grants
	if len(grants) != 2 || !slices.Equal(grants[0].Added, []string{"Mail.ReadWrite on Microsoft Graph"}) ||
		!slices.Equal(grants[0].Removed, []string{"User.Read.All on Microsoft Graph"}) || grants[0].By != b.admin.Name {
		t.Errorf("after: %+v", grants)
	}
}

func TestChecker_tellsWhatBroke(t *testing.T) {
	b := start(t).withDevice()
	b.patch(object{"roles": []any{}})
	b.check()
	if notices := b.setup().Notices; len(notices) != 0 {
		t.Fatalf("what was never right is no news: %+v", notices)
	}
	b.patch(object{"roles": []any{"Security Reader"}})
	b.check()
	b.patch(object{"roles": []any{}})
	for _, days := range []int{1, 2} {
		b.clock.Advance(24 * time.Hour)
		for range 2 { // by itself each day, and each hour while it fails
			if err := b.checker.RunOnce(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.clock.Advance(time.Hour)
		}
		found := b.setup()
		if len(found.Notices) != days || found.Notices[0].Cause != clawback.CauseRoleMissing || found.Notices[0].Step != clawback.StepSecurityReader ||
			!strings.Contains(found.Notices[0].Text, "Nobody has assigned Security Reader") {
			t.Errorf("day %d: %+v", days, found.Notices)
		}
		if task := found.Task(clawback.StepSecurityReader); task.Status != clawback.TaskNeedsAttention {
			t.Errorf("the task is %s", task.Status)
		}
	}
}

// TestChecker_tellsWhatBrokeMeanwhile breaks what passed while Microsoft was down, and then in another way.
func TestChecker_tellsWhatBrokeMeanwhile(t *testing.T) {
	b := start(t).withDevice()
	b.check()
	b.faults(object{"route": "login:token", "status": 503, "retry_after": -1})
	b.check()
	b.faults()
	b.patch(object{"roles": []any{}})
	b.check()
	if notices := b.setup().Notices; len(notices) != 1 || notices[0].Cause != clawback.CauseRoleMissing {
		t.Errorf("broken while Microsoft was down: %+v", notices)
	}
	b.clock.Advance(time.Minute)
	b.patch(object{"present": false})
	for range 2 {
		b.check()
	}
	if notices := b.setup().Notices; len(notices) != 2 || notices[0].Cause != clawback.CauseAppMissing || notices[0].Step != clawback.StepConnect {
		t.Errorf("broken in another way, for six steps at once: %+v", notices)
	}
	b.clock.Advance(time.Minute)
	if _, err := b.store.DisconnectDevice(t.Context(), b.admin, b.device.ID, clawback.Disconnection{Confirm: b.device.Name}); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(24 * time.Hour)
	if _, err := b.checker.ReconnectDevice(t.Context(), b.admin, b.device.ID, clawback.ConnectRequest{Kind: clawback.CredentialCertificate}); err != nil {
		t.Fatal(err)
	}
	b.check()
	if notices := b.setup().Notices; len(notices) != 2 {
		t.Errorf("connected again, it is being set up: %+v", notices)
	}
}

// TestChecker_oneNoticeACauseAndDay has two devices broken in three ways for two days, looked at over and over, by people
// and by itself, with a restart in between.
func TestChecker_oneNoticeACauseAndDay(t *testing.T) {
	b := start(t).withDevice()
	own := b.device
	b.withIntegration(b.clock.Now())
	b.integration(object{"present": true, "permissions": integrationPermissions, "roles": []any{"Security Reader"}})
	devices := []clawback.Device{own, b.device}
	look := func() {
		for _, device := range devices {
			b.device = device
			b.check()
		}
		if err := b.checker.RunOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	look()
	without := object{"roles": []any{}, "permissions": []any{"Exchange.ManageAsApp", "User.Read.All", "Application.Read.All", "RoleManagement.Read.Directory"}}
	b.patch(without)
	b.integration(without)
	for day := 1; day <= 2; day++ {
		for range 3 {
			look()
			b.open()
			b.clock.Advance(2 * time.Hour)
		}
		for _, device := range devices {
			b.device = device
			told := map[string]int{}
			for _, n := range b.setup().Notices {
				told[string(n.Cause)+" "+n.At.Format(time.DateOnly)]++
			}
			if len(told) != 3*day {
				t.Errorf("%s, day %d: %v", device.Name, day, told)
			}
			for what, times := range told {
				if times != 1 {
					t.Errorf("%s: %d times %s", device.Name, times, what)
				}
			}
		}
		b.clock.Advance(18 * time.Hour)
	}
}

// TestChecker_announcesByItself looks only when a look is due, and is told of each end to the hour.
func TestChecker_announcesByItself(t *testing.T) {
	b := start(t).withDevice()
	secret := b.clock.Now().Add(32*24*time.Hour - time.Hour).Truncate(time.Second)
	role := secret.Add(-3 * time.Hour)
	b.patch(object{"secret_expires": secret, "roles": []any{object{"role": "Security Reader", "ends": role}}})
	for b.clock.Now().Before(secret.Add(time.Minute)) {
		b.runOnce()
		due := b.clock.Now().Add(24 * time.Hour)
		for _, r := range b.setup().Checks {
			if r.NextAt.Before(due) {
				due = r.NextAt
			}
		}
		b.clock.Advance(due.Sub(b.clock.Now()) + 10*time.Second)
	}
	told := map[clawback.CheckCause][]string{}
	for _, n := range b.setup().Notices {
		if !n.EndsAt.IsZero() {
			told[n.Cause] = append(told[n.Cause], n.EndsAt.Sub(n.At).Truncate(time.Hour).String())
		}
	}
	want := []string{"23h0m0s", "167h0m0s", "335h0m0s", "719h0m0s"} // some seconds less than 1, 7, 14 and 30 days
	for _, cause := range []clawback.CheckCause{clawback.CauseSecretEnds, clawback.CauseRoleEnds} {
		if !slices.Equal(told[cause], want) {
			t.Errorf("%s was announced %v before its end, want %v", cause, told[cause], want)
		}
	}
	if s := b.setup(); s.Notices[0].Cause != clawback.CauseSecretExpired && s.Notices[1].Cause != clawback.CauseSecretExpired {
		t.Errorf("that it ended is not told: %+v", s.Notices[:2])
	}
}

func TestChecker_announcesEnds(t *testing.T) {
	tests := map[clawback.CheckCause]func(b *bench) time.Time{
		clawback.CauseRoleEnds: func(b *bench) time.Time {
			ends := b.clock.Now().Add(32 * 24 * time.Hour).Truncate(time.Second)
			b.withDevice().patch(object{"roles": []any{object{"role": "Security Reader", "ends": ends}}})
			return ends
		},
		clawback.CauseSecretEnds: func(b *bench) time.Time {
			ends := b.clock.Now().Add(32 * 24 * time.Hour).Truncate(time.Second)
			b.withDevice().patch(object{"secret_expires": ends})
			return ends
		},
		clawback.CauseCertificateEnds: func(b *bench) time.Time {
			b.withCertificate()
			shown, err := b.checker.FindCredential(b.t.Context(), b.admin, b.device.ID)
			if err != nil {
				b.t.Fatal(err)
			}
			return shown.EndsAt
		},
	}
	for cause, begin := range tests {
		t.Run(string(cause), func(t *testing.T) {
			b := start(t)
			ends := begin(b)
			var told []string
			for _, days := range []int{31, 30, 29, 14, 8, 7, 2, 1} {
				b.clock.Advance(ends.Add(-time.Duration(days) * 24 * time.Hour).Sub(b.clock.Now()))
				b.check()
				b.check()
			}
			for _, n := range b.setup().Notices {
				if n.Cause == cause && n.EndsAt.Equal(ends) {
					_, rest, _ := strings.Cut(n.Text, " ends in ")
					left, _, _ := strings.Cut(rest, ", at ")
					told = append(told, left)
				}
			}
			if !slices.Equal(told, []string{"1 day", "7 days", "14 days", "30 days"}) {
				t.Errorf("announced %q: %+v", told, b.setup().Notices)
			}
		})
	}
}

func TestChecker_tellsAnAppThatIsGone(t *testing.T) {
	b := start(t).withDevice()
	b.patch(object{"present": false})
	if got := b.check()[clawback.StepConnect]; !strings.Contains(got.Finding, "another tenant's app") {
		t.Errorf("it never signed in: %s", got.Finding)
	}
	b.patch(object{"present": true})
	b.check()
	b.patch(object{"present": false})
	if got := b.check()[clawback.StepConnect]; !strings.Contains(got.Finding, "gone from the tenant") {
		t.Errorf("it signed in before: %s", got.Finding)
	}
}
