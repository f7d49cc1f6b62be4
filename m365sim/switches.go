package m365sim

import "net/http"

// Switches choose what Microsoft does where nobody could confirm it. The zero value is the likelier way of each, so
// that a client can be tried with both. Control shows and changes them while the simulator runs: GET and PATCH /switches.
type Switches struct {
	IdentitySwitches
	DirectorySwitches
	MailSwitches
}

// Switches answers how the simulator is switched now.
func (s *Sim) Switches() Switches { return *s.switches.Load() }

// SetSwitches changes every switch at once; what was answered before stays as it is.
func (s *Sim) SetSwitches(to Switches) { s.switches.Store(&to) }

// pageSize is the page size asked for by switch or configuration, 0 where it is Microsoft's.
func (s *Sim) pageSize() int {
	if size := s.Switches().PageSize; size > 0 {
		return size
	}

	return s.cfg.PageSize
}

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
