package clawback

import (
	"slices"
	"time"
)

// TaskStatus is how far one step of a setup is.
type TaskStatus string

// The statuses of a task.
const (
	TaskNotStarted     TaskStatus = "not_started"
	TaskInProgress     TaskStatus = "in_progress"
	TaskChecking       TaskStatus = "checking"
	TaskNeedsAttention TaskStatus = "needs_attention"
	TaskDone           TaskStatus = "done"
	TaskBlocked        TaskStatus = "cannot_start"
)

// Touch is who last did something about a step, and when.
type Touch struct {
	Step SetupStep
	By   string
	At   time.Time
}

// SetupTask is one step of a device's setup with how far it is. Why says what a
// blocked one waits for, or what is wrong.
type SetupTask struct {
	Step     SetupStep
	Status   TaskStatus
	Optional bool
	Why      string
	Touch    Touch
	Check    CheckResult
}

// DeviceSetup is a device with all that is known about its setup.
type DeviceSetup struct {
	Device   Device
	Checks   []CheckResult
	Touches  []Touch
	Grants   []GrantChange // the newest first
	Consents []Consent     // the newest first
	Notices  []SetupNotice // of the last month, the newest first
	Canaries []Canary      // without their lines, the newest first: the last ones, and the last that proved each proof
	Proposed int           // context entries of the organization
	Selected int           // of these, selected in the auto remediation
	Mode     Mode
	Run      CheckRun // the last
	Looks    []OwnLook
	// Decisions are steps that were left out on record, the newest first.
	Decisions []SetupDecision
	// Remediated says whether the auto remediation works on the device.
	Remediated bool
}

// Check answers the last check of a step; false where there was none.
func (s DeviceSetup) Check(step SetupStep) (CheckResult, bool) {
	for _, c := range s.Checks {
		if c.Step == step {
			return c, true
		}
	}
	return CheckResult{}, false
}

// Worked says whether the app of the device, as it is now, was seen to sign in.
func (s DeviceSetup) Worked() bool {
	return len(s.Grants) > 0 && s.Grants[0].ClientID == s.Device.ClientID
}

// Granted says whether a permission was in the tokens of the last check that got them; unknown before the first.
func (s DeviceSetup) Granted(p Permission) (granted, known bool) {
	if !s.Worked() {
		return false, false
	}
	return slices.Contains(s.Grants[0].Granted, p.Grant()), true
}

// Decision answers the one that leaves a step out; false where none holds.
func (s DeviceSetup) Decision(step SetupStep) (SetupDecision, bool) {
	for _, d := range s.Decisions {
		if d.Step == step && d.Holds() {
			return d, true
		}
	}
	return SetupDecision{}, false
}

// ConsentedAt answers when somebody came back with a consent last; zero where
// nobody did.
func (s DeviceSetup) ConsentedAt() time.Time {
	var last time.Time
	for _, c := range s.Consents {
		if c.ReturnedAt.After(last) {
			last = c.ReturnedAt
		}
	}
	return last
}

// Blocking answers the first required check that does not pass, and whether
// there is one. A check that was never made does not pass.
func (s DeviceSetup) Blocking() (CheckResult, bool) {
	for _, step := range CheckedSteps() {
		check, ok := s.Check(step)
		if !ok {
			return CheckResult{Step: step, Diagnosis: Diagnosis{Status: CheckUnknown, Finding: "It was not checked yet."}}, true
		}
		if check.Status != CheckPass {
			return check, true
		}
	}
	return CheckResult{}, false
}

// Task answers one step with how far it is.
func (s DeviceSetup) Task(step SetupStep) SetupTask {
	task := SetupTask{Step: step}
	for _, touch := range s.Touches {
		if touch.Step == step {
			task.Touch = touch
		}
	}
	switch step {
	case StepNeverRemove:
		s.context(&task)
	case StepSwitchOn:
		s.switchOn(&task)
	default:
		s.checked(&task)
	}
	return task
}

// Tasks answers every step with how far it is.
func (s DeviceSetup) Tasks() []SetupTask {
	var tasks []SetupTask
	for _, step := range SetupSteps() {
		tasks = append(tasks, s.Task(step))
	}
	return tasks
}

// Next answers the first step that somebody has to do something about.
func (s DeviceSetup) Next() (SetupTask, bool) {
	for _, task := range s.Tasks() {
		if task.Status != TaskDone && task.Status != TaskBlocked && !task.Optional {
			return task, true
		}
	}
	return SetupTask{}, false
}

func (s DeviceSetup) checked(task *SetupTask) {
	check, made := s.Check(task.Step)
	task.Check = check
	switch {
	case made && check.Status == CheckPass:
		task.Status, task.Why = TaskDone, s.provedText(task.Step)
	case task.Step != StepConnect && !s.connected():
		task.Status, task.Why = TaskBlocked, "The device must be connected first."
	case !made && !task.Touch.At.IsZero():
		task.Status = TaskInProgress
	case !made:
		task.Status = TaskNotStarted
	case check.Status == CheckPropagating:
		task.Status, task.Why = TaskChecking, check.Finding
	default:
		task.Status, task.Why = TaskNeedsAttention, check.Finding
	}
}

// provedText keeps the removal's step honest: a permission is not a proof.
func (s DeviceSetup) provedText(step SetupStep) string {
	if step != StepRemoval {
		return ""
	}
	switch s.Level() {
	case LevelCanRemove:
		return "Granted, and shown in a mailbox that it can remove. An email from outside was not tried yet."
	case LevelEndToEnd:
		return "Granted, and shown with an email from outside that it is ready end to end."
	}
	return "Granted. That it can remove was not shown yet."
}

func (s DeviceSetup) connected() bool {
	check, made := s.Check(StepConnect)
	return made && check.Status == CheckPass
}

func (s DeviceSetup) context(task *SetupTask) {
	task.Optional = true
	decision, decided := s.Decision(StepNeverRemove)
	switch {
	case s.Selected > 0:
		task.Status = TaskDone
	case decided:
		task.Status, task.Why = TaskDone, decision.By+" decided that there is no inbox to protect."
	case s.Proposed > 0:
		task.Status, task.Why = TaskInProgress, "Context is proposed, but none is selected: it protects nothing yet."
	default:
		task.Status = TaskNotStarted
	}
}

// switchOn is done where removals go through this very device, not only where the organization's mode is on.
func (s DeviceSetup) switchOn(task *SetupTask) {
	check, blocked := s.Blocking()
	on := s.Remediated && s.Mode != ModeOff
	switch {
	case blocked && on:
		task.Status, task.Why = TaskNeedsAttention, "It is switched on, but “"+check.Step.Name()+"” does not pass."
	case blocked:
		task.Status, task.Why = TaskBlocked, "Every check above must pass first; open: "+check.Step.Name()+"."
	case !s.Remediated:
		task.Status, task.Why = TaskNotStarted, "This device is not among the auto remediation’s devices: nothing is removed through it."
	case s.Mode == ModeEnforce:
		task.Status = TaskDone
	case s.Mode == ModeObserve:
		task.Status, task.Why = TaskInProgress, "In observe mode: Clawback says where an email lies and removes none."
	default:
		task.Status = TaskNotStarted
	}
}

var stepNames = map[SetupStep]string{
	StepConnect:        "Connect the device",
	StepSecurityReader: "Security Reader role",
	StepManageAsApp:    "Exchange.ManageAsApp permission",
	StepMessageTrace:   "Message trace",
	StepRecipients:     "Resolve recipients",
	StepRemoval:        "Removal permission",
	StepNeverRemove:    "Never-remove context",
	StepSwitchOn:       "Switch on",
}

// Name is the step's name for people.
func (s SetupStep) Name() string { return stepNames[s] }
