package handlers

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// ReadinessChecker says why an organization may not be switched to enforce: a required check of its setup that does not
// pass, in words for its admin; "" when nothing stands in the way.
type ReadinessChecker interface {
	EnforceBlockedBy(ctx context.Context, organizationID string) (string, error)
}

// readyToEnforce returns KindConflict with the reason when a change to enforce is refused. What is in enforce already
// stays changeable: a protection must never wait for a check.
func readyToEnforce(ctx context.Context, checker ReadinessChecker, before, wanted clawback.AutoRemediation) error {
	if checker == nil || wanted.Mode != clawback.ModeEnforce || before.Mode == clawback.ModeEnforce {
		return nil
	}
	reason, err := checker.EnforceBlockedBy(ctx, wanted.OrganizationID)
	if err != nil || reason == "" {
		return err
	}
	return &clawback.Error{Kind: clawback.KindConflict, Field: "mode", Message: "Enforce can’t be switched on yet: " + reason}
}

// AutoRemediationStore is what the pages of the setting use.
type AutoRemediationStore interface {
	FindAutoRemediation(ctx context.Context, actor clawback.Actor, organizationID string) (clawback.AutoRemediation, error)
	ChangeAutoRemediation(ctx context.Context, actor clawback.Actor, organizationID string, patch clawback.AutoRemediationPatch) (clawback.AutoRemediationSaved, error)
	ListAutoRemediationChanges(ctx context.Context, actor clawback.Actor, organizationID string, query clawback.PageQuery) (clawback.Page[clawback.AutoRemediationChange], error)
	SettingNeighbours
}

// SettingNeighbours are the things that a setting names.
type SettingNeighbours interface {
	FindOrganization(ctx context.Context, actor clawback.Actor, id string) (clawback.Organization, error)
	DeviceHealthStore
	ListContext(ctx context.Context, actor clawback.Actor, organizationID string) ([]clawback.ContextEntry, error)
}

// AutoRemediations are the pages of what happens when the SOC says remove.
type AutoRemediations struct {
	shell     *Shell
	store     AutoRemediationStore
	readiness ReadinessChecker
}

// NewAutoRemediations makes the pages of the setting. A nil readiness holds nobody back from enforce.
func NewAutoRemediations(shell *Shell, store AutoRemediationStore, readiness ReadinessChecker) *AutoRemediations {
	return &AutoRemediations{shell: shell, store: store, readiness: readiness}
}

// Show answers the setting as answers, with its history.
func (h *AutoRemediations) Show(c echo.Context) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, err := h.data(c, actor)
	if err != nil {
		return err
	}
	data.Query = pageQuery(c)
	if data.Changes, err = h.store.ListAutoRemediationChanges(c.Request().Context(), actor, data.Organization.ID, data.Query); err != nil {
		return err
	}
	f := frame{title: "Auto remediation · " + views.Visible(data.Organization.Name), section: views.SectionSetting, organization: data.Organization.ID}
	return h.shell.show(c, http.StatusOK, actor, f, views.AutoRemediation(data))
}

func (h *AutoRemediations) data(c echo.Context, actor clawback.Actor) (views.AutoRemediationData, error) {
	ctx, data := c.Request().Context(), views.AutoRemediationData{Now: h.shell.Now()}
	var err error
	if data.Organization, err = h.store.FindOrganization(ctx, actor, c.Param("org")); err != nil {
		return data, err
	}
	if data.Setting, err = h.store.FindAutoRemediation(ctx, actor, data.Organization.ID); err != nil {
		return data, err
	}
	if data.Devices, err = h.store.ListDeviceHealth(ctx, actor, data.Organization.ID); err != nil {
		return data, err
	}
	data.Entries, err = h.store.ListContext(ctx, actor, data.Organization.ID)
	data.CanChange = actor.Can(clawback.RightConfigure, data.Organization.ID)
	return data, err
}

// Edit answers the form of one answer.
func (h *AutoRemediations) Edit(answer views.SettingAnswer) echo.HandlerFunc {
	return func(c echo.Context) error { return h.form(c, answer, http.StatusOK, views.Form{}) }
}

// Save changes one answer.
func (h *AutoRemediations) Save(answer views.SettingAnswer) echo.HandlerFunc {
	return func(c echo.Context) error {
		actor, err := actorOf(c)
		if err != nil {
			return err
		}
		if err := h.save(c, actor, answer); err != nil {
			form, ok := formOf(c, string(answer), err)
			if !ok {
				return err
			}
			form.Lists = map[string][]string{"devices": c.Request().PostForm["devices"]}
			return h.form(c, answer, StatusOf(clawback.KindOf(err)), form)
		}
		return redirect(c, views.AutoRemediationPath(c.Param("org")))
	}
}

func (h *AutoRemediations) save(c echo.Context, actor clawback.Actor, answer views.SettingAnswer) error {
	ctx, organization := c.Request().Context(), c.Param("org")
	before, err := h.store.FindAutoRemediation(ctx, actor, organization)
	if err != nil {
		return err
	}
	patch, err := patchOf(c, answer)
	if err != nil {
		return err
	}
	patch.SeenAt = seenAt(c)
	wanted := patch.Over(before)
	if wanted.Mode != clawback.ModeOff && before.AgreedAt.IsZero() && formValue(c, "agree") != "yes" {
		return clawback.Invalid("agree", "Read the agreement and accept it, or leave the auto remediation off.")
	}
	if err := readyToEnforce(ctx, h.readiness, before, wanted); err != nil {
		return err
	}
	_, err = h.store.ChangeAutoRemediation(ctx, actor, organization, patch)
	return err
}

// patchOf reads the form of one answer. It returns KindInvalid about its field.
func patchOf(c echo.Context, answer views.SettingAnswer) (clawback.AutoRemediationPatch, error) {
	value := formValue(c, string(answer))
	switch answer {
	case views.AnswerMode:
		mode := clawback.Mode(value)
		if !mode.Valid() {
			return clawback.AutoRemediationPatch{}, clawback.Invalid("mode", "Choose off, observe or enforce.")
		}
		return clawback.AutoRemediationPatch{Mode: &mode}, nil
	case views.AnswerRemoval:
		removal := clawback.RemovalKind(value)
		return clawback.AutoRemediationPatch{Removal: &removal}, nil
	case views.AnswerVolumeLimit:
		limit, err := strconv.Atoi(strings.ReplaceAll(value, ",", ""))
		if err != nil {
			return clawback.AutoRemediationPatch{}, clawback.Invalid("volume_limit", "Enter a number of mailboxes from 1 to 1,000,000.")
		}
		return clawback.AutoRemediationPatch{VolumeLimit: &limit}, nil
	case views.AnswerInstructions:
		return clawback.AutoRemediationPatch{Instructions: &value}, nil
	}
	devices := c.Request().PostForm["devices"]
	return clawback.AutoRemediationPatch{Devices: &devices}, nil
}

func (h *AutoRemediations) form(c echo.Context, answer views.SettingAnswer, status int, form views.Form) error {
	actor, err := actorOf(c)
	if err != nil {
		return err
	}
	data, err := h.data(c, actor)
	if err != nil {
		return err
	}
	if !data.CanChange {
		return clawback.Errorf(clawback.KindForbidden, "Only an admin of the organization changes its auto remediation.")
	}
	data.Form = form
	f := frame{title: answer.Title() + " · " + views.Visible(data.Organization.Name), section: views.SectionSetting, organization: data.Organization.ID}
	return h.shell.show(c, status, actor, f, views.AutoRemediationForm(answer, data))
}
