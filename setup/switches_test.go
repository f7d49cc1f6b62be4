package setup_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/m365sim"
)

// switchPositions answers every position of every switch that the simulator names, so that a new switch is tested too.
func switchPositions(t *testing.T) []string {
	t.Helper()
	content, err := json.Marshal(m365sim.Switches{})
	if err != nil {
		t.Fatal(err)
	}
	var switches map[string]any
	if err := json.Unmarshal(content, &switches); err != nil {
		t.Fatal(err)
	}
	positions := []string{`{}`}
	for name, zero := range switches {
		if zero == false {
			positions = append(positions, fmt.Sprintf(`{%q:true}`, name))
			continue
		}
		for _, n := range []int{-1, 1, 7, 3600} { // a number: off, about the least there is, and some
			positions = append(positions, fmt.Sprintf(`{%q:%d}`, name, n))
		}
	}
	slices.Sort(positions)
	return positions
}

// brokenStates are states of the simulated app, the one check that must not pass in each, and the cause it names.
var brokenStates = []struct {
	state string
	step  clawback.SetupStep
	cause clawback.CheckCause
}{
	{"correct", "", ""},
	{"through_group", "", ""},
	{"no_consent", clawback.StepManageAsApp, clawback.CauseNoConsent},
	{"delegated", clawback.StepManageAsApp, clawback.CauseDelegated},
	{"wrong_api", clawback.StepManageAsApp, clawback.CauseWrongAPI},
	{"eligible_only", clawback.StepSecurityReader, clawback.CauseEligibleOnly},
	{"administrative_unit", clawback.StepSecurityReader, clawback.CauseScopedRole},
	{"removal_permission_missing", clawback.StepRemoval, clawback.CauseNotRequested},
}

// TestEverySwitch makes all checks of a device in correct and in broken states, with everything nobody could confirm at
// Microsoft either way: what is broken never passes, and nothing else is blamed.
func TestEverySwitch(t *testing.T) {
	for _, position := range switchPositions(t) {
		t.Run(position, func(t *testing.T) {
			b := start(t).withDevice()
			b.switches(position)
			for _, tt := range brokenStates {
				b.inState(tt.state)
				for step, got := range b.check() {
					cause := clawback.CheckCause("")
					if step == tt.step {
						cause = tt.cause
					}
					if differs := differing(position, tt.state, step); differs != nil {
						cause = *differs
					}
					if got.Cause != cause || (got.Status == clawback.CheckPass) != (cause == "") {
						t.Errorf("%s: %s is %s (%s), want cause %q: %s", tt.state, step, got.Status, got.Cause, cause, got.Finding)
					}
				}
			}
		})
	}
}

// differing answers the cause that a check must name where a switch makes another one true, nil where it makes none.
func differing(position, state string, step clawback.SetupStep) *clawback.CheckCause {
	cause := func(c clawback.CheckCause) *clawback.CheckCause { return &c }
	if step != clawback.StepSecurityReader {
		return nil
	}
	traced := !slices.Contains([]string{"no_consent", "delegated", "wrong_api", "eligible_only", "administrative_unit"}, state)
	switch {
	case position == `{"no_trace_for_security_reader":true}` && traced:
		return cause(clawback.CauseCallRefused) // the message trace itself passes, by Graph
	case position == `{"no_group_roles_in_wids":true}` && state == "through_group":
		return cause(clawback.CauseCallRefused)
	case position == `{"no_premium_license":true}` && state == "eligible_only":
		return cause(clawback.CauseRoleMissing) // a tenant without the licence has no eligible roles to read
	}
	return nil
}

func (b *bench) switches(position string) {
	b.t.Helper()
	request, err := http.NewRequest(http.MethodPatch, b.sim.Addresses().Control+"/switches", strings.NewReader(position))
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		b.t.Fatalf("switches %s: %s", position, response.Status)
	}
}

// inState brings the app into a state of the setup, which was seen long enough ago that nothing is under way.
func (b *bench) inState(state string) {
	b.t.Helper()
	b.control(http.MethodPut, "/apps/"+b.tenant.App.ClientID+"/state", object{"state": state})
	b.check()
	b.clock.Advance(3 * time.Hour)
}
