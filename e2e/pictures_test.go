package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// TestPictures takes the pictures of the README and the guides, when CLAWBACK_PICTURES names a folder for them. The
// sizes are those of a laptop's window, so that they read well beside text.
func TestPictures(t *testing.T) {
	folder := os.Getenv("CLAWBACK_PICTURES")
	if folder == "" {
		t.Skip("CLAWBACK_PICTURES names no folder")
	}
	a := startDemo(t)
	analyst := a.NewPage()
	analyst.Open("/sign-in")
	picture(t, analyst, folder, "sign-in")
	analyst.SignIn("Mara Lindt")
	newRemediation(t, analyst)
	picture(t, analyst, folder, "new-remediation")
	dropEmail(t, analyst, a)
	analyst.See("Start removal from 24 mailboxes")
	picture(t, analyst, folder, "preview")
	analyst.Fill("Reason", "Credential phishing, seen at two other customers")
	analyst.Click("button", "Start removal from 24 mailboxes")
	analyst.See("Contained")
	picture(t, analyst, folder, "remediation")
	analyst.Click("link", firstCleaned(t, a, a.Tenant(customerDomain).ID))
	analyst.See("Proved gone")
	picture(t, analyst, folder, "record")
	analyst.Open("/")
	picture(t, analyst, folder, "home")

	admin := a.NewPage()
	admin.SignIn("Priya Nair")
	admin.Open("/actions")
	admin.Click("link", "A malicious email lies in 1 protected mailbox")
	picture(t, admin, folder, "action")
}

// picture takes a page in light and dark.
func picture(t *testing.T, p *page, folder, name string) {
	t.Helper()
	must(t, os.MkdirAll(folder, 0o755))
	must(t, p.SetViewportSize(1280, 860))
	for _, scheme := range []*playwright.ColorScheme{playwright.ColorSchemeLight, playwright.ColorSchemeDark} {
		must(t, p.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: scheme}))
		path := filepath.Join(folder, name+"-"+string(*scheme)+".png")
		_, err := p.Screenshot(playwright.PageScreenshotOptions{Path: &path})
		must(t, err)
	}
	must(t, p.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: playwright.ColorSchemeNoOverride}))
}
