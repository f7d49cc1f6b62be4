package store_test

import (
	"strings"
	"testing"

	"clawback"
	"clawback/store/storetest"
)

func (b *bench) task(t *testing.T, device clawback.Device) clawback.SetupTask {
	t.Helper()
	return must(b.FindDeviceSetup(ctx, storetest.Admin(b.org), device.ID))(t).Task(clawback.StepNeverRemove)
}

// TestSetupDecision holds for the organization's every device until it is taken back, and stays on record after that.
func TestSetupDecision(t *testing.T) {
	b := setup(t)
	admin, colleague, second := storetest.Admin(b.org), storetest.Admin(b.org), storetest.Device(t, b.Store, b.org)
	colleague.Name = "Carla Colleague"
	skip := func(by clawback.Actor, reason string) error {
		return b.SkipStep(ctx, by, b.device.ID, clawback.StepNeverRemove, reason)
	}
	mustDo(t, skip(admin, "none here"))
	mustDo(t, skip(colleague, "me too"))
	for _, device := range []clawback.Device{b.device, second} {
		if task := b.task(t, device); task.Status != clawback.TaskDone || !strings.Contains(task.Why, admin.Name) {
			t.Errorf("decided: %+v", task)
		}
	}
	for range 2 {
		mustDo(t, b.UnskipStep(ctx, colleague, second.ID, clawback.StepNeverRemove))
	}
	if task := b.task(t, b.device); task.Status != clawback.TaskNotStarted {
		t.Errorf("taken back: %+v", task)
	}
	mustDo(t, skip(admin, "again"))
	decisions := must(b.FindDeviceSetup(ctx, admin, b.device.ID))(t).Decisions
	if len(decisions) != 2 || decisions[0].Reason != "again" || !decisions[0].Holds() || decisions[1].Reason != "none here" || decisions[1].TakenBackBy != colleague.Name {
		t.Errorf("on record: %+v", decisions)
	}
	if b.audited(t, b.org.ID, "setup.step_skipped") != "2" || b.audited(t, b.org.ID, "setup.skip_taken_back") != "1" {
		t.Error("the trail has others than two decisions, one taken back")
	}
	if task := must(b.ListDeviceSetups(ctx, storetest.Admin(b.other), b.other.ID))(t)[0].Task(clawback.StepNeverRemove); task.Status != clawback.TaskNotStarted {
		t.Errorf("another organization's task is %+v", task)
	}
}

func TestSetupDecision_atOnce(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	atOnce(t, 8, "", func() error { return b.SkipStep(ctx, admin, b.device.ID, clawback.StepNeverRemove, "none") })
	if n, got := len(must(b.FindDeviceSetup(ctx, admin, b.device.ID))(t).Decisions), b.audited(t, b.org.ID, "setup.step_skipped"); n != 1 || got != "1" {
		t.Errorf("%d decisions, %s in the trail", n, got)
	}
	atOnce(t, 8, "", func() error { return b.UnskipStep(ctx, admin, b.device.ID, clawback.StepNeverRemove) })
	if got := b.audited(t, b.org.ID, "setup.skip_taken_back"); got != "1" {
		t.Errorf("taken back %s times", got)
	}
}

func TestSetupDecision_isTheCustomers(t *testing.T) {
	b := setup(t)
	service := func(organization string, rights ...clawback.Right) clawback.Actor {
		return clawback.Actor{Kind: clawback.ActorService, ID: "s", Name: "Automation", Rights: rights, Organizations: []string{organization}}
	}
	for who, tt := range map[string]struct {
		actor clawback.Actor
		kind  clawback.Kind
	}{
		"an analyst":                   {storetest.Analyst(b.org), clawback.KindForbidden},
		"an engagement manager":        {storetest.EngagementManager(b.org.ID), clawback.KindForbidden},
		"an operator":                  {storetest.Operator(), clawback.KindForbidden},
		"the bot":                      {clawback.Bot("x"), clawback.KindForbidden},
		"another organization's admin": {storetest.Admin(b.other), clawback.KindNotFound},
		"another's service":            {service(b.other.ID, clawback.AllRights()...), clawback.KindNotFound},
		"a service that reads":         {service(b.org.ID, clawback.RightReadOrganization), clawback.KindForbidden},
	} {
		wantKind(t, who+" decides", b.SkipStep(ctx, tt.actor, b.device.ID, clawback.StepNeverRemove, ""), tt.kind)
		wantKind(t, who+" takes back", b.UnskipStep(ctx, tt.actor, b.device.ID, clawback.StepNeverRemove), tt.kind)
	}
	configures, admin := service(b.org.ID, clawback.RightConfigure), storetest.Admin(b.org)
	mustDo(t, b.SkipStep(ctx, configures, b.device.ID, clawback.StepNeverRemove, ""))
	mustDo(t, b.UnskipStep(ctx, configures, b.device.ID, clawback.StepNeverRemove))

	for _, step := range append(clawback.CheckedSteps(), clawback.StepSwitchOn, "nonsense") {
		wantField(t, string(step), b.SkipStep(ctx, admin, b.device.ID, step, ""), "step")
		wantField(t, string(step), b.UnskipStep(ctx, admin, b.device.ID, step), "step")
	}
	wantField(t, "a reason without end", b.SkipStep(ctx, admin, b.device.ID, clawback.StepNeverRemove, strings.Repeat("why ", 2000)), "reason")
	entry := storetest.Context(t, b.Store, b.org, "quarantine@x.example")
	must(b.SaveAutoRemediation(ctx, admin, clawback.AutoRemediation{OrganizationID: b.org.ID, Mode: clawback.ModeOff, Removal: clawback.RemovalSoft, VolumeLimit: 5,
		Devices: []string{b.device.ID}, NeverRemove: []string{entry.ID}}))(t)
	wantKind(t, "with an inbox selected", b.SkipStep(ctx, admin, b.device.ID, clawback.StepNeverRemove, ""), clawback.KindConflict)
	if got := b.audited(t, b.org.ID, "setup.step_skipped"); got != "1" {
		t.Errorf("%s decisions in the trail", got)
	}
}
