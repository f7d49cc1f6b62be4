package clawback

import "time"

// SetupNotice tells that a device's setup broke, or is going to. There is one a
// cause and day.
type SetupNotice struct {
	ID             string
	OrganizationID string
	DeviceID       string
	Step           SetupStep
	Cause          CheckCause
	Text           string
	EndsAt         time.Time // when what the notice is about ends; zero for what broke already
	At             time.Time
}

// NoticeDays is how many days ahead the end of a credential or role is announced.
func NoticeDays() []int { return []int{30, 14, 7, 1} }

// Due says whether an end has to be announced at a time: it has come within
// another of the days ahead since it was announced last.
func (n SetupNotice) Due(at time.Time, announced []SetupNotice) bool {
	stage, ok := stageOf(n.EndsAt, at)
	if !ok {
		return false
	}
	for _, old := range announced {
		if before, _ := stageOf(old.EndsAt, old.At); old.Cause == n.Cause && old.EndsAt.Equal(n.EndsAt) && before == stage {
			return false
		}
	}
	return true
}

// stageOf is the least of the days ahead within which an end lies; false where it
// is further away, or over.
func stageOf(ends, at time.Time) (days int, ok bool) {
	if !ends.After(at) {
		return 0, false
	}
	for _, ahead := range NoticeDays() {
		if ends.Sub(at) <= time.Duration(ahead)*24*time.Hour {
			days, ok = ahead, true
		}
	}
	return days, ok
}
