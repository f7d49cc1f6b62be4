package e2e

import (
	"path/filepath"
	"testing"
)

// TestSetup_keyboard goes the whole way of a custom app with the keyboard alone, in the portal and in the admin center:
// nothing is there, every check fails by name, each is mended, and at the end an email could be removed.
func TestSetup_keyboard(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(freshDomain)
	operator, admin := a.NewPage(), keyboardPage(t, a)
	operator.SignIn("Jon Beck")
	admin.Open(create(t, operator, customer, "Ines Okafor", "Grace Adeyemi"))
	admin.signInBy("Grace Adeyemi")
	name := "Clawback of " + customer.DisplayName
	client := registerApp(admin, a.Login+"/admin/"+customer.Domain+"/apps/new", name, "Grace Adeyemi")

	admin.enter("Setup")
	admin.See("No device is connected")
	admin.enter("Connect a device")
	admin.write("Application (client) id", "not an id")
	admin.Expect(422, admin.path())
	admin.enter("Connect the device")
	admin.See("That did not work yet")
	admin.write("Application (client) id", client)
	admin.enter("Connect the device")
	admin.recheck("does not know the device's certificate")
	admin.Axe()
	uploadBy(t, admin)
	admin.recheck("The app signs in to this tenant with its certificate.")

	steps := []struct {
		name, red, green string
		mend             func()
	}{
		{"Security Reader role", "The app does not have the role Security Reader.", "Security Reader is active over the whole tenant",
			func() { admin.assign("Grace Adeyemi", name) }},
		{"Exchange.ManageAsApp permission", "The app does not have the application permission Exchange.ManageAsApp", "Exchange lets the app in",
			func() { admin.permit("Office 365 Exchange Online", "Exchange.ManageAsApp") }},
		{"Message trace", "neither by Exchange nor by Microsoft Graph", "The message trace answers by Exchange", nil},
		{"Resolve recipients", "The app does not have the application permission User.Read.All", "Addresses lead to their mailboxes",
			func() { admin.permit("Microsoft Graph", "User.Read.All") }},
		{"Removal permission", "The app does not have the application permission Mail.ReadWrite", "Mail.ReadWrite is granted",
			func() { admin.permit("Microsoft Graph", "Mail.ReadWrite") }},
	}
	for _, step := range steps {
		admin.enter(step.name)
		admin.verdict(step.red)
	}
	admin.look("setup-removal-missing")
	for _, step := range steps {
		admin.enter("All tasks")
		admin.enter(step.name)
		if step.mend != nil {
			step.mend()
		}
		nearAndKept(t, admin, step.green)
	}
	admin.prove(ownMailbox(t, a, customer.ID).Address)
	admin.Axe()
	switchOnBy(admin)
	admin.Axe()
}

// registerApp registers an app in the admin center and answers its client id.
func registerApp(p *page, address, name, person string) string {
	p.t.Helper()
	center := &page{t: p.t, context: p.context, Page: must1(p.context.NewPage())(p.t)}
	center.Open(address)
	center.enter("Sign in as " + person)
	center.write("Name", name)
	center.enter("Register")
	center.See("The application was registered.")
	client := must1(center.Locator("main dd code").First().InnerText())(p.t)
	must(p.t, center.Close())
	return client
}

// uploadBy takes the device's certificate from the portal to the app registration.
func uploadBy(t *testing.T, admin *page) {
	t.Helper()
	admin.tabTo("Download the certificate")
	download := must1(admin.ExpectDownload(func() error { return admin.Keyboard().Press("Enter") }))(t)
	file := filepath.Join(t.TempDir(), download.SuggestedFilename())
	must(t, download.SaveAs(file))
	thumbprint := must1(admin.GetByLabel("Copy thumbprint").GetAttribute("data-copy"))(t)
	center := admin.enterTab("Certificates & secrets of the app")
	center.tabTo("Certificate file")
	chooser := must1(center.ExpectFileChooser(func() error { return center.Keyboard().Press("Enter") }))(t)
	must(t, chooser.SetFiles(file))
	center.enter("Upload certificate")
	center.See(thumbprint)
	must(t, center.Close())
}

// nearAndKept holds that the check is a few keys away, and that the focus stays on it when the verdict comes.
func nearAndKept(t *testing.T, admin *page, green string) {
	t.Helper()
	admin.tabTo("Skip to the content")
	admin.press("Enter")
	if tabs := admin.tabTo("Check now"); tabs > 10 {
		t.Errorf("“Check now” is %d keys behind the top of the content of %s", tabs, admin.path())
	}
	admin.press("Enter")
	admin.verdict(green)
	if focused := must1(admin.Evaluate(`document.activeElement.textContent.trim()`))(t); focused != "Check now" {
		t.Errorf("after the check the focus is on %q", focused)
	}
}

// switchOnBy leaves the never-remove context out, accepts the agreement and goes to enforce: then every task is done.
func switchOnBy(admin *page) {
	admin.t.Helper()
	admin.enter("Setup")
	admin.enter("Never-remove context")
	admin.write("Reason (optional)", "Reported phishing is collected elsewhere.")
	admin.enter("We have no inbox to protect")
	admin.See("decided that there is no inbox to protect")
	admin.enter("Auto remediation")
	admin.enter("Change the mode")
	admin.tabTo("Off")
	admin.press("ArrowDown")
	admin.press("ArrowDown")
	admin.choose("I accept this for")
	admin.enter("Save the mode")
	admin.See("Off → Enforce")
	admin.enter("Setup")
	admin.See("8 of 8")
}

// TestConsent_keyboard connects by the integration with the keyboard alone: its consent is granted by somebody in
// another browser, who has no session here, and the role by the admin.
func TestConsent_keyboard(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(freshDomain)
	operator, admin, entra := a.NewPage(), keyboardPage(t, a), keyboardPage(t, a)
	operator.SignIn("Jon Beck")
	admin.Open(create(t, operator, customer, "Ines Okafor", "Grace Adeyemi"))
	admin.signInBy("Grace Adeyemi")
	admin.enter("Setup")
	admin.enter("Connect a device")
	admin.enter("The integration")
	admin.enter("Connect the device")
	admin.verdict("Nobody has consented to the integration in this tenant yet.")
	admin.Axe()
	admin.enter("Make a link to forward")
	admin.See("Send this link to an administrator")
	link := must1(admin.GetByLabel("Copy the consent link").GetAttribute("data-copy"))(t)
	admin.enter("Back to the device")

	entra.Open(link)
	entra.enter("Go on to Microsoft")
	entra.enter("Accept as administrator of " + customer.DisplayName)
	entra.See("Thank you")
	entra.Axe()

	admin.verdict("The integration signs in to this tenant: the consent is there.")
	admin.enter("Setup")
	admin.enter("Security Reader role")
	admin.verdict("Nobody has assigned Security Reader")
	admin.assign("Grace Adeyemi", "Clawback mail removal")
	admin.recheck("Security Reader is active over the whole tenant")
	admin.Axe()
	admin.enter("All tasks")
	admin.See("6 of 8")
	admin.enter("Removal permission")
	admin.verdict("Mail.ReadWrite is granted")
	admin.prove(ownMailbox(t, a, customer.ID).Address)
	switchOnBy(admin)
}

// TestLegacyPath_keyboard goes the demo's legacy path with the keyboard alone: the device was onboarded with the
// integration before 12 March 2026, the consent is granted again, and the way goes on at step 3.
func TestLegacyPath_keyboard(t *testing.T) {
	a := startDemo(t)
	customer := a.Tenant(legacyDomain)
	admin := keyboardPage(t, a)
	admin.Open("/")
	admin.signInBy("Hanna Sorel")
	admin.enter("Setup")
	admin.look("legacy-tasks")
	admin.enter("Exchange.ManageAsApp permission")
	admin.verdict("the integration asks for it since 12 March 2026, and the device was onboarded before")
	admin.look("legacy-lacking")

	center := admin.enterTab("Permissions of the enterprise application")
	center.signedInAs("Hanna Sorel")
	center.enter("Grant admin consent")
	center.enter("Yes")
	center.See("Exchange.ManageAsApp")
	must(t, center.Close())
	admin.recheck("Exchange lets the app in")
	admin.look("legacy-granted")
	admin.enter("Message trace")
	admin.verdict("The message trace answers by Exchange")
	admin.enter("All tasks")
	admin.enter("Removal permission")
	admin.prove(ownMailbox(t, a, customer.ID).Address)
	switchOnBy(admin)
}
