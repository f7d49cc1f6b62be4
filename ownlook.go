package clawback

import "time"

// OwnLook is what the directory said of one step when a person looked with the own
// right, where the app has none. It names a mistake and makes no step pass.
type OwnLook struct {
	Diagnosis
	Step    SetupStep
	By      string // who looked
	Account string // the name of the account that Microsoft answered to
	At      time.Time
}

// Seen says whether the directory answered.
func (l OwnLook) Seen() bool {
	for _, layer := range l.Layers {
		if layer.Layer == LayerDirectory {
			return layer.Status != CheckNotApplicable && layer.Status != CheckUnknown
		}
	}
	return false
}

// OwnLookScopes are the delegated permissions on Graph that a look asks for: to
// read apps, and how roles are assigned. Both only read.
func OwnLookScopes() []string {
	return []string{"Application.Read.All", "RoleManagement.Read.Directory"}
}

// Look answers the last look at a step with somebody's own right, where what it
// saw may still be so: the check has come to nothing else since.
func (s DeviceSetup) Look(step SetupStep) (OwnLook, bool) {
	check, made := s.Check(step)
	for _, look := range s.Looks {
		if look.Step == step && made && check.Status != CheckPass && !look.At.Before(check.Since) {
			return look, true
		}
	}
	return OwnLook{}, false
}
