package store

import (
	"context"
	"slices"
	"time"

	"clawback"
)

// ChangeAutoRemediation changes the answers that a patch names, from the next
// intent on. It returns KindNotFound for an organization the actor does not see,
// KindForbidden, KindInvalid about a field, and KindConflict when the setting
// was changed since it was seen.
func (s *Store) ChangeAutoRemediation(ctx context.Context, actor clawback.Actor, organizationID string, patch clawback.AutoRemediationPatch) (clawback.AutoRemediationSaved, error) {
	var saved clawback.AutoRemediationSaved
	err := s.inTx(ctx, func(tx *Tx) error {
		if _, err := tx.organization(settingScope(actor), organizationID); err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightConfigure, organizationID, "change the auto remediation"); err != nil {
			return err
		}
		before, err := tx.autoRemediation(organizationID)
		if err != nil {
			return err
		}
		if !patch.SeenAt.IsZero() && !patch.SeenAt.Equal(before.ChangedAt) {
			return clawback.Errorf(clawback.KindConflict, "%s changed the auto remediation while you were at it. Nothing of yours was saved. "+
				"Look at what it says now, then decide.", before.ChangedBy)
		}
		after := patch.Over(before)
		after.Devices, after.NeverRemove = sorted(after.Devices), sorted(after.NeverRemove)
		if after.Instructions, err = text("instructions", after.Instructions, maxText); err != nil {
			return err
		}
		if err := firstOf(checkSetting(after), tx.checkOwn(after)); err != nil {
			return err
		}
		if err := tx.checkUnseen(organizationID, without(before.NeverRemove, after.NeverRemove), patch.SelectionSeenAt); err != nil {
			return err
		}
		saved, err = tx.changeWhatDiffers(actor, before, after)
		return err
	})
	return saved, err
}

// checkUnseen refuses to deselect what somebody selected after the selection was
// seen: a protection ends by a decision, never by an old copy of the list.
func (tx *Tx) checkUnseen(organizationID string, deselected []string, seenAt time.Time) error {
	if seenAt.IsZero() {
		return nil
	}
	for _, id := range deselected {
		since, err := one(tx, "context", scanMoment, `SELECT selected_at FROM never_remove WHERE organization_id = ? AND entry_id = ?`, organizationID, id)
		if err != nil {
			return err
		}
		if since.After(seenAt) {
			return clawback.Errorf(clawback.KindConflict, "A never-remove entry was selected after you read the setting, and saving yours would end its protection. "+
				"Nothing was saved. Read the setting again, then decide.")
		}
	}
	return nil
}

// changeWhatDiffers keeps the history free of changes that change nothing.
func (tx *Tx) changeWhatDiffers(actor clawback.Actor, before, after clawback.AutoRemediation) (clawback.AutoRemediationSaved, error) {
	same := before.Mode == after.Mode && before.Removal == after.Removal && before.VolumeLimit == after.VolumeLimit && before.Instructions == after.Instructions &&
		slices.Equal(before.NeverRemove, after.NeverRemove) && slices.Equal(before.Devices, after.Devices)
	if same {
		return clawback.AutoRemediationSaved{AutoRemediation: before, InForceSince: before.ChangedAt}, nil
	}
	return tx.changeSetting(actor, before, after)
}

// SelectContext lets an entry protect its inbox from the next intent on,
// whatever its review says; a selected one stays as it is. It returns
// KindNotFound for an entry the actor does not see, and KindForbidden.
func (s *Store) SelectContext(ctx context.Context, actor clawback.Actor, id string) (clawback.AutoRemediationSaved, error) {
	return s.reselect(ctx, actor, id, func(ids []string) []string { return append(ids, id) })
}

// DeselectContext ends an entry's protection: nothing else does. It returns
// KindNotFound for an entry the actor does not see, and KindForbidden.
func (s *Store) DeselectContext(ctx context.Context, actor clawback.Actor, id string) (clawback.AutoRemediationSaved, error) {
	return s.reselect(ctx, actor, id, func(ids []string) []string { return without(ids, []string{id}) })
}

func (s *Store) reselect(ctx context.Context, actor clawback.Actor, id string, change func([]string) []string) (clawback.AutoRemediationSaved, error) {
	var saved clawback.AutoRemediationSaved
	err := s.inTx(ctx, func(tx *Tx) error {
		entry, err := tx.contextEntry(sees(actor, clawback.RightReadContext, clawback.RightConfigure), id)
		if err != nil {
			return err
		}
		if err := mayChange(actor, clawback.RightConfigure, entry.OrganizationID, "select what is never removed"); err != nil {
			return err
		}
		before, err := tx.autoRemediation(entry.OrganizationID)
		if err != nil {
			return err
		}
		after := before
		after.NeverRemove = sorted(change(slices.Clone(before.NeverRemove)))
		saved, err = tx.changeWhatDiffers(actor, before, after)
		return err
	})
	return saved, err
}

// ListAutoRemediationChanges lists the history of an organization's setting,
// the latest change first. It returns KindNotFound for an organization the
// actor does not see.
func (s *Store) ListAutoRemediationChanges(ctx context.Context, actor clawback.Actor, organizationID string, query clawback.PageQuery) (clawback.Page[clawback.AutoRemediationChange], error) {
	var page clawback.Page[clawback.AutoRemediationChange]
	scope := settingScope(actor)
	err := s.inRead(ctx, func(tx *Tx) error {
		if _, err := tx.organization(scope, organizationID); err != nil {
			return err
		}
		var w where
		w.add("organization_id = ?", organizationID)
		w.scope(scope, "organization_id")
		total, err := tx.count(`SELECT COUNT(*) FROM auto_remediation_changes`+w.String(), w.args...)
		if err != nil {
			return err
		}
		var before int64
		var id string
		if more, err := readCursor(query.Cursor, &before, &id); err != nil {
			return err
		} else if more {
			w.add("at < ? OR at = ? AND id < ?", before, before, id)
		}
		rows, err := all(tx, scanSettingChange, `SELECT id, organization_id, at, actor_name, before_json, after_json
			FROM auto_remediation_changes`+w.String()+` ORDER BY at DESC, id DESC LIMIT ?`, w.with(query.Rows()+1)...)
		if err != nil {
			return err
		}
		page = pageOf(rows, query, total, func(c clawback.AutoRemediationChange) string { return cursorOf(ms(c.At), c.ID) })
		return nil
	})
	return page, err
}

func scanSettingChange(row scanner) (clawback.AutoRemediationChange, error) {
	var c clawback.AutoRemediationChange
	var organizationID string
	var before, after settingFacts
	err := row.Scan(&c.ID, &organizationID, moment{&c.At}, &c.By, jsonText{&before}, jsonText{&after})
	c.Before, c.After = before.setting(organizationID), after.setting(organizationID)
	return c, err
}
