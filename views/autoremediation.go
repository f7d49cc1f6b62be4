package views

import (
	"slices"
	"strings"
	"time"

	"clawback"
)

// SettingAnswer is one answer of the auto remediation, by the name of its field.
type SettingAnswer string

// The answers that have a form.
const (
	AnswerMode         SettingAnswer = "mode"
	AnswerRemoval      SettingAnswer = "removal"
	AnswerVolumeLimit  SettingAnswer = "volume_limit"
	AnswerDevices      SettingAnswer = "devices"
	AnswerInstructions SettingAnswer = "instructions"
)

// SettingAnswers lists them in the order in which they are shown.
func SettingAnswers() []SettingAnswer {
	return []SettingAnswer{AnswerMode, AnswerRemoval, AnswerVolumeLimit, AnswerDevices, AnswerInstructions}
}

// Title names the form of an answer.
func (a SettingAnswer) Title() string {
	switch a {
	case AnswerMode:
		return "Change the mode"
	case AnswerRemoval:
		return "Change the kind of removal"
	case AnswerVolumeLimit:
		return "Change the volume limit"
	case AnswerInstructions:
		return "Change the note for the SOC"
	}
	return "Change the devices"
}

// AutoRemediationData is an organization's setting with what it names.
type AutoRemediationData struct {
	Organization clawback.Organization
	Setting      clawback.AutoRemediation
	Devices      []clawback.DeviceHealth
	Entries      []clawback.ContextEntry
	Changes      clawback.Page[clawback.AutoRemediationChange]
	Query        clawback.PageQuery
	CanChange    bool
	Form         Form
	Now          time.Time
}

func (d AutoRemediationData) history() (first, next string) {
	if d.Query.Cursor != "" {
		first = AutoRemediationPath(d.Organization.ID)
	}
	if d.Changes.Next != "" {
		next = AutoRemediationHistoryPath(d.Organization.ID, d.Changes.Next)
	}
	return first, next
}

func (d AutoRemediationData) firstPage() string { first, _ := d.history(); return first }
func (d AutoRemediationData) nextPage() string  { _, next := d.history(); return next }

// ModeText says what a mode means, in one sentence.
func ModeText(mode clawback.Mode) string {
	switch mode {
	case clawback.ModeEnforce:
		return "When the SOC says remove, Clawback removes the email from every mailbox it reached, but the never-remove ones."
	case clawback.ModeObserve:
		return "Clawback finds where a malicious email lies and tells you, and removes none."
	}
	return "Clawback removes nothing, and a remediation can’t be started."
}

func modeTone(mode clawback.Mode) string {
	if class := ModeMark(mode).Class; class != "ok" {
		return class
	}
	return ""
}

func modeWord(mode clawback.Mode) string { return ModeMark(mode).Word }

var modes = []clawback.Mode{clawback.ModeOff, clawback.ModeObserve, clawback.ModeEnforce}

func removalText(removal clawback.RemovalKind) string {
	if removal == clawback.RemovalHard {
		return "Hard: deleted for good"
	}
	return "Soft: moved to Recoverable Items, and can be put back"
}

// deviceNames answers the names of the chosen devices, or "none".
func (d AutoRemediationData) deviceNames(ids []string) string {
	var names []string
	for _, device := range d.Devices {
		if slices.Contains(ids, device.ID) {
			names = append(names, Visible(device.Name))
		}
	}
	return orNone(names, "no device")
}

func (d AutoRemediationData) entryNames(ids []string) string {
	var names []string
	for _, e := range d.Entries {
		if slices.Contains(ids, e.ID) {
			names = append(names, Visible(e.Address))
		}
	}
	return orNone(names, "none")
}

func noteText(note string) string {
	if note == "" {
		return "none"
	}
	return "“" + Visible(note) + "”"
}

func orNone(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	return strings.Join(names, ", ")
}

// answerChange is one answer before and after a change.
type answerChange struct{ name, before, after string }

// differences answers what a change changed, in words.
func (d AutoRemediationData) differences(c clawback.AutoRemediationChange) []answerChange {
	all := []answerChange{
		{"Mode", modeWord(c.Before.Mode), modeWord(c.After.Mode)},
		{"Removal", string(c.Before.Removal), string(c.After.Removal)},
		{"Volume limit", mailboxes(c.Before.VolumeLimit), mailboxes(c.After.VolumeLimit)},
		{"Never-remove", d.entryNames(c.Before.NeverRemove), d.entryNames(c.After.NeverRemove)},
		{"Note for the SOC", noteText(c.Before.Instructions), noteText(c.After.Instructions)},
		{"Devices", d.deviceNames(c.Before.Devices), d.deviceNames(c.After.Devices)},
	}
	return slices.DeleteFunc(all, func(a answerChange) bool { return a.before == a.after })
}

// chosen says whether an option of a form with several values is on.
func (d AutoRemediationData) chosen(device string) bool {
	if d.Form.Lists != nil {
		return slices.Contains(d.Form.Lists["devices"], device)
	}
	return slices.Contains(d.Setting.Devices, device)
}

// notReady answers the devices of the auto remediation that keep it from being switched to enforce.
func (d AutoRemediationData) notReady() []clawback.DeviceHealth {
	return slices.DeleteFunc(slices.Clone(d.Devices), func(h clawback.DeviceHealth) bool { return !h.Remediated || h.Ready() })
}

// agreement is what an admin accepts on the first switching on.
var agreement = []string{
	"The security operations center may have email removed that it holds to be malicious, from every mailbox of the connected Microsoft 365, without asking each time.",
	"Inboxes that are selected under never-remove are left alone. Naming and selecting them is up to the organization.",
	"A removed email is moved to the mailbox’s Recoverable Items and can be put back while Microsoft keeps it there.",
	"Every removal is recorded: who asked for it, what was removed from where, and the proof. The organization can read it at any time.",
	"The organization can switch the auto remediation off at any time; that holds from the next removal of a single email on.",
}

var settingIDs = map[string]string{"mode": "mode-off", "agree": "agree", "removal": "removal-soft", "volume_limit": "volume_limit", "devices": "devices-group"}
