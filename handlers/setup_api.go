package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// CheckAPIStore answers what is known of a device's setup.
type CheckAPIStore interface {
	FindDeviceSetup(ctx context.Context, actor clawback.Actor, deviceID string) (clawback.DeviceSetup, error)
}

// DevicePath names a device in the API.
type DevicePath struct {
	Device string `path:"id" doc:"The id of the device."`
}

// CheckAnswer is the last check of one step, in the API.
type CheckAnswer struct {
	Step       clawback.SetupStep     `json:"step" enum:"connect,security-reader,manage-as-app,message-trace,recipients,removal"`
	Status     clawback.CheckStatus   `json:"status" enum:"pass,fail,propagating,unknown,not_applicable"`
	Required   bool                   `json:"required" doc:"Whether enforce is refused while it does not pass."`
	Cause      clawback.CheckCause    `json:"cause" doc:"A word for what was found, empty where nothing is wrong."`
	Finding    string                 `json:"finding"`
	Advice     string                 `json:"advice"`
	Who        string                 `json:"who" doc:"Who can mend it."`
	Candidates []string               `json:"candidates" doc:"The likeliest mistakes, where the very one can't be seen."`
	Look       string                 `json:"look" doc:"How the very one could be seen, where there are candidates."`
	Notes      []string               `json:"notes" doc:"Worth knowing, and nothing that fails: what ends, what is granted beyond need."`
	Layers     []clawback.LayerResult `json:"layers"`
	CheckedAt  *time.Time             `json:"checked_at"`
	CheckedBy  string                 `json:"checked_by"`
	Since      *time.Time             `json:"since" doc:"Since when it is so."`
	NextAt     *time.Time             `json:"next_at" doc:"When it is looked at again by itself."`
}

// SetupTaskAnswer is one step of a device's setup with how far it is, in the API.
type SetupTaskAnswer struct {
	Step     clawback.SetupStep   `json:"step" enum:"connect,security-reader,manage-as-app,message-trace,recipients,removal,never-remove,switch-on"`
	Name     string               `json:"name" doc:"For people."`
	Status   clawback.TaskStatus  `json:"status" enum:"not_started,in_progress,checking,needs_attention,done,cannot_start"`
	Optional bool                 `json:"optional"`
	Why      string               `json:"why" doc:"What it waits for, or what is wrong."`
	WorkedBy string               `json:"worked_on_by" doc:"Who did something about it last."`
	WorkedAt *time.Time           `json:"worked_on_at"`
	Skipped  *SetupDecisionAnswer `json:"skipped" doc:"The decision that leaves it out; null where none holds."`
}

func setupTaskAnswer(setup clawback.DeviceSetup, step clawback.SetupStep) SetupTaskAnswer {
	task := setup.Task(step)
	told := SetupTaskAnswer{Step: step, Name: step.Name(), Status: task.Status, Optional: task.Optional, Why: task.Why,
		WorkedBy: task.Touch.By, WorkedAt: moment(task.Touch.At)}
	if decision, holds := setup.Decision(step); holds {
		skipped := setupDecisionAnswer(decision)
		told.Skipped = &skipped
	}
	return told
}

func setupTaskAnswers(setup clawback.DeviceSetup) []SetupTaskAnswer {
	var tasks []SetupTaskAnswer
	for _, step := range clawback.SetupSteps() {
		tasks = append(tasks, setupTaskAnswer(setup, step))
	}
	return tasks
}

// Checks adds the operations on a device's checks.
func (a *API) Checks(store CheckAPIStore, checker DeviceChecker) {
	h := checkAPI{store, checker}
	register(a, operation{
		ID: "list-setup-tasks", Method: http.MethodGet, Path: "/devices/{id}/setup", Right: clawback.RightReadOrganization,
		Tag: "Setup", Summary: "Read how far each step of a device's setup is",
	}, h.tasks)
	register(a, operation{
		ID: "list-checks", Method: http.MethodGet, Path: "/devices/{id}/checks", Right: clawback.RightReadOrganization,
		Tag: "Setup", Summary: "Read the last checks of a device",
	}, h.list)
	register(a, operation{
		ID: "run-checks", Method: http.MethodPost, Path: "/devices/{id}/checks", Right: clawback.RightConfigure,
		Tag: "Setup", Summary: "Check a device now",
		Text: "Asks Microsoft with fresh tokens and answers when everything is in. What could not be asked is unknown, never passed.",
	}, h.run)
}

type checkAPI struct {
	store   CheckAPIStore
	checker DeviceChecker
}

func (h checkAPI) tasks(ctx context.Context, actor clawback.Actor, in *struct{ DevicePath }) (*answer[list[SetupTaskAnswer]], error) {
	setup, err := h.store.FindDeviceSetup(ctx, actor, in.Device)
	if err != nil {
		return nil, err
	}
	return answerOf(list[SetupTaskAnswer]{Items: setupTaskAnswers(setup)}), nil
}

func (h checkAPI) list(ctx context.Context, actor clawback.Actor, in *struct{ DevicePath }) (*answer[list[CheckAnswer]], error) {
	setup, err := h.store.FindDeviceSetup(ctx, actor, in.Device)
	if err != nil {
		return nil, err
	}
	var checks []clawback.CheckResult
	for _, step := range clawback.CheckedSteps() {
		if check, made := setup.Check(step); made {
			checks = append(checks, check)
		}
	}
	return listOf(clawback.Page[clawback.CheckResult]{Items: checks}, checkAnswer), nil
}

func (h checkAPI) run(ctx context.Context, actor clawback.Actor, in *struct{ DevicePath }) (*answer[list[CheckAnswer]], error) {
	checks, err := h.checker.CheckDevice(ctx, actor, in.Device, clawback.StepConnect)
	if err != nil {
		return nil, err
	}
	return listOf(clawback.Page[clawback.CheckResult]{Items: checks}, checkAnswer), nil
}

func checkAnswer(r clawback.CheckResult) CheckAnswer {
	return CheckAnswer{
		Step: r.Step, Status: r.Status, Required: true, Cause: r.Cause, Finding: r.Finding, Advice: r.Advice, Who: r.Who,
		Candidates: orEmpty(r.Candidates), Look: r.Look, Notes: orEmpty(r.Notes), Layers: orEmpty(r.Layers),
		CheckedAt: moment(r.CheckedAt), CheckedBy: r.CheckedBy, Since: moment(r.Since), NextAt: moment(r.NextAt),
	}
}
