package purge

import (
	"context"
	"slices"

	"clawback"
)

// untraced is a mailbox to look into although no trace names it.
type untraced struct {
	address string
	origin  clawback.Origin
	targets []int // the targets that are meant there, by position; empty for all
}

// addNamed adds the mailboxes that were named by hand, and those in which alone a
// target is meant.
func (e *Engine) addNamed(ctx context.Context, work clawback.Work, finding *clawback.TraceFinding) error {
	var named []untraced
	for _, address := range work.Remediation.NamedMailboxes {
		named = append(named, untraced{address: address, origin: clawback.OriginNamed})
	}
	for i, t := range finding.Targets {
		if t.Mailbox != "" && t.Source != clawback.SourceAccepted {
			named = append(named, untraced{address: t.Mailbox, origin: clawback.OriginNamed, targets: []int{i}})
		}
	}
	return e.addUntraced(ctx, work, named, finding)
}

// addSenders adds the mailboxes of internal senders, where their Sent Items are
// meant, too. An address of another kind is the attacker's, and none of ours.
func (e *Engine) addSenders(ctx context.Context, work clawback.Work, finding *clawback.TraceFinding) error {
	if !work.Remediation.IncludeSender {
		return nil
	}
	var senders []untraced
	for _, t := range finding.Targets {
		known := slices.ContainsFunc(senders, func(s untraced) bool { return s.address == t.Sender })
		if t.Known() && t.Mailbox == "" && !known {
			senders = append(senders, untraced{address: t.Sender, origin: clawback.OriginSender})
		}
	}
	return e.addUntraced(ctx, work, senders, finding)
}

// addUntraced asks one device after the other about the addresses. What the
// trace named already is looked into for these targets, too.
func (e *Engine) addUntraced(ctx context.Context, work clawback.Work, open []untraced, finding *clawback.TraceFinding) error {
	open = slices.DeleteFunc(open, func(u untraced) bool { return meet(finding.Mailboxes, u.address, u.targets) })
	for i, conn := range work.Connections {
		var addresses []string
		for _, u := range open {
			if !slices.Contains(addresses, u.address) {
				addresses = append(addresses, u.address)
			}
		}
		answers, err := e.lookUp(ctx, conn, addresses)
		if err != nil {
			return err
		}
		last := i == len(work.Connections)-1
		open = slices.DeleteFunc(open, func(u untraced) bool {
			at := slices.IndexFunc(answers, func(a clawback.MailboxAnswer) bool { return a.Address == u.address })
			if at < 0 || answers[at].Mailbox.ID == "" && !last {
				return false
			}
			addAnswer(finding, conn.DeviceID, u, answers[at])
			return true
		})
	}
	return nil
}

func addAnswer(finding *clawback.TraceFinding, deviceID string, u untraced, answer clawback.MailboxAnswer) {
	added := tracedMailbox(deviceID, clawback.TraceRow{}, answer)
	if u.origin == clawback.OriginSender && added.Mailbox.Kind != clawback.MailboxCloud {
		return
	}
	added.Origin, added.Targets = u.origin, u.targets
	same := func(m clawback.TracedMailbox) bool {
		return m.DeviceID == deviceID && mailboxKey(m.Mailbox) == mailboxKey(added.Mailbox)
	}
	if i := slices.IndexFunc(finding.Mailboxes, same); i >= 0 {
		widen(&finding.Mailboxes[i], u.targets)
		return
	}
	finding.Mailboxes = append(finding.Mailboxes, added)
}

// meet widens the mailbox of an address, and says whether there is one.
func meet(mailboxes []clawback.TracedMailbox, address string, targets []int) bool {
	i := slices.IndexFunc(mailboxes, func(m clawback.TracedMailbox) bool { return m.Mailbox.ID != "" && m.Mailbox.Has(address) })
	if i < 0 {
		return false
	}
	widen(&mailboxes[i], targets)
	return true
}

// widen lets a mailbox be looked into for further targets; none stands for all.
func widen(m *clawback.TracedMailbox, targets []int) {
	if len(m.Targets) == 0 || len(targets) == 0 {
		m.Targets = nil
		return
	}
	m.Targets = join(m.Targets, targets)
}
