package store_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"

	"github.com/google/uuid"
)

func (b *bench) disconnect(t *testing.T, d clawback.Device) clawback.Device {
	t.Helper()
	return must(b.DisconnectDevice(ctx, storetest.Admin(b.org), d.ID, clawback.Disconnection{Confirm: " " + strings.ToUpper(d.Name), Reason: "moving"}))(t)
}

func (b *bench) outcome(t *testing.T, by clawback.Actor, remediation, record string) string {
	t.Helper()
	for _, r := range b.records(t, by, remediation) {
		if r.ID == record {
			return string(r.State) + " " + string(r.Outcome) + " " + string(r.Reason)
		}
	}
	return "none"
}

// TestDisconnectDevice_running disconnects in the middle of a removal: one mailbox has a removal on the wire, one waits.
func TestDisconnectDevice_running(t *testing.T) {
	for name, second := range map[string]bool{"the only device": false, "one of two": true} {
		t.Run(name, func(t *testing.T) {
			b := setup(t)
			soc, admin := storetest.SOCAnalyst(), storetest.Admin(b.org)
			other := storetest.Device(t, b.Store, b.org)
			entry := storetest.Context(t, b.Store, b.org, "quarantine@x.example")
			devices := []string{b.device.ID}
			if second {
				devices = append(devices, other.ID)
			}
			must(b.SaveAutoRemediation(ctx, admin, clawback.AutoRemediation{OrganizationID: b.org.ID, Mode: clawback.ModeEnforce, Removal: clawback.RemovalSoft,
				VolumeLimit: 500, Devices: devices, NeverRemove: []string{entry.ID}}))(t)
			r := b.running(t, soc, "a@x.example", "b@x.example")
			claim := must(b.ClaimRecords(ctx, r.ID))(t)
			sent, waiting := claim.Records[0], claim.Records[1]
			intents := must(b.CommitIntents(ctx, claim, []clawback.Finding{{RecordID: sent.ID, Fence: sent.Fence, Matched: []bool{true}, Mailbox: sent.Mailbox,
				Answer: clawback.Answer{Kind: clawback.AnswerOK}, Copies: []clawback.FoundCopy{{ImmutableID: "i1", FolderID: "f", MessageID: r.Targets[0].MessageID,
					Sender: "mallory@evil.example", Subject: "Invoice overdue", ReceivedAt: b.clock.Now()}}}}))(t)
			if len(intents) != 1 {
				t.Fatalf("%d intents", len(intents))
			}
			facts := must(b.FindDisconnectFacts(ctx, admin, b.device.ID))(t)
			if facts != (clawback.DisconnectFacts{Removals: 1, Open: 1, Unproved: 1, Remediated: true, LastOne: !second, MoreSelects: 1}) {
				t.Errorf("it is said to stop %+v", facts)
			}

			b.disconnect(t, b.device)
			if got := b.outcome(t, soc, r.ID, sent.ID); got != "done failed disconnected" {
				t.Errorf("the mailbox with a removal on the wire is %s", got)
			}
			if got := b.outcome(t, soc, r.ID, waiting.ID); got != "done stopped disconnected" {
				t.Errorf("the waiting mailbox is %s", got)
			}
			after := must(b.FindRemediation(ctx, soc, r.ID))(t)
			if second && after.Ended() || !second && (after.Status != clawback.StatusStopped || !strings.Contains(after.EndReason, "was disconnected. Reason: moving")) {
				t.Errorf("the removal is %s: %s", after.Status, after.EndReason)
			}
			// A worker that was at it may only say what it was answered.
			mustDo(t, b.CloseIntents(ctx, claim, []clawback.IntentResult{{Intent: intents[0], Answer: clawback.Answer{Kind: clawback.AnswerOK, Status: 201}}}))
			must(b.CommitIntents(ctx, claim, []clawback.Finding{{RecordID: waiting.ID, Fence: waiting.Fence, Park: time.Second}}))(t)
			if b.outcome(t, soc, r.ID, sent.ID) != "done failed disconnected" || b.outcome(t, soc, r.ID, waiting.ID) != "done stopped disconnected" {
				t.Error("a worker of before went on")
			}
			if open := b.Text(t, `SELECT COUNT(*) FROM intents WHERE closed_at = 0`); open != "0" {
				t.Errorf("%s intents are open", open)
			}
			if again := must(b.ClaimRecords(ctx, r.ID))(t); len(again.Records) != 0 {
				t.Errorf("%d mailboxes are due", len(again.Records))
			}
			_, err := b.RetryRemediation(ctx, soc, r.ID, clawback.CauseChoice{})
			wantKind(t, "try again what can't be reached", err, clawback.KindConflict)
			setting := b.setting(t)
			if len(setting.NeverRemove) != 1 || setting.Mode != clawback.ModeEnforce || len(setting.Devices) != len(devices)-1 {
				t.Errorf("the setting is %+v", setting)
			}
			if b.audited(t, b.org.ID, "device.disconnected") != "1" {
				t.Error("it is not in the audit trail")
			}
		})
	}
}

func TestDisconnectDevice(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	b.check(t, b.device.ID, clawback.StepConnect, clawback.CheckPass)
	for name, tt := range map[string]struct {
		actor   clawback.Actor
		confirm string
		kind    clawback.Kind
	}{
		"by an analyst":       {storetest.Analyst(b.org), b.device.Name, clawback.KindForbidden},
		"by another's admin":  {storetest.Admin(b.other), b.device.Name, clawback.KindNotFound},
		"without the name":    {admin, "", clawback.KindInvalid},
		"with another's name": {admin, b.other.Name, clawback.KindInvalid},
	} {
		_, err := b.DisconnectDevice(ctx, tt.actor, b.device.ID, clawback.Disconnection{Confirm: tt.confirm})
		wantKind(t, name, err, tt.kind)
	}
	gone := b.disconnect(t, b.device)
	if gone.DisconnectedBy != admin.Name || !gone.DisconnectedAt.Equal(b.clock.Now()) {
		t.Errorf("it is %+v", gone)
	}
	_, err := b.DisconnectDevice(ctx, admin, b.device.ID, clawback.Disconnection{Confirm: b.device.Name})
	wantKind(t, "twice", err, clawback.KindConflict)
	if got := b.Text(t, `SELECT COUNT(*) FROM devices WHERE id = ? AND client_secret IS NULL AND private_key IS NULL AND certificate_pem = ''`, b.device.ID); got != "1" {
		t.Error("the credential is kept")
	}
	if conn := must(b.FindConnection(ctx, b.device.ID))(t); !conn.Disconnected || !conn.ClientSecret.IsZero() {
		t.Errorf("the connection is %+v", conn)
	}
	if list := must(b.ListDeviceHealth(ctx, admin, b.org.ID))(t); len(list) != 0 {
		t.Errorf("its health is told: %+v", list)
	}
	if changes := must(b.ListCheckChanges(ctx, admin, b.device.ID, clawback.StepConnect))(t); len(changes) != 1 {
		t.Errorf("%d changes of the check are kept", len(changes))
	}
	b.check(t, b.device.ID, clawback.StepConnect, clawback.CheckPass) // one that was under way
	if s := must(b.FindDeviceSetup(ctx, admin, b.device.ID))(t); len(s.Checks) != 0 {
		t.Errorf("a check of before is shown: %+v", s.Checks)
	}
	_, err = b.SaveAutoRemediation(ctx, admin, clawback.AutoRemediation{OrganizationID: b.org.ID, Mode: clawback.ModeOff, Removal: clawback.RemovalSoft, VolumeLimit: 5, Devices: []string{b.device.ID}})
	wantField(t, "chosen for removals", err, "devices")
	_, err = b.UpdateDeviceCredential(ctx, admin, b.device.ID, b.device.ClientID, clawback.Credential{ClientSecret: clawback.NewSecret("x")}, 0)
	wantKind(t, "a credential for it", err, clawback.KindConflict)

	t.Run("and connect it again", func(t *testing.T) {
		n := store.NewDevice{ClientID: b.device.ClientID, ClientSecret: clawback.NewSecret("again")}
		_, err := b.ReconnectDevice(ctx, storetest.Analyst(b.org), b.device.ID, n)
		wantKind(t, "by an analyst", err, clawback.KindForbidden)
		_, err = b.ReconnectDevice(ctx, admin, b.device.ID, store.NewDevice{ClientID: b.device.ClientID})
		wantField(t, "without credential", err, "client_secret")
		again := must(b.ReconnectDevice(ctx, admin, b.device.ID, n))(t)
		if again.Disconnected() || again.Name != b.device.Name || again.TenantID != b.device.TenantID {
			t.Errorf("again it is %+v", again)
		}
		_, err = b.ReconnectDevice(ctx, admin, b.device.ID, n)
		wantKind(t, "twice", err, clawback.KindConflict)
		if conn := must(b.FindConnection(ctx, b.device.ID))(t); conn.Disconnected || conn.ClientSecret.Reveal() != "again" {
			t.Errorf("the connection is %+v", conn)
		}
		if devices := b.setting(t).Devices; len(devices) != 0 {
			t.Errorf("removals go through it unasked: %v", devices)
		}
		if b.audited(t, b.org.ID, "device.reconnected") != "1" {
			t.Error("it is not in the audit trail")
		}
	})
}

// TestDevices_twoAdmins are two who do the same at once.
func TestDevices_twoAdmins(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	n := store.NewDevice{OrganizationID: b.org.ID, Name: "Same", TenantID: b.org.TenantID, ClientID: uuid.NewString(), Connection: clawback.ConnectionIntegration, OnboardedOn: b.clock.Now()}
	first := must(b.CreateDevice(ctx, admin, n))(t)
	_, err := b.CreateDevice(ctx, storetest.Admin(b.org), n)
	wantField(t, "connected twice", err, "client_id")
	wantKind(t, "connected twice", err, clawback.KindConflict)
	b.disconnect(t, first)
	_, err = b.CreateDevice(ctx, admin, n)
	if !strings.Contains(clawback.MessageOf(err), "was disconnected") {
		t.Errorf("connected beside its history: %v", err)
	}

	one := must(b.UpdateDevice(ctx, admin, b.device.ID, clawback.DeviceChange{Name: "One", Version: b.device.Version}))(t)
	_, err = b.UpdateDevice(ctx, storetest.Admin(b.org), b.device.ID, clawback.DeviceChange{Name: "Two", Version: b.device.Version})
	wantKind(t, "edited twice", err, clawback.KindConflict)
	if words := clawback.MessageOf(err); !strings.Contains(words, admin.Name+" changed “One” at ") || !strings.Contains(words, b.clock.Now().UTC().Format("15:04 UTC on 2 January 2006")) {
		t.Errorf("who was faster, and when: %q", words)
	}
	_, err = b.UpdateDevice(ctx, admin, b.device.ID, clawback.DeviceChange{Name: " ", Version: one.Version})
	wantField(t, "without a name", err, "name")
	_, err = b.UpdateDevice(ctx, storetest.Analyst(b.org), b.device.ID, clawback.DeviceChange{Name: "x"})
	wantKind(t, "by an analyst", err, clawback.KindForbidden)
	if got := must(b.FindDevice(ctx, admin, b.device.ID))(t); got.Name != "One" || got.Version != one.Version {
		t.Errorf("it is %+v", got)
	}
}

func TestNextCredential(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	fresh := clawback.Credential{CertificatePEM: "cert", PrivateKeyPEM: clawback.NewSecret("the-new-private-key")}
	waiting := must(b.SaveNextCredential(ctx, admin, b.device.ID, b.device.ClientID, fresh, b.device.Version))(t)
	_, err := b.SaveNextCredential(ctx, storetest.Admin(b.org), b.device.ID, b.device.ClientID, fresh, b.device.Version)
	wantKind(t, "a second admin at once", err, clawback.KindConflict)
	if conn := must(b.FindConnection(ctx, b.device.ID))(t); conn.ClientSecret.Reveal() != storetest.DeviceSecret {
		t.Error("the present one is not in use")
	}
	next := must(b.FindNextConnection(ctx, b.device.ID))(t)
	if next.PrivateKeyPEM.Reveal() != "the-new-private-key" || next.CertificatePEM != "cert" || next.ClientID != b.device.ClientID {
		t.Errorf("what waits is %+v", next)
	}
	if got := b.Text(t, `SELECT COUNT(*) FROM devices WHERE instr(COALESCE(next_private_key, ''), 'the-new-private-key') > 0`); got != "0" {
		t.Error("the key stands in the database")
	}
	stale := waiting.Next
	stale.At = stale.At.Add(-time.Second)
	mustDo(t, b.SettleNextCredential(ctx, admin, b.device.ID, stale))
	refused := waiting.Next
	refused.Problem = "Not uploaded."
	mustDo(t, b.SettleNextCredential(ctx, admin, b.device.ID, refused))
	if got := must(b.FindDevice(ctx, admin, b.device.ID))(t).Next; got != refused {
		t.Errorf("what waits is %+v, want %+v", got, refused)
	}
	mustDo(t, b.SettleNextCredential(ctx, clawback.Bot(""), b.device.ID, waiting.Next))
	if conn := must(b.FindConnection(ctx, b.device.ID))(t); !conn.ClientSecret.IsZero() || conn.PrivateKeyPEM.Reveal() != "the-new-private-key" {
		t.Error("the new one is not in use")
	}
	wantKind(t, "discarded too late", b.DropNextCredential(ctx, admin, b.device.ID), clawback.KindConflict)
	must(b.SaveNextCredential(ctx, admin, b.device.ID, b.device.ClientID, fresh, 0))(t)
	wantKind(t, "discarded by an analyst", b.DropNextCredential(ctx, storetest.Analyst(b.org), b.device.ID), clawback.KindForbidden)
	mustDo(t, b.DropNextCredential(ctx, admin, b.device.ID))
	_, err = b.FindNextConnection(ctx, b.device.ID)
	wantKind(t, "discarded", err, clawback.KindNotFound)
}
