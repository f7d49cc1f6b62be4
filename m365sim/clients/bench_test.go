package clients_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"clawback/m365sim"
)

// What a script of one's own does with Microsoft's SDK, to hold the portal's removal against: no trace, no look-up, nothing
// kept, protected or resumed; only the four requests a mailbox that find, move and prove. CLAWBACK_BENCH_SHARE makes the
// numbers of mailboxes smaller.

const recoverable = "recoverableitemsdeletions"

var latencies = []time.Duration{50 * time.Millisecond, 300 * time.Millisecond}

// BenchmarkPlainLoop takes one mailbox after another. A mailbox takes as long as the one before it, so that a few are measured
// and said as such.
func BenchmarkPlainLoop(b *testing.B) {
	for _, latency := range latencies {
		b.Run(fmt.Sprint("latency=", latency), func(b *testing.B) { loop(b, share(b, 200), 1, latency) })
	}
}

// BenchmarkPoolOf16 takes 16 mailboxes at a time, without batches.
func BenchmarkPoolOf16(b *testing.B) {
	for _, latency := range latencies {
		b.Run(fmt.Sprint("latency=", latency), func(b *testing.B) { loop(b, share(b, int(100*time.Second/latency)), 16, latency) })
	}
}

func share(b *testing.B, mailboxes int) int {
	b.Helper()
	text := os.Getenv("CLAWBACK_BENCH_SHARE")
	if text == "" {
		return mailboxes
	}
	part, err := strconv.ParseFloat(text, 64)
	if err != nil {
		b.Fatal(err)
	}

	return max(20, int(float64(mailboxes)*part))
}

// loop measures the removal from so many mailboxes and reports what 10,000 would take at that pace.
func loop(b *testing.B, mailboxes, together int, latency time.Duration) {
	for b.Loop() {
		b.StopTimer()
		s := setup(b, func(c *m365sim.Config) { c.Mailboxes, c.Latency, c.PageSize = mailboxes+30, latency, 0 })
		s.control("POST", fmt.Sprint("/messages?count=", mailboxes), phish)
		boxes := s.users(mailboxes)
		builder, _ := s.sdk()
		b.StartTimer()
		began := time.Now()
		var pool errgroup.Group
		pool.SetLimit(together)
		for _, id := range boxes {
			pool.Go(func() error { return clean(b.Context(), builder.ByUserId(id)) })
		}
		if err := pool.Wait(); err != nil {
			b.Fatal(err)
		}
		took := time.Since(began)
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(float64(mailboxes), "mailboxes")
		b.ReportMetric(took.Seconds()*1000/float64(mailboxes), "ms/mailbox")
		b.ReportMetric(took.Seconds()*10000/float64(mailboxes), "s/10000-mailboxes")
	}
	b.ReportMetric(0, "ns/op")
}

// clean finds the phish in a mailbox, moves it, and looks where it is then.
func clean(ctx context.Context, user *users.UserItemRequestBuilder) error {
	filter, to := "internetMessageId eq '"+bad+"'", recoverable
	found, err := user.Messages().Get(ctx, lookFor(&filter))
	if err != nil {
		return err
	}
	if len(found.GetValue()) != 1 {
		return fmt.Errorf("%d copies", len(found.GetValue()))
	}
	body := users.NewItemMessagesItemMovePostRequestBody()
	body.SetDestinationId(&to)
	move := &users.ItemMessagesItemMoveRequestBuilderPostRequestConfiguration{Headers: immutable()}
	if _, err := user.Messages().ByMessageId(*found.GetValue()[0].GetId()).Move().Post(ctx, body, move); err != nil {
		return err
	}
	left, err := user.Messages().Get(ctx, lookFor(&filter))
	if err != nil {
		return err
	}
	gone, err := user.MailFolders().ByMailFolderId(recoverable).Messages().Get(ctx, &users.ItemMailFoldersItemMessagesRequestBuilderGetRequestConfiguration{
		Headers: immutable(), QueryParameters: &users.ItemMailFoldersItemMessagesRequestBuilderGetQueryParameters{Filter: &filter}})
	if err != nil {
		return err
	}
	if len(left.GetValue()) != 0 || len(gone.GetValue()) != 1 {
		return fmt.Errorf("%d copies are left, %d in Recoverable Items", len(left.GetValue()), len(gone.GetValue()))
	}

	return nil
}

func lookFor(filter *string) *users.ItemMessagesRequestBuilderGetRequestConfiguration {
	return &users.ItemMessagesRequestBuilderGetRequestConfiguration{
		Headers: immutable(), QueryParameters: &users.ItemMessagesRequestBuilderGetQueryParameters{Filter: filter}}
}

func immutable() *abstractions.RequestHeaders {
	headers := abstractions.NewRequestHeaders()
	headers.Add("Prefer", `IdType="ImmutableId"`)

	return headers
}

// users answers the ids of the first licensed mailboxes, to which control delivers.
func (b *bench) users(n int) []string {
	b.t.Helper()
	var list struct {
		Items []struct{ ID, Kind string }
	}
	if err := json.Unmarshal([]byte(b.control("GET", "/mailboxes", "")), &list); err != nil {
		b.t.Fatal(err)
	}
	var ids []string
	for _, box := range list.Items {
		if box.Kind == "user" && len(ids) < n {
			ids = append(ids, box.ID)
		}
	}

	return ids
}
