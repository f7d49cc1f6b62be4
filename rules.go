package clawback

import (
	"slices"
	"time"
)

// BlockedLifetime is how long a blocked removal goes on by itself when what
// blocked it is gone, if the rules have not changed; later it needs a new
// preview and a person's click.
const BlockedLifetime = 24 * time.Hour

// Rules are what a removal goes by in its organization: a person started it
// under these, and only under these it goes on by itself.
type Rules struct {
	Mode        Mode        `json:"mode"`
	Removal     RemovalKind `json:"removal"`
	VolumeLimit int         `json:"volume_limit"`
	NeverRemove []string    `json:"never_remove"` // addresses of the selected entries, in order
}

// Differences names what differs in other rules, for people.
func (r Rules) Differences(other Rules) []string {
	var names []string
	add := func(differs bool, name string) {
		if differs {
			names = append(names, name)
		}
	}
	add(r.Mode != other.Mode, "the mode")
	add(r.Removal != other.Removal, "the kind of removal")
	add(r.VolumeLimit != other.VolumeLimit, "the volume limit")
	add(!slices.Equal(r.NeverRemove, other.NeverRemove), "the never-remove list")
	return names
}
