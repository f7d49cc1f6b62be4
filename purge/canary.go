package purge

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clawback"
)

// CanaryStartStore begins canaries.
type CanaryStartStore interface {
	FindDevice(ctx context.Context, actor clawback.Actor, id string) (clawback.Device, error)
	FindConnection(ctx context.Context, deviceID string) (clawback.Connection, error)
	CreateCanary(ctx context.Context, actor clawback.Actor, n clawback.NewCanary) (clawback.Canary, error)
}

// CanaryStore keeps canaries while they run: the intent before each call, the
// result after it.
type CanaryStore interface {
	TakeCanary(ctx context.Context, id string) (clawback.CanaryWork, bool, error)
	ReleaseCanary(ctx context.Context, id string) error
	BeginCanaryStep(ctx context.Context, canaryID string, step clawback.CanaryStep, asked string) (clawback.CanaryLine, clawback.CanaryProblem, error)
	EndCanaryStep(ctx context.Context, canaryID string, line clawback.CanaryLine, immutableID string) error
}

// CanaryEndStore ends canaries.
type CanaryEndStore interface {
	FinishCanary(ctx context.Context, canaryID string, problem clawback.CanaryProblem, leftBehind bool) error
}

// Placer makes a message of our own, and says what the app's tokens carry.
type Placer interface {
	PlaceMessage(ctx context.Context, conn clawback.Connection, sendBy time.Time, r clawback.PlaceRequest) (clawback.PlaceAnswer, error)
	Tokens(ctx context.Context, conn clawback.Connection) clawback.TokensEvidence
}

// Microsoft shows a change in its lists within seconds.
const (
	canaryLooks = 8
	canaryPause = 2 * time.Second
)

// StartCanary begins a proof of a device on the mailbox behind an address, which
// is looked up now. It returns KindNotFound, KindForbidden, KindInvalid about the
// address, and KindConflict; see the store's CreateCanary.
func (e *Engine) StartCanary(ctx context.Context, actor clawback.Actor, deviceID string, proof clawback.CanaryProof, address string) (clawback.Canary, error) {
	device, err := e.store.FindDevice(ctx, actor, deviceID)
	if err != nil {
		return clawback.Canary{}, err
	}
	if !actor.Can(clawback.RightConfigure, device.OrganizationID) {
		return clawback.Canary{}, clawback.Errorf(clawback.KindForbidden, "Only an admin of the organization proves a device on a mailbox.")
	}
	if device.Disconnected() {
		return clawback.Canary{}, clawback.Errorf(clawback.KindConflict, "“%s” is disconnected. Connect it again first.", device.Name)
	}
	if address, err = clawback.NormalizeAddress(address); err != nil {
		return clawback.Canary{}, err
	}
	conn, err := e.store.FindConnection(ctx, device.ID)
	if err != nil {
		return clawback.Canary{}, fmt.Errorf("find the device's connection: %w", err)
	}
	mailbox, err := e.nominated(ctx, conn, address)
	if err != nil {
		return clawback.Canary{}, err
	}
	return e.store.CreateCanary(ctx, actor, clawback.NewCanary{DeviceID: device.ID, Proof: proof, Mailbox: mailbox})
}

// nominated looks an address up. What could not be looked up can't be told from
// a never-remove inbox, so it is refused.
func (e *Engine) nominated(ctx context.Context, conn clawback.Connection, address string) (clawback.Mailbox, error) {
	answers, err := e.microsoft.LookUpMailboxes(ctx, conn, []string{address})
	if err != nil || answers[0].Answer.Kind != clawback.AnswerOK {
		answer := answerOf(err)
		if err == nil {
			answer = answers[0].Answer
		}
		return clawback.Mailbox{}, clawback.Invalid("address", "Whose mailbox this is could not be looked up: %s Pass the steps “Connect the device” and “Resolve recipients”, then try again.",
			told(answer))
	}
	mailbox := answers[0].Mailbox
	switch mailbox.Kind {
	case clawback.MailboxCloud:
		return mailbox, nil
	case clawback.MailboxUnknown, clawback.MailboxExternal:
		return mailbox, clawback.Invalid("address", "No mailbox has this address: %s Choose a mailbox of this tenant.", mailbox.Explanation)
	}
	return mailbox, clawback.Invalid("address", "Behind this address is no mailbox in Microsoft’s cloud: %s Choose a person’s or a shared mailbox.", mailbox.Explanation)
}

// Canary takes a canary a pass further. A canary that a stop of the process cuts
// off stays open; the next start cleans it up.
func (e *Engine) Canary(ctx context.Context, id string) error {
	work, taken, err := e.store.TakeCanary(ctx, id)
	if err != nil || !taken {
		return err
	}
	defer func() {
		saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), resultTimeout)
		defer cancel()
		e.report(ctx, "release a canary", e.store.ReleaseCanary(saving, id))
	}()
	c := &canaryRun{engine: e, canary: work.Canary, conn: work.Connection}
	if work.CleanUp {
		return c.finish(ctx, interrupted())
	}
	prove := c.prove
	if work.Canary.Proof == clawback.ProofEndToEnd {
		prove = c.await
	}
	done, problem, err := prove(ctx)
	if err != nil || !done {
		return err
	}
	return c.finish(ctx, problem)
}

// canaryRun is one pass over a canary.
type canaryRun struct {
	engine *Engine
	canary clawback.Canary
	conn   clawback.Connection
	last   clawback.Answer // of the change before a look
}

// prove takes a message of our own through all that a removal does. Each change
// comes after a look that showed this very message, by its id and its Message-ID.
func (c *canaryRun) prove(ctx context.Context) (done bool, problem clawback.CanaryProblem, err error) {
	steps := []func(context.Context) (clawback.CanaryProblem, error){
		c.place,
		c.see(clawback.CanaryFind, visible),
		c.move(clawback.CanaryRemove, clawback.MoveRequest{Destination: clawback.RecoverableItems}),
		c.see(clawback.CanaryVerifyRemoved, hidden),
		c.move(clawback.CanaryRestore, clawback.MoveRequest{Source: clawback.RecoverableItems, Destination: clawback.InboxFolder}),
		c.see(clawback.CanaryVerifyRestored, visible),
		c.move(clawback.CanaryDelete, clawback.MoveRequest{Permanent: true}),
		c.see(clawback.CanaryVerifyDeleted, nowhere),
	}
	for _, step := range steps {
		if problem, err := step(ctx); err != nil || problem.Cause != clawback.CanaryNoProblem {
			return true, problem, err
		}
		if err := ctx.Err(); err != nil {
			return false, clawback.CanaryProblem{}, err
		}
	}
	return true, clawback.CanaryProblem{}, nil
}

// step writes down what is asked, does it, and writes down what came back.
func (c *canaryRun) step(ctx context.Context, step clawback.CanaryStep, asked string, do func(clawback.CanaryLine) (clawback.CanaryLine, clawback.CanaryProblem)) (clawback.CanaryProblem, error) {
	line, problem, err := c.engine.store.BeginCanaryStep(ctx, c.canary.ID, step, asked)
	if err != nil || problem.Cause != clawback.CanaryNoProblem {
		return problem, err
	}
	line, problem = do(line)
	if err := ctx.Err(); err != nil {
		return problem, err // cut off: what came back says nothing
	}
	line.OK = problem.Cause == clawback.CanaryNoProblem
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), resultTimeout)
	defer cancel()
	if err := c.engine.store.EndCanaryStep(saving, c.canary.ID, line, c.canary.ImmutableID); err != nil {
		return problem, fmt.Errorf("save a canary's step: %w", err)
	}
	return problem, nil
}

func (c *canaryRun) place(ctx context.Context) (clawback.CanaryProblem, error) {
	asked := fmt.Sprintf("Make the message “%s” in the Inbox of %s", c.canary.Subject, c.canary.Mailbox.Address)
	return c.step(ctx, clawback.CanaryPlace, asked, func(line clawback.CanaryLine) (clawback.CanaryLine, clawback.CanaryProblem) {
		placed, err := c.engine.microsoft.PlaceMessage(ctx, c.conn, line.StartedAt.Add(clawback.IntentLifetime), clawback.PlaceRequest{
			MailboxID: c.canary.Mailbox.ID, Address: c.canary.Mailbox.Address, MessageID: c.canary.MessageID, Subject: c.canary.Subject,
			Text: "Clawback made this message to prove that it can remove email from this mailbox, and takes it away again within a minute. It is harmless, and nothing has to be done.",
		})
		if err != nil {
			placed.Answer = answerOf(err)
		}
		c.last, c.canary.ImmutableID = placed.Answer, placed.Copy.ImmutableID
		return c.changed(ctx, line, "The message is there.")
	})
}

func (c *canaryRun) move(step clawback.CanaryStep, request clawback.MoveRequest) func(context.Context) (clawback.CanaryProblem, error) {
	request.MailboxID = c.canary.Mailbox.ID
	return func(ctx context.Context) (clawback.CanaryProblem, error) {
		request.ImmutableID = c.canary.ImmutableID
		return c.step(ctx, step, movedText(request), func(line clawback.CanaryLine) (clawback.CanaryLine, clawback.CanaryProblem) {
			c.last = c.engine.moveOne(ctx, c.conn, line.StartedAt, request)
			return c.changed(ctx, line, "Microsoft did it.")
		})
	}
}

func (e *Engine) moveOne(ctx context.Context, conn clawback.Connection, committed time.Time, request clawback.MoveRequest) clawback.Answer {
	answers, err := e.microsoft.MoveCopies(ctx, conn, committed.Add(clawback.IntentLifetime), []clawback.MoveRequest{request})
	if err != nil {
		return answerOf(err)
	}
	return answers[0]
}

func movedText(r clawback.MoveRequest) string {
	switch {
	case r.Permanent:
		return "Delete the message for good"
	case r.Destination == clawback.RecoverableItems:
		return "Move the message to Recoverable Items, as a removal does"
	}
	return "Move the message from Recoverable Items back to the Inbox"
}

// changed writes down the answer to a change. Whether it had an effect that no
// answer tells of, the next look shows.
func (c *canaryRun) changed(ctx context.Context, line clawback.CanaryLine, ok string) (clawback.CanaryLine, clawback.CanaryProblem) {
	line = answered(line, c.last)
	switch {
	case c.last.Kind == clawback.AnswerOK:
		line.Found = ok
	case c.last.Kind == clawback.AnswerUnknown, c.last.Kind == clawback.AnswerUnavailable && c.last.Status == 0:
		line.Found += " The next look tells whether it was done."
	default:
		return line, c.diagnose(ctx, c.last)
	}
	return line, clawback.CanaryProblem{}
}

func answered(line clawback.CanaryLine, a clawback.Answer) clawback.CanaryLine {
	line.Status, line.Code, line.RequestID, line.Found = a.Status, a.Code, a.RequestID, told(a)
	return line
}

// told answers Microsoft's words as a sentence.
func told(a clawback.Answer) string {
	switch {
	case a.Message == "" && a.Status == 0:
		return "No answer came back."
	case a.Message == "":
		return fmt.Sprintf("Microsoft answered with status %d.", a.Status)
	case a.Message[len(a.Message)-1] == '.':
		return a.Message
	}
	return a.Message + "."
}

// canaryPlace is where our own message lies.
type canaryPlace struct {
	visible, hidden []clawback.FoundCopy
	answer          clawback.Answer
}

// where is what a look shows, in the words of a line.
type where struct {
	text string
	is   func(canaryPlace) bool
}

var (
	visible = where{"in the mailbox", func(p canaryPlace) bool { return len(p.visible) == 1 && len(p.hidden) == 0 }}
	hidden  = where{"in Recoverable Items and nowhere else", func(p canaryPlace) bool { return len(p.visible) == 0 && len(p.hidden) == 1 }}
	cleared = where{"in no visible folder", func(p canaryPlace) bool { return len(p.visible) == 0 }}
	nowhere = where{"nowhere any more", func(p canaryPlace) bool { return len(p.visible)+len(p.hidden) == 0 }}
)

func (p canaryPlace) text() string {
	switch {
	case p.answer.Kind != clawback.AnswerOK:
		return told(p.answer)
	case nowhere.is(p):
		return "The message is in no folder, nor in Recoverable Items."
	case hidden.is(p):
		return "The message is in Recoverable Items, and in no visible folder."
	case visible.is(p):
		return "The message is in a visible folder of the mailbox."
	}
	return fmt.Sprintf("%d copies of it are visible, and %d are in Recoverable Items.", len(p.visible), len(p.hidden))
}

// see looks until our own message is where it has to be.
func (c *canaryRun) see(step clawback.CanaryStep, want where) func(context.Context) (clawback.CanaryProblem, error) {
	asked := "Where is the message? It must be " + want.text
	return func(ctx context.Context) (clawback.CanaryProblem, error) {
		return c.step(ctx, step, asked, func(line clawback.CanaryLine) (clawback.CanaryLine, clawback.CanaryProblem) {
			place := c.lookUntil(ctx, want)
			line = answered(line, place.answer)
			line.Found = place.text()
			switch {
			case place.answer.Kind != clawback.AnswerOK:
				return line, c.diagnose(ctx, place.answer)
			case !want.is(place) && c.last.Kind != "" && c.last.Kind != clawback.AnswerOK:
				return line, c.diagnose(ctx, c.last)
			case !want.is(place):
				return line, notThere(line.Found, want)
			}
			c.adopt(place)
			return line, clawback.CanaryProblem{}
		})
	}
}

// adopt learns the id of our own message where the answer to its making was lost.
func (c *canaryRun) adopt(place canaryPlace) {
	own := c.canary.Proof == clawback.ProofCanRemove && c.canary.ImmutableID == ""
	if found := append(slices.Clone(place.visible), place.hidden...); own && len(found) == 1 {
		c.canary.ImmutableID = found[0].ImmutableID
	}
}

// lookUntil looks for a while: a list may be seconds behind.
func (c *canaryRun) lookUntil(ctx context.Context, want where) canaryPlace {
	for try := 1; ; try++ {
		place := c.look(ctx)
		settled := place.answer.Kind == clawback.AnswerOK && want.is(place)
		if settled || try == canaryLooks || place.answer.Kind != clawback.AnswerOK && !place.answer.Passing() {
			return place
		}
		if c.engine.wait(ctx, canaryPause) != nil {
			return place
		}
	}
}

// look asks for what bears our Message-ID, in all visible folders and in Recoverable Items.
func (c *canaryRun) look(ctx context.Context) canaryPlace {
	request := clawback.FindRequest{MailboxID: c.canary.Mailbox.ID, MessageIDs: []string{c.canary.MessageID}}
	inRecoverable := request
	inRecoverable.Folder = clawback.RecoverableItems
	answers := c.engine.look(ctx, c.conn, []clawback.FindRequest{request, inRecoverable})
	for _, a := range answers {
		if a.Answer.Kind != clawback.AnswerOK {
			return canaryPlace{answer: a.Answer}
		}
	}
	return canaryPlace{visible: c.own(answers[0].Copies), hidden: c.own(answers[1].Copies), answer: answers[0].Answer}
}

// own keeps what is our own message: by its Message-ID and, where it is known, its id.
func (c *canaryRun) own(found []clawback.FoundCopy) []clawback.FoundCopy {
	return slices.DeleteFunc(found, func(f clawback.FoundCopy) bool {
		return f.MessageID != c.canary.MessageID || c.canary.ImmutableID != "" && f.ImmutableID != c.canary.ImmutableID
	})
}
