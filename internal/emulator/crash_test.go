//go:build unix

package emulator_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// crashDir is set in the process that TestKilledServer kills.
const crashDir = "EMULATOR_CRASH_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		fmt.Println(serveUntilKilled(dir))
		return
	}
	os.Exit(m.Run())
}

func serveUntilKilled(dir string) error {
	server, err := emulator.Open(emulator.Config{
		Dir: dir, Env: []string{"PATH=" + os.Getenv("PATH")}, Accounts: []emulator.Account{{Key: key, Email: "ada@example.com"}},
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	return server.Serve(listener)
}

func TestKilledServer(t *testing.T) {
	t.Parallel()
	needLinux(t)
	cfg := config(t)
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+cfg.Dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	former := &platform{t: t, url: strings.TrimSpace(url), key: key, client: noKeepAlive()}
	gate := t.TempDir()
	id := former.start(job{
		Command: "echo run $RESCALE_IG_RESTART_COUNT\nif [ $RESCALE_IG_RESTART_COUNT = 0 ]; then\n" + stubborn + "\nfi", Env: map[string]string{"DIR": gate},
	})
	leaf := leafOf(t, gate)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()

	p := open(t, cfg) // nothing is locked
	p.await(id, completed)
	wantGone(t, leaf)
	if log := p.outputs(id)["process_output.log"]; log != "run 1\n" {
		t.Errorf("log %q", log)
	}
	if jobs := p.server.Jobs(); len(jobs) != 1 || jobs[0].Restarts != 1 || jobs[0].Submitted != 1 {
		t.Errorf("jobs %+v", jobs)
	}
}
