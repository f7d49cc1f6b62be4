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
	Health   healthCmd   `cmd:"" help:"Ask a running portal whether it is ready; fails when it is not."`
	Backup   backupCmd   `cmd:"" help:"Copy the database into a new file, also while the portal runs."`
	Restore  restoreCmd  `cmd:"" help:"Put a backup in the place of the database while the portal is stopped."`
	Token    tokenCmd    `cmd:"" help:"Make, list and revoke the API's tokens, also while the portal runs."`
	Audit    auditCmd    `cmd:"" help:"Work with the audit trail."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	var options cli
	parser := kong.Must(&options, settings(ctx)...)
	parsed, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "clawback: "+explain(err, parsed.Flags()))
		os.Exit(1)
	}
}

func settings(ctx context.Context) []kong.Option {
	return []kong.Option{
		kong.Name("clawback"),
		kong.Description("Removes malicious email from Microsoft 365 mailboxes after delivery, and proves that it is gone."),
		kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)),
	}
}

// explain answers what stopped the program, naming the flag and the variable of a wrong value.
func explain(err error, flags []*kong.Flag) string {
	var known *clawback.Error
	if !errors.As(err, &known) || known.Field == "" {
		return err.Error()
	}
	for _, flag := range flags {
		if flag.Name == known.Field && len(flag.Envs) > 0 {
			return fmt.Sprintf("--%s (%s): %s", known.Field, flag.Envs[0], known.Message)
		}
	}
	return fmt.Sprintf("--%s: %s", known.Field, known.Message)
}

type versionCmd struct{}

func (versionCmd) Run() error {
	_, err := fmt.Println("clawback " + version)
	return err
}
