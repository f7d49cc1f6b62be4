package purge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"clawback"
)

// CanaryArrivalStore keeps the wait for an email from outside, and its removal.
type CanaryArrivalStore interface {
	WaitCanary(ctx context.Context, canaryID string, wait time.Duration) error
	StartCanaryRemoval(ctx context.Context, canaryID string, target clawback.Target) (clawback.Canary, clawback.CanaryProblem, error)
}

// CanaryRemovalStore reads how the removal goes, and ends one that went wrong.
type CanaryRemovalStore interface {
	FindRemediation(ctx context.Context, actor clawback.Actor, id string) (clawback.Remediation, error)
	ListRecords(ctx context.Context, actor clawback.Actor, remediationID string, filter clawback.RecordFilter) (clawback.Page[clawback.EmailRecord], error)
	StopRemediation(ctx context.Context, actor clawback.Actor, id, reason string) (clawback.Remediation, error)
}

// engineLook is how often the removal of the email is looked at.
const engineLook = 2 * time.Second

// await takes a canary of an email from outside a pass further: it looks for the
// email, or at the removal. done says that nothing is left to wait for.
func (c *canaryRun) await(ctx context.Context) (done bool, problem clawback.CanaryProblem, err error) {
	if c.canary.RemediationID == "" {
		return c.awaitEmail(ctx)
	}
	return c.awaitRemoval(ctx)
}

// awaitEmail asks the message trace for the subject that only we know.
func (c *canaryRun) awaitEmail(ctx context.Context) (bool, clawback.CanaryProblem, error) {
	line, problem, err := c.opened(ctx, clawback.CanaryArrive, fmt.Sprintf("Who received an email with the subject “%s”", c.canary.Subject))
	if err != nil || problem.Cause != clawback.CanaryNoProblem {
		return true, problem, err
	}
	now := c.engine.now()
	traced, err := c.engine.microsoft.TraceMessage(ctx, c.conn, clawback.TraceQuery{
		Subject: c.canary.Subject, From: c.canary.StartedAt.Add(-5 * time.Minute), To: now.Add(time.Minute),
	})
	if ctx.Err() != nil {
		return false, clawback.CanaryProblem{}, ctx.Err()
	}
	late := now.After(c.canary.GivesUpAt)
	if err != nil {
		answer := answerOf(err)
		if !lasting(answer) && !late {
			return false, clawback.CanaryProblem{}, c.engine.store.WaitCanary(ctx, c.canary.ID, max(clawback.CanaryLook, answer.RetryAfter))
		}
		line = answered(line, answer)
		return true, traceClosed(answer), c.close(ctx, line, false)
	}
	row, problem := c.arrival(traced.Rows, late)
	switch {
	case problem.Cause != clawback.CanaryNoProblem:
		line.Found = problem.Finding
		return true, problem, c.close(ctx, line, false)
	case row.MessageID == "":
		return false, clawback.CanaryProblem{}, c.engine.store.WaitCanary(ctx, c.canary.ID, clawback.CanaryLook)
	}
	line.Found = fmt.Sprintf("It came from %s, received at %s UTC, status %s; its id is %s. The trace by %s told it.", row.Sender,
		row.ReceivedAt.UTC().Format("15:04:05"), row.Status, row.MessageID, doorName(traced.Door))
	if err := c.close(ctx, line, true); err != nil {
		return false, problem, err
	}
	return c.startRemoval(ctx, row)
}

func doorName(door clawback.TraceDoor) string {
	if door == clawback.TraceDoorGraph {
		return "Microsoft Graph"
	}
	return "Exchange"
}

// lasting says whether the trace stays closed for want of a permission or a token.
func lasting(a clawback.Answer) bool {
	return a.Kind == clawback.AnswerDenied || a.Kind == clawback.AnswerUnauthorized || a.Kind == clawback.AnswerInvalid
}

// arrival answers the row of the email, an empty one while there is none, or why
// none will come.
func (c *canaryRun) arrival(rows []clawback.TraceRow, late bool) (clawback.TraceRow, clawback.CanaryProblem) {
	var elsewhere []string
	for _, row := range rows {
		if !strings.Contains(row.Subject, c.canary.Subject) || row.Status == clawback.DeliveryExpanded || row.MessageID == "" {
			continue
		}
		switch {
		case !c.canary.Mailbox.Has(row.Recipient):
			elsewhere = append(elsewhere, row.Recipient)
		case row.Status == clawback.DeliveryQuarantined || row.Status == clawback.DeliveryFailed:
			return clawback.TraceRow{}, clawback.CanaryProblem{Cause: clawback.CanaryNotArrived, Who: "An admin of the organization",
				Finding: "Microsoft did not deliver the email: its status is " + string(row.Status) + ".",
				Advice:  "Send a plain email from another address, and start the test again."}
		case row.Status == clawback.DeliveryDelivered || row.Status == clawback.DeliveryFilteredAsSpam:
			return row, clawback.CanaryProblem{}
		}
	}
	if !late {
		return clawback.TraceRow{}, clawback.CanaryProblem{}
	}
	finding := "Within an hour the message trace showed no email with this subject."
	if len(elsewhere) > 0 {
		slices.Sort(elsewhere)
		finding = "The email came to " + strings.Join(slices.Compact(elsewhere), ", ") + ", not to " + c.canary.Mailbox.Address + "."
	}
	return clawback.TraceRow{}, clawback.CanaryProblem{Cause: clawback.CanaryNotArrived, Who: "An admin of the organization", Finding: finding,
		Advice: "Start the test again: copy the subject as it is shown, send to this very mailbox from outside of the tenant, and look whether the email came back to its sender."}
}

func traceClosed(a clawback.Answer) clawback.CanaryProblem {
	return clawback.CanaryProblem{Cause: clawback.CanaryTraceClosed, Who: "An admin of the organization",
		Finding: "The message trace did not answer: " + told(a), Advice: "Pass the step “Message trace”, then start the test again."}
}

func (c *canaryRun) startRemoval(ctx context.Context, row clawback.TraceRow) (bool, clawback.CanaryProblem, error) {
	started, problem, err := c.engine.store.StartCanaryRemoval(ctx, c.canary.ID, clawback.Target{
		Source: clawback.SourceSearch, MessageID: row.MessageID, Subject: row.Subject, Envelope: row.Sender,
	})
	if err != nil || problem.Cause != clawback.CanaryNoProblem {
		return true, problem, err
	}
	c.canary = started
	if _, problem, err := c.opened(ctx, clawback.CanaryEngine, "A removal like any other, from this mailbox alone"); err != nil || problem.Cause != clawback.CanaryNoProblem {
		return true, problem, err
	}
	return false, problem, c.engine.store.WaitCanary(ctx, c.canary.ID, engineLook)
}

// awaitRemoval looks at the engine's own record of the mailbox.
func (c *canaryRun) awaitRemoval(ctx context.Context) (bool, clawback.CanaryProblem, error) {
	line, problem, err := c.opened(ctx, clawback.CanaryEngine, "A removal like any other, from this mailbox alone")
	if err != nil || problem.Cause != clawback.CanaryNoProblem {
		return true, problem, err
	}
	bot := clawback.Bot(c.canary.StartedBy)
	r, err := c.engine.store.FindRemediation(ctx, bot, c.canary.RemediationID)
	if err != nil {
		return false, clawback.CanaryProblem{}, fmt.Errorf("find the canary's removal: %w", err)
	}
	records, err := c.engine.store.ListRecords(ctx, bot, r.ID, clawback.RecordFilter{})
	if err != nil {
		return false, clawback.CanaryProblem{}, fmt.Errorf("list the canary's records: %w", err)
	}
	at := slices.IndexFunc(records.Items, func(m clawback.EmailRecord) bool { return m.Mailbox.ID == c.canary.Mailbox.ID })
	if at >= 0 && records.Items[at].State == clawback.RecordDone && records.Items[at].Outcome == clawback.OutcomeRemoved {
		line.Found = fmt.Sprintf("R-%d removed it, %s after it began.", r.Number, records.Items[at].DoneAt.Sub(r.StartedAt).Round(10*time.Millisecond))
		if err := c.close(ctx, line, true); err != nil {
			return false, clawback.CanaryProblem{}, err
		}
		problem, err := c.see(clawback.CanaryCleared, cleared)(ctx)
		return true, problem, err
	}
	problem = c.removalProblem(r, records.Items, at)
	if problem.Cause == clawback.CanaryNoProblem {
		return false, problem, c.engine.store.WaitCanary(ctx, c.canary.ID, engineLook)
	}
	line.Found = problem.Finding
	if err := c.close(ctx, line, false); err != nil {
		return false, problem, err
	}
	if !r.Ended() {
		_, err = c.engine.store.StopRemediation(ctx, bot, r.ID, "The setup test of this email failed.")
	}
	var known *clawback.Error
	if errors.As(err, &known) && known.Kind == clawback.KindConflict {
		err = nil // it has ended meanwhile
	}
	return true, problem, err
}

// removalProblem says why the engine will not remove the email; none while it may.
func (c *canaryRun) removalProblem(r clawback.Remediation, records []clawback.EmailRecord, at int) clawback.CanaryProblem {
	failed := clawback.CanaryProblem{Cause: clawback.CanaryEngineFailed, Who: "An admin of the organization"}
	name := fmt.Sprintf("R-%d", r.Number)
	switch {
	case r.Status == clawback.StatusAwaitingApproval:
		failed.Cause = clawback.CanaryNotInMailbox
		failed.Finding = "The email reached more mailboxes than the one of this test, and a test removes from one alone."
		failed.Advice = "Send an email to this mailbox only, and start the test again. The copies in other mailboxes stay where they are."
	case at >= 0 && records[at].State == clawback.RecordDone && final(records[at]):
		failed.Finding = fmt.Sprintf("%s did not remove the email: its outcome is %s. %s", name, strings.ReplaceAll(string(records[at].Outcome), "_", " "), records[at].Detail)
		failed.Advice = "Its record says what happened and what to do. Then start the test again."
	case r.Ended():
		failed.Finding = name + " ended without having removed the email."
		failed.Advice = "Its page says why. Then start the test again."
	case c.engine.now().After(c.canary.GivesUpAt):
		failed.Finding = name + " did not remove the email within an hour. " + r.BlockedDetail
		failed.Advice = "Its page says what it waits for. Then start the test again."
	}
	if failed.Finding == "" {
		return clawback.CanaryProblem{}
	}
	return failed
}

// final says whether an outcome stays: what was not found is looked for again.
func final(record clawback.EmailRecord) bool { return record.Outcome != clawback.OutcomeNotFound }

// opened answers the open line of a step, or begins it; the problem says that it may not.
func (c *canaryRun) opened(ctx context.Context, step clawback.CanaryStep, asked string) (clawback.CanaryLine, clawback.CanaryProblem, error) {
	if line, begun := c.canary.Line(step); begun && line.Open() {
		return line, clawback.CanaryProblem{}, nil
	}
	return c.engine.store.BeginCanaryStep(ctx, c.canary.ID, step, asked)
}

func (c *canaryRun) close(ctx context.Context, line clawback.CanaryLine, ok bool) error {
	line.OK = ok
	return c.engine.store.EndCanaryStep(ctx, c.canary.ID, line, "")
}
