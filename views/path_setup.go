package views

import (
	"net/url"

	"clawback"
)

// SetupPath is the task list of an organization's setup.
func SetupPath(organizationID string) string {
	return "/organizations/" + url.PathEscape(organizationID) + "/setup"
}

// NewDevicePath is the form that connects a device; POST connects it.
func NewDevicePath(organizationID string) string {
	return "/organizations/" + url.PathEscape(organizationID) + "/devices/new"
}

// NewIntegrationPath is the form that connects a device with the integration.
func NewIntegrationPath(organizationID string) string {
	return NewDevicePath(organizationID) + "?connection=" + string(clawback.ConnectionIntegration)
}

// DevicePath is where a device's own addresses begin.
func DevicePath(id string) string { return "/devices/" + url.PathEscape(id) }

// DeviceEditPath is the form of a device's name; POST to DevicePath saves it.
func DeviceEditPath(deviceID string) string { return DevicePath(deviceID) + "/edit" }

// DisconnectPath asks whether to disconnect a device; POST disconnects it.
func DisconnectPath(deviceID string) string { return DevicePath(deviceID) + "/disconnect" }

// ReconnectPath is the form that connects a device again; POST connects it.
func ReconnectPath(deviceID string) string { return DevicePath(deviceID) + "/reconnect" }

// CertificatePath is the public part of a device's certificate, to download.
func CertificatePath(deviceID string) string { return DevicePath(deviceID) + "/certificate" }

// CredentialPath gives a device another credential; by POST only.
func CredentialPath(deviceID string) string { return DevicePath(deviceID) + "/credential" }

// SetupReportPath is the report of a device's setup.
func SetupReportPath(deviceID string) string { return DevicePath(deviceID) + "/report" }

// SetupStepPath is one step of a device's setup.
func SetupStepPath(deviceID string, step clawback.SetupStep) string {
	return DevicePath(deviceID) + "/setup/" + url.PathEscape(string(step))
}

// SetupCheckPath checks now; by POST only.
func SetupCheckPath(deviceID string, step clawback.SetupStep) string {
	return SetupStepPath(deviceID, step) + "/check"
}

// SetupLivePath is the part of a step's page that changes.
func SetupLivePath(deviceID string, step clawback.SetupStep) string {
	return SetupStepPath(deviceID, step) + "/live"
}

// SetupWatchPath is the same for a page that is open, by POST only: it begins a check where none was made lately.
func SetupWatchPath(deviceID string, step clawback.SetupStep) string {
	return SetupStepPath(deviceID, step) + "/watch"
}

// SetupLookPath asks Microsoft for the right to look at a step's mistake; by POST only.
func SetupLookPath(deviceID string, step clawback.SetupStep) string {
	return SetupStepPath(deviceID, step) + "/look"
}

// SetupSkipPath leaves a step out; by POST only.
func SetupSkipPath(deviceID string, step clawback.SetupStep) string {
	return SetupStepPath(deviceID, step) + "/skip"
}

// SetupUnskipPath takes that back; by POST only.
func SetupUnskipPath(deviceID string, step clawback.SetupStep) string {
	return SetupStepPath(deviceID, step) + "/unskip"
}

// ForwardStepPath makes a link to a step for somebody without an account; by POST only.
func ForwardStepPath(deviceID string, step clawback.SetupStep) string {
	return SetupStepPath(deviceID, step) + "/forward"
}

// ForwardedStepPath shows such a link to its maker.
func ForwardedStepPath(deviceID string, step clawback.SetupStep, id string) string {
	return ForwardStepPath(deviceID, step) + "/" + url.PathEscape(id)
}

// WithdrawStepPath makes such a link worthless; by POST only.
func WithdrawStepPath(deviceID string, step clawback.SetupStep, id string) string {
	return ForwardedStepPath(deviceID, step, id) + "/withdraw"
}

// ForwardedPath is the page behind such a link.
func ForwardedPath(token string) string { return "/forwarded/" + url.PathEscape(token) }

// ForwardedCertificatePath is the public part of the device's certificate, for the bearer of such a link.
func ForwardedCertificatePath(token string) string { return ForwardedPath(token) + "/certificate" }

// ForwardedDonePath says that the step is done, by POST; by GET it thanks.
func ForwardedDonePath(token string) string { return ForwardedPath(token) + "/done" }

// ProofPath is the proof that a device can remove; POST begins one.
func ProofPath(deviceID string) string { return DevicePath(deviceID) + "/canary" }

// ProofLivePath is the part of it that changes.
func ProofLivePath(deviceID string) string { return ProofPath(deviceID) + "/live" }

// CanaryCleanUpPath takes a test's message away that was left; by POST only.
func CanaryCleanUpPath(id string) string { return "/canaries/" + url.PathEscape(id) + "/clean-up" }

// CanaryStopPath ends the waiting for an email from outside; by POST only.
func CanaryStopPath(id string) string { return "/canaries/" + url.PathEscape(id) + "/stop" }
