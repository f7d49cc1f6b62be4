package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"clawback"
	"clawback/store"

	"github.com/google/uuid"
)

// ProviderTenant is the tenant that staff of the tests come from.
const ProviderTenant = "99999999-9999-4999-8999-999999999999"

var counter atomic.Int64

func staff(name string, role clawback.Role) clawback.Actor {
	return clawback.Actor{Kind: clawback.ActorPerson, ID: uuid.NewString(), Name: name, TenantID: ProviderTenant,
		ObjectID: uuid.NewString(), StaffRoles: []clawback.Role{role}}
}

// Operator answers a new operator; every call another person.
func Operator() clawback.Actor { return staff("Olga Operator", clawback.RoleOperator) }

// SOCAnalyst answers a new SOC analyst.
func SOCAnalyst() clawback.Actor { return staff("Sam SOC", clawback.RoleSOCAnalyst) }

// EngagementManager answers a new engagement manager of the organizations.
func EngagementManager(organizationIDs ...string) clawback.Actor {
	actor := staff("Emma Manager", clawback.RoleEngagementManager)
	actor.Portfolio = organizationIDs
	return actor
}

// Admin answers a new admin of an organization.
func Admin(o clawback.Organization) clawback.Actor {
	return member("Ada Admin", o, clawback.RoleAdmin)
}

// Analyst answers a new analyst of an organization.
func Analyst(o clawback.Organization) clawback.Actor {
	return member("Ann Analyst", o, clawback.RoleAnalyst)
}

func member(name string, o clawback.Organization, role clawback.Role) clawback.Actor {
	return clawback.Actor{Kind: clawback.ActorPerson, ID: uuid.NewString(), Name: name, TenantID: o.TenantID, ObjectID: uuid.NewString(),
		Memberships: []clawback.Membership{{OrganizationID: o.ID, Role: role}}}
}

// Organization makes an organization with a name and a tenant of its own.
func Organization(t testing.TB, s *store.Store) clawback.Organization {
	t.Helper()
	n := counter.Add(1)
	o, err := s.CreateOrganization(context.Background(), Operator(), store.NewOrganization{
		Name: fmt.Sprintf("Customer %d", n), TenantID: uuid.NewString(), Domain: fmt.Sprintf("customer%d.example", n)})
	if err != nil {
		t.Fatalf("create organization: %v", err)
	}
	return o
}

// DeviceSecret is the client secret of every Device.
const DeviceSecret = "s3cret-of-the-device"

// Device connects the organization's own tenant.
func Device(t testing.TB, s *store.Store, o clawback.Organization) clawback.Device {
	t.Helper()
	d, err := s.CreateDevice(context.Background(), Operator(), store.NewDevice{
		OrganizationID: o.ID, Name: o.Name + " 365", TenantID: o.TenantID, Connection: clawback.ConnectionCustomApp,
		ClientID: uuid.NewString(), ClientSecret: clawback.NewSecret(DeviceSecret)})
	if err != nil {
		t.Fatalf("create device: %v", err)
	}
	return d
}

// Ready makes an organization in which email may be removed: with a device, in
// enforce mode.
func Ready(t testing.TB, s *store.Store) (clawback.Organization, clawback.Device) {
	t.Helper()
	o := Organization(t, s)
	d := Device(t, s, o)
	_, err := s.SaveAutoRemediation(context.Background(), Admin(o), clawback.AutoRemediation{OrganizationID: o.ID, Mode: clawback.ModeEnforce,
		Removal: clawback.RemovalSoft, VolumeLimit: clawback.DefaultVolumeLimit, Devices: []string{d.ID}})
	if err != nil {
		t.Fatalf("save auto remediation: %v", err)
	}
	o.Mode = clawback.ModeEnforce
	return o, d
}

// Context adds an inbox to the organization's context.
func Context(t testing.TB, s *store.Store, o clawback.Organization, address string) clawback.ContextEntry {
	t.Helper()
	e, err := s.CreateContext(context.Background(), Admin(o), o.ID, clawback.NewContextEntry{Address: address, Purpose: "quarantine"})
	if err != nil {
		t.Fatalf("create context: %v", err)
	}
	return e
}

// Draft makes a preview of an email with the Message-ID and the subject.
func Draft(t testing.TB, s *store.Store, by clawback.Actor, o clawback.Organization, messageID, subject string) clawback.Remediation {
	t.Helper()
	r, err := s.CreateRemediation(context.Background(), by, clawback.NewRemediation{OrganizationID: o.ID, Targets: []clawback.Target{{
		Source: clawback.SourceEML, MessageID: messageID, Sender: "mallory@evil.example", Subject: subject}}})
	if err != nil {
		t.Fatalf("create remediation: %v", err)
	}
	return r
}
