package store

import (
	"strings"

	"clawback"
)

func auditWhere(actor clawback.Actor, filter clawback.AuditFilter) *where {
	w := new(where)
	w.scope(actor.Scope(clawback.RightReadAudit), "organization_id")
	if filter.OrganizationID != "" {
		w.add("organization_id = ?", filter.OrganizationID)
	}
	if filter.Installation {
		w.add("organization_id = ?", clawback.InstallationChain)
	}
	if filter.Action != "" {
		w.add("action = ?", filter.Action)
	}
	if filter.Subject != "" {
		w.add("subject = ?", filter.Subject)
	}
	if about := strings.TrimSpace(filter.About); about != "" {
		w.about(about)
	}
	if person := strings.TrimSpace(filter.Person); person != "" {
		w.person(person)
	}
	return w
}

func (w *where) about(about string) {
	if number, ok := numberOf(about); ok {
		w.add("subject IN (SELECT id FROM remediations WHERE number = ?)", number)
		return
	}
	w.add("subject = ? OR subject_name = ?", about, about)
}

// person finds the few actors of a name first, so that the long trail is only asked for their ids.
func (w *where) person(name string) {
	const who = `(SELECT id FROM people WHERE LOWER(name) LIKE ? ESCAPE '\'
		UNION SELECT id FROM api_tokens WHERE LOWER(name) LIKE ? ESCAPE '\'
		UNION SELECT 'clawback' FROM installation WHERE 'clawback' LIKE ? ESCAPE '\')`
	pattern := like(strings.ToLower(name))
	w.add("actor_id IN "+who+" OR on_behalf_of IN "+who, pattern, pattern, pattern, pattern, pattern, pattern)
}

// fillBehalf names the people on whose behalf something was done.
func (tx *Tx) fillBehalf(events []clawback.AuditEvent) error {
	var ids []any
	for _, e := range events {
		if e.OnBehalfOf != "" {
			ids = append(ids, e.OnBehalfOf)
		}
	}
	names, err := tx.namesOf(ids, `SELECT id, name FROM people UNION ALL SELECT id, name FROM api_tokens`)
	for i, e := range events {
		events[i].OnBehalfOfName = names[e.OnBehalfOf]
	}
	return err
}

// fillSubjects names what events are about that keep an id alone. The event itself stays as it was hashed.
func (tx *Tx) fillSubjects(events []clawback.AuditEvent) error {
	var ids []any
	for _, e := range events {
		if e.Subject != "" && e.SubjectName == "" {
			ids = append(ids, e.Subject)
		}
	}
	names, err := tx.namesOf(ids, `SELECT id, name FROM organizations
		UNION ALL SELECT id, address FROM context_entries
		UNION ALL SELECT id, name FROM people
		UNION ALL SELECT r.id, 'R-' || r.number || ' ' || COALESCE(NULLIF(t.subject, ''), t.message_id, '')
			FROM remediations r LEFT JOIN remediation_targets t ON t.remediation_id = r.id AND t.position = 0
		UNION ALL SELECT a.id, COALESCE(NULLIF(t.subject, ''), t.message_id, '')
			FROM actions a LEFT JOIN remediation_targets t ON t.remediation_id = a.remediation_id AND t.position = 0`)
	for i, e := range events {
		if e.SubjectName == "" {
			events[i].SubjectNow = names[e.Subject]
		}
	}
	return err
}

// namesOf answers the names of ids from a query of pairs of both.
func (tx *Tx) namesOf(ids []any, pairs string) (map[string]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	names := make(map[string]string, len(ids))
	scan := func(row scanner) (id string, err error) {
		var name string
		err = row.Scan(&id, &name)
		names[id] = strings.TrimSpace(name)
		return id, err
	}
	_, err := all(tx, scan, `SELECT n.id, n.name FROM (`+pairs+`) AS n WHERE n.id IN (`+marks(len(ids))+`)`, ids...)
	return names, err
}
