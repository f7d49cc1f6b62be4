package m365sim

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const maxBody = 32 << 20

// front is the common face of login, Graph and Exchange: it reads the body, lets the service answer, records the
// exchange and writes the answer, or cuts the connection where a fault says so.
func (s *Sim) front(service func(*request) answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := readBody(r)
		if err != nil {
			http.Error(w, "Bad Request", http.StatusBadRequest)
			return
		}
		req := &request{method: r.Method, url: r.URL, header: r.Header, body: body, done: r.Context().Done()}
		ans := service(req)
		var out []byte
		if ans.drop != dropBefore && ans.drop != dropAfter {
			out = ans.bytes()
		}
		s.recorder.write(r, body, ans, out)
		w.Header().Set("Date", s.now().Format(http.TimeFormat)) // net/http would give the machine's
		send(w, ans, out)
	})
}

// send writes the answer, or as much of it as a fault lets through before it cuts the connection.
func send(w http.ResponseWriter, ans answer, out []byte) {
	if ans.drop == dropBefore || ans.drop == dropAfter {
		panic(http.ErrAbortHandler)
	}
	for name, values := range ans.header {
		w.Header()[name] = values
	}
	if ans.drop == dropDuring {
		w.Header().Set("Content-Length", strconv.Itoa(len(out)+1)) // more than comes, even where there is no body
		w.WriteHeader(ans.status)
		_, _ = w.Write(out[:len(out)/2])
		_ = http.NewResponseController(w).Flush() // without it nothing at all would arrive
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(ans.status)
	_, _ = w.Write(out) // the client may have gone; its own error tells it
}

func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if err != nil || !strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		return body, err
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}

	return io.ReadAll(io.LimitReader(unzipped, maxBody))
}

// wait lets simulated time pass, or stops when the client has gone.
func wait(d time.Duration, done <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-done:
	}
}
