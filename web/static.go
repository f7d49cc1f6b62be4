package web

import (
	"bytes"
	"context"
	"net/http"
	"path"
	"strings"
	"time"

	"clawback"
	"clawback/web/static"

	"github.com/labstack/echo/v4"
)

// asset answers the address of a static file.
func asset(name string) string { return static.Path(name) }

// static serves an embedded file: for ever under its version, for a short while under any other.
func (s *Server) static(c echo.Context) error {
	return serveFile(c, strings.TrimPrefix(path.Clean("/"+c.Param("*")), "/"))
}

func (s *Server) favicon(c echo.Context) error { return serveFile(c, "favicon.ico") }

func serveFile(c echo.Context, name string) error {
	content, err := static.FS.ReadFile(name)
	if err != nil {
		return clawback.NotFound("file")
	}
	version := static.Version(name)
	cache := "public, max-age=3600"
	if c.QueryParam("v") == version {
		cache = "public, max-age=31536000, immutable"
	}
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, cache)
	h.Set("ETag", `"`+version+`"`)
	http.ServeContent(c.Response(), c.Request(), name, time.Time{}, bytes.NewReader(content))
	return nil
}

// alive says that the process answers.
func (s *Server) alive(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// readyTime is how long the store may take to prove that it works.
const readyTime = 3 * time.Second

// ready says that the portal can do its work.
func (s *Server) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), readyTime)
	defer cancel()

	if err := s.store.Healthy(ctx); err != nil {
		s.logError(c, "not ready", err)
		return c.String(http.StatusServiceUnavailable, "not ready\n")
	}
	return c.String(http.StatusOK, "ready\n")
}
