package store_test

import (
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

func result(step clawback.SetupStep, status clawback.CheckStatus, cause clawback.CheckCause, at time.Time) clawback.CheckResult {
	return clawback.CheckResult{Step: step, CheckedAt: at, NextAt: at.Add(time.Minute), GrantedAt: at.Add(-time.Hour),
		Diagnosis: clawback.Diagnosis{Status: status, Cause: cause, Finding: "finding", Advice: "advice", Who: "who", Place: clawback.PlaceRole,
			Candidates: []string{"one"}, Layers: []clawback.LayerResult{{Layer: clawback.LayerClaims, Status: status, Sentence: "sentence",
				Evidence: []clawback.Evidence{{Asked: "asked", Found: "found", Expected: "expected", At: at, RequestID: "r"}}}}}}
}

func TestChecks(t *testing.T) {
	b := setup(t)
	admin, now := storetest.Admin(b.org), b.clock.Now()
	failed := result(clawback.StepSecurityReader, clawback.CheckFail, clawback.CauseRoleMissing, now)
	must(b.SaveChecks(ctx, admin, b.device.ID, []clawback.CheckResult{failed}))(t)

	t.Run("keep everything that was found", func(t *testing.T) {
		s := must(b.FindDeviceSetup(ctx, storetest.Analyst(b.org), b.device.ID))(t)
		got, ok := s.Check(clawback.StepSecurityReader)
		if !ok || got.Status != clawback.CheckFail || got.Cause != failed.Cause || got.Candidates[0] != "one" || got.Layers[0].Evidence[0].Found != "found" ||
			got.CheckedBy != admin.Name || !got.Since.Equal(now) || !got.GrantedAt.Equal(failed.GrantedAt) || !got.NextAt.Equal(failed.NextAt) {
			t.Errorf("%+v", got)
		}
		if s.Mode != clawback.ModeEnforce || s.Device.ID != b.device.ID {
			t.Errorf("setup %+v", s)
		}
	})

	t.Run("remember since when and every change, in the audit trail too", func(t *testing.T) {
		before := b.Text(t, `SELECT COUNT(*) FROM audit_events WHERE organization_id = ? AND action = 'device.checks_changed'`, b.org.ID)
		same := failed
		same.CheckedAt = now.Add(time.Hour)
		saved := must(b.SaveChecks(ctx, admin, b.device.ID, []clawback.CheckResult{same}))(t)
		if !saved[0].Since.Equal(now) {
			t.Errorf("since %v, want %v", saved[0].Since, now)
		}
		if after := b.Text(t, `SELECT COUNT(*) FROM audit_events WHERE organization_id = ? AND action = 'device.checks_changed'`, b.org.ID); after != before {
			t.Errorf("an unchanged result is %s events, was %s", after, before)
		}
		must(b.SaveChecks(ctx, clawback.Bot(""), b.device.ID, []clawback.CheckResult{result(clawback.StepSecurityReader, clawback.CheckPass, "", now.Add(2*time.Hour))}))(t)
		changes := must(b.ListCheckChanges(ctx, admin, b.device.ID, clawback.StepSecurityReader))(t)
		if len(changes) != 2 || changes[0].Status != clawback.CheckPass || changes[0].By != "Clawback" || changes[1].Status != clawback.CheckFail || changes[1].By != admin.Name {
			t.Errorf("changes %+v", changes)
		}
	})

	t.Run("belong to their organization", func(t *testing.T) {
		stranger := storetest.Admin(b.other)
		_, err := b.SaveChecks(ctx, stranger, b.device.ID, []clawback.CheckResult{failed})
		wantKind(t, "save", err, clawback.KindNotFound)
		_, err = b.FindDeviceSetup(ctx, stranger, b.device.ID)
		wantKind(t, "find", err, clawback.KindNotFound)
		_, err = b.ListDeviceSetups(ctx, stranger, b.org.ID)
		wantKind(t, "list", err, clawback.KindNotFound)
		_, err = b.ListCheckChanges(ctx, stranger, b.device.ID, clawback.StepConnect)
		wantKind(t, "changes", err, clawback.KindNotFound)
		_, err = b.FindDevice(ctx, stranger, b.device.ID)
		wantKind(t, "device", err, clawback.KindNotFound)
		wantKind(t, "touch", b.TouchStep(ctx, stranger, b.device.ID, clawback.StepConnect), clawback.KindNotFound)
		wantKind(t, "touch by an analyst", b.TouchStep(ctx, storetest.Analyst(b.org), b.device.ID, clawback.StepConnect), clawback.KindForbidden)
	})

	t.Run("say who touched a step last", func(t *testing.T) {
		mustDo(t, b.TouchStep(ctx, admin, b.device.ID, clawback.StepRemoval))
		setups := must(b.ListDeviceSetups(ctx, storetest.EngagementManager(b.org.ID), b.org.ID))(t)
		if touch := setups[0].Task(clawback.StepRemoval).Touch; touch.By != admin.Name || touch.At.IsZero() {
			t.Errorf("touch %+v", touch)
		}
	})

	t.Run("are due when their time has come or nobody made them", func(t *testing.T) {
		due := must(b.ListDevicesToCheck(ctx, now))(t)
		if len(due) != 1 || due[0] == b.device.ID {
			t.Errorf("due %v, want the other organization's device alone", due)
		}
		if due := must(b.ListDevicesToCheck(ctx, now.Add(3*time.Hour)))(t); len(due) != 2 {
			t.Errorf("later due: %v", due)
		}
	})
}

func TestDeviceCredential(t *testing.T) {
	b := setup(t)
	fresh := clawback.Credential{CertificatePEM: "cert", PrivateKeyPEM: clawback.NewSecret("the-new-private-key")}
	_, err := b.UpdateDeviceCredential(ctx, storetest.Analyst(b.org), b.device.ID, b.device.ClientID, fresh, 0)
	wantKind(t, "by an analyst", err, clawback.KindForbidden)
	_, err = b.UpdateDeviceCredential(ctx, storetest.Admin(b.other), b.device.ID, b.device.ClientID, fresh, 0)
	wantKind(t, "by another's admin", err, clawback.KindNotFound)
	_, err = b.UpdateDeviceCredential(ctx, storetest.Admin(b.org), b.device.ID, b.device.ClientID, clawback.Credential{}, 0)
	wantField(t, "without any", err, "client_secret")
	must(b.UpdateDeviceCredential(ctx, storetest.Admin(b.org), b.device.ID, b.device.ClientID, fresh, 0))(t)
	conn := must(b.FindConnection(ctx, b.device.ID))(t)
	if !conn.ClientSecret.IsZero() || conn.CertificatePEM != "cert" || conn.PrivateKeyPEM.Reveal() != "the-new-private-key" {
		t.Errorf("the old credential is still there: %+v", conn)
	}
	if got := b.Text(t, `SELECT COUNT(*) FROM devices WHERE instr(private_key, 'the-new-private-key') > 0`); got != "0" {
		t.Error("the key stands in the database")
	}
	if got := b.Text(t, `SELECT COUNT(*) FROM audit_events WHERE action = 'device.credential_changed' AND instr(COALESCE(after_json, ''), 'the-new-private-key') = 0`); got != "1" {
		t.Error("the change is not in the audit trail, or with the key")
	}
}
