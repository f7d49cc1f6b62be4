package clawback_test

import (
	"testing"

	"clawback"
)

func TestPersonalTenant(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"9188040d-6c67-4c5b-b112-36a304b66dad": true, " 9188040D-6C67-4C5B-B112-36A304B66DAD": true, "84df9e7f-e9f6-40af-b435-aaaaaaaaaaaa": true,
		"Consumers": true, "common": false, "": false, "72f988bf-86f1-41af-91ab-2d7cd011db47": false,
	} {
		if got := clawback.PersonalTenant(id); got != want {
			t.Errorf("%q is personal: %v", id, got)
		}
	}
	for domain, want := range map[string]bool{
		"outlook.com": true, "Hotmail.com": true, "hotmail.co.uk": true, "outlook.com.br": true, "live.nl": true, "msn.com": true,
		"contoso.com": false, "contoso.live.com": false, "outlook.contoso.com": false, "hotmail.com.evil.example": false, "live.example": false, "": false,
	} {
		if got := clawback.PersonalDomain(domain); got != want {
			t.Errorf("%q is personal: %v", domain, got)
		}
	}
}
