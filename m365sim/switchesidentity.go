package m365sim

// IdentitySwitches are those of sign-in, tokens and what Exchange makes of them.
type IdentitySwitches struct {
	// RoleRefusal401 makes Exchange's "The role assigned to application … isn't supported" a 401, not a 403.
	RoleRefusal401 bool `json:"role_refusal_401"`
	// PermissionRefusal403 makes Exchange's answer to a token without Exchange.ManageAsApp a 403, not a 401.
	PermissionRefusal403 bool `json:"permission_refusal_403"`
	// ScopedRolesInWids puts roles narrowed to an administrative unit or object into wids. Exchange honours them no more.
	ScopedRolesInWids bool `json:"scoped_roles_in_wids"`
	// NoGroupRolesInWids leaves roles through a role-assignable group out of wids, and so out of Exchange.
	NoGroupRolesInWids bool `json:"no_group_roles_in_wids"`
	// NoPremiumLicense makes eligible roles unreadable: 400 AadPremiumLicenseRequired, as in a tenant without Entra P2.
	NoPremiumLicense bool `json:"no_premium_license"`
	// ConsentCancelDenied makes a cancelled admin consent come back as access_denied, in both versions.
	ConsentCancelDenied bool `json:"consent_cancel_denied"`
}
