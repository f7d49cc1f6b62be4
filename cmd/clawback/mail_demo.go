package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clawback"
	"clawback/m365sim"
	"clawback/store"
)

// The demo's emails: how many user mailboxes each reaches.
const (
	historyUsers  = 12
	phishingUsers = 24
)

func historyMail(now time.Time, domain string) string {
	return demoMail(now, domain, "<20261118.7731@vm-notify.example>", "Voicemail <no-reply@vm-notify.example>",
		"Your voicemail (2:14)", "You have one new voice message. Listen: https://vm-notify.example/m/7731")
}

func phishingMail(now time.Time, domain string) string {
	return demoMail(now, domain, "<8f21c.4410@mx.paypa1-support.example>", "\"PayPal Billing\" <billing@paypa1-support.example>",
		"Invoice 88213 overdue <b>act now</b>", "Your account will be suspended. Pay here: https://paypa1-support.example/88213")
}

func demoMail(now time.Time, domain, id, from, subject, body string) string {
	return strings.Join([]string{
		"From: " + from, "To: undisclosed-recipients@" + domain, "Subject: " + subject, "Message-ID: " + id,
		"Date: " + now.UTC().Format(time.RFC1123Z), "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", body, "",
	}, "\r\n")
}

// deliverDemoMail lets one email be removed by the engine, so that the history
// has a finished remediation, and leaves another in the mailboxes, with its
// .eml beside the database.
func deliverDemoMail(ctx context.Context, db *store.Store, sim *m365sim.Sim, seed demoSeed, dir string) error {
	history, err := db.ListRemediations(ctx, seed.service, clawback.RemediationFilter{PageQuery: clawback.PageQuery{Limit: 1}})
	if err != nil {
		return err
	}
	control, now := demoControl{sim.Addresses().Control, seed.tenantID}, time.Now()
	users, err := control.mailboxes(ctx, phishingUsers+historyUsers)
	if err != nil {
		return err
	}
	phishing := phishingMail(now, seed.main.Domain)
	if err := os.WriteFile(filepath.Join(dir, phishingFile), []byte(phishing), 0o600); err != nil {
		return err
	}
	if err := control.deliver(ctx, phishing, append(slices.Clone(users[:min(phishingUsers, len(users))]), seed.protected)); err != nil {
		return err
	}
	if len(history.Items) > 0 {
		return nil
	}
	past := historyMail(now, seed.main.Domain)
	if err := control.deliver(ctx, past, users[min(phishingUsers, len(users)):]); err != nil {
		return err
	}
	_, err = db.CreateRemediation(ctx, seed.service, clawback.NewRemediation{
		OrganizationID: seed.main.ID, Start: true, MaxMailboxes: clawback.DefaultVolumeLimit,
		Targets: []clawback.Target{{
			Source: clawback.SourceMessageID, MessageID: "<20261118.7731@vm-notify.example>",
			Sender: "no-reply@vm-notify.example", Subject: "Your voicemail (2:14)",
		}},
		Reason: "Voicemail lure that leads to a credential form", Reference: "INC-40733",
	})
	return err
}

// demoControl speaks to the simulator's control for one tenant.
type demoControl struct{ url, tenantID string }

func (c demoControl) mailboxes(ctx context.Context, users int) ([]string, error) {
	var list struct {
		Items []struct{ Address, Kind string }
	}
	if err := c.call(ctx, http.MethodGet, "/mailboxes", "", &list); err != nil {
		return nil, err
	}
	var addresses []string
	for _, m := range list.Items {
		if m.Kind == "user" && len(addresses) < users {
			addresses = append(addresses, m.Address)
		}
	}
	return addresses, nil
}

func (c demoControl) deliver(ctx context.Context, mail string, to []string) error {
	return c.call(ctx, http.MethodPost, "/messages?to="+url.QueryEscape(strings.Join(to, ",")), mail, nil)
}

func (c demoControl) call(ctx context.Context, method, path, body string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.url+"/tenants/"+c.tenantID+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "message/rfc822")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("control: %s %s answered %d: %s", method, path, response.StatusCode, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

func readReadyFile(path string) (addresses, error) {
	var a addresses
	text, err := os.ReadFile(path)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, clawback.Invalid("ready-file", "The file is not one that clawback simulate wrote.")
	}
	return a, nil
}
