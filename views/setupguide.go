package views

import "clawback"

// guide is what a step's page tells: why, what it does not allow, who can do it,
// and how.
type guide struct {
	why, limits, who string
	steps            []instruction
	script           string
}

// instruction is one thing to do, with the page to do it on.
type instruction struct {
	text, after string
	link        AdminLink
}

func do(text string) instruction { return instruction{text: text} }

func at(text string, link AdminLink, after string) instruction {
	return instruction{text: text, link: link, after: after}
}

const (
	roleAdmin    = "Privileged Role Administrator or Global Administrator in Microsoft Entra."
	consentAdmin = "Cloud Application Administrator, Application Administrator or Global Administrator in Microsoft Entra."
	appOwner     = "An owner of the app registration, or an Application Administrator in Microsoft Entra."
)

// checkAgain is what somebody does when the rest is done.
func (d SetupStepData) checkAgain() instruction {
	if d.Forwarded != "" {
		return do("Come back to this page and press “I have done it”.")
	}
	return do("Come back and press “Check now”.")
}

// certificatePath is where whoever reads the page gets the certificate.
func (d SetupStepData) certificatePath() string {
	if d.Forwarded != "" {
		return ForwardedCertificatePath(d.Forwarded)
	}
	return CertificatePath(d.Setup.Device.ID)
}

func (d SetupStepData) guide() guide {
	switch d.Step {
	case clawback.StepConnect:
		if d.integration() {
			return d.integrationGuide()
		}
		return d.connectGuide()
	case clawback.StepSecurityReader:
		return d.roleGuide()
	case clawback.StepManageAsApp:
		if d.integration() {
			return d.consentAgainGuide(d.manageAsAppGuide())
		}
		return d.manageAsAppGuide()
	case clawback.StepMessageTrace:
		return d.traceGuide()
	case clawback.StepRecipients:
		return d.graphGuide("User.Read.All",
			"A message trace names addresses. Clawback finds the mailbox behind each, with all its addresses, so that a never-remove inbox is protected under every one of them.",
			"Reading who has which address. It opens no mailbox.", "df021288-bdef-4463-88db-98f22de89214")
	case clawback.StepRemoval:
		return d.graphGuide(clawback.MailReadWrite,
			"This is the permission that removes. Security Reader and Exchange.ManageAsApp only find an email; without this one nothing can be removed.",
			"Clawback may read and move email in every mailbox, unless Exchange limits the app to some. It can't send any, and never touches a never-remove inbox.",
			clawback.MailReadWriteRoleID)
	case clawback.StepNeverRemove:
		return guide{
			why:    "Inboxes that must keep their email, such as one that collects reported phishing, are named here. Where an email to be removed lies in one of them, you get an action instead.",
			limits: "Context that is proposed or approved protects nothing yet. Only what an admin selects in the auto remediation does.",
			who:    "An admin of the organization proposes and selects; the engagement manager reviews. You may leave this step out.",
			steps: []instruction{
				at("Propose each inbox under ", AdminLink{"Never-remove", ContextEntriesPath(d.Organization.ID)}, ": a quarantine, an inbox for reported phishing, one under legal hold."),
				do("Your engagement manager reviews what you propose, and may ask back. You need not wait for it."),
				do("Select the entry there. From that moment no email is removed from its mailbox, under any of its addresses."),
				do("If there is no inbox to protect, say so on this page: the decision is kept with your name, and can be taken back."),
			},
		}
	}
	return guide{
		why:    "In observe mode Clawback says where an email lies and removes none; in enforce mode it removes what the SOC decided on.",
		limits: "Enforce is refused while a required check does not pass.",
		who:    "An admin of the organization.",
		steps: []instruction{
			at("See that every step before passes, in the ", AdminLink{"list of tasks", SetupPath(d.Organization.ID)}, "."),
			at("Look at the ", AdminLink{"auto remediation", AutoRemediationPath(d.Organization.ID)}, ": its devices, its limit, and the inboxes from which nothing is removed."),
			do("Begin in observe mode if you like to see first what would be removed."),
			do("Switch to enforce: read the agreement, and accept it for your organization."),
		},
	}
}

func (d SetupStepData) connectGuide() guide {
	g := guide{
		why:    "Clawback signs in to your tenant as an app registration of yours. You keep it, and can take it back at any time.",
		limits: "By itself this allows nothing: what the app may do is granted in the next steps.",
		who:    appOwner,
	}
	credentials := d.Admin.Link(clawback.PlaceCredentials)
	if d.Credential.Kind == clawback.CredentialSecret {
		g.steps = []instruction{
			at("Open ", credentials, " and look at “Client secrets”."),
			do("See that the secret that was entered in Clawback is listed and has not expired. If it is gone or expires soon, an admin of Clawback changes to a certificate."),
			d.checkAgain(),
		}
		return g
	}
	g.steps = []instruction{
		at("Download the certificate: ", AdminLink{"clawback.cer", d.certificatePath()}, ". It holds no secret."),
		at("Open ", credentials, " and choose “Certificates”."),
		do("Choose “Upload certificate”, select the file, and choose “Add”. Its thumbprint must be the one shown on this page."),
		d.checkAgain(),
	}
	g.script = d.certificateScript()
	return g
}

// consentWho is who may consent to what the integration asks for, some of which is Microsoft Graph's.
const consentWho = roleAdmin + " Nobody else may consent to application permissions of Microsoft Graph. They need no account in Clawback."

func (d SetupStepData) integrationGuide() guide {
	return guide{
		why:    "Clawback signs in to your tenant as its own app, the integration. An administrator of the tenant consents to it once.",
		limits: "The integration may do what the consent page lists, and only in this tenant. Deleting its enterprise application in Entra ends that at once.",
		who:    consentWho,
		steps: []instruction{
			do("Press “Grant consent at Microsoft”, or send the link to somebody who may."),
			do("Sign in at Microsoft as an administrator of this tenant, read what is asked for, and accept."),
			do("Come back: the checks run by themselves."),
		},
	}
}

// consentAgainGuide is the way of an integration whose consent grants less than what it asks for by now: nothing is added
// to an app registration, which is not in this tenant.
func (d SetupStepData) consentAgainGuide(g guide) guide {
	g.who, g.script, g.steps = consentWho, "", nil
	if d.Forwarded == "" {
		g.steps = append(g.steps, at("Grant it under ", AdminLink{"Admin consent", d.consentHref()}, ", or send the link to somebody who may. Or do it in Entra:"))
	}
	g.steps = append(g.steps,
		at("Open ", d.Admin.Link(clawback.PlacePermissions), ": “Enterprise applications”, the integration, “Permissions” under “Security”."),
		do("Choose “Grant admin consent” and accept."),
		do("Choose “Refresh”: the permission must now be listed."),
		d.checkAgain())
	if d.Forwarded == "" {
		g.steps = append(g.steps, do("Then go on with the never-remove context."))
	}
	return g
}

func (d SetupStepData) roleGuide() guide {
	return guide{
		why:    "The role Security Reader lets the app search the message trace, which tells who received an email.",
		limits: "It only reads. It can't open a mailbox, change a setting or remove anything.",
		who:    roleAdmin,
		steps: []instruction{
			at("Open ", d.Admin.Link(clawback.PlaceRole), "."),
			do("Choose “Add assignments”."),
			do("Under “Select member(s)” search for the name of your app, or for its client id. Choose the app, not a person: it is listed as a service principal or enterprise application."),
			do("Keep the scope at the whole directory. If you are asked for the type, choose “Active”: an app can't activate an eligible role."),
			do("Choose “Add”. The app must now be listed under “Active assignments”."),
			d.checkAgain(),
		},
		script: d.roleScript(),
	}
}

func (d SetupStepData) manageAsAppGuide() guide {
	return guide{
		why:    "Exchange.ManageAsApp lets the app come in to Exchange Online without a signed-in person. What it may do there is decided by its role.",
		limits: "Alone it allows nothing; with Security Reader it allows reading. It does not remove email.",
		who:    consentAdmin,
		steps: []instruction{
			at("Open ", d.Admin.Link(clawback.PlacePermissions), "."),
			do("Choose “Add a permission”, then “APIs my organization uses”, and search for “Office 365 Exchange Online”. It is not among the Microsoft APIs shown first."),
			do("Choose “Application permissions”, not “Delegated permissions”."),
			do("Select “Exchange.ManageAsApp” and choose “Add permissions”."),
			do("Choose “Grant admin consent” and confirm with “Yes”. The status must show a green mark."),
			d.checkAgain(),
		},
		script: d.grantScript("Office 365 Exchange Online", clawback.ExchangeAppID, clawback.ManageAsAppPermission, clawback.ManageAsAppRoleID),
	}
}

func (d SetupStepData) traceGuide() guide {
	return guide{
		why:    "The message trace tells every mailbox an email reached, so that it is removed from all of them and not only from the one that reported it.",
		limits: "It shows who received what and when, never the text of an email.",
		who:    "Nobody, once the two steps before are done. The second way below takes a Privileged Role Administrator.",
		steps: []instruction{
			do("The first way is by Exchange: it opens with the steps “Security Reader role” and “Exchange.ManageAsApp permission”, and asks for nothing more."),
			at("The second way is by Microsoft Graph: on ", d.Admin.Link(clawback.PlacePermissions), " add the application permission “ExchangeMessageTrace.Read.All” of Microsoft Graph and grant admin consent."),
			do("For the second way Microsoft's own app for the message trace must be in the tenant; the command below adds it. It can take some hours until it answers."),
			do("One of the two is enough."),
			d.checkAgain(),
		},
		script: d.traceScript(),
	}
}

func (d SetupStepData) graphGuide(permission, why, limits, id string) guide {
	g := guide{
		why: why, limits: limits, who: roleAdmin + " Nobody else may consent to application permissions of Microsoft Graph.",
		steps: []instruction{
			at("Open ", d.Admin.Link(clawback.PlacePermissions), "."),
			do("Choose “Add a permission”, then “Microsoft Graph”, then “Application permissions”."),
			do("Select “" + permission + "” and choose “Add permissions”."),
			do("Choose “Grant admin consent” and confirm with “Yes”."),
			d.checkAgain(),
		},
		script: d.grantScript("Microsoft Graph", clawback.GraphAppID, permission, id),
	}
	if d.integration() {
		return d.consentAgainGuide(g)
	}
	return g
}
