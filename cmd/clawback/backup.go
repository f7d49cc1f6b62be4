package main

import (
	"context"
	"fmt"
	"os"

	"clawback/store"
)

// backupCmd copies the database beside a running portal. The key stays out of
// it: whoever holds both can read every secret.
type backupCmd struct {
	File     string `arg:"" help:"Where to write the backup. An existing file is never overwritten." type:"path"`
	Database string `help:"The SQLite file." default:"clawback.db" env:"CLAWBACK_DATABASE" type:"path"`
}

func (c backupCmd) Run(ctx context.Context) error {
	if err := store.Backup(ctx, c.Database, c.File); err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("Wrote %s (%d bytes). The key is not in it: keep a copy of that too, in another place.\n", c.File, info.Size())
	return err
}

// restoreCmd puts a backup in the place of a database that no portal has open.
type restoreCmd struct {
	File     string `arg:"" help:"The backup." type:"path"`
	Database string `help:"The SQLite file to make." default:"clawback.db" env:"CLAWBACK_DATABASE" type:"path"`
	KeyFile  string `name:"key-file" help:"File with the key of the backup's secrets. Or the key itself in CLAWBACK_KEY." env:"CLAWBACK_KEY_FILE"`
	Force    bool   `help:"Replace a database that is there. It is kept under another name."`
}

func (c restoreCmd) Run(ctx context.Context) error {
	key, err := readSecret("key-file", c.KeyFile, "CLAWBACK_KEY")
	if err != nil {
		return err
	}
	kept, err := store.Restore(ctx, store.Config{Path: c.Database, Key: key, Log: newLogger("warn")}, c.File, c.Force)
	if err != nil {
		return err
	}
	fmt.Printf("Restored %s from %s.\n", c.Database, c.File)
	if kept != "" {
		fmt.Printf("The database that was there is kept as %s.\n", kept)
	}
	_, err = fmt.Println("Removals are halted and everybody is signed out. Start the portal; an operator checks what has changed\n" +
		"since the backup (protected mailboxes, stopped removals, API tokens) and lifts the halt.")
	return err
}
