package views

import (
	"clawback"
	"time"
)

type HomeData struct {
	Actor        clawback.Actor
	Organization string
	Attention    clawback.Page[clawback.Remediation]
	Actions      clawback.Page[clawback.Action]
	Lately       clawback.Page[clawback.Remediation]
	Now          time.Time
}
type RemediationsData struct {
	Page             clawback.Page[clawback.Remediation]
	Filter           clawback.RemediationFilter
	Now              time.Time
	Staff, CanCreate bool
}

func (d RemediationsData) Title() string { return "Remediations" }

type RemediationData struct {
	Remediation            clawback.Remediation
	Setting                clawback.AutoRemediation
	Records                clawback.Page[clawback.EmailRecord]
	RecordFilter           clawback.RecordFilter
	Protected, Unreachable []clawback.EmailRecord
	Actor                  clawback.Actor
	Form                   Form
	Poll                   bool
	Now                    time.Time
}

func (d RemediationData) Title() string { return "x" }

type NewRemediationData struct {
	Form          Form
	Organizations []clawback.Organization
	CarriedFile   string
}

func (d NewRemediationData) Status() int { return 422 }

type RecordData struct {
	Record      clawback.EmailRecord
	Remediation clawback.Remediation
	Timeline    []clawback.TimelineEvent
	Now         time.Time
}

func (d RecordData) Title() string { return "x" }

type ActionsData struct {
	Page   clawback.Page[clawback.Action]
	Filter clawback.ActionFilter
	Staff  bool
	Now    time.Time
}
type ActionData struct {
	Action  clawback.Action
	Form    Form
	CanWork bool
	Now     time.Time
}

func (d ActionData) Title() string { return "x" }

type HaltsData struct {
	Halts         []clawback.Halt
	Organizations []clawback.Organization
	Form          Form
	CanHalt       bool
	Now           time.Time
}
type SignInData struct{ Return string }
type ErrorData struct {
	Status                              int
	Heading, Message, Advice, RequestID string
}

func NewErrorData(status int, message, requestID string) ErrorData { return ErrorData{} }

type SessionEndedData struct {
	Action    string
	Multipart bool
	Fields    []HiddenField
	FileName  string
	FileLost  bool
}
