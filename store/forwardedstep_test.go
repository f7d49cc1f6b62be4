package store_test

import (
	"sync"
	"testing"
	"time"

	"clawback"
	"clawback/store/storetest"
)

var bearer = clawback.Actor{Kind: clawback.ActorPerson, Name: "Somebody with the forwarded link", RemoteAddr: "192.0.2.7"}

// atOnce does a thing from many sides, and answers how many went well; every other error is of the kind.
func atOnce(t *testing.T, times int, kind clawback.Kind, do func() error) int {
	t.Helper()
	var all sync.WaitGroup
	errs := make([]error, times)
	for i := range times {
		all.Go(func() { errs[i] = do() })
	}
	all.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
			continue
		}
		wantKind(t, "one of many at once", err, kind)
	}
	return good
}

// TestForwardedStep_link keeps the token as a hash, and shows it to its maker alone, for minutes.
func TestForwardedStep_link(t *testing.T) {
	b := setup(t)
	admin, device := storetest.Admin(b.org), b.device.ID
	made := must(b.ForwardStep(ctx, admin, device, clawback.StepRemoval))(t)
	token := made.Token.Reveal()
	if len(token) < 22 {
		t.Errorf("the token %q can be guessed", token)
	}
	if got := b.Text(t, `SELECT COUNT(*) FROM forwarded_steps WHERE instr(token_hash, ?1) > 0 OR instr(COALESCE(token_sealed, ''), ?1) > 0`, token); got != "0" {
		t.Error("the token stands in the database")
	}
	if shown := must(b.FindForwardedStepLink(ctx, admin, device, made.ID))(t); shown.Token.Reveal() != token || shown.Step != clawback.StepRemoval {
		t.Errorf("its maker reads %+v", shown)
	}
	_, err := b.FindForwardedStepLink(ctx, storetest.Admin(b.org), device, made.ID)
	wantKind(t, "another admin reads it", err, clawback.KindNotFound)
	_, err = b.FindForwardedStepLink(ctx, admin, storetest.Device(t, b.Store, b.org).ID, made.ID)
	wantKind(t, "at another device", err, clawback.KindNotFound)
	b.clock.Advance(clawback.ForwardedStepShown)
	_, err = b.FindForwardedStepLink(ctx, admin, device, made.ID)
	wantKind(t, "minutes later", err, clawback.KindConflict)
	must(b.ForwardStep(ctx, admin, device, clawback.StepRemoval))(t)
	if got := b.Text(t, `SELECT COUNT(*) FROM forwarded_steps WHERE token_sealed IS NOT NULL`); got != "1" {
		t.Errorf("%s tokens can be opened", got)
	}
}

// TestForwardedStep_bearer is told the step and the app, as long as the link works and never after.
func TestForwardedStep_bearer(t *testing.T) {
	b := setup(t)
	admin, device := storetest.Admin(b.org), b.device.ID
	forward := func() clawback.ForwardedStepMade {
		return must(b.ForwardStep(ctx, admin, device, clawback.StepRemoval))(t)
	}
	refused := func(what, token string, kind clawback.Kind) {
		t.Helper()
		help, err := b.OpenForwardedStep(ctx, bearer, token)
		wantKind(t, what+": opened", err, kind)
		if help.Device.ClientID != "" {
			t.Errorf("%s: it tells %+v", what, help)
		}
		_, err = b.ReportForwardedStep(ctx, bearer, token)
		wantKind(t, what+": reported", err, kind)
	}

	made := forward()
	for range 2 { // it may be read over days
		help := must(b.OpenForwardedStep(ctx, bearer, " "+made.Token.Reveal()+"\n"))(t)
		if help.ID != made.ID || help.Step != clawback.StepRemoval || help.Device.ClientID != b.device.ClientID || help.OpenedAt.IsZero() {
			t.Errorf("opened: %+v", help)
		}
		b.clock.Advance(24 * time.Hour)
	}
	if got := must(b.ListForwardedSteps(ctx, admin, device))(t); len(got) != 1 || !got[0].OpenedAt.Equal(storetest.Start) {
		t.Errorf("it says when it was opened first: %+v", got)
	}
	if got := b.audited(t, b.org.ID, "setup.forward_opened"); got != "1" {
		t.Errorf("%s openings in the trail", got)
	}

	refused("an invented token", "invented", clawback.KindNotFound)
	refused("none", "", clawback.KindNotFound)
	refused("the link's id", made.ID, clawback.KindNotFound)
	b.clock.Advance(storetest.Start.Add(clawback.ForwardedStepLife - time.Second).Sub(b.clock.Now()))
	must(b.OpenForwardedStep(ctx, bearer, made.Token.Reveal()))(t)
	b.clock.Advance(time.Second)
	refused("expired", made.Token.Reveal(), clawback.KindConflict)

	gone := forward()
	for range 2 {
		if revoked := must(b.RevokeForwardedStep(ctx, admin, device, gone.ID))(t); revoked.RevokedBy != admin.Name || revoked.Works(b.clock.Now()) {
			t.Errorf("withdrawn: %+v", revoked)
		}
	}
	refused("withdrawn", gone.Token.Reveal(), clawback.KindConflict)
	if got := b.audited(t, b.org.ID, "setup.forward_withdrawn"); got != "1" {
		t.Errorf("%s withdrawals in the trail", got)
	}

	said, silent := forward(), forward()
	must(b.ReportForwardedStep(ctx, bearer, said.Token.Reveal()))(t)
	b.disconnect(t, b.device)
	for what, link := range map[string]clawback.ForwardedStepMade{"said to be done": said, "silent": silent} {
		refused(what+", of a disconnected device", link.Token.Reveal(), clawback.KindConflict)
	}
	_, err := b.ForwardStep(ctx, admin, device, clawback.StepRemoval)
	wantKind(t, "forward a step of a disconnected device", err, clawback.KindConflict)
}

// TestForwardedStep_done makes one check due, once, however often it is pressed.
func TestForwardedStep_done(t *testing.T) {
	b := setup(t)
	admin, device := storetest.Admin(b.org), b.device.ID
	made := must(b.ForwardStep(ctx, admin, device, clawback.StepRemoval))(t)
	checks := []clawback.CheckResult{}
	for _, step := range clawback.CheckedSteps() {
		checks = append(checks, clawback.CheckResult{Step: step, Diagnosis: clawback.Diagnosis{Status: clawback.CheckFail}, CheckedAt: b.clock.Now(), NextAt: b.clock.Now().Add(time.Hour)})
	}
	must(b.SaveChecks(ctx, admin, device, checks))(t)
	next := func() time.Time {
		check, _ := must(b.FindDeviceSetup(ctx, admin, device))(t).Check(clawback.StepRemoval)
		return check.NextAt
	}
	press := func() error { _, err := b.ReportForwardedStep(ctx, bearer, made.Token.Reveal()); return err }
	if good := atOnce(t, 8, "", press); good != 8 {
		t.Errorf("%d of 8 were taken", good)
	}
	if got := b.audited(t, b.org.ID, "setup.forward_done"); got != "1" {
		t.Errorf("%s words in the trail", got)
	}
	if want := storetest.Start.Add(clawback.CheckRest); !next().Equal(want) {
		t.Errorf("it is looked at %s, want %s: not at once after another check", next(), want)
	}
	b.clock.Advance(time.Minute)
	mustDo(t, press())
	if got := b.audited(t, b.org.ID, "setup.forward_done"); got != "2" {
		t.Errorf("%s words in the trail a minute later", got)
	}
	if want := storetest.Start.Add(clawback.CheckRest); !next().Equal(want) {
		t.Errorf("what was due already is put off to %s", next())
	}
	task := must(b.FindDeviceSetup(ctx, admin, device))(t).Task(clawback.StepRemoval)
	if task.Status == clawback.TaskDone || task.Touch.By != bearer.Name {
		t.Errorf("a word makes the task %+v", task)
	}
}

func TestForwardedStep_isAnAdmins(t *testing.T) {
	b := setup(t)
	admin, device := storetest.Admin(b.org), b.device.ID
	made := must(b.ForwardStep(ctx, admin, device, clawback.StepRemoval))(t)
	for who, tt := range map[string]struct {
		actor        clawback.Actor
		change, read clawback.Kind
	}{
		"another organization's admin": {storetest.Admin(b.other), clawback.KindNotFound, clawback.KindNotFound},
		"an analyst":                   {storetest.Analyst(b.org), clawback.KindForbidden, ""},
		"an engagement manager":        {storetest.EngagementManager(b.org.ID), clawback.KindForbidden, ""},
		"a manager of another":         {storetest.EngagementManager(b.other.ID), clawback.KindNotFound, clawback.KindNotFound},
		"nobody":                       {clawback.Actor{}, clawback.KindNotFound, clawback.KindNotFound},
	} {
		_, err := b.ForwardStep(ctx, tt.actor, device, clawback.StepRemoval)
		wantKind(t, who+" forwards", err, tt.change)
		_, err = b.RevokeForwardedStep(ctx, tt.actor, device, made.ID)
		wantKind(t, who+" withdraws", err, tt.change)
		_, err = b.FindForwardedStepLink(ctx, tt.actor, device, made.ID)
		wantKind(t, who+" reads the link", err, clawback.KindNotFound)
		_, err = b.ListForwardedSteps(ctx, tt.actor, device)
		wantKind(t, who+" lists", err, tt.read)
	}
	second := storetest.Device(t, b.Store, b.org)
	_, err := b.RevokeForwardedStep(ctx, admin, second.ID, made.ID)
	wantKind(t, "withdraw at another device", err, clawback.KindNotFound)
	for step, kind := range map[clawback.SetupStep]clawback.Kind{clawback.StepNeverRemove: clawback.KindInvalid, clawback.StepSwitchOn: clawback.KindInvalid, "nonsense": clawback.KindInvalid} {
		_, err := b.ForwardStep(ctx, admin, device, step)
		wantKind(t, string(step), err, kind)
	}
	_, err = b.ForwardStep(ctx, admin, b.integrationDevice(t).ID, clawback.StepConnect)
	wantKind(t, "the consent to the integration", err, clawback.KindConflict)
	if got := b.audited(t, b.org.ID, "setup.step_forwarded"); got != "1" {
		t.Errorf("%s links in the trail", got)
	}
}

// TestForwardedStep_manyAtOnce: two admins at once make no more links than work at a time.
func TestForwardedStep_manyAtOnce(t *testing.T) {
	b := setup(t)
	admin := storetest.Admin(b.org)
	made := atOnce(t, 2*clawback.MaxForwardedSteps, clawback.KindConflict, func() error {
		_, err := b.ForwardStep(ctx, admin, b.device.ID, clawback.StepRemoval)
		return err
	})
	if made != clawback.MaxForwardedSteps {
		t.Errorf("%d links were made", made)
	}
	must(b.ForwardStep(ctx, admin, b.device.ID, clawback.StepRecipients))(t) // of another step
	b.clock.Advance(clawback.ForwardedStepLife)
	must(b.ForwardStep(ctx, admin, b.device.ID, clawback.StepRemoval))(t) // the others have expired
}
