package clawback

import "time"

// RestoreWindow is how long a softly removed email usually can be put back: for
// so long Exchange Online keeps what lies in Recoverable Items, unless a mailbox
// has another RetainDeletedItemsFor, of at most 30 days
// (https://learn.microsoft.com/exchange/recipients-in-exchange-online/manage-user-mailboxes/change-deleted-item-retention).
const RestoreWindow = 14 * 24 * time.Hour

// RestoreCounts adds up the copies of a remediation that were to be put back.
type RestoreCounts struct {
	Possible int // removed softly, and nobody has asked for them yet
	Waiting  int // asked for and not back yet
	Restored int
	Failed   int // asked for and can't be put back
}

// RestoreClaim is a batch of copies of one device that are to be put back,
// leased to one worker.
type RestoreClaim struct {
	Remediation Remediation
	Connection  Connection
	Copies      []RestoreCopy
}

// RestoreCopy is one copy that is to be put back into the folder it lay in.
type RestoreCopy struct {
	CopyID      string
	RecordID    string
	MailboxID   string
	ImmutableID string
	MessageID   string
	FolderID    string
	Attempts    int
}

// RestoreResult is what became of one copy. With Wait above zero it is tried
// again after so long; Problem says why it can't be put back.
type RestoreResult struct {
	Copy     RestoreCopy
	Restored bool
	Inbox    bool // its folder is gone, so it is in the Inbox now
	Wait     time.Duration
	Problem  string
	Answer   Answer // to the move, empty where none was sent
}

// InboxFolder is the folder for what lost its own, by its well-known name.
const InboxFolder = "inbox"
