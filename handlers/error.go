package handlers

import (
	"errors"
	"net/http"

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

// formError answers why a form could not be read.
func formError(err error) error {
	var tooLarge *http.MaxBytesError
	var framework *echo.HTTPError
	if errors.As(err, &tooLarge) || errors.As(err, &framework) && framework.Code == http.StatusRequestEntityTooLarge {
		return tooLargeError()
	}
	return &clawback.Error{Kind: clawback.KindInvalid, Message: "The form could not be read. Go back, load the page again and repeat.", Err: err}
}
