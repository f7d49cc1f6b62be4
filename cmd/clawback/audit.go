package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"clawback/store"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check that no event of the audit trail was changed or removed."`
}

// auditVerifyCmd works on a file that no portal has open: a stopped portal's, or a backup.
type auditVerifyCmd struct {
	Database string `help:"The SQLite file." default:"clawback.db" env:"CLAWBACK_DATABASE" type:"existingfile"`
	KeyFile  string `name:"key-file" help:"File with the database's key. Or the key itself in CLAWBACK_KEY." env:"CLAWBACK_KEY_FILE"`
}

func (c auditVerifyCmd) Run(ctx context.Context) error {
	key, err := readSecret("key-file", c.KeyFile, "CLAWBACK_KEY")
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{Path: c.Database, Key: key, Log: newLogger("warn")})
	if err != nil {
		return err
	}
	result, err := db.VerifyAudit(ctx)
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if broken := result.Broken; broken != nil {
		return fmt.Errorf("the audit trail is broken: chain of %s, event %d %s: %s",
			cmp.Or(broken.OrganizationID, "the installation"), broken.Sequence, broken.EventID, broken.Problem)
	}
	_, err = fmt.Printf("The audit trail is whole: %d events in %d chains.\n", result.Events, result.Chains)
	return err
}
