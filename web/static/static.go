// Package static holds the files a browser loads as they are: stylesheets, scripts, fonts and the icon, with no build
// step between this folder and the page.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
)

// FS holds the files by their name in this folder, such as "app.css" and "vendor/htmx.min.js".
//
//go:embed *.css *.js favicon.svg favicon.ico vendor
var FS embed.FS

var versions = mustVersions()

// Path is the address of a file. It changes with the file's content, so that a browser may keep what it has for good.
// It panics for a name that is not in FS: that is a mistake in a page, found by the first test which renders it.
func Path(name string) string {
	version, ok := versions[name]
	if !ok {
		panic("static: no file " + name)
	}
	return "/static/" + name + "?v=" + version
}

// Version is the value of v in Path, or the empty string for a name that is not in FS. An answer to a request with this
// version may be cached for ever, any other for a short while.
func Version(name string) string {
	return versions[name]
}

func mustVersions() map[string]string {
	found := make(map[string]string)
	err := fs.WalkDir(FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := FS.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		found[name] = hex.EncodeToString(sum[:])[:12]
		return nil
	})
	if err != nil {
		panic(err) // the files are part of the binary: reading them can't fail
	}
	return found
}
