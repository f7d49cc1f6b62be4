package store

import (
	"slices"
	"strings"

	"clawback"
)

// normalizeTargets answers each email once, its id in brackets.
func normalizeTargets(targets []clawback.Target) ([]clawback.Target, error) {
	if len(targets) == 0 {
		return nil, clawback.Invalid("internet_message_id", "Enter a Message-ID, or choose the email as an .eml file.")
	}
	if len(targets) > clawback.MaxTargets {
		return nil, clawback.Invalid("internet_message_id", "These are %d emails; one removal takes up to %d. Divide them.", len(targets), clawback.MaxTargets)
	}
	var each []clawback.Target
	for _, t := range targets {
		t, err := normalizeTarget(t)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(each, t.SameEmail) {
			each = append(each, t)
		}
	}
	return each, nil
}

func normalizeTarget(t clawback.Target) (clawback.Target, error) {
	var err [4]error
	t.MessageID, err[0] = clawback.NormalizeMessageID(t.MessageID)
	t.Subject, err[1] = text("subject", t.Subject, maxText)
	t.Sender, t.Envelope = strings.ToLower(t.Sender), strings.ToLower(t.Envelope)
	if t.Mailbox != "" {
		if t.Mailbox, err[2] = clawback.NormalizeAddress(t.Mailbox); err[2] != nil {
			err[2] = clawback.Invalid("mailbox", "%s", clawback.MessageOf(err[2]))
		}
	}
	switch t.Source {
	case clawback.SourceMessageID, clawback.SourceEML, clawback.SourceSearch:
	default:
		err[3] = clawback.Invalid("target", "Give the email as a Message-ID, as an .eml file, or choose it from a search.")
	}
	return t, firstOf(err[:]...)
}

// normalizeMailboxes answers addresses in their one spelling, each once.
func normalizeMailboxes(addresses []string) ([]string, error) {
	var each []string
	for _, address := range addresses {
		address, err := clawback.NormalizeAddress(address)
		if err != nil {
			return nil, clawback.Invalid("mailboxes", "%s", clawback.MessageOf(err))
		}
		each = append(each, address)
	}
	if each = unique(each); len(each) > clawback.MaxNamedMailboxes {
		return nil, clawback.Invalid("mailboxes", "These are %d mailboxes; up to %d can be named by hand.", len(each), clawback.MaxNamedMailboxes)
	}
	return each, nil
}

// addTargets adds targets behind those the remediation has.
func (tx *Tx) addTargets(remediationID string, targets []clawback.Target) error {
	next, err := tx.count(`SELECT COUNT(*) FROM remediation_targets WHERE remediation_id = ?`, remediationID)
	if err != nil {
		return err
	}
	for i, t := range targets {
		_, err := tx.exec(`INSERT INTO remediation_targets (remediation_id, position, source, message_id, sender, subject, received_from, received_to, envelope, mailbox)
			VALUES (`+marks(10)+`)`, remediationID, next+i, t.Source, t.MessageID, t.Sender, t.Subject, ms(t.ReceivedFrom), ms(t.ReceivedTo), t.Envelope, t.Mailbox)
		if err != nil {
			return err
		}
	}
	return nil
}

// addMailboxes adds mailboxes that are named by hand, and answers those that are new.
func (tx *Tx) addMailboxes(remediationID string, addresses []string) ([]string, error) {
	var added []string
	for _, address := range addresses {
		n, err := tx.exec(`INSERT INTO named_mailboxes (remediation_id, address) VALUES (?, ?) ON CONFLICT DO NOTHING`, remediationID, address)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			added = append(added, address)
		}
	}
	return added, nil
}

func (tx *Tx) namedMailboxes(remediationID string) ([]string, error) {
	return all(tx, scanText, `SELECT address FROM named_mailboxes WHERE remediation_id = ? ORDER BY address`, remediationID)
}

func (tx *Tx) fillTargets(byID map[string]*clawback.Remediation, ids []any) error {
	type row struct {
		id     string
		target clawback.Target
	}
	scan := func(s scanner) (row, error) {
		var r row
		t := &r.target
		err := s.Scan(&r.id, &t.Source, &t.MessageID, &t.Sender, &t.Subject, moment{&t.ReceivedFrom}, moment{&t.ReceivedTo}, &t.Envelope, &t.Mailbox)
		return r, err
	}
	rows, err := all(tx, scan, `SELECT remediation_id, source, message_id, sender, subject, received_from, received_to, envelope, mailbox
		FROM remediation_targets WHERE remediation_id IN (`+marks(len(ids))+`) ORDER BY remediation_id, position`, ids...)
	for _, r := range rows {
		byID[r.id].Targets = append(byID[r.id].Targets, r.target)
	}
	return err
}

// completeTargets gives targets what a trace found of them, once: what a person
// has seen in a preview and started is no trace's to change.
func (tx *Tx) completeTargets(r *clawback.Remediation, found []clawback.Target) error {
	for i := range r.Targets {
		if i == len(found) || r.Targets[i].MessageID != found[i].MessageID {
			return nil // they were changed meanwhile, and are traced anew
		}
		if r.Targets[i].Known() || !found[i].Known() {
			continue
		}
		r.Targets[i] = found[i]
		_, err := tx.exec(`UPDATE remediation_targets SET sender = ?, subject = ? WHERE remediation_id = ? AND position = ?`,
			found[i].Sender, found[i].Subject, r.ID, i)
		if err != nil {
			return err
		}
	}
	return nil
}

// saveSimilar keeps what a preview found beside its targets.
func (tx *Tx) saveSimilar(remediationID string, finding clawback.TraceFinding) error {
	if _, err := tx.exec(`UPDATE remediations SET similar_unknown = ? WHERE id = ?`, finding.SimilarUnknown, remediationID); err != nil || finding.SimilarUnknown {
		return err
	}
	if _, err := tx.exec(`DELETE FROM similar_emails WHERE remediation_id = ?`, remediationID); err != nil {
		return err
	}
	for _, e := range finding.Similar {
		_, err := tx.exec(`INSERT INTO similar_emails (remediation_id, message_id, envelope, sender, subject, received_from, received_to, recipients)
			VALUES (`+marks(8)+`) ON CONFLICT DO NOTHING`,
			remediationID, e.MessageID, e.Envelope, e.Sender, e.Subject, ms(e.ReceivedFrom), ms(e.ReceivedTo), e.Recipients)
		if err != nil {
			return err
		}
	}
	return nil
}

// similar answers what a preview found beside its targets, as targets.
func (tx *Tx) similar(remediationID string) ([]clawback.Target, error) {
	scan := func(s scanner) (clawback.Target, error) {
		t := clawback.Target{Source: clawback.SourceSimilar}
		err := s.Scan(&t.MessageID, &t.Envelope, &t.Sender, &t.Subject, moment{&t.ReceivedFrom}, moment{&t.ReceivedTo})
		return t, err
	}
	return all(tx, scan, `SELECT message_id, envelope, sender, subject, received_from, received_to
		FROM similar_emails WHERE remediation_id = ? ORDER BY received_from, message_id`, remediationID)
}
