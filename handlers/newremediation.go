package handlers

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// RemediationCreator is what the form of a new remediation uses.
type RemediationCreator interface {
	ListOrganizations(ctx context.Context, actor clawback.Actor) ([]clawback.Organization, error)
	CreateRemediation(ctx context.Context, actor clawback.Actor, request clawback.NewRemediation) (clawback.Remediation, error)
}

// NewRemediation is the form that begins a remediation: which email, of which organization.
type NewRemediation struct {
	shell *Shell
	store RemediationCreator
}

// NewNewRemediation makes the form of a new remediation.
func NewNewRemediation(shell *Shell, store RemediationCreator) *NewRemediation {
	return &NewRemediation{shell: shell, store: store}
}

// New answers the empty form.
func (h *NewRemediation) New(c echo.Context) error {
	form := views.Form{Values: map[string]string{
		"organization_id": c.QueryParam("organization"), "internet_message_id": c.QueryParam("internet_message_id"),
	}}
	return h.page(c, http.StatusOK, views.NewRemediationData{Form: form})
}

// Create makes a draft, whose preview begins by itself, and goes to it.
func (h *NewRemediation) Create(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, request, err := h.bind(c)
	if err != nil {
		return err
	}
	if len(data.Form.Errors) > 0 {
		return h.page(c, StatusOf(data.Form.Kind()), data)
	}
	remediation, err := h.store.CreateRemediation(c.Request().Context(), actor, request)
	if err != nil {
		form, ok := formOf(c, "", err)
		if !ok {
			return err
		}
		data.Form.Errors = form.Errors
		return h.page(c, StatusOf(clawback.KindOf(err)), data)
	}
	return redirect(c, views.RemediationPath(remediation.ID))
}

// bind reads the form. What is wrong with it is in the data's form; the error is one that leaves nothing to show again.
func (h *NewRemediation) bind(c echo.Context) (views.NewRemediationData, clawback.NewRemediation, error) {
	data := views.NewRemediationData{Form: views.Form{Values: map[string]string{}}}
	if _, err := c.FormParams(); err != nil {
		data.Form.Add(formError(err))
		return data, clawback.NewRemediation{}, nil
	}
	for _, name := range []string{"organization_id", "internet_message_id", "reason", "reference", "eml_name"} {
		data.Form.Values[name] = formValue(c, name)
	}
	request := clawback.NewRemediation{
		OrganizationID: data.Form.Values["organization_id"],
		Reason:         data.Form.Values["reason"],
		Reference:      data.Form.Values["reference"],
	}
	if request.OrganizationID == "" {
		data.Form.Add(clawback.Invalid("organization_id", "Choose the organization whose mailboxes are meant."))
	}
	email, err := h.email(c, &data)
	if err != nil {
		return data, request, err
	}
	request.Target, err = chosenTarget(email, data.Form.Values["internet_message_id"])
	if err != nil {
		data.Form.Add(err)
	}
	if clawback.FieldOf(err) == "eml" {
		data.CarriedFile, data.Form.Values["eml_name"] = "", "" // not worth keeping
	}
	return data, request, nil
}

// email answers the uploaded file, or the one that came along in the form; nil when there is none.
func (h *NewRemediation) email(c echo.Context, data *views.NewRemediationData) (*strings.Reader, error) {
	file, err := c.FormFile("eml")
	if err == nil && file.Filename != "" {
		if file.Size > MaxEmail {
			data.Form.Add(tooLargeError())
			return nil, nil
		}
		content, err := readFile(file)
		if err != nil {
			return nil, err
		}
		data.Form.Values["eml_name"] = file.Filename
		if len(content) <= maxCarried {
			data.CarriedFile = base64.StdEncoding.EncodeToString([]byte(content))
		}
		return strings.NewReader(content), nil
	}
	encoded := formValue(c, "eml_base64")
	if encoded == "" {
		return nil, nil
	}
	content, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		data.Form.Add(clawback.Invalid("eml", "The file got lost on the way. Choose it again."))
		return nil, nil
	}
	data.CarriedFile = encoded
	return strings.NewReader(string(content)), nil
}

// chosenTarget answers the email that is meant: of the file or of the typed Message-ID, one of both.
func chosenTarget(email *strings.Reader, messageID string) (clawback.Target, error) {
	switch {
	case email != nil && messageID != "":
		return clawback.Target{}, clawback.Invalid("internet_message_id", "Give either a file or a Message-ID, not both: they could mean two emails.")
	case email != nil:
		return ReadEmail(email)
	}
	id, err := clawback.NormalizeMessageID(messageID)
	if err != nil {
		return clawback.Target{}, err
	}
	return clawback.Target{Source: clawback.SourceMessageID, MessageID: id}, nil
}

func (h *NewRemediation) page(c echo.Context, status int, data views.NewRemediationData) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	if !actor.CanAnywhere(clawback.RightRemediate) {
		return clawback.Errorf(clawback.KindForbidden, "Only the SOC removes emails. Ask it to, with the email attached.")
	}
	organizations, err := h.store.ListOrganizations(c.Request().Context(), actor)
	if err != nil {
		return err
	}
	for _, o := range organizations {
		if actor.Can(clawback.RightRemediate, o.ID) {
			data.Organizations = append(data.Organizations, o)
		}
	}
	f := frame{title: "New remediation", section: views.SectionNew, organization: data.Form.Value("organization_id")}
	return h.shell.show(c, status, actor, f, views.NewRemediation(data))
}
