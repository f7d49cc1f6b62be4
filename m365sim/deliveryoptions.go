package m365sim

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// deliveryOptions are the query parameters of control's POST /tenants/{tid}/messages.
type deliveryOptions struct {
	to          []string       // ?to=a,b
	count       int            // ?count=N, the first licensed user mailboxes
	folder      string         // ?folder=, the inbox by default; in the junk folder the status is filteredAsSpam
	status      string         // ?status=, of what is delivered; failed, pending, quarantined and recalled leave no copy
	received    time.Time      // ?received=, RFC 3339, backdates
	traceDelay  *time.Duration // ?trace_delay=, seconds until the trace shows it
	firstStatus string         // ?first_status=gettingStatus or pending: the trace lags, the copies are there
	settling    time.Duration  // ?settles_after=, seconds for which it shows the first status
	traceIDs    int            // ?trace_ids=N spreads the recipients over so many MessageTraceIds
}

func readDeliveryOptions(r *http.Request) (deliveryOptions, error) {
	query := r.URL.Query()
	o := deliveryOptions{folder: query.Get("folder"), status: query.Get("status"), firstStatus: query.Get("first_status")}
	for _, address := range strings.Split(query.Get("to"), ",") {
		if address = strings.TrimSpace(address); address != "" {
			o.to = append(o.to, address)
		}
	}
	for name, into := range map[string]*int{"count": &o.count, "trace_ids": &o.traceIDs} {
		if err := readNumber(query, name, into); err != nil {
			return o, err
		}
	}
	if len(o.to) == 0 && o.count == 0 {
		return o, errors.New("name recipients with to=a,b or count=N")
	}
	if text := query.Get("received"); text != "" {
		var err error
		if o.received, err = time.Parse(time.RFC3339, text); err != nil {
			return o, errors.New("received is no RFC 3339 time")
		}
	}
	if o.folder == "" {
		o.folder = folderInbox
	}

	return o, errors.Join(o.readStatus(), o.readDelays(query))
}

func readNumber(query url.Values, name string, into *int) error {
	text := query.Get(name)
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return errors.New(name + " is no number")
	}
	*into = n

	return nil
}

func (o *deliveryOptions) readDelays(query url.Values) error {
	var delay, settling int
	if err := errors.Join(readNumber(query, "trace_delay", &delay), readNumber(query, "settles_after", &settling)); err != nil {
		return err
	}
	if query.Has("trace_delay") {
		d := time.Duration(delay) * time.Second
		o.traceDelay = &d
	}
	if o.settling = time.Duration(settling) * time.Second; (o.firstStatus == "") != (settling == 0) {
		return errors.New("first_status and settles_after go together")
	}

	return nil
}

func (o *deliveryOptions) readStatus() error {
	if o.status == "" {
		o.status = statusDelivered
		if strings.EqualFold(o.folder, folderJunk) {
			o.status = statusSpam
		}
	}
	if !oneOf(traceStatuses, o.status) {
		return errors.New("status is not one of " + strings.Join(traceStatuses, ", "))
	}
	if o.firstStatus != "" && !oneOf([]string{statusGetting, statusPending}, o.firstStatus) {
		return errors.New("first_status is not gettingStatus or pending")
	}

	return nil
}
