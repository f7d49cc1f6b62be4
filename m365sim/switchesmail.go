package m365sim

// MailSwitches are the switches of mail.
type MailSwitches struct {
	// DeleteToDeletedItems makes DELETE of a message move it to Deleted Items, and from there to Recoverable Items.
	// Otherwise it goes to Recoverable Items at once.
	DeleteToDeletedItems bool `json:"delete_to_deleted_items"`
	// RestoreRefused refuses to move anything out of Recoverable Items.
	RestoreRefused bool `json:"restore_refused"`
	// RecoverableByID answers GET, PATCH and move of /messages/{id} for what lies in Recoverable Items. Otherwise it is
	// reached through that folder only.
	RecoverableByID bool `json:"recoverable_by_id"`
	// RecoverablePurge lets permanentDelete take what lies in Recoverable Items.
	RecoverablePurge bool `json:"recoverable_purge"`
	// PurgesByName lets recoverableitemspurges and recoverableitemsversions be named as folders, as in EWS.
	PurgesByName bool `json:"purges_by_name"`

	// MailboxRequests is how many requests an app has in a mailbox in ten minutes, four at a time; 0 is Microsoft's
	// 10,000. When negative, neither limit holds.
	MailboxRequests int `json:"mailbox_requests"`
	// PageSize is the page size of lists where the client gives no $top; 0 is the configuration's, or Microsoft's.
	PageSize int `json:"page_size"`
}
