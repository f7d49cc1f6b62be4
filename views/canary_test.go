package views_test

import (
	"strings"
	"testing"
	"time"

	"clawback"
	"clawback/views"
)

func sampleCanary(status clawback.CanaryStatus, problem clawback.CanaryProblem) clawback.Canary {
	c := clawback.Canary{ID: "c1", OrganizationID: "o1", DeviceID: "d1", Proof: clawback.ProofCanRemove, Status: status, Problem: problem,
		Mailbox: clawback.Mailbox{ID: "m1", Address: "mia.chen@contoso.com"}, Subject: "Clawback test message", StartedByName: hostile, StartedAt: now.Add(-time.Minute)}
	if status != clawback.CanaryRunning {
		c.EndedAt = now
	}
	for i, step := range clawback.ProofCanRemove.Steps()[:3] {
		at := now.Add(time.Duration(i) * time.Second)
		c.Lines = append(c.Lines, clawback.CanaryLine{ID: string(step), Step: step, Asked: "Do it", Found: hostile, OK: i < 2, Status: 201, RequestID: "r", StartedAt: at, EndedAt: at.Add(1500 * time.Millisecond)})
	}
	return c
}

// TestProof shows each state of a test, with what may be done about it by whom.
func TestProof(t *testing.T) {
	failed := clawback.CanaryProblem{Cause: clawback.CanaryAccessPolicy, Finding: "A policy keeps the app out: " + hostile, Advice: "Mend it.", Who: "An Exchange Administrator", Place: clawback.PlacePermissions}
	left := sampleCanary(clawback.CanaryFailed, failed)
	left.LeftBehind = true
	open := sampleCanary(clawback.CanaryFailed, failed)
	open.Lines[2].EndedAt = time.Time{}
	for name, tt := range map[string]struct {
		canaries   []clawback.Canary
		reader     bool
		words, not []string
	}{
		"none":        {nil, false, []string{"Not shown yet", "Test with a message of our own"}, []string{"step by step"}},
		"running":     {[]clawback.Canary{sampleCanary(clawback.CanaryRunning, clawback.CanaryProblem{})}, false, []string{"Running", "To come", "watch-proof"}, []string{"Test with a message of our own"}},
		"proved":      {[]clawback.Canary{sampleCanary(clawback.CanaryProved, clawback.CanaryProblem{})}, false, []string{"Clawback can remove", "1.5 s", "Proved in 1 mailbox"}, []string{"watch-proof"}},
		"failed":      {[]clawback.Canary{sampleCanary(clawback.CanaryFailed, failed)}, false, []string{"A policy keeps the app out", "Mend it.", "An Exchange Administrator", "API permissions", "Not done"}, []string{"may still lie"}},
		"left behind": {[]clawback.Canary{left}, false, []string{"may still lie in the mailbox", "Take the message away"}, nil},
		"cut off":     {[]clawback.Canary{open}, false, []string{"Not known"}, nil},
		"a reader":    {[]clawback.Canary{left, open}, true, []string{"may still lie", "Earlier tests"}, []string{"Take the message away</button>", "Test with a message of our own"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := views.ProofData{Organization: contoso, Setup: clawback.DeviceSetup{Device: clawback.Device{ID: "d1", Name: hostile}, Canaries: tt.canaries}, Canaries: tt.canaries, CanConfigure: !tt.reader}
			html := renderPage(t, page{name: name, title: d.Title(), content: views.Proof(d)})
			holdsForEveryPage(t, html)
			for _, words := range tt.words {
				if !strings.Contains(html, words) {
					t.Errorf("it does not say %q", words)
				}
			}
			for _, words := range tt.not {
				if strings.Contains(html, words) {
					t.Errorf("it says %q", words)
				}
			}
		})
	}
}
