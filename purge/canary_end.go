package purge

import (
	"context"
	"fmt"

	"clawback"
)

// finish ends the canary. Where it did not come to its end, our own message is
// looked for first and taken away.
func (c *canaryRun) finish(ctx context.Context, problem clawback.CanaryProblem) error {
	left := false
	if problem.Cause != clawback.CanaryNoProblem && c.canary.Proof == clawback.ProofCanRemove {
		var err error
		if left, err = c.cleanUp(ctx); err != nil {
			return err
		}
	}
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), resultTimeout)
	defer cancel()
	if err := c.engine.store.FinishCanary(saving, c.canary.ID, problem, left); err != nil {
		return fmt.Errorf("finish a canary: %w", err)
	}
	return nil
}

// cleanUp takes our own message away, wherever it lies, and answers whether it
// may still be there. What was never placed is not looked for.
func (c *canaryRun) cleanUp(ctx context.Context) (left bool, err error) {
	placed, begun := c.canary.Line(clawback.CanaryPlace)
	want := nowhere
	switch {
	case c.canary.ImmutableID != "":
	case begun && (placed.Open() || placed.OK), c.last.MayHaveEffect():
		want = visible // whether it was made is not known: it may appear yet
	default:
		return false, nil
	}
	place, err := c.searched(ctx, want)
	if err != nil || place.answer.Kind != clawback.AnswerOK || nowhere.is(place) {
		return place.answer.Kind != clawback.AnswerOK, err
	}
	if err := c.deleteAll(ctx, place); err != nil {
		return true, err
	}
	place, err = c.searched(ctx, nowhere)
	return place.answer.Kind != clawback.AnswerOK || !nowhere.is(place), err
}

// searched looks for our own message as a step of its own: until it is where it
// may be, or at once where it need not be anywhere.
func (c *canaryRun) searched(ctx context.Context, want where) (canaryPlace, error) {
	var place canaryPlace
	_, err := c.step(ctx, clawback.CanaryFind, "Does the message still lie anywhere?", func(line clawback.CanaryLine) (clawback.CanaryLine, clawback.CanaryProblem) {
		if place = c.look(ctx); want.text == visible.text {
			place = c.lookUntil(ctx, want)
		}
		line = answered(line, place.answer)
		line.Found = place.text()
		if place.answer.Kind != clawback.AnswerOK {
			return line, c.diagnose(ctx, place.answer)
		}
		return line, clawback.CanaryProblem{}
	})
	return place, err
}

// deleteAll deletes for good what the look just showed to be our own message.
// Nothing is deleted out of Recoverable Items, so what lies there is moved back first.
func (c *canaryRun) deleteAll(ctx context.Context, place canaryPlace) error {
	c.adopt(place)
	back := clawback.MoveRequest{Source: clawback.RecoverableItems, Destination: clawback.InboxFolder}
	for _, f := range place.hidden {
		if done, err := c.tidy(ctx, f, back); err != nil || !done {
			return err
		}
	}
	for _, f := range append(place.visible, place.hidden...) {
		if _, err := c.tidy(ctx, f, clawback.MoveRequest{Permanent: true}); err != nil {
			return err
		}
	}
	return nil
}

// tidy changes one copy of our own message, and answers whether Microsoft did it.
func (c *canaryRun) tidy(ctx context.Context, f clawback.FoundCopy, request clawback.MoveRequest) (bool, error) {
	request.MailboxID, request.ImmutableID = c.canary.Mailbox.ID, f.ImmutableID
	problem, err := c.step(ctx, clawback.CanaryCleanUp, movedText(request), func(line clawback.CanaryLine) (clawback.CanaryLine, clawback.CanaryProblem) {
		c.last = c.engine.moveOne(ctx, c.conn, line.StartedAt, request)
		return c.changed(ctx, line, "Microsoft did it.")
	})
	return problem.Cause == clawback.CanaryNoProblem, err
}

func interrupted() clawback.CanaryProblem {
	return clawback.CanaryProblem{Cause: clawback.CanaryInterrupted, Who: "An admin of the organization",
		Finding: "Clawback was restarted in the middle of the test, so it proves nothing.", Advice: "Start the test again."}
}

func notThere(found string, want where) clawback.CanaryProblem {
	return clawback.CanaryProblem{Cause: clawback.CanaryNotThere, Who: "An admin of the organization",
		Finding: "The message was not where it had to be: " + found + " Expected: " + want.text + ".",
		Advice:  "Start the test again. A rule of the mailbox, or its owner, may have moved the message; choose another mailbox if it stays."}
}

// diagnose names why Microsoft did not do what was asked.
func (c *canaryRun) diagnose(ctx context.Context, a clawback.Answer) clawback.CanaryProblem {
	switch {
	case a.AccessPolicy():
		return clawback.CanaryProblem{Cause: clawback.CanaryAccessPolicy, Who: "An Exchange Administrator of the tenant",
			Finding: "An application access policy of Exchange keeps the app out of this mailbox.",
			Advice: "In Exchange Online PowerShell “Get-ApplicationAccessPolicy” shows the policy of the app " + c.conn.ClientID +
				". Add the mailbox to its group, or remove it with “Remove-ApplicationAccessPolicy”. Exchange takes more than an hour to honour that. Then start the test again."}
	case a.Code == "ErrorQuotaExceeded":
		return clawback.CanaryProblem{Cause: clawback.CanaryNoRoom, Who: "An Exchange Administrator of the tenant",
			Finding: "The folder for Recoverable Items of this mailbox is full, as a hold makes it in time. Nothing can be removed there.",
			Advice:  "Look at the mailbox’s holds and the quota of its Recoverable Items, or choose another mailbox."}
	case a.Kind == clawback.AnswerDenied:
		return c.denied(ctx, a)
	case a.Kind == clawback.AnswerNoMailbox:
		return clawback.CanaryProblem{Cause: clawback.CanaryNoMailbox, Who: "An admin of the organization",
			Finding: "Microsoft has no cloud mailbox for this user: there is no Exchange Online licence, or the mailbox is on premises.",
			Advice:  "Choose another mailbox, or give this user an Exchange Online licence and wait until the mailbox is there."}
	case a.Kind == clawback.AnswerUnauthorized:
		return clawback.CanaryProblem{Cause: clawback.CanaryNotConnected, Who: "An admin of the organization", Place: clawback.PlaceConnection,
			Finding: "The app can’t sign in any more: " + told(a), Advice: "Mend the step “Connect the device”, then start the test again."}
	case a.Kind == clawback.AnswerNotFound:
		return notThere(told(a), visible)
	}
	return clawback.CanaryProblem{Cause: clawback.CanaryUnavailable, Who: "Nobody",
		Finding: "Microsoft did not answer this as it should: " + told(a), Advice: "Start the test again in some minutes."}
}

// denied tells a missing permission from one that leaves this mailbox out, by what a token carries.
func (c *canaryRun) denied(ctx context.Context, a clawback.Answer) clawback.CanaryProblem {
	token := c.engine.microsoft.Tokens(ctx, c.conn).Graph
	switch {
	case token.OK() && !token.Has(clawback.MailReadWrite):
		return clawback.CanaryProblem{Cause: clawback.CanaryPermissionMissing, Place: clawback.PlacePermissions,
			Who:     "A Privileged Role Administrator or Global Administrator of the tenant",
			Finding: "The app’s token does not carry " + clawback.MailReadWrite + ", so it may not change this mailbox.",
			Advice:  "Grant " + clawback.MailReadWrite + " on Microsoft Graph as the step “Removal permission” says, then start the test again."}
	case token.OK():
		return clawback.CanaryProblem{Cause: clawback.CanaryScopedAccess, Who: "An Exchange Administrator of the tenant",
			Finding: "The token carries " + clawback.MailReadWrite + ", and Microsoft refuses this mailbox all the same: " + told(a),
			Advice:  "Access may be limited to other mailboxes in Exchange (RBAC for Applications): “Test-ServicePrincipalAuthorization” shows it. A grant younger than an hour may also not be honoured yet."}
	}
	return clawback.CanaryProblem{Cause: clawback.CanaryUnavailable, Who: "Nobody",
		Finding: "Microsoft refused this mailbox, and no token could be had that says why: " + told(a), Advice: "Run the checks of this device, then start the test again."}
}
