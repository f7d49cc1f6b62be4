package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"clawback/m365sim"
)

// TestEnvironment lets a shell read serve.env of a folder that has everything in its name.
func TestEnvironment(t *testing.T) {
	dir := filepath.Join(t.TempDir(), `it's $HOME & "more"`)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := seedCmd{Dir: dir, Listen: "127.0.0.1:8080"}
	file := filepath.Join(dir, "serve.env")
	if err := os.WriteFile(file, []byte(c.environment(addresses{Login: "http://127.0.0.1:1"}, m365sim.World{})), 0o600); err != nil {
		t.Fatal(err)
	}
	read := exec.Command("sh", "-c", `. "$1" && printf '%s\n' "$CLAWBACK_DATABASE" "$CLAWBACK_KEY_FILE" "$CLAWBACK_LISTEN"`, "sh", file)
	got, err := read.CombinedOutput()
	want := strings.Join([]string{filepath.Join(dir, databaseFile), filepath.Join(dir, keyFile), "127.0.0.1:8080", ""}, "\n")
	if err != nil || string(got) != want {
		t.Errorf("a shell reads %q, %v; want %q", got, err, want)
	}
}
