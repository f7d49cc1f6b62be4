package m365sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// delivery is one message on its way to some recipients of a tenant.
type delivery struct {
	tenant   *tenant
	content  *content
	traceIDs []string // of each further recipient the next one
	folder   string   // where it lands, a well-known name or path; empty is the inbox
	status   string   // trace status of what is delivered
	first    string   // what the trace shows in its place until it settles
	now      time.Time
	visible  time.Time
	settles  time.Time
	done     map[string]bool     // addresses with a trace row
	copies   map[*recipient]bool // mailboxes with a copy
}

// deliver puts one copy into each reached mailbox and one row a recipient address into the trace.
func (d *delivery) deliver(addresses []string) {
	d.done, d.copies = map[string]bool{}, map[*recipient]bool{}
	for _, address := range addresses {
		d.deliverTo(address)
	}
}

func (d *delivery) deliverTo(address string) {
	if d.done[strings.ToLower(address)] {
		return
	}
	d.done[strings.ToLower(address)] = true
	r := d.tenant.owner(address)
	switch {
	case r == nil && d.tenant.ownsDomain(address), r != nil && r.kind == kindUnlicensed:
		d.row(address, statusFailed)
	case r != nil && r.expands():
		d.row(address, statusExpanded)
		d.deliverToMembers(r)
	case r == nil, r.mailbox == nil:
		// External, on-premises and group recipients: delivered as far as the trace knows.
		d.row(address, statusDelivered)
		if r != nil && r.subscribed {
			d.deliverToMembers(r)
		}
	default:
		d.row(address, d.status)
		d.copyTo(r)
	}
}

// deliverToMembers sends on to each member. A group without an address has no row of its own, only its members.
func (d *delivery) deliverToMembers(group *recipient) {
	for _, member := range group.members() {
		if member.mail == "" && member.members != nil {
			d.deliverToMembers(member)
			continue
		}
		d.deliverTo(member.mail)
	}
}

func (d *delivery) copyTo(r *recipient) {
	if d.copies[r] || !arrives(d.status) {
		return
	}
	d.copies[r] = true
	r.mailbox.put(d.content, r.mailbox.folderByPath(d.folder), d.now)
}

// arrives says whether a message of that status lies in the mailbox: a status that is not known yet hides one that does.
func arrives(status string) bool {
	return oneOf([]string{statusDelivered, statusSpam, statusGetting}, status)
}

func (d *delivery) row(address, status string) {
	d.tenant.trace.add(traceRow{
		traceID: d.traceIDs[(len(d.done)-1)%len(d.traceIDs)], messageID: d.content.messageID, sender: d.content.from.Address,
		recipient: address, subject: d.content.subject, status: status, received: d.content.received, visible: d.visible,
		size: len(d.content.raw) + 9000, content: d.content, first: d.first, settles: d.settles,
	})
}

func (t *tenant) ownsDomain(address string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")

	return domain == t.domain || domain == t.onMicrosoft()
}

// deliver puts a message as it came off the wire into the tenant and answers its id and who it was sent to.
func (s *Sim) deliver(t *tenant, raw []byte, o deliveryOptions) (string, []string, error) {
	now := s.now()
	received := o.received
	if received.IsZero() {
		received = now
	}
	// The trace writes tenths of microseconds: what is finer would put a row after the end it was paged to.
	c, err := parseContent(raw, received.UTC().Truncate(100*time.Nanosecond))
	if err != nil {
		return "", nil, err
	}
	if c.messageID == "" {
		c.messageID = "<" + s.nextID("message-id") + "@" + t.domain + ">"
		c.headers = append(c.headers, [2]string{"Message-ID", c.messageID})
		c.raw = append([]byte("Message-ID: "+c.messageID+"\r\n"), c.raw...)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	to := slices.Clone(o.to)
	if o.count > 0 {
		users := t.licensed()
		if o.count > len(users) {
			return "", nil, fmt.Errorf("count %d is more than the %d licensed mailboxes", o.count, len(users))
		}
		for _, r := range users[:o.count] {
			to = append(to, r.mail)
		}
	}
	d := delivery{tenant: t, content: c, folder: o.folder, status: o.status, first: o.firstStatus, now: now,
		visible: now.Add(s.cfg.TraceDelay), settles: now.Add(o.settling)}
	if o.traceDelay != nil {
		d.visible = now.Add(*o.traceDelay)
	}
	for range max(1, o.traceIDs) {
		d.traceIDs = append(d.traceIDs, s.nextID("trace"))
	}
	d.deliver(to)

	return c.messageID, to, nil
}
