package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"clawback"
)

// ListOrganizationSummaries lists what the actor sees, with what needs somebody
// there, the worst first
// unless the filter says otherwise. It returns KindInvalid for a cursor that is none.
func (s *Store) ListOrganizationSummaries(ctx context.Context, actor clawback.Actor, filter clawback.OrganizationFilter) (clawback.Page[clawback.OrganizationSummary], error) {
	var w where
	scope := actor.Scope(clawback.RightReadOrganization)
	w.scope(scope, "o.id")
	if search := strings.ToLower(strings.TrimSpace(filter.Search)); search != "" {
		w.add(`lower(o.name) LIKE ? ESCAPE '\' OR o.domain LIKE ? ESCAPE '\' OR o.tenant_id = ?`, like(search), like(search), search)
	}
	var list []clawback.OrganizationSummary
	err := s.inRead(ctx, func(tx *Tx) (err error) {
		if list, err = all(tx, scanOrganizationSummary, summarySQL+w.String()+` ORDER BY o.name, o.id`, w.args...); err != nil {
			return err
		}
		devices, err := tx.deviceHealth(scope, "")
		for _, d := range devices {
			if i := slices.IndexFunc(list, func(o clawback.OrganizationSummary) bool { return o.ID == d.OrganizationID }); i >= 0 {
				list[i].Devices = append(list[i].Devices, d)
			}
		}
		return err
	})
	if err != nil {
		return clawback.Page[clawback.OrganizationSummary]{}, err
	}
	switch filter.Order {
	case clawback.OrderByName: // as they came
	case clawback.OrderByStuck:
		slices.SortStableFunc(list, longestStuck)
	default:
		slices.SortStableFunc(list, func(a, b clawback.OrganizationSummary) int { return cmp.Compare(b.Trouble(), a.Trouble()) })
	}
	return summaryPage(list, filter.PageQuery)
}

// longestStuck puts what waits longest first, and what waits for nothing last.
func longestStuck(a, b clawback.OrganizationSummary) int {
	since, other := a.StuckSince(), b.StuckSince()
	switch {
	case since.IsZero() || other.IsZero():
		return cmp.Compare(ms(other), ms(since))
	}
	return since.Compare(other)
}

// summaryPage cuts one page out of the ordered list: the order is no column, and there are hundreds at most.
func summaryPage(list []clawback.OrganizationSummary, query clawback.PageQuery) (clawback.Page[clawback.OrganizationSummary], error) {
	var last string
	total := len(list)
	later, err := readCursor(query.Cursor, &last)
	if err != nil {
		return clawback.Page[clawback.OrganizationSummary]{}, err
	}
	if later {
		list = list[slices.IndexFunc(list, func(o clawback.OrganizationSummary) bool { return o.ID == last })+1:]
	}
	return pageOf(list, query, total, func(o clawback.OrganizationSummary) string { return cursorOf(o.ID) }), nil
}

const summarySQL = `SELECT o.id, o.name, o.tenant_id, o.domain, COALESCE(a.mode, 'off'), o.created_at,
	COALESCE((SELECT MIN(p.name) FROM portfolios f JOIN people p ON p.id = f.person_id WHERE f.organization_id = o.id), ''),
	(SELECT COUNT(*) FROM memberships m WHERE m.organization_id = o.id AND m.role = 'admin'),
	(SELECT COUNT(*) FROM actions c WHERE c.organization_id = o.id AND c.status = 'open'),
	COALESCE(q.waiting, 0),
	COALESCE((SELECT r.first_clean_at FROM remediations r WHERE r.organization_id = o.id AND r.first_clean_at > 0 AND r.canary_id = ''
		ORDER BY r.number DESC LIMIT 1), 0)
	FROM organizations o LEFT JOIN auto_remediations a ON a.organization_id = o.id
	LEFT JOIN (SELECT organization_id, COUNT(*) AS waiting FROM remediations WHERE status IN ('awaiting_approval', 'blocked') AND canary_id = ''
		GROUP BY organization_id) q ON q.organization_id = o.id`

func scanOrganizationSummary(row scanner) (clawback.OrganizationSummary, error) {
	var o clawback.OrganizationSummary
	err := row.Scan(&o.ID, &o.Name, &o.TenantID, &o.Domain, &o.Mode, moment{&o.CreatedAt},
		&o.EngagementManager, &o.Admins, &o.OpenActions, &o.Waiting, moment{&o.LastRemovalAt})
	return o, err
}

// factsTime is how far back an organization's facts look.
const factsTime = 30 * 24 * time.Hour

// FindOrganizationFacts answers the last 30 days of an organization and what
// waits there. It returns KindNotFound for what the actor may not see.
func (s *Store) FindOrganizationFacts(ctx context.Context, actor clawback.Actor, organizationID string) (clawback.OrganizationFacts, error) {
	var facts clawback.OrganizationFacts
	err := s.inRead(ctx, func(tx *Tx) error {
		if _, err := tx.organization(actor.Scope(clawback.RightReadOrganization), organizationID); err != nil {
			return err
		}
		facts.Since = tx.now.Add(-factsTime)
		var err error
		if facts.EngagementManager, err = tx.engagementManager(organizationID); err != nil {
			return err
		}
		return tx.fillFacts(&facts, organizationID)
	})
	return facts, err
}

func (tx *Tx) fillFacts(facts *clawback.OrganizationFacts, organizationID string) error {
	err := tx.queryRow(`SELECT
		(SELECT COUNT(*) FROM memberships WHERE organization_id = ?),
		(SELECT COUNT(*) FROM memberships WHERE organization_id = ? AND role = 'admin'),
		(SELECT COUNT(*) FROM invitations WHERE organization_id = ? AND redeemed_at = 0 AND revoked_at = 0 AND expires_at > ?),
		(SELECT COUNT(*) FROM actions WHERE organization_id = ? AND status = 'open'),
		(SELECT COUNT(*) FROM remediations WHERE organization_id = ? AND first_clean_at >= ? AND canary_id = '')`,
		organizationID, organizationID, organizationID, ms(tx.now), organizationID, organizationID, ms(facts.Since)).
		Scan(&facts.Members, &facts.Admins, &facts.Invitations, &facts.OpenActions, &facts.Removed)
	if err != nil {
		return err
	}
	took, err := all(tx, scanNumber, `SELECT contained_at - started_at FROM remediations
		WHERE organization_id = ? AND contained_at >= ? AND first_clean_at > 0 AND started_at > 0 AND canary_id = '' ORDER BY contained_at - started_at`,
		organizationID, ms(facts.Since))
	if err != nil {
		return err
	}
	facts.Contained = len(took)
	if n := len(took); n > 0 {
		facts.TimeToGone = time.Duration(took[(n-1)/2]+took[n/2]) * time.Millisecond / 2
	}
	return nil
}

func scanNumber(row scanner) (int64, error) {
	var n int64
	err := row.Scan(&n)
	return n, err
}
