package clawback

import "time"

// CheckTime is the longest that all checks of a device together may take.
const CheckTime = time.Minute

// CheckRun is the last time that all checks of a device were made, with the
// layers that have come in so far: a page shows one after the other.
type CheckRun struct {
	ID         string
	DeviceID   string
	StartedBy  string
	StartedAt  time.Time
	FinishedAt time.Time // zero: under way, or cut off
	Layers     map[SetupStep][]LayerResult
}

// Running says whether it is under way. One that takes longer than it may was cut
// off with the process that made it.
func (r CheckRun) Running(now time.Time) bool {
	return !r.StartedAt.IsZero() && r.FinishedAt.IsZero() && now.Sub(r.StartedAt) < CheckTime+CheckRest
}

// CheckLayers lists the layers in the order in which they are looked at.
func CheckLayers() []CheckLayer {
	return []CheckLayer{LayerCredential, LayerClaims, LayerDirectory, LayerCall}
}
