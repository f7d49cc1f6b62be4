// Command clawback is the whole product: the portal, its workers, the demo and
// the simulated Microsoft 365.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"clawback"

	"github.com/alecthomas/kong"
)

// version is set by the build.
var version = "dev"

type cli struct {
	Serve    serveCmd    `cmd:"" help:"Run the portal and its workers."`
	Demo     demoCmd     `cmd:"" help:"Run the portal beside a simulated Microsoft 365, with nothing else to install."`
	Simulate simulateCmd `cmd:"" help:"Run the simulated Microsoft 365 alone."`
	Seed     seedCmd     `cmd:"" help:"Fill an empty folder with the demo's organizations, for serve --simulated."`
	NewKey   newKeyCmd   `cmd:"" help:"Write a new key file for the secrets of a database."`
	Audit    auditCmd    `cmd:"" help:"Work with the audit trail."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	var options cli
	parsed := kong.Parse(&options, kong.Name("clawback"),
		kong.Description("Removes malicious email from Microsoft 365 mailboxes after delivery, and proves that it is gone."),
		kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "clawback: "+explain(err))
		os.Exit(1)
	}
}

// explain answers what stopped the program, naming the key of a wrong value.
func explain(err error) string {
	var known *clawback.Error
	if errors.As(err, &known) && known.Field != "" {
		return fmt.Sprintf("--%s: %s", known.Field, known.Message)
	}
	return err.Error()
}

type versionCmd struct{}

func (versionCmd) Run() error {
	_, err := fmt.Println("clawback " + version)
	return err
}
