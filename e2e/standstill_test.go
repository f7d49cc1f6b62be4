package e2e

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStandstill lets the portal stand still, again and again, for longer than an intent may wait: what it had announced and
// not sent is withdrawn, and nothing is removed twice. No other process gets at its database meanwhile.
func TestStandstill(t *testing.T) {
	k := startKilling(t, 100, "150ms")
	id := k.removeNext()
	waitFor(t, "the first removal", 30*time.Second, func() bool {
		return slices.ContainsFunc(k.Copies(k.customer.ID, k.remediated[0]), func(c stored) bool { return c.Folder == "recoverableitemsdeletions" })
	})
	for n := range 4 {
		k.await(time.Duration(90*n) * time.Millisecond)
		must(t, k.portal.cmd.Process.Signal(syscall.SIGSTOP))
		if n == 0 {
			k.refusesAnother()
		}
		k.await(2500 * time.Millisecond)
		must(t, k.portal.cmd.Process.Signal(syscall.SIGCONT))
	}
	k.judge(id)
	k.judgeRequests()
}

// refusesAnother starts a second portal on the same database.
func (k *killing) refusesAnother() {
	k.t.Helper()
	second := exec.Command(suite.binary, "serve", "--listen", freeAddress(k.t))
	second.Env = append(second.Environ(), environment(k.t, k.folder)...)
	said, err := second.CombinedOutput()
	if err == nil || !strings.Contains(string(said), "Another Clawback process has this database open") {
		k.t.Errorf("a second portal on the database: %v, %s", err, said)
	}
}
