package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"clawback"
)

const maxVolumeLimit = 1_000_000

// FindAutoRemediation answers an organization's setting; off where it has none.
// It returns KindNotFound for an organization the actor does not see.
func (s *Store) FindAutoRemediation(ctx context.Context, actor clawback.Actor, organizationID string) (clawback.AutoRemediation, error) {
	var setting clawback.AutoRemediation
	err := s.inRead(ctx, func(tx *Tx) error {
		if _, err := tx.organization(settingScope(actor), organizationID); err != nil {
			return err
		}
		var err error
		setting, err = tx.autoRemediation(organizationID)
		return err
	})
	return setting, err
}

func settingScope(actor clawback.Actor) clawback.Scope {
	return sees(actor, clawback.RightReadOrganization, clawback.RightConfigure)
}

// SaveAutoRemediation changes an organization's setting, its never-remove
// selection included, from the next intent on. It returns KindNotFound for an
// organization the actor does not see, KindForbidden, and KindInvalid about a
// field.
func (s *Store) SaveAutoRemediation(ctx context.Context, actor clawback.Actor, wanted clawback.AutoRemediation) (clawback.AutoRemediationSaved, error) {
	if err := checkSetting(wanted); err != nil {
		return clawback.AutoRemediationSaved{}, err
	}
	wanted.NeverRemove, wanted.Devices = sorted(wanted.NeverRemove), sorted(wanted.Devices)
	var saved clawback.AutoRemediationSaved
	err := s.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.organization(settingScope(actor), wanted.OrganizationID); err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightConfigure, wanted.OrganizationID, "change the auto remediation"); err != nil {
			return err
		}
		if err := tx.checkOwn(wanted); err != nil {
			return err
		}
		before, err := tx.autoRemediation(wanted.OrganizationID)
		if err != nil {
			return err
		}
		saved, err = tx.changeSetting(actor, before, wanted)
		return err
	})
	return saved, err
}

func checkSetting(a clawback.AutoRemediation) error {
	switch {
	case !a.Mode.Valid():
		return clawback.Invalid("mode", "Choose off, observe or enforce.")
	case a.Removal != clawback.RemovalSoft && a.Removal != clawback.RemovalHard:
		return clawback.Invalid("removal", "Choose soft or hard.")
	case a.VolumeLimit < 1 || a.VolumeLimit > maxVolumeLimit:
		return clawback.Invalid("volume_limit", "Enter a number of mailboxes from 1 to 1,000,000.")
	}
	return nil
}

func sorted(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// checkOwn says whether every entry and device is the organization's own.
func (tx *Tx) checkOwn(a clawback.AutoRemediation) error {
	for _, id := range a.NeverRemove {
		n, err := tx.count(`SELECT COUNT(*) FROM context_entries WHERE id = ? AND organization_id = ?`, id, a.OrganizationID)
		if err != nil {
			return err
		}
		if n == 0 {
			return clawback.Invalid("never_remove", "The organization has no context entry “%s”. Reload the page and choose again.", id)
		}
	}
	for _, id := range a.Devices {
		n, err := tx.count(`SELECT COUNT(*) FROM devices WHERE id = ? AND organization_id = ? AND disconnected_at = 0`, id, a.OrganizationID)
		if err != nil {
			return err
		}
		if n == 0 {
			return clawback.Invalid("devices", "The organization has no connected device “%s”. Reload the page and choose again.", id)
		}
	}
	return nil
}

func (tx *Tx) changeSetting(actor clawback.Actor, before, after clawback.AutoRemediation) (clawback.AutoRemediationSaved, error) {
	after.AgreedAt, after.AgreedBy = before.AgreedAt, before.AgreedBy
	if after.Mode != clawback.ModeOff && before.AgreedAt.IsZero() {
		after.AgreedAt, after.AgreedBy = tx.now, actor.Name
	}
	after.ChangedAt, after.ChangedBy = tx.now, actor.Name

	fresh := without(after.NeverRemove, before.NeverRemove)
	steps := []func() error{
		func() error { return tx.saveSetting(after) },
		func() error { return tx.selectEntries(actor, after, fresh) },
		func() error { return tx.deselectEntries(actor, after, without(before.NeverRemove, after.NeverRemove)) },
		func() error { return tx.saveDevices(after) },
		func() error { return tx.recordSetting(actor, before, after) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return clawback.AutoRemediationSaved{}, err
		}
	}
	wire, err := tx.onTheWire(after.OrganizationID, fresh)
	return clawback.AutoRemediationSaved{AutoRemediation: after, InForceSince: tx.now, OnTheWire: wire}, err
}

// without answers what is in a and not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(id string) bool { return slices.Contains(b, id) })
}

func (tx *Tx) saveSetting(a clawback.AutoRemediation) error {
	_, err := tx.exec(`INSERT INTO auto_remediations (organization_id, mode, removal, volume_limit, instructions, agreed_at, agreed_by, changed_at, changed_by)
		VALUES (`+marks(9)+`) ON CONFLICT (organization_id) DO UPDATE SET mode = excluded.mode, removal = excluded.removal,
		volume_limit = excluded.volume_limit, instructions = excluded.instructions, agreed_at = excluded.agreed_at, agreed_by = excluded.agreed_by,
		changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
		a.OrganizationID, a.Mode, a.Removal, a.VolumeLimit, a.Instructions, ms(a.AgreedAt), a.AgreedBy, ms(a.ChangedAt), a.ChangedBy)
	return err
}

func (tx *Tx) selectEntries(actor clawback.Actor, a clawback.AutoRemediation, ids []string) error {
	for _, id := range ids {
		_, err := tx.exec(`INSERT INTO never_remove (organization_id, entry_id, selected_at, selected_by) VALUES (?, ?, ?, ?)`,
			a.OrganizationID, id, ms(tx.now), actor.Name)
		if err != nil {
			return err
		}
		if err := tx.contextStep(actor, clawback.ContextEntry{ID: id, OrganizationID: a.OrganizationID}, clawback.ContextSelected, ""); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) deselectEntries(actor clawback.Actor, a clawback.AutoRemediation, ids []string) error {
	for _, id := range ids {
		if _, err := tx.exec(`DELETE FROM never_remove WHERE organization_id = ? AND entry_id = ?`, a.OrganizationID, id); err != nil {
			return err
		}
		if err := tx.contextStep(actor, clawback.ContextEntry{ID: id, OrganizationID: a.OrganizationID}, clawback.ContextDeselected, ""); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) saveDevices(a clawback.AutoRemediation) error {
	if _, err := tx.exec(`DELETE FROM auto_remediation_devices WHERE organization_id = ?`, a.OrganizationID); err != nil {
		return err
	}
	for _, id := range a.Devices {
		if _, err := tx.exec(`INSERT INTO auto_remediation_devices (organization_id, device_id) VALUES (?, ?)`, a.OrganizationID, id); err != nil {
			return err
		}
	}
	return nil
}

// settingFacts is what history and audit trail keep of a setting.
type settingFacts struct {
	Mode        clawback.Mode        `json:"mode"`
	Removal     clawback.RemovalKind `json:"removal"`
	VolumeLimit int                  `json:"volume_limit"`
	NeverRemove []string             `json:"never_remove"`
	Devices     []string             `json:"devices"`
	// Instructions were added later: older history has none.
	Instructions string `json:"instructions,omitempty"`
}

func factsOf(a clawback.AutoRemediation) settingFacts {
	return settingFacts{a.Mode, a.Removal, a.VolumeLimit, a.NeverRemove, a.Devices, a.Instructions}
}

func (f settingFacts) setting(organizationID string) clawback.AutoRemediation {
	return clawback.AutoRemediation{OrganizationID: organizationID, Mode: f.Mode, Removal: f.Removal, VolumeLimit: f.VolumeLimit,
		NeverRemove: f.NeverRemove, Devices: f.Devices, Instructions: f.Instructions}
}

func (tx *Tx) recordSetting(actor clawback.Actor, before, after clawback.AutoRemediation) error {
	old, err := auditJSON(factsOf(before))
	if err != nil {
		return err
	}
	young, err := auditJSON(factsOf(after))
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO auto_remediation_changes (id, organization_id, at, actor_id, actor_name, before_json, after_json) VALUES (`+marks(7)+`)`,
		newID(), after.OrganizationID, ms(tx.now), actor.ID, actor.Name, string(old), string(young))
	if err != nil {
		return err
	}
	return tx.audit(actor, auditEvent{OrganizationID: after.OrganizationID, Action: "auto_remediation.changed", Subject: after.OrganizationID,
		Before: factsOf(before), After: factsOf(after)})
}

// onTheWire answers the removals that had left before the entries came into force.
func (tx *Tx) onTheWire(organizationID string, fresh []string) ([]clawback.WireRequest, error) {
	if len(fresh) == 0 {
		return nil, nil
	}
	entries, err := tx.neverRemove(organizationID)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e clawback.ContextEntry) bool { return !slices.Contains(fresh, e.ID) })
	type sent struct {
		request clawback.WireRequest
		mailbox clawback.Mailbox
	}
	scan := func(row scanner) (sent, error) {
		var s sent
		err := row.Scan(&s.request.RecordID, &s.request.RemediationID, &s.mailbox.Address, moment{&s.request.SentAt},
			&s.mailbox.ID, jsonText{&s.mailbox.Addresses}, moment{&s.mailbox.LookedUpAt})
		s.request.Mailbox = s.mailbox.Address
		return s, err
	}
	open, err := all(tx, scan, `SELECT r.id, r.remediation_id, r.address, i.committed_at, r.mailbox_id, r.addresses, r.looked_up_at
		FROM intents i JOIN records r ON r.id = i.record_id WHERE i.organization_id = ? AND i.closed_at = 0 AND i.kind <> 'restore' ORDER BY i.committed_at, i.id`, organizationID)
	var wire []clawback.WireRequest
	for _, s := range open {
		if p, protected := clawback.Protect(entries, s.mailbox, tx.now); protected && p.Reason == clawback.ReasonNeverRemove {
			wire = append(wire, s.request)
		}
	}
	return wire, err
}

// autoRemediation answers the setting as it is in this transaction.
func (tx *Tx) autoRemediation(organizationID string) (clawback.AutoRemediation, error) {
	a := clawback.AutoRemediation{OrganizationID: organizationID, Mode: clawback.ModeOff, Removal: clawback.RemovalSoft, VolumeLimit: clawback.DefaultVolumeLimit}
	err := tx.queryRow(`SELECT mode, removal, volume_limit, instructions, agreed_at, agreed_by, changed_at, changed_by FROM auto_remediations WHERE organization_id = ?`, organizationID).
		Scan(&a.Mode, &a.Removal, &a.VolumeLimit, &a.Instructions, moment{&a.AgreedAt}, &a.AgreedBy, moment{&a.ChangedAt}, &a.ChangedBy)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return a, err
	}
	if a.NeverRemove, err = all(tx, scanText, `SELECT entry_id FROM never_remove WHERE organization_id = ? ORDER BY entry_id`, organizationID); err != nil {
		return a, err
	}
	a.Devices, err = all(tx, scanText, `SELECT device_id FROM auto_remediation_devices WHERE organization_id = ? ORDER BY device_id`, organizationID)
	return a, err
}
