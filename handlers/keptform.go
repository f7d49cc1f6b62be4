package handlers

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// maxCarried is the size up to which a file goes through a page and comes back with the form.
const maxCarried = 1 << 20

// maxKept is how much text of a form is held for somebody who is not signed in.
const maxKept = 3 << 20

// SessionEnded answers a form that was sent without a session. It keeps everything that was typed: the person signs in
// in another tab, comes back and sends it again.
func (s *Shell) SessionEnded(c echo.Context) error {
	if wantsFragment(c.Request()) {
		return s.ErrorPage(c, clawback.Errorf(clawback.KindUnauthenticated, "Your session has ended."))
	}
	kept := keptForm{SessionEndedData: views.SessionEndedData{Action: localPath(c.Request().URL.RequestURI())}}
	if err := kept.read(c.Request()); err != nil {
		return s.ErrorPage(c, formError(err))
	}
	return render(c, http.StatusUnauthorized, views.Solo(s.bare("Your session has ended"), views.SessionEnded(kept.SessionEndedData)))
}

// keptForm is a form on its way back to its sender. It is read as it comes, since anybody may send one: of a file only
// a small one is held.
type keptForm struct {
	views.SessionEndedData
	file string // in base64
	held int
}

func (k *keptForm) read(r *http.Request) error {
	parts, err := r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		return k.readFields(r)
	}
	if err != nil {
		return err
	}
	k.Multipart = true
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			k.nameCarried()
			return nil
		}
		if err == nil {
			err = k.readPart(part)
		}
		if err != nil {
			return err
		}
	}
}

func (k *keptForm) readFields(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	names := make([]string, 0, len(r.PostForm))
	for name := range r.PostForm {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.PostForm[name] {
			k.keep(name, value)
		}
	}
	return nil
}

func (k *keptForm) readPart(part *multipart.Part) error {
	if part.FormName() == "eml" {
		return k.readFile(part)
	}
	limit := fieldLimit(part.FormName())
	text, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err != nil {
		return err
	}
	if k.held += len(part.FormName()) + len(text); int64(len(text)) > limit || k.held > maxKept {
		return &http.MaxBytesError{Limit: limit}
	}
	k.keep(part.FormName(), string(text))
	return nil
}

// keep holds a field, but no secret: none stands in a page.
func (k *keptForm) keep(name, value string) {
	if name == secretField {
		k.SecretLost = k.SecretLost || value != ""
		return
	}
	k.Fields = append(k.Fields, views.HiddenField{Name: name, Value: value})
}

func (k *keptForm) readFile(part *multipart.Part) error {
	if part.FileName() == "" {
		return nil // no file was chosen
	}
	content := &beginning{max: maxCarried}
	if _, err := io.Copy(content, part); err != nil {
		return err
	}
	k.FileName = clean(part.FileName())
	k.FileLost = content.cut || content.content.Len() == 0
	k.file = content.base64()
	return nil
}

// nameCarried puts the file among the fields, in place of one that came along with the form before.
func (k *keptForm) nameCarried() {
	carried := func(f views.HiddenField) bool { return f.Name == "eml_base64" || f.Name == "eml_name" }
	if k.FileName == "" {
		for _, f := range k.Fields {
			if f.Name == "eml_name" {
				k.FileName = f.Value
			}
		}
		return
	}
	k.Fields = slices.DeleteFunc(k.Fields, carried)
	if !k.FileLost {
		k.Fields = append(k.Fields, views.HiddenField{Name: "eml_base64", Value: k.file}, views.HiddenField{Name: "eml_name", Value: k.FileName})
	}
}
