package graphclient_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/graphclient"
)

func TestPack(t *testing.T) {
	t.Parallel()
	many := ids(45, "m%d")
	if got := graphclient.Pack(many...); len(got) != 3 || len(got[0]) != 20 || len(got[1]) != 20 || len(got[2]) != 5 {
		t.Errorf("45 mailboxes: got %v", got)
	}
	got := graphclient.Pack("a", "a", "a", "b", "a", "a")
	if want := [][]int{{0, 1, 3}, {2, 4}, {5}}; !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("one mailbox often: got %v, want %v", got, want)
	}
	if got := graphclient.Pack(make([]string, 20)...); len(got) != 1 {
		t.Errorf("no mailbox: got %v", got)
	}
	if got := graphclient.Pack(); got != nil {
		t.Errorf("nothing: got %v", got)
	}
}

func TestBatch_answersInTheOrderOfTheRequests(t *testing.T) {
	t.Parallel()
	s := stubbedBatch(t, func(r innerRequest) (int, map[string]any, string) {
		if strings.HasPrefix(r.URL, "/users/m7/") {
			return 404, nil, `{"error":{"code":"ErrorItemNotFound","message":"gone"}}`
		}
		return 201, nil, `{"id":"item"}`
	})
	for i, got := range s.move(t, moves(20)...) {
		if want := i == 7; (got.Kind == clawback.AnswerNotFound) != want || !want && got.Kind != clawback.AnswerOK {
			t.Errorf("%d: got %+v", i, got)
		}
	}
}

func TestBatch_neverAsksAMailboxMoreThanTwiceAtOnce(t *testing.T) {
	t.Parallel()
	s := stubbedBatch(t, func(innerRequest) (int, map[string]any, string) { return 201, nil, `{"id":"item"}` })
	requests := moves(7)
	for i := range requests {
		requests[i].MailboxID = "one"
	}
	for i, got := range s.move(t, requests...) {
		if got.Kind != clawback.AnswerOK {
			t.Errorf("%d: got %+v", i, got)
		}
	}
	if len(s.batches) != 4 {
		t.Errorf("%d batches, want 4", len(s.batches))
	}
}

// The SDK's own reader panics on both of these.
func TestBatch_survivesWhatPanicsTheSDK(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const id = "<panic@evil.example>"
	mailboxes := b.mailboxes()[:5]
	var of []string
	for _, m := range mailboxes {
		b.deliver(id, to(m.Address))
		of = append(of, m.ID)
	}

	b.faults(fault{"route": "POST /$batch", "garbage": "batch_numeric_header", "count": 1})
	for i, got := range b.find(id, of...) {
		if got.Answer.Kind != clawback.AnswerOK || len(got.Copies) != 1 {
			t.Errorf("numeric header, %d: got %+v", i, got)
		}
	}

	b.faults(fault{"route": "POST /$batch", "garbage": "batch_missing_id", "count": 1})
	unknown := 0
	for i, got := range b.find(id, of...) {
		switch got.Answer.Kind {
		case clawback.AnswerUnknown:
			unknown++
		case clawback.AnswerOK:
		default:
			t.Errorf("missing id, %d: got %+v", i, got)
		}
	}
	if unknown != 1 {
		t.Errorf("missing id: %d unknown, want 1", unknown)
	}
}

func TestBatch_noPanicEscapes(t *testing.T) {
	t.Parallel()
	s := stubbed(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{}`) })
	if err := s.client.CheckToken(t.Context(), s.conn); err != nil {
		t.Fatal(err)
	}
	s.spy.before = func(*http.Request) { panic("a transport's") }
	for i, got := range s.move(t, moves(2)...) {
		if got.Kind == clawback.AnswerOK {
			t.Errorf("%d: got %+v", i, got)
		}
	}
	s.spy.before = nil

	for _, body := range []string{`{"value":[null]}`, `{"value":[{"id":5}]}`, `{"value":{}}`, `{"value":"x"}`, `{}`, `[]`, `null`, `"x"`, `7`} {
		s := stubbedBatch(t, func(innerRequest) (int, map[string]any, string) { return 200, nil, body })
		answers, err := s.client.FindCopies(t.Context(), s.conn, finds(1))
		if err != nil || answers[0].Answer.Kind != clawback.AnswerUnknown {
			t.Errorf("%s: got %+v, %v", body, answers, err)
		}
	}
}

func TestBatch_garbageIsUnknown(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]http.HandlerFunc{
		"html":     func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `<html>`) },
		"empty":    func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, ``) },
		"nonsense": func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"value":[]}`) },
		"list":     func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `[1,2]`) },
		"null":     func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"responses":[null]}`) },
		"odd ids": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 200, `{"responses":[{"id":"99","status":201},{"id":{},"status":201},{"status":201}]}`)
		},
		"no status": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 200, `{"responses":[{"id":"0"},{"id":"1","status":"ok"}]}`)
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		},
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			answer(w, 200, `{"responses":[{"id":"0","status":201}`)
		},
		"short of its length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			answer(w, 200, `{"responses":[{"id":"0","status":201},{"id":"1","status":201}]}`)
		},
		"dropped":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"not found": func(w http.ResponseWriter, _ *http.Request) { answer(w, 404, `<html>`) },
		"gateway":   func(w http.ResponseWriter, _ *http.Request) { answer(w, 502, `<html>`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stubbed(t, handle)
			for i, got := range s.move(t, moves(2)...) {
				if got.Kind != clawback.AnswerUnknown || got.Message == "" || got.At.IsZero() {
					t.Errorf("%d: got %+v", i, got)
				}
			}
			if n := s.spy.count("/elsewhere"); n != 0 {
				t.Error("the token was carried elsewhere")
			}
		})
	}
}

func TestBatch_anAnswerTooLargeIsUnknown(t *testing.T) {
	t.Parallel()
	s := stubbed(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, `{"responses":[{"id":"0","status":201}],"x":"`)
		filler := []byte(strings.Repeat("x", 1<<20))
		for range 33 {
			_, _ = w.Write(filler)
		}
		_, _ = w.Write([]byte(`"}`))
	})
	if got := s.move(t, moves(1)...)[0]; got.Kind != clawback.AnswerUnknown {
		t.Errorf("got %+v", got)
	}
}

func TestBatch_aTimeoutIsUnknown(t *testing.T) {
	t.Parallel()
	s := stubbed(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does a server notice that its client is gone
		<-r.Context().Done()
	}, func(cfg *graphclient.Config) { cfg.Timeout = 100 * time.Millisecond })
	if got := s.move(t, moves(1)...)[0]; got.Kind != clawback.AnswerUnknown {
		t.Errorf("got %+v", got)
	}
}

func TestBatch_unreachableIsNotUnknown(t *testing.T) {
	t.Parallel()
	s := stubbed(t, func(http.ResponseWriter, *http.Request) {})
	if err := s.client.CheckToken(t.Context(), s.conn); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s.spy.CloseIdleConnections()
	if got := s.move(t, moves(1)...)[0]; got.Kind != clawback.AnswerUnavailable {
		t.Errorf("got %+v", got)
	}
}

func TestBatch_refusedAsAWhole(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]clawback.AnswerKind{
		400: clawback.AnswerInvalid, 401: clawback.AnswerUnauthorized, 403: clawback.AnswerDenied,
	} {
		s := stubbed(t, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, status, `{"error":{"code":"X","message":"no"}}`)
		})
		_, err := s.client.MoveCopies(t.Context(), s.conn, time.Now().Add(time.Minute), moves(2))
		if failed := failure(t, err, kind); failed.Status != status || failed.Code != "X" {
			t.Errorf("%d: got %+v", status, failed)
		}
		_, err = s.client.FolderNames(t.Context(), s.conn, []clawback.FolderRequest{{MailboxID: "m", FolderID: "f"}})
		failure(t, err, kind)
	}
}

func TestBatch_heldOffAsAWhole(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]clawback.AnswerKind{
		429: clawback.AnswerThrottled, 503: clawback.AnswerUnavailable,
	} {
		s := stubbed(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "9")
			answer(w, status, `{"error":{"code":"X","message":"later"}}`)
		})
		for i, got := range s.move(t, moves(3)...) {
			if got.Kind != kind || got.RetryAfter != 9*time.Second {
				t.Errorf("%d, %d: got %+v", status, i, got)
			}
		}
	}
}

func TestBatch_asksNoMoreAfterAFailure(t *testing.T) {
	t.Parallel()
	for status, rest := range map[int]clawback.AnswerKind{
		429: clawback.AnswerThrottled, 503: clawback.AnswerUnavailable, 404: clawback.AnswerUnavailable,
	} {
		s := stubbed(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, status, `<html>`) })
		answers, err := s.client.FindCopies(t.Context(), s.conn, finds(41))
		if err != nil {
			t.Fatal(err)
		}
		if got := answers[40].Answer; got.Kind != rest {
			t.Errorf("%d: got %+v", status, got)
		}
		if n := s.spy.count("/$batch"); n != 1 {
			t.Errorf("%d: %d batches, want 1", status, n)
		}
	}
}
