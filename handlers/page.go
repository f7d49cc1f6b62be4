package handlers

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"clawback"
	"clawback/views"
)

// actorOf answers who asks. It returns KindUnauthenticated when nobody is signed in.
func actorOf(c echo.Context) (clawback.Actor, error) {
	actor, ok := clawback.ActorFrom(c.Request().Context())
	if !ok {
		return actor, clawback.Errorf(clawback.KindUnauthenticated, "You are not signed in, or your session has ended.")
	}
	return actor, nil
}

// render writes a component as a whole or, when it fails, nothing of it.
func render(c echo.Context, status int, component templ.Component) error {
	var page bytes.Buffer
	if err := component.Render(c.Request().Context(), &page); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.HTMLBlob(status, page.Bytes())
}

// renderPage answers the content alone to htmx's partial requests and within the layout to everything else.
func renderPage(c echo.Context, status int, layout views.Layout, content templ.Component) error {
	c.Response().Header().Add("Vary", "HX-Request-Type, HX-Request")
	if wantsFragment(c.Request()) {
		return render(c, status, content)
	}
	return render(c, status, views.Page(layout, content))
}

// wantsFragment says whether htmx puts the answer into a part of a page.
func wantsFragment(r *http.Request) bool {
	return r.Header.Get("HX-Request-Type") == "partial" &&
		r.Header.Get("HX-Boosted") == "" && r.Header.Get("HX-History-Restore-Request") == ""
}

// redirect sends the browser on after something was done: by header for htmx, which would follow a 303 by itself and
// put the whole page into its target.
func redirect(c echo.Context, path string) error {
	if c.Request().Header.Get("HX-Request") == "true" && c.Request().Header.Get("HX-Boosted") == "" {
		c.Response().Header().Set("HX-Redirect", path)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, path)
}

// formValue answers what was typed into a field, with the line ends of this world.
func formValue(c echo.Context, name string) string {
	return clean(c.FormValue(name))
}

// formNumber answers a whole number above zero. It returns KindInvalid for anything else.
func formNumber(c echo.Context, name string) (int, error) {
	n, err := strconv.Atoi(formValue(c, name))
	if err != nil || n <= 0 {
		return 0, clawback.Invalid(name, "The number of mailboxes is missing. Load the page again and repeat.")
	}
	return n, nil
}

// pageQuery answers which page of a list is asked for.
func pageQuery(c echo.Context) clawback.PageQuery {
	limit, _ := strconv.Atoi(c.QueryParam("limit")) // what is no number asks for the default
	return clawback.PageQuery{Limit: limit, Cursor: c.QueryParam("cursor")}
}

// localPath answers a path of this portal, or "" for any other address.
func localPath(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return ""
	}
	return path
}
