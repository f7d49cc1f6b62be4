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

// DevicePath is where a device's own addresses begin.
func DevicePath(id string) string { return "/devices/" + url.PathEscape(id) }

// CertificatePath is the public part of a device's certificate, to download.
func CertificatePath(deviceID string) string { return DevicePath(deviceID) + "/certificate" }

// CredentialPath gives a device another credential; by POST only.
func CredentialPath(deviceID string) string { return DevicePath(deviceID) + "/credential" }

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
