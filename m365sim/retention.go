package m365sim

import "time"

// deletedItemRetention is how long Exchange Online keeps a deleted item by default; a mailbox may have up to 30 days.
const deletedItemRetention = 14 * 24 * time.Hour

// purge takes an item beyond the user's and the API's reach. Its mailbox keeps a copy in Purges until the retention is
// over, and for ever while it is on hold.
func (it *item) purge(now time.Time) { it.move(it.mailbox.wellKnown(folderPurges), now) }

// expire lets go of what Recoverable Items have kept for their time.
func (m *mailbox) expire(now time.Time) {
	if m.hold {
		return
	}
	retains := m.retains
	if retains == 0 {
		retains = deletedItemRetention
	}
	var over []*item
	for _, it := range m.items {
		if (it.folder.recoverable() || it.folder.wellKnown == folderPurges) && now.Sub(it.modified) >= retains {
			over = append(over, it)
		}
	}
	for _, it := range over {
		it.remove()
	}
}
