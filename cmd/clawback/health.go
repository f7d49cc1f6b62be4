package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"clawback"
)

// healthTime is shorter than the wait of whoever asks: an answer that takes longer is none.
const healthTime = 4 * time.Second

// healthCmd asks a running portal, for an image that has neither shell nor curl.
type healthCmd struct {
	URL    string `help:"Address of the portal; where empty, the one it listens on." placeholder:"http://127.0.0.1:8080"`
	Listen string `help:"Address that the portal listens on." default:"127.0.0.1:8080" env:"CLAWBACK_LISTEN"`
}

// Run fails when the portal does not say that it is ready.
func (c healthCmd) Run(ctx context.Context) error {
	address, err := c.address()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/readyz", nil)
	if err != nil {
		return clawback.Invalid("url", "“%s” is not an address like http://127.0.0.1:8080.", c.URL)
	}
	// No proxy, whatever the environment says, and nobody else's answer.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("not healthy: %w", err)
	}
	defer response.Body.Close()
	return readyAnswer(response)
}

func readyAnswer(response *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(response.Body, 200))
	if err != nil {
		return fmt.Errorf("not healthy: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not healthy: the portal answers %s: %s", response.Status, strings.TrimSpace(string(text)))
	}
	_, err = fmt.Println("healthy")
	return err
}

// address answers where to ask: a portal that listens on every address is asked on this machine's own.
func (c healthCmd) address() (string, error) {
	if c.URL != "" {
		return strings.TrimSuffix(c.URL, "/"), nil
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return "", clawback.Invalid("listen", "“%s” is not an address like 127.0.0.1:8080.", c.Listen)
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = ""
	}
	return "http://" + net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port), nil
}
