package e2e

import "testing"

// TestSmoke shows that the demo starts, answers, and keeps the content policy on its first page.
func TestSmoke(t *testing.T) {
	a := startDemo(t)
	p := a.NewPage()
	if status := p.Open("/"); status != 200 {
		t.Fatalf("the first page answered %d", status)
	}
	p.See("Sign in with Microsoft")
	p.Axe()
	p.Look("signin")
}
