package handlers

import (
	"encoding/base64"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"sort"

	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// statusOf is the one table from what went wrong to what HTTP says of it.
var statusOf = map[clawback.Kind]int{
	clawback.KindInvalid:         http.StatusUnprocessableEntity,
	clawback.KindNotFound:        http.StatusNotFound,
	clawback.KindConflict:        http.StatusConflict,
	clawback.KindForbidden:       http.StatusForbidden,
	clawback.KindUnauthenticated: http.StatusUnauthorized,
	clawback.KindTooLarge:        http.StatusRequestEntityTooLarge,
	clawback.KindTooMany:         http.StatusTooManyRequests,
	clawback.KindUnavailable:     http.StatusServiceUnavailable,
	clawback.KindInternal:        http.StatusInternalServerError,
}

// StatusOf answers the HTTP status of a kind of error.
func StatusOf(kind clawback.Kind) int {
	if status, ok := statusOf[kind]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// problemOf answers the status of any error and what may be said of it.
func problemOf(err error) (status int, message string) {
	var known *clawback.Error
	var framework *echo.HTTPError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return StatusOf(known.Kind), known.Message
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, "What you sent is too large; an email may have up to 25 MB."
	case errors.As(err, &framework):
		return framework.Code, ""
	}
	return http.StatusInternalServerError, clawback.MessageOf(err)
}

// ErrorPage answers an error as a page: what happened, what to do, the request's id, and nothing of the inside. An
// error of a live fragment becomes a notice and leaves the page as it is.
func (s *Shell) ErrorPage(c echo.Context, err error) error {
	status, message := problemOf(err)
	data := views.NewErrorData(status, message, requestID(c))
	c.Response().Header().Add("Vary", "HX-Request-Type, HX-Request")
	if wantsFragment(c.Request()) {
		c.Response().Header().Set("HX-Retarget", "#notice")
		c.Response().Header().Set("HX-Reswap", "innerHTML")
		return render(c, status, views.Notice(data))
	}
	return render(c, status, views.Solo(s.bare(data.Heading), views.ErrorPage(data)))
}

// maxCarried is the size up to which a file goes through a page and comes back with the form.
const maxCarried = 1 << 20

// SessionEnded answers a form that was sent without a session. It keeps everything that was typed: the person signs in
// in another tab, comes back and sends it again.
func (s *Shell) SessionEnded(c echo.Context) error {
	if wantsFragment(c.Request()) {
		return s.ErrorPage(c, clawback.Errorf(clawback.KindUnauthenticated, "Your session has ended."))
	}
	data := views.SessionEndedData{Action: localPath(c.Request().URL.RequestURI())}
	if err := keepForm(c, &data); err != nil {
		return s.ErrorPage(c, err)
	}
	return render(c, http.StatusUnauthorized, views.Solo(s.bare("Your session has ended"), views.SessionEnded(data)))
}

// keepForm takes over what was posted.
func keepForm(c echo.Context, data *views.SessionEndedData) error {
	values, err := c.FormParams()
	if err != nil {
		return formError(err)
	}
	form := c.Request().MultipartForm
	data.Multipart = form != nil
	for name := range c.Request().PostForm {
		for _, value := range values[name] {
			data.Fields = append(data.Fields, views.HiddenField{Name: name, Value: value})
		}
	}
	sort.SliceStable(data.Fields, func(i, j int) bool { return data.Fields[i].Name < data.Fields[j].Name })
	if form == nil || len(form.File["eml"]) == 0 {
		return nil
	}
	encoded, name, err := carry(form.File["eml"][0])
	if err != nil {
		return err
	}
	data.FileName, data.FileLost = name, encoded == ""
	if encoded != "" {
		data.Fields = append(data.Fields, views.HiddenField{Name: "eml_base64", Value: encoded}, views.HiddenField{Name: "eml_name", Value: name})
	}
	return nil
}

// carry answers a small file as text that a hidden field holds, or "" for one that is too large for that.
func carry(file *multipart.FileHeader) (encoded, name string, err error) {
	if file.Size == 0 || file.Size > maxCarried {
		return "", file.Filename, nil
	}
	opened, err := file.Open()
	if err != nil {
		return "", "", err
	}
	defer func() { _ = opened.Close() }() // only read
	content, err := io.ReadAll(opened)
	if err != nil {
		return "", "", err
	}
	return base64.StdEncoding.EncodeToString(content), file.Filename, nil
}

// formError answers why a form could not be read.
func formError(err error) error {
	var tooLarge *http.MaxBytesError
	var framework *echo.HTTPError
	if errors.As(err, &tooLarge) || errors.As(err, &framework) && framework.Code == http.StatusRequestEntityTooLarge {
		return tooLargeError()
	}
	return &clawback.Error{Kind: clawback.KindInvalid, Message: "The form could not be read. Go back, load the page again and repeat.", Err: err}
}
