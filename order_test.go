package clawback

import (
	"testing"
	"time"
)

func TestOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	order := Order{By: "a", ByName: "Ada", At: at}
	if (Order{}).Open(at) || !order.Open(at.Add(OrderLifetime)) || order.Open(at.Add(OrderLifetime+time.Second)) {
		t.Error("an order holds for an hour, and none for no time")
	}
	entries := []ContextEntry{{ID: "before", SelectedAt: at}, {ID: "after", SelectedAt: at.Add(time.Millisecond)}}
	if later := order.Beyond(entries); len(later) != 1 || later[0].ID != "after" {
		t.Errorf("protect in spite of it: %+v", later)
	}
}
