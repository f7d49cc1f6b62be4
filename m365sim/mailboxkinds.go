package m365sim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

var (
	// mailboxKinds are the kinds of recipient with a cloud mailbox.
	mailboxKinds = []recipientKind{kindUser, kindShared, kindRoom, kindEquipment}
	// userKinds are the kinds a user object can change between.
	userKinds = append([]recipientKind{kindOnPremises, kindUnlicensed}, mailboxKinds...)
	// recipientKinds are all there are.
	recipientKinds = append([]recipientKind{kindGuest, kindGroup, kindList, kindContact}, userKinds...)
)

// become changes the kind of a user. A mailbox that goes with its licence comes back with it, and so with its mail.
func (t *tenant) become(r *recipient, kind recipientKind) {
	r.kind = kind
	// Shared, room and equipment mailboxes are users whose account is disabled.
	r.enabled = kind == kindUser || kind == kindUnlicensed || kind == kindOnPremises
	switch has := slices.Contains(mailboxKinds, kind); {
	case has && r.mailbox == nil && r.dormant != nil:
		r.mailbox, r.dormant = r.dormant, nil
	case has && r.mailbox == nil:
		r.mailbox = t.newMailbox(r.id)
	case !has && r.mailbox != nil:
		r.dormant, r.mailbox = r.mailbox, nil
	}
}

// newRecipient is the body of control's POST /tenants/{tid}/mailboxes.
type newRecipient struct {
	mailboxChange
	Name    string   `json:"name"`
	Members []string `json:"members"` // addresses, of a group or list
}

// controlNewMailbox makes a recipient of any kind: {"kind": "shared", "address": "…", "name": "…", "hold": true}.
func (s *Sim) controlNewMailbox(r *http.Request, t *tenant) (any, error) {
	var in newRecipient
	if err := decodeBody(r, &in); err != nil {
		return nil, err
	}
	if in.Kind == nil || in.Address == nil || !slices.Contains(recipientKinds, *in.Kind) {
		return nil, fmt.Errorf("name an address and a kind, one of %v", recipientKinds)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	made, err := t.make(in)
	if err != nil {
		return nil, err
	}
	if slices.Contains(mailboxKinds, made.kind) {
		made.mailbox = t.newMailbox(made.id)
	}
	// Its kind is set, and a guest or group could not change it.
	in.Kind = nil
	if err := in.check(made); err != nil {
		return nil, err
	}
	t.add(made)
	if made.mailbox != nil {
		made.mailbox.keepAs(in.mailboxChange)
	}

	return viewMailbox(made), nil
}

// make is the directory object alone, not yet in the directory.
func (t *tenant) make(in newRecipient) (*recipient, error) {
	if err := t.free(nil, append([]string{*in.Address}, in.Aliases...), false); err != nil {
		return nil, err
	}
	r := &recipient{id: t.ids.uuid(t.domain, "made", strings.ToLower(*in.Address)), name: in.Name, kind: *in.Kind,
		mail: *in.Address, aliases: in.Aliases, upn: *in.Address}
	if t.byID[r.id] != nil {
		return nil, errors.New("was made before, and has other addresses now: " + *in.Address)
	}
	if r.name == "" {
		r.name = r.mail
	}
	r.enabled = r.kind != kindShared && r.kind != kindRoom && r.kind != kindEquipment
	switch r.kind {
	case kindGuest:
		r.upn = strings.ReplaceAll(r.mail, "@", "_") + "#EXT#@" + t.onMicrosoft()
	case kindGroup, kindList, kindContact:
		r.upn, r.enabled = "", false
	}
	members, err := t.all(in.Members)
	r.members = func() []*recipient { return members }

	return r, err
}

// all answers the recipients with these addresses.
func (t *tenant) all(addresses []string) ([]*recipient, error) {
	var out []*recipient
	for _, address := range addresses {
		r := t.anyRecipient(address)
		if r == nil {
			return nil, errors.New("no recipient " + address)
		}
		out = append(out, r)
	}

	return out, nil
}
