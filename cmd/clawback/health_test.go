package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	t.Run("of a portal that runs", func(t *testing.T) {
		started(t, installation(t), func(address string) {
			if got := command(t, "health", "--url", address+"/"); got != "" {
				t.Errorf("health --url says %q", got)
			}
			if got := command(t, "health", "--listen", strings.TrimPrefix(address, "http://")); got != "" {
				t.Errorf("health --listen says %q", got)
			}
		})
	})

	t.Run("of nothing", func(t *testing.T) {
		server := httptest.NewServer(nil)
		server.Close()
		if got := command(t, "health", "--url", server.URL); !strings.HasPrefix(got, "not healthy: ") {
			t.Errorf("health says %q", got)
		}
	})

	for name, answer := range map[string]http.HandlerFunc{
		"of a portal without a database": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
		},
		"of another's redirect": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/readyz" {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			if got := command(t, "health", "--url", server.URL); !strings.HasPrefix(got, "not healthy: the portal answers ") {
				t.Errorf("health says %q", got)
			}
		})
	}
}

func TestHealthAsksWhereThePortalListens(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", "0.0.0.0:8080": "http://127.0.0.1:8080", ":9000": "http://127.0.0.1:9000",
		"[::]:8080": "http://127.0.0.1:8080", "10.1.2.3:80": "http://10.1.2.3:80", "[::1]:8080": "http://[::1]:8080",
	} {
		if got, err := (healthCmd{Listen: listen}).address(); got != want || err != nil {
			t.Errorf("address of %s = %s, %v, want %s", listen, got, err, want)
		}
	}
	if err := (healthCmd{Listen: "8080"}).Run(context.Background()); err == nil || explain(err, nil) != "--listen: “8080” is not an address like 127.0.0.1:8080." {
		t.Errorf("Run() = %v, want the flag named", err)
	}
	if err := (healthCmd{URL: "http://[nowhere"}).Run(context.Background()); err == nil || !strings.HasPrefix(explain(err, nil), "--url: ") {
		t.Errorf("Run() = %v, want the flag named", err)
	}
}
