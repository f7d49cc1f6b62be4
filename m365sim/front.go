package m365sim

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
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
		out := ans.bytes()
		s.recorder.write(r, body, ans, out)
		if ans.drop {
			panic(http.ErrAbortHandler)
		}
		for name, values := range ans.header {
			w.Header()[name] = values
		}
		w.WriteHeader(ans.status)
		_, _ = w.Write(out) // the client may have gone; its own error tells it
	})
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
