package static_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"clawback/web/static"
)

// TestHashes holds the vendored files against the list that was made when they were taken from their packages.
func TestHashes(t *testing.T) {
	list := mustRead(t, "vendor/HASHES")
	wanted := make(map[string]string)
	for lines := bufio.NewScanner(bytes.NewReader(list)); lines.Scan(); {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		if !ok {
			t.Fatalf("HASHES: can't read the line %q", lines.Text())
		}
		wanted[name] = sum
	}

	entries, err := fs.ReadDir(static.FS, "vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() == "HASHES" {
			continue
		}
		sum := sha256.Sum256(mustRead(t, "vendor/"+entry.Name()))
		if got := hex.EncodeToString(sum[:]); got != wanted[entry.Name()] {
			t.Errorf("vendor/%s: its hash is %s, HASHES says %q", entry.Name(), got, wanted[entry.Name()])
		}
		delete(wanted, entry.Name())
	}
	for name := range wanted {
		t.Errorf("HASHES names %s, which is missing", name)
	}
}

// TestSelfContained finds what the content policy would refuse: anything that is loaded from elsewhere.
func TestSelfContained(t *testing.T) {
	address := regexp.MustCompile(`url\(\s*["']?([^"')]+)`)
	for _, name := range []string{"app.css", "vendor/tabler.min.css"} {
		css := string(mustRead(t, name))
		if strings.Contains(css, "@import") {
			t.Errorf("%s imports another stylesheet", name)
		}
		if strings.Contains(css, "sourceMappingURL") {
			t.Errorf("%s names a source map, which is not served", name)
		}
		for _, match := range address.FindAllStringSubmatch(css, -1) {
			target := match[1]
			if strings.HasPrefix(target, "data:image/") {
				continue
			}
			if _, err := fs.Stat(static.FS, target); err != nil {
				t.Errorf("%s loads %s, which is not one of our files", name, target)
			}
		}
	}
	for _, name := range []string{"app.js", "theme.js", "htmx-trusted-types.js"} {
		script := string(mustRead(t, name))
		for _, sink := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
			if strings.Contains(script, sink) {
				t.Errorf("%s uses %s", name, sink)
			}
		}
	}
}

func TestPath(t *testing.T) {
	got := static.Path("app.css")
	if want := "/static/app.css?v=" + static.Version("app.css"); got != want || len(static.Version("app.css")) != 12 {
		t.Errorf("Path = %q, want %q with 12 characters of hash", got, want)
	}
	if got := static.Version("no.css"); got != "" {
		t.Errorf("Version of a missing file = %q, want none", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("Path of a missing file did not panic")
		}
	}()
	static.Path("no.css")
}

func mustRead(t *testing.T, name string) []byte {
	t.Helper()
	content, err := static.FS.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
