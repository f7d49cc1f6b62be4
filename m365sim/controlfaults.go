package m365sim

import "net/http"

// controlFaults lists the faults of the tenant with how often each has hit, replaces them all, or removes them all. A
// list with a mistake in it changes nothing. See type fault.
func (s *Sim) controlFaults(r *http.Request, t *tenant) (any, error) {
	var in struct {
		Items []fault `json:"items"`
	}
	if r.Method == http.MethodPut {
		if err := decodeBody(r, &in); err != nil {
			return nil, err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range in.Items {
		in.Items[i].Hits = 0
		if err := in.Items[i].prepare(t); err != nil {
			return nil, err
		}
	}
	if r.Method != http.MethodGet {
		t.faults.replace(in.Items)
	}

	return items(t.faults.listed()), nil
}
