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
	if len(ids) == 0 {
		return nil
	}
	type named struct{ id, name string }
	scan := func(row scanner) (named, error) {
		var n named
		err := row.Scan(&n.id, &n.name)
		return n, err
	}
	list, err := all(tx, scan, `SELECT id, name FROM people WHERE id IN (`+marks(len(ids))+`)
		UNION SELECT id, name FROM api_tokens WHERE id IN (`+marks(len(ids))+`)`, append(ids, ids...)...)
	names := make(map[string]string, len(list))
	for _, n := range list {
		names[n.id] = n.name
	}
	for i, e := range events {
		events[i].OnBehalfOfName = names[e.OnBehalfOf]
	}
	return err
}
