package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"clawback"
	"clawback/store"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Make a token for a service and print it, once."`
	List   tokenListCmd   `cmd:"" help:"List the tokens, without what lets anybody in."`
	Revoke tokenRevokeCmd `cmd:"" help:"End a token at once."`
}

// ofDatabase names the database of a portal, which may be running.
type ofDatabase struct {
	Database string `help:"The portal's SQLite file." default:"clawback.db" env:"CLAWBACK_DATABASE" type:"path"`
	KeyFile  string `name:"key-file" help:"File with the database's key. Or the key itself in CLAWBACK_KEY." env:"CLAWBACK_KEY_FILE"`
}

// with calls fn with the database and whoever sits at the command line.
func (d ofDatabase) with(ctx context.Context, fn func(*store.Store, clawback.Actor) error) error {
	key, err := readSecret("key-file", d.KeyFile, "CLAWBACK_KEY")
	if err != nil {
		return err
	}
	db, err := store.OpenBeside(ctx, store.Config{Path: d.Database, Key: key, Log: newLogger("warn")})
	if err != nil {
		return err
	}
	return errors.Join(fn(db, clawback.Bot("the command line")), db.Close())
}

// allRights is the word for every right.
const allRights = "all"

type tokenCreateCmd struct {
	Name         string   `arg:"" help:"The service that will use it. It stands in the audit trail."`
	Rights       []string `help:"What the service may do, like remediations:read,remediations:write; or all." required:"" placeholder:"RIGHT,..."`
	Organization []string `help:"Id of an organization in which it may; several with commas." xor:"where" required:"" placeholder:"ID,..."`
	Everywhere   bool     `help:"It may in every organization, those to come too." xor:"where" required:""`
	ofDatabase   `embed:""`
}

func (c tokenCreateCmd) Run(ctx context.Context) error {
	n := store.NewToken{Name: c.Name, Everywhere: c.Everywhere, Organizations: c.Organization}
	for _, right := range c.Rights {
		n.Rights = append(n.Rights, clawback.Right(right))
	}
	if slices.Equal(c.Rights, []string{allRights}) {
		n.Rights = clawback.AllRights()
	}
	return c.with(ctx, func(db *store.Store, actor clawback.Actor) error {
		token, err := db.CreateToken(ctx, actor, n)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "This is the token. It is not shown again: keep it where the service reads its secrets.")
		_, err = fmt.Println(token.Reveal())
		return err
	})
}

type tokenListCmd struct {
	ofDatabase `embed:""`
}

func (c tokenListCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(db *store.Store, actor clawback.Actor) error {
		tokens, err := db.ListTokens(ctx, actor)
		if err != nil {
			return err
		}
		return writeTokens(os.Stdout, tokens)
	})
}

func writeTokens(w io.Writer, tokens []store.Token) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tMADE\tREVOKED\tWHERE\tRIGHTS")
	for _, t := range tokens {
		rights := make([]string, len(t.Rights))
		for i, right := range t.Rights {
			rights[i] = string(right)
		}
		where, revoked := strings.Join(t.Organizations, ","), "-"
		if t.Everywhere {
			where = "everywhere"
		}
		if !t.RevokedAt.IsZero() {
			revoked = t.RevokedAt.UTC().Format(time.DateOnly)
		}
		fmt.Fprintf(table, "%s\t%q\t%s\t%s\t%s\t%s\n", t.ID, t.Name, t.CreatedAt.UTC().Format(time.DateOnly), revoked, where, strings.Join(rights, ","))
	}
	return table.Flush()
}

type tokenRevokeCmd struct {
	ID         string `arg:"" help:"The token's id, as listed."`
	ofDatabase `embed:""`
}

func (c tokenRevokeCmd) Run(ctx context.Context) error {
	return c.with(ctx, func(db *store.Store, actor clawback.Actor) error {
		token, err := db.RevokeToken(ctx, actor, c.ID)
		if err != nil {
			return err
		}
		_, err = fmt.Printf("The token of %q is revoked: its next request is refused.\n", token.Name)
		return err
	})
}
