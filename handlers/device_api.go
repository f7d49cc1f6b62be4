package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
	"clawback/views"
)

// DeviceAPIStore is what the operations on devices change without asking Microsoft.
type DeviceAPIStore interface {
	DeviceStore
	FindDevice(ctx context.Context, actor clawback.Actor, id string) (clawback.Device, error)
	ListConsents(ctx context.Context, actor clawback.Actor, deviceID string) ([]clawback.Consent, error)
	RevokeConsent(ctx context.Context, actor clawback.Actor, deviceID, id string) error
}

// CredentialInput is what signs a device in.
type CredentialInput struct {
	ClientID     string                  `json:"client_id,omitempty" maxLength:"100" doc:"Of the app registration. Empty: the present one."`
	Credential   clawback.CredentialKind `json:"credential,omitempty" enum:"certificate,secret" doc:"A certificate is made here; its public part is in the answer, to be uploaded."`
	ClientSecret string                  `json:"client_secret,omitempty" maxLength:"200" doc:"For secret: its value."`
}

// ConnectInput is how a tenant is connected.
type ConnectInput struct {
	Connection  clawback.ConnectionKind `json:"connection" enum:"integration,custom_app"`
	Tenant      string                  `json:"tenant" maxLength:"200" doc:"Its domain or id; it must be the organization's own."`
	Name        string                  `json:"name,omitempty" maxLength:"200"`
	OnboardedOn string                  `json:"onboarded_on,omitempty" maxLength:"10" doc:"A day like 2026-03-12, for the integration."`
	CredentialInput
}

// DeviceInput is what may be changed of a device.
type DeviceInput struct {
	Name        string `json:"name" maxLength:"200"`
	OnboardedOn string `json:"onboarded_on,omitempty" maxLength:"10" doc:"A day like 2026-03-12."`
	Version     int    `json:"version,omitempty" doc:"Of the device that was read; a device that was changed since is refused. 0: whatever it is."`
}

// DisconnectInput confirms that a device is disconnected.
type DisconnectInput struct {
	Confirm string `json:"confirm" maxLength:"200" doc:"The device's name."`
	Reason  string `json:"reason,omitempty" maxLength:"1000"`
}

// DeviceConnectedAnswer is a device with the public part of the certificate to upload, if one was made.
type DeviceConnectedAnswer struct {
	DeviceAnswer
	CertificatePEM string `json:"certificate_pem"`
}

// ConsentAnswer is a consent that was asked for; its link is told once.
type ConsentAnswer struct {
	ID         string                 `json:"id"`
	Status     clawback.ConsentStatus `json:"status" enum:"open,returned,revoked,expired"`
	Link       string                 `json:"link" doc:"To forward; told only when it is made."`
	AskedBy    string                 `json:"asked_by"`
	CreatedAt  *time.Time             `json:"created_at"`
	ExpiresAt  *time.Time             `json:"expires_at"`
	RefusedAt  *time.Time             `json:"refused_at"`
	ReturnedAt *time.Time             `json:"returned_at" doc:"When somebody came back with it; that proves nothing."`
	ProvedAt   *time.Time             `json:"proved_at" doc:"When the first token was had after it."`
	Added      []string               `json:"added" doc:"What is granted since."`
	Removed    []string               `json:"removed" doc:"What it took away."`
}

// Devices adds the operations that connect, change and disconnect devices, and ask for consents.
func (a *API) Devices(store DeviceAPIStore, engine SetupEngine, links ConsentLinks) {
	h := deviceAPI{store, engine, links, a.now}
	const tag = "Devices"
	register(a, operation{ID: "connect-device", Method: http.MethodPost, Path: "/organizations/{org}/devices", Right: clawback.RightConfigure, Tag: tag,
		Summary: "Connect a Microsoft 365 tenant", Status: http.StatusCreated, Text: "The tenant is looked for at Microsoft and must be the organization's own."}, h.connect)
	register(a, operation{ID: "update-device", Method: http.MethodPut, Path: "/devices/{id}", Right: clawback.RightConfigure, Tag: tag,
		Summary: "Change a device's name and day of onboarding"}, h.update)
	register(a, operation{ID: "renew-credential", Method: http.MethodPost, Path: "/devices/{id}/credential", Right: clawback.RightConfigure, Tag: tag,
		Summary: "Give a device another credential", Text: "Where the present one works, the new one waits beside it until Microsoft accepts it."}, h.renew)
	register(a, operation{ID: "discard-credential", Method: http.MethodPost, Path: "/devices/{id}/credential/discard", Right: clawback.RightConfigure, Tag: tag,
		Summary: "Discard a credential that waits"}, h.discard)
	register(a, operation{ID: "disconnect-device", Method: http.MethodPost, Path: "/devices/{id}/disconnect", Right: clawback.RightConfigure, Tag: tag,
		Summary: "Disconnect a device", Text: "Ends what runs through it and forgets its credential; its history and every never-remove selection stay."}, h.disconnect)
	register(a, operation{ID: "reconnect-device", Method: http.MethodPost, Path: "/devices/{id}/reconnect", Right: clawback.RightConfigure, Tag: tag,
		Summary: "Connect a disconnected device again"}, h.reconnect)
	register(a, operation{ID: "list-consents", Method: http.MethodGet, Path: "/devices/{id}/consents", Right: clawback.RightReadOrganization, Tag: tag,
		Summary: "List the consents that were asked for"}, h.consents)
	register(a, operation{ID: "ask-consent", Method: http.MethodPost, Path: "/devices/{id}/consents", Right: clawback.RightConfigure, Tag: tag,
		Summary: "Make a link with which an administrator consents to the integration", Status: http.StatusCreated,
		Text: "It works once, within seven days, without an account here."}, h.ask)
	register(a, operation{ID: "revoke-consent", Method: http.MethodPost, Path: "/devices/{id}/consents/{consent}/revoke", Right: clawback.RightConfigure, Tag: tag,
		Summary: "Withdraw a consent's link"}, h.revoke)
}

type deviceAPI struct {
	store  DeviceAPIStore
	engine SetupEngine
	links  ConsentLinks
	now    func() time.Time
}

func (h deviceAPI) connect(ctx context.Context, actor clawback.Actor, in *struct {
	OrganizationPath
	Body ConnectInput
}) (*answer[DeviceConnectedAnswer], error) {
	request := in.Body.CredentialInput.request()
	request.OrganizationID, request.Name, request.Tenant, request.Connection = in.Organization, in.Body.Name, in.Body.Tenant, in.Body.Connection
	var err error
	if request.OnboardedOn, err = dayOf("onboarded_on", in.Body.OnboardedOn); err != nil {
		return nil, err
	}
	device, err := h.engine.ConnectDevice(ctx, actor, request)
	return h.connected(ctx, actor, device, err)
}

func (c CredentialInput) request() clawback.ConnectRequest {
	return clawback.ConnectRequest{ClientID: c.ClientID, Kind: c.Credential, ClientSecret: clawback.NewSecret(c.ClientSecret)}
}

// connected answers a device with what is to be uploaded.
func (h deviceAPI) connected(ctx context.Context, actor clawback.Actor, device clawback.Device, err error) (*answer[DeviceConnectedAnswer], error) {
	if err != nil {
		return nil, err
	}
	shown, err := h.engine.FindCredential(ctx, actor, device.ID)
	if err != nil {
		return nil, err
	}
	if shown.Next != nil {
		shown = *shown.Next
	}
	return answerOf(DeviceConnectedAnswer{DeviceAnswer: deviceAnswer(device), CertificatePEM: shown.CertificatePEM}), nil
}

func (h deviceAPI) update(ctx context.Context, actor clawback.Actor, in *struct {
	DevicePath
	Body DeviceInput
}) (*answer[DeviceAnswer], error) {
	day, err := dayOf("onboarded_on", in.Body.OnboardedOn)
	if err == nil {
		err = notYet(day, h.now())
	}
	if err != nil {
		return nil, err
	}
	device, err := h.store.UpdateDevice(ctx, actor, in.Device, clawback.DeviceChange{Name: in.Body.Name, OnboardedOn: day, Version: in.Body.Version})
	return h.answer(device, err)
}

func (h deviceAPI) answer(device clawback.Device, err error) (*answer[DeviceAnswer], error) {
	if err != nil {
		return nil, err
	}
	return answerOf(deviceAnswer(device)), nil
}

func (h deviceAPI) renew(ctx context.Context, actor clawback.Actor, in *struct {
	DevicePath
	Body CredentialInput
}) (*answer[DeviceConnectedAnswer], error) {
	device, err := h.engine.RenewCredential(ctx, actor, clawback.CredentialRequest{DeviceID: in.Device, ClientID: in.Body.ClientID,
		Kind: in.Body.Credential, ClientSecret: clawback.NewSecret(in.Body.ClientSecret)})
	return h.connected(ctx, actor, device, err)
}

func (h deviceAPI) discard(ctx context.Context, actor clawback.Actor, in *struct{ DevicePath }) (*answer[DeviceAnswer], error) {
	if err := h.store.DropNextCredential(ctx, actor, in.Device); err != nil {
		return nil, err
	}
	return h.answer(h.store.FindDevice(ctx, actor, in.Device))
}

func (h deviceAPI) disconnect(ctx context.Context, actor clawback.Actor, in *struct {
	DevicePath
	Body DisconnectInput
}) (*answer[DeviceAnswer], error) {
	return h.answer(h.store.DisconnectDevice(ctx, actor, in.Device, clawback.Disconnection{Confirm: in.Body.Confirm, Reason: in.Body.Reason}))
}

func (h deviceAPI) reconnect(ctx context.Context, actor clawback.Actor, in *struct {
	DevicePath
	Body CredentialInput
}) (*answer[DeviceConnectedAnswer], error) {
	device, err := h.engine.ReconnectDevice(ctx, actor, in.Device, in.Body.request())
	return h.connected(ctx, actor, device, err)
}

func (h deviceAPI) consents(ctx context.Context, actor clawback.Actor, in *struct{ DevicePath }) (*answer[list[ConsentAnswer]], error) {
	consents, err := h.store.ListConsents(ctx, actor, in.Device)
	if err != nil {
		return nil, err
	}
	return listOf(clawback.Page[clawback.Consent]{Items: consents}, h.consent), nil
}

func (h deviceAPI) ask(ctx context.Context, actor clawback.Actor, in *struct{ DevicePath }) (*answer[ConsentAnswer], error) {
	if h.links.Microsoft == nil {
		return nil, noIntegration()
	}
	made, err := h.engine.AskConsent(ctx, actor, in.Device)
	if err != nil {
		return nil, err
	}
	told := h.consent(made.Consent)
	told.Link = h.links.Public + views.ConsentPath(made.Token.Reveal())
	return answerOf(told), nil
}

func (h deviceAPI) revoke(ctx context.Context, actor clawback.Actor, in *struct {
	DevicePath
	Consent string `path:"consent" maxLength:"100"`
}) (*answer[list[ConsentAnswer]], error) {
	if err := h.store.RevokeConsent(ctx, actor, in.Device, in.Consent); err != nil {
		return nil, err
	}
	return h.consents(ctx, actor, &struct{ DevicePath }{in.DevicePath})
}

func (h deviceAPI) consent(c clawback.Consent) ConsentAnswer {
	told := ConsentAnswer{ID: c.ID, Status: c.Status(h.now()), AskedBy: c.AskedBy, CreatedAt: moment(c.CreatedAt), ExpiresAt: moment(c.ExpiresAt),
		RefusedAt: moment(c.RefusedAt), ReturnedAt: moment(c.ReturnedAt), ProvedAt: moment(c.ProvedAt), Added: []string{}, Removed: []string{}}
	if !c.ProvedAt.IsZero() {
		told.Added, told.Removed = orEmpty(c.Added()), orEmpty(c.Removed())
	}
	return told
}
