package store

import "clawback"

// goOn lets the removal begin for every mailbox that is due, unless there are
// more of them than a single person may ask for.
func (tx *Tx) goOn(r clawback.Remediation) error {
	v, within, err := tx.admitWithin(r)
	if err != nil {
		return err
	}
	if !within {
		return tx.awaitApproval(r, v)
	}
	return tx.begin(r)
}

// admitWithin admits the mailboxes that a removal would clean where they are
// within what was approved, or what one person may ask for. Observing asks
// nobody: nothing is removed.
func (tx *Tx) admitWithin(r clawback.Remediation) (v volume, within bool, err error) {
	if r.Mode == clawback.ModeObserve {
		return v, true, nil
	}
	reached, err := tx.count(`SELECT COUNT(*) FROM records WHERE remediation_id = ? AND mailbox_id <> '' AND outcome NOT IN (?, ?, ?)`,
		r.ID, clawback.OutcomeProtected, clawback.OutcomeNotDelivered, clawback.OutcomeUnreachable)
	if err != nil {
		return v, false, err
	}
	if reached <= r.ApprovedUpTo+int(float64(r.ApprovedUpTo)*clawback.ApprovalMargin) {
		return v, true, nil
	}
	v, err = tx.volume(r, reached)
	if err != nil || reached > v.alone || v.fresh > 0 && v.hour+v.fresh > v.limit {
		return v, false, err
	}
	return v, true, tx.admit(r, v.fresh)
}

// volume is what the limit of an organization says of a removal.
type volume struct {
	reached int // mailboxes that it would clean, or has
	fresh   int // of these, what no limit was asked for yet
	limit   int // of the organization, for one removal and for an hour
	alone   int // the limit, or fewer where its starter set a bound
	hour    int // what removals were let to clean within the hour
}

func (tx *Tx) volume(r clawback.Remediation, reached int) (volume, error) {
	setting, err := tx.autoRemediation(r.OrganizationID)
	if err != nil {
		return volume{}, err
	}
	v := volume{reached: reached, limit: setting.VolumeLimit, alone: setting.VolumeLimit}
	if r.MaxMailboxes > 0 {
		v.alone = min(v.limit, r.MaxMailboxes)
	}
	admitted, err := tx.count(`SELECT COALESCE(SUM(mailboxes), 0) FROM admissions WHERE remediation_id = ?`, r.ID)
	if err != nil {
		return v, err
	}
	v.fresh = max(0, reached-admitted)
	v.hour, err = tx.count(`SELECT COALESCE(SUM(mailboxes), 0) FROM admissions WHERE organization_id = ? AND at > ?`,
		r.OrganizationID, ms(tx.now.Add(-clawback.VolumeWindow)))
	return v, err
}

// admit counts mailboxes that may be cleaned on one person's word.
func (tx *Tx) admit(r clawback.Remediation, mailboxes int) error {
	if mailboxes == 0 {
		return nil
	}
	_, err := tx.exec(`INSERT INTO admissions (id, organization_id, remediation_id, at, mailboxes) VALUES (?, ?, ?, ?, ?)`,
		newID(), r.OrganizationID, r.ID, ms(tx.now), mailboxes)
	return err
}

func (tx *Tx) awaitApproval(r clawback.Remediation, v volume) error {
	hour := v.hour
	if v.reached > v.alone {
		hour = 0
	}
	_, err := tx.exec(`UPDATE remediations SET status = ?, phase = ?, approval_for = ?, approval_asked_at = ?, approval_hour = ? WHERE id = ?`,
		clawback.StatusAwaitingApproval, clawback.PhaseNone, v.reached, ms(tx.now), hour, r.ID)
	if err != nil {
		return err
	}
	return tx.audit(clawback.Bot(r.StartedBy), auditEvent{
		OrganizationID: r.OrganizationID, Action: "remediation.awaiting_approval", Subject: r.ID, SubjectName: r.Subject(),
		After: map[string]any{"mailboxes": v.reached, "limit": v.alone, "within_the_hour": v.hour},
	})
}
