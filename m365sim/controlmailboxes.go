package m365sim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

type mailboxView struct {
	ID      string        `json:"id"`
	Address string        `json:"address"`
	Aliases []string      `json:"aliases"`
	UPN     string        `json:"user_principal_name,omitempty"`
	Name    string        `json:"name"`
	Kind    recipientKind `json:"kind"`
	Hold    bool          `json:"hold,omitempty"`    // litigation hold
	Archive bool          `json:"archive,omitempty"` // has an online archive
}

func viewMailbox(r *recipient) mailboxView {
	view := mailboxView{ID: r.id, Address: r.mail, Aliases: append([]string{}, r.aliases...), UPN: r.upn, Name: r.name,
		Kind: r.kind}
	if r.mailbox != nil {
		view.Hold, view.Archive = r.mailbox.hold, r.mailbox.archive
	}

	return view
}

// controlMailboxes lists the cloud mailboxes: licensed users in the order of count=N, then shared ones and rooms.
// With ?all=true also what has none: on-premises, unlicensed, guest, group, list, contact.
func (s *Sim) controlMailboxes(r *http.Request, t *tenant) (any, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.mailboxes()
	if r.URL.Query().Get("all") == "true" {
		list = t.recipients
	}
	var out []mailboxView
	for _, box := range list {
		out = append(out, viewMailbox(box))
	}

	return items(out), nil
}

// mailboxChange is the body of control's PUT /tenants/{tid}/mailboxes/{address}; what is left out stays.
type mailboxChange struct {
	Address *string  `json:"address"`
	Aliases []string `json:"aliases"`
	// TakeOver lets the addresses be another's now: they move here, and the former owner loses them.
	TakeOver      bool           `json:"take_over"`
	Kind          *recipientKind `json:"kind"`           // of what is a user: see userKinds
	Hold          *bool          `json:"hold"`           // litigation hold
	Archive       *bool          `json:"archive"`        // an online archive beside the mailbox
	RetentionDays *int           `json:"retention_days"` // of deleted items, 1 to 30, 14 at the start
}

// controlMailbox changes a recipient's addresses, kind and what keeps its deleted items. See mailboxChange.
func (s *Sim) controlMailbox(r *http.Request, t *tenant) (any, error) {
	var in mailboxChange
	if err := decodeBody(r, &in); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	box := t.anyRecipient(r.PathValue("address"))
	if box == nil {
		return nil, errNotFound
	}
	if err := t.change(box, in, s.now()); err != nil {
		return nil, err
	}

	return viewMailbox(box), nil
}

// change does all of a change or, with an error, nothing.
func (t *tenant) change(r *recipient, in mailboxChange, now time.Time) error {
	address, aliases := r.mail, r.aliases
	if in.Address != nil {
		address = *in.Address
	}
	if in.Aliases != nil {
		aliases = in.Aliases
	}
	if err := t.free(r, append([]string{address}, aliases...), in.TakeOver); err != nil {
		return err
	}
	if err := in.check(r); err != nil {
		return err
	}
	for _, wanted := range append([]string{address}, aliases...) {
		t.release(wanted, r)
	}
	t.setAddresses(r, address, aliases)
	if in.Kind != nil {
		t.become(r, *in.Kind)
	}
	if r.mailbox != nil {
		r.mailbox.expire(now) // a hold saves what is still there, not what was gone before
		r.mailbox.keepAs(in)
	}

	return nil
}

// free says whether r may have the addresses.
func (t *tenant) free(r *recipient, addresses []string, takeOver bool) error {
	for _, wanted := range addresses {
		other := t.byAddress[strings.ToLower(wanted)]
		switch {
		case other == nil, other == r:
		case !takeOver:
			return errors.New("address is another recipient's: " + wanted)
		case strings.EqualFold(other.upn, wanted):
			return errors.New("address is another user's sign-in name: " + wanted)
		}
	}

	return nil
}

// release takes an address from whoever else has it. Who loses the primary address goes on with an alias.
func (t *tenant) release(address string, to *recipient) {
	other := t.byAddress[strings.ToLower(address)]
	if other == nil || other == to {
		return
	}
	left := slices.DeleteFunc(other.addresses(), func(a string) bool { return strings.EqualFold(a, address) })
	primary := ""
	if len(left) > 0 {
		primary, left = left[0], left[1:]
	}
	t.setAddresses(other, primary, left)
}

func (in mailboxChange) check(r *recipient) error {
	switch {
	case in.Kind != nil && (!slices.Contains(userKinds, *in.Kind) || !slices.Contains(userKinds, r.kind)):
		return fmt.Errorf("a recipient of kind %s can't become %q", r.kind, *in.Kind)
	case in.RetentionDays != nil && (*in.RetentionDays < 1 || *in.RetentionDays > 30):
		return errors.New("retention_days is not between 1 and 30")
	case (in.Hold != nil || in.Archive != nil || in.RetentionDays != nil) && !in.leavesMailbox(r):
		return errors.New("the recipient has no mailbox to set hold, archive or retention of")
	}

	return nil
}

// leavesMailbox says whether r has a cloud mailbox after the change.
func (in mailboxChange) leavesMailbox(r *recipient) bool {
	if in.Kind != nil {
		return slices.Contains(mailboxKinds, *in.Kind)
	}

	return r.mailbox != nil
}

// keepAs sets what keeps deleted items.
func (m *mailbox) keepAs(in mailboxChange) {
	if in.Hold != nil {
		m.hold = *in.Hold
	}
	if in.Archive != nil {
		m.archive = *in.Archive
	}
	if in.RetentionDays != nil {
		m.retains = time.Duration(*in.RetentionDays) * 24 * time.Hour
	}
}
