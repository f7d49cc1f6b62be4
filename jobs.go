package clawback

// Job arguments carry ids only; the rows are the truth.

// TraceJob asks who received the email, resolves recipients to mailboxes and
// decides what is protected. It serves previews, starts and looks of the watch.
type TraceJob struct {
	RemediationID string `json:"remediation_id"`
}

// Kind names the job.
func (TraceJob) Kind() string { return "trace" }

// RemoveJob takes the due mailboxes of a remediation through find, match, intent,
// remove and verify.
type RemoveJob struct {
	RemediationID string `json:"remediation_id"`
}

// Kind names the job.
func (RemoveJob) Kind() string { return "remove" }

// FoldersJob names the folders in which the copies lay, after they are gone.
type FoldersJob struct {
	RemediationID string `json:"remediation_id"`
}

// Kind names the job.
func (FoldersJob) Kind() string { return "folders" }

// RestoreJob puts removed copies back.
type RestoreJob struct {
	RemediationID string `json:"remediation_id"`
}

// Kind names the job.
func (RestoreJob) Kind() string { return "restore" }

// CanaryJob takes a canary through its steps.
type CanaryJob struct {
	CanaryID string `json:"canary_id"`
}

// Kind names the job.
func (CanaryJob) Kind() string { return "canary" }
