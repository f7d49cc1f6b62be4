package clawback

import "time"

// SetupDecision is a step of the setup that an admin decided to leave out, on
// record. It holds for the whole organization, as never-remove context does.
type SetupDecision struct {
	ID             string
	OrganizationID string
	Step           SetupStep
	Reason         string
	By             string
	At             time.Time
	TakenBackBy    string
	TakenBackAt    time.Time // zero: it holds
}

// Holds says whether nobody took it back.
func (d SetupDecision) Holds() bool { return d.TakenBackAt.IsZero() }

// Skippable says whether the step may be left out by a decision.
func (s SetupStep) Skippable() bool { return s == StepNeverRemove }
