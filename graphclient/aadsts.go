package graphclient

import (
	"encoding/json"
	"fmt"
	"regexp"

	"golang.org/x/oauth2"
)

var aadstsCode = regexp.MustCompile(`AADSTS(\d+)`)

// aadsts answers the code of a refused token request, or its OAuth error where
// there is none.
func aadsts(refused *oauth2.RetrieveError) string {
	var body struct {
		Codes []int `json:"error_codes"`
	}
	if json.Unmarshal(refused.Body, &body) == nil && len(body.Codes) > 0 {
		return fmt.Sprintf("AADSTS%d", body.Codes[0])
	}
	if code := aadstsCode.FindString(refused.ErrorDescription); code != "" {
		return code
	}
	return refused.ErrorCode
}

// The words for Entra's codes, for the person who can mend it:
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
var aadstsWords = map[string]string{
	"AADSTS90002":   "Microsoft knows no such tenant. Check the tenant id of the device.",
	"AADSTS900023":  "This is not a tenant id. Check the tenant id of the device.",
	"AADSTS90013":   "Microsoft could not read the request for a token.",
	"AADSTS90014":   "The request for a token lacks a value that Microsoft needs.",
	"AADSTS900144":  "The request for a token lacks a value that Microsoft needs.",
	"AADSTS7000218": "The request for a token carried no credential. Add a certificate or a client secret.",
	"AADSTS700016":  "The app is not in this tenant. Check the client id, or have an admin of the tenant consent to it.",
	"AADSTS7000112": "The app is disabled in this tenant. Enable its sign-in under Enterprise applications.",
	"AADSTS7000215": "The client secret is wrong. Enter the secret's value, not its id.",
	"AADSTS7000222": "The client secret has expired. Make a new one in the app registration.",
	"AADSTS700027":  "The certificate is not accepted. Upload it to the app registration, or check that it has not expired.",
	"AADSTS700030":  "The certificate's subject is not allowed for this app.",
	"AADSTS700021":  "The signed credential names another app. Check the client id.",
	"AADSTS700023":  "The signed credential is meant for another tenant. Check the tenant id.",
	"AADSTS700024":  "The signed credential is outside its time. Check the server's clock.",
	"AADSTS50027":   "Microsoft could not read the signed credential.",
	"AADSTS70021":   "No federated credential of the app matches. It can take some minutes after it was added.",
	"AADSTS700211":  "No federated credential of the app matches the issuer.",
	"AADSTS700212":  "No federated credential of the app matches the audience.",
	"AADSTS700213":  "No federated credential of the app matches the subject.",
	"AADSTS500011":  "This tenant does not have the service that was asked for, such as Exchange Online.",
	"AADSTS650052":  "This tenant has no subscription to the service that was asked for.",
	"AADSTS65001":   "Nobody has consented to the app in this tenant yet. An admin must grant consent.",
	"AADSTS50194":   "The app is not multi-tenant. Use the tenant's own id.",
	"AADSTS53003":   "A Conditional Access policy of the tenant blocks the app.",
	"AADSTS70011":   "The scope of the request for a token is wrong.",
	"AADSTS700022":  "The request for a token names more than one resource.",
	"AADSTS28002":   "The scope of the request for a token is wrong.",
	"AADSTS90055":   "The tenant asks for too many tokens at the moment. It is tried again later.",
	"AADSTS50196":   "Microsoft saw the same request too often. It is tried again later.",
	"AADSTS90024":   "Microsoft's sign-in is busy. It is tried again later.",
	"AADSTS90033":   "Microsoft's sign-in is not available at the moment. It is tried again later.",
	"AADSTS9001023": "This kind of sign-in needs the tenant's own id.",
	"AADSTS90124":   "This kind of sign-in needs the tenant's own id.",
	"AADSTS90130":   "This kind of sign-in needs the tenant's own id.",
}

// tokenWords never quotes Microsoft's description: it is not ours to vouch that
// it holds no credential.
func tokenWords(code, oauthError string) string {
	if words, ok := aadstsWords[code]; ok {
		return words
	}
	switch oauthError {
	case "":
		return "Microsoft's sign-in gave an answer that can't be read."
	case "invalid_client":
		return "Microsoft does not accept the app's credential."
	case "unauthorized_client":
		return "Microsoft does not accept the app in this tenant."
	case "temporarily_unavailable":
		return "Microsoft's sign-in is not available at the moment. It is tried again later."
	}
	return "Microsoft refused the token."
}
