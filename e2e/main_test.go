// Package e2e drives the built binary with a real browser, as a person would. Nothing in it knows the product's code:
// it starts the demo as a process of its own, signs in, clicks, and asks the simulated Microsoft 365 what became of it.
//
// CLAWBACK_BIN names the binary (else it is built). Without Chromium the tests that need it are skipped, unless CI or
// E2E_REQUIRED is set. CLAWBACK_SCREENSHOTS and CLAWBACK_RECORDINGS name folders for pictures at every width and for recordings,
// CLAWBACK_PICTURES the folder of the documentation's. HEADFUL shows the browser.
package e2e

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// suite is what all tests share: it is set before the first test and never changed.
var suite struct {
	browser playwright.Browser
	axe     string // the source of axe-core
	binary  string // clawback; empty while there is no cmd/clawback
	missing error  // why there is no browser
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	stop, err := startBrowser()
	if err != nil {
		suite.missing = fmt.Errorf("no browser: %w (run scripts/setup-browser)", err)
		if os.Getenv("CI") != "" || os.Getenv("E2E_REQUIRED") != "" {
			fmt.Fprintln(os.Stderr, suite.missing)
			return 1
		}
	}
	defer stop()

	removeBinary, err := findBinary()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer removeBinary()
	if err := clearPictures(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := pictures.writeIndex(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// startBrowser leaves the browser out of benchmarks: it would take its share of the machine that is measured.
func startBrowser() (stop func(), err error) {
	if flag.Lookup("test.bench").Value.String() != "" {
		suite.missing = errors.New("no browser is started for benchmarks")
		return func() {}, nil
	}
	if stop, err = openBrowser(); err != nil {
		return func() {}, err
	}
	return stop, nil
}

// openBrowser starts the driver and Chromium once for all tests.
func openBrowser() (stop func(), err error) {
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	driver, err := filepath.Abs(".driver")
	if err != nil {
		return nil, err
	}
	for _, needed := range []string{chromium, filepath.Join(driver, "node"), filepath.Join(driver, "package", "cli.js")} {
		if _, err := os.Stat(needed); err != nil {
			return nil, err
		}
	}
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		return nil, err
	}
	suite.axe = string(axe)

	pw, err := playwright.Run(&playwright.RunOptions{DriverDirectory: driver, SkipInstallBrowsers: true})
	if err != nil {
		return nil, err
	}
	suite.browser, err = pw.Chromium.Launch(playwright.BrowserTypeLaunchOptions{
		ExecutablePath: new(chromium),
		Headless:       new(os.Getenv("HEADFUL") == ""),
		Args: []string{
			"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
			"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		},
	})
	if err != nil {
		return nil, errors.Join(err, pw.Stop())
	}
	return func() {
		if err := errors.Join(suite.browser.Close(), pw.Stop()); err != nil {
			fmt.Fprintln(os.Stderr, "closing the browser:", err)
		}
	}, nil
}

// findBinary takes the binary of CLAWBACK_BIN or builds one.
func findBinary() (remove func(), err error) {
	if named := os.Getenv("CLAWBACK_BIN"); named != "" {
		suite.binary, err = filepath.Abs(named)
		if err == nil {
			_, err = os.Stat(suite.binary)
		}
		return func() {}, err
	}
	if _, err := os.Stat("../cmd/clawback"); errors.Is(err, os.ErrNotExist) {
		return func() {}, nil
	}
	dir, err := os.MkdirTemp("", "clawback-e2e")
	if err != nil {
		return nil, err
	}
	suite.binary = filepath.Join(dir, "clawback")
	build := exec.Command("go", "build", "-tags", "sqlite_fts5", "-o", suite.binary, "../cmd/clawback")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("building clawback: %w", err)
	}
	return func() { os.RemoveAll(dir) }, nil
}
