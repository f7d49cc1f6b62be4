package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"clawback"
	"clawback/store"
)

// printed answers what fn writes to standard output.
func printed(t *testing.T, fn func() error) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out := os.Stdout
	os.Stdout = w
	failure := fn()
	os.Stdout = out
	w.Close()
	text, err := io.ReadAll(r)
	if err != nil || failure != nil {
		t.Fatalf("%v, %v: %s", failure, err, text)
	}
	return string(text)
}

// TestTokens makes, lists and revokes a token beside a running portal, which honours both at once.
func TestTokens(t *testing.T) {
	c := installation(t)
	of := ofDatabase{Database: c.Database, KeyFile: c.KeyFile}
	flags := []string{"--database=" + c.Database, "--key-file=" + c.KeyFile}
	started(t, c, func(address string) {
		create := tokenCreateCmd{Name: "SIEM", Rights: []string{"organizations:read"}, Everywhere: true, ofDatabase: of}
		token := strings.TrimSpace(printed(t, func() error { return create.Run(context.Background()) }))
		status := func() int {
			request, err := http.NewRequest(http.MethodGet, address+"/api/v1/organizations", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+token)
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			return answer.StatusCode
		}
		if got := status(); got != http.StatusOK {
			t.Fatalf("with the token: %d", got)
		}

		listed := printed(t, func() error { return tokenListCmd{of}.Run(context.Background()) })
		rows := strings.Split(strings.TrimSpace(listed), "\n")
		if len(rows) != 2 || strings.Contains(listed, token) || !strings.Contains(rows[1], `"SIEM"`) || !strings.Contains(rows[1], "everywhere  organizations:read") {
			t.Fatalf("listed %s", listed)
		}
		id := strings.Fields(rows[1])[0]
		if got := command(t, append([]string{"token", "revoke", id}, flags...)...); got != "" {
			t.Errorf("revoke says %q", got)
		}
		if got := status(); got != http.StatusUnauthorized {
			t.Errorf("with the revoked token: %d", got)
		}
		if got := command(t, append([]string{"token", "revoke", id}, flags...)...); !strings.Contains(got, "revoked already") {
			t.Errorf("the second revoke says %q", got)
		}
	})

	create := append([]string{"token", "create", "SIEM"}, flags...)
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no rights":               {[]string{"--everywhere"}, "--rights"},
		"nowhere":                 {[]string{"--rights=all"}, "--organization"},
		"here and everywhere":     {[]string{"--rights=all", "--everywhere", "--organization=x"}, "--organization and --everywhere can't be used together"},
		"an unknown right":        {[]string{"--rights=everything", "--everywhere"}, "--rights: There is no right “everything”."},
		"an unknown organization": {[]string{"--rights=all", "--organization=x"}, "organization"},
	} {
		if got := command(t, append(create, tt.args...)...); !strings.Contains(got, tt.want) {
			t.Errorf("%s says %q, want %q", name, got, tt.want)
		}
	}
}

func TestTokensAreListed(t *testing.T) {
	var out bytes.Buffer
	list := []store.Token{{ID: "t1", NewToken: store.NewToken{Name: "a\x1b[31m", Rights: clawback.AllRights()[:2], Organizations: []string{"o1", "o2"}}}}
	if err := writeTokens(&out, list); err != nil || strings.Contains(out.String(), "\x1b") || !strings.Contains(out.String(), "o1,o2  organizations:read,remediations:read") {
		t.Errorf("listed %q, %v", out.String(), err)
	}
}
