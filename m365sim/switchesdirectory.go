package m365sim

// DirectorySwitches are those of the directory, the message trace and Exchange's cmdlets.
type DirectorySwitches struct {
	// ProxyAddressesNeedEventual makes a filter on proxyAddresses an advanced query, which wants $count=true and
	// ConsistencyLevel: eventual.
	ProxyAddressesNeedEventual bool `json:"proxy_addresses_need_eventual"`
	// ReplicationSeconds is the age at which a grant shows in the directory's answers; tokens have it sooner. Microsoft
	// warns of a delay without a figure.
	ReplicationSeconds int `json:"replication_seconds"`
	// UnknownCmdletNamed answers a cmdlet that does not exist, or is not in the app's role, in words.
	UnknownCmdletNamed bool `json:"unknown_cmdlet_named"`
	// DetailQuotaApart gives the trace's details 100 requests in five minutes of their own.
	DetailQuotaApart bool `json:"detail_quota_apart"`
	// AllRecipientsByMessageID shows more than a thousand rows of a message to a query without its MessageTraceId.
	AllRecipientsByMessageID bool `json:"all_recipients_by_message_id"`
	// StartingRecipientIncluded makes a query continued by StartingRecipientAddress begin with that recipient's row.
	StartingRecipientIncluded bool `json:"starting_recipient_included"`
	// ReceivedWithOffset writes the times of Get-MessageTraceV2 with "+00:00", which nothing follows otherwise.
	ReceivedWithOffset bool `json:"received_with_offset"`
	// NoTraceForSecurityReader leaves the trace cmdlets out of what Security Reader may run.
	NoTraceForSecurityReader bool `json:"no_trace_for_security_reader"`
}
