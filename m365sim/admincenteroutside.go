package m365sim

import (
	"mime"
	"net/mail"
	"strings"
	"time"
)

// The page on which somebody outside of the tenant sends an email into it. Nothing of Microsoft's is like it: it
// stands in for another mail provider, so that a demo needs no other tool.

const sectionOutside = "The world outside"

type outsideForm struct {
	Base, From, To, Subject, Text string
}

const outsideSender = "someone@mail.example"

func adminOutside(c *adminCall) adminAnswer {
	return c.outsidePage(outsideForm{From: outsideSender, To: c.value("to"), Subject: c.form.Get("subject"), Text: "Hello from outside."})
}

func (c *adminCall) outsidePage(form outsideForm) adminAnswer {
	form.Base = c.tenant.base()

	return adminAnswer{view: "outside", title: "Send an email from outside", section: sectionOutside, body: form}
}

// adminOutsideSend delivers the email as it would come from another provider. It runs without the tenant's lock, as
// every delivery does.
func adminOutsideSend(c *adminCall) adminAnswer {
	form := outsideForm{From: c.value("from"), To: c.value("to"), Subject: c.form.Get("subject"), Text: c.form.Get("text")}
	page := c.outsidePage(form)
	from, fromErr := mail.ParseAddress(form.From)
	to, toErr := mail.ParseAddress(form.To)
	switch {
	case fromErr != nil:
		return page.refused("From must be an email address.")
	case toErr != nil:
		return page.refused("To must be an email address.")
	case c.tenant.ownsDomain(from.Address):
		return page.refused("From must be an address outside of " + c.tenant.domain + ".")
	case !c.tenant.ownsDomain(to.Address):
		return page.refused("To must be an address of " + c.tenant.domain + ".")
	case strings.TrimSpace(form.Subject) == "":
		return page.refused("Enter a subject.")
	}
	raw := "From: " + from.String() + "\r\nTo: " + to.String() + "\r\nSubject: " + mime.QEncoding.Encode("utf-8", oneLine(form.Subject)) +
		"\r\nDate: " + c.sim.now().Format(time.RFC1123Z) + "\r\nMessage-ID: <" + c.sim.nextID("outside") + "@" + domainOf(from.Address) +
		">\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + form.Text + "\r\n"
	c.later = func() error {
		_, _, err := c.sim.deliver(c.tenant, []byte(raw), deliveryOptions{to: []string{to.Address}, status: statusDelivered})
		return err
	}

	return c.after("The email to "+to.Address+" was sent.", "/outside")
}

func oneLine(text string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(text) }

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")

	return domain
}
