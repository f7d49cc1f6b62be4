package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"clawback/views"
)

// SignIn is the page for people who are not signed in.
type SignIn struct {
	shell *Shell
}

// NewSignIn makes the sign-in page.
func NewSignIn(shell *Shell) *SignIn { return &SignIn{shell: shell} }

// Show answers the page; its query "return" is the local path to come back to.
func (h *SignIn) Show(c echo.Context) error {
	data := views.SignInData{Return: localPath(c.QueryParam("return"))}
	return render(c, http.StatusOK, views.Solo(h.shell.bare("Sign in"), views.SignIn(data)))
}
