package handlers

import (
	"context"
	"net/http"
	"time"

	"clawback"
)

// OrganizationAPIStore lists organizations and their devices, those alone that the actor may see.
type OrganizationAPIStore interface {
	ListOrganizations(ctx context.Context, actor clawback.Actor) ([]clawback.Organization, error)
	ListDevices(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.Device, error)
}

// OrganizationAnswer is an organization in the API.
type OrganizationAnswer struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	TenantID  string        `json:"tenant_id"`
	Domain    string        `json:"domain"`
	Mode      clawback.Mode `json:"mode" enum:"off,observe,enforce"`
	CreatedAt *time.Time    `json:"created_at"`
}

// DeviceAnswer is a connected Microsoft 365 tenant in the API.
type DeviceAnswer struct {
	ID             string                  `json:"id"`
	OrganizationID string                  `json:"organization_id"`
	Name           string                  `json:"name"`
	TenantID       string                  `json:"tenant_id"`
	Connection     clawback.ConnectionKind `json:"connection" enum:"integration,custom_app"`
	ClientID       string                  `json:"client_id"`
	OnboardedOn    *time.Time              `json:"onboarded_on"`
	CreatedAt      *time.Time              `json:"created_at"`
	Version        int                     `json:"version" doc:"Counts the changes."`
	DisconnectedAt *time.Time              `json:"disconnected_at" doc:"Null for a connected device."`
}

// Organizations adds the operations on organizations and devices.
func (a *API) Organizations(store OrganizationAPIStore) {
	register(a, operation{
		ID: "list-organizations", Method: http.MethodGet, Path: "/organizations", Right: clawback.RightReadOrganization,
		Tag: "Organizations", Summary: "List the organizations that the token reaches",
	}, func(ctx context.Context, actor clawback.Actor, in *struct{ ListQuery }) (*answer[list[OrganizationAnswer]], error) {
		organizations, err := store.ListOrganizations(ctx, actor)
		if err != nil {
			return nil, err
		}
		return windowOf(organizations, in.ListQuery, func(o clawback.Organization) string { return o.ID }, organizationAnswer)
	})

	register(a, operation{
		ID: "list-devices", Method: http.MethodGet, Path: "/organizations/{org}/devices", Right: clawback.RightReadOrganization,
		Tag: "Organizations", Summary: "List an organization's connected Microsoft 365 tenants",
	}, func(ctx context.Context, actor clawback.Actor, in *struct {
		OrganizationPath
		ListQuery
	}) (*answer[list[DeviceAnswer]], error) {
		devices, err := store.ListDevices(ctx, actor, in.Organization)
		if err != nil {
			return nil, err
		}
		return windowOf(devices, in.ListQuery, func(d clawback.Device) string { return d.ID }, deviceAnswer)
	})
}

func organizationAnswer(o clawback.Organization) OrganizationAnswer {
	return OrganizationAnswer{
		ID: o.ID, Name: o.Name, TenantID: o.TenantID, Domain: o.Domain, Mode: o.Mode, CreatedAt: moment(o.CreatedAt),
	}
}

func deviceAnswer(d clawback.Device) DeviceAnswer {
	return DeviceAnswer{
		ID: d.ID, OrganizationID: d.OrganizationID, Name: d.Name, TenantID: d.TenantID,
		Connection: d.Connection, ClientID: d.ClientID, OnboardedOn: moment(d.OnboardedOn), CreatedAt: moment(d.CreatedAt),
		Version: d.Version, DisconnectedAt: moment(d.DisconnectedAt),
	}
}

// OrganizationFinder answers NotFound for an organization that the actor does not see.
type OrganizationFinder interface {
	FindOrganization(ctx context.Context, actor clawback.Actor, id string) (clawback.Organization, error)
}

// visible answers NotFound where a list of an organization would merely be empty. Who may not read organizations is
// asked by the right of the list alone.
func visible(ctx context.Context, store OrganizationFinder, actor clawback.Actor, right clawback.Right, organizationID string) error {
	if !actor.Can(right, organizationID) {
		return clawback.NotFound("organization")
	}
	if !actor.Can(clawback.RightReadOrganization, organizationID) {
		return nil
	}
	_, err := store.FindOrganization(ctx, actor, organizationID)
	return err
}
