package m365sim

import "net/http"

// Switches choose what Microsoft does where nobody could confirm it. The zero value is the likelier way of each, so
// that a client can be tried with both. Control shows and changes them while the simulator runs: GET and PATCH /switches.
type Switches struct {
	// ProxyAddressesNeedEventual makes a filter on proxyAddresses an advanced query, which wants $count=true and
	// ConsistencyLevel: eventual.
	ProxyAddressesNeedEventual bool `json:"proxy_addresses_need_eventual"`
	// DetailQuotaApart gives the trace's details 100 requests in five minutes of their own.
	DetailQuotaApart bool `json:"detail_quota_apart"`
	// AllRecipientsByMessageID shows more than a thousand rows of a message to a query without its MessageTraceId.
	AllRecipientsByMessageID bool `json:"all_recipients_by_message_id"`
	// StartingRecipientIncluded makes a query continued by StartingRecipientAddress begin with that recipient's row.
	StartingRecipientIncluded bool `json:"starting_recipient_included"`
}

// Switches answers how the simulator is switched now.
func (s *Sim) Switches() Switches { return *s.switches.Load() }

// SetSwitches changes every switch at once; what was answered before stays as it is.
func (s *Sim) SetSwitches(to Switches) { s.switches.Store(&to) }

// controlSwitches answers the switches, and with PATCH first sets those the body names.
func (s *Sim) controlSwitches(r *http.Request, _ *tenant) (any, error) {
	now := s.Switches()
	if r.Method == http.MethodPatch {
		if err := decodeBody(r, &now); err != nil {
			return nil, err
		}
		s.SetSwitches(now)
	}

	return now, nil
}
