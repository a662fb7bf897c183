//go:build unix

package emulator_test

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

func TestCloseInTheMiddleAndReopen(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	gate := t.TempDir()
	first := open(t, cfg)
	file := first.upload("in.txt", []byte("in"))
	id := first.start(job{
		Command: `echo run $RESCALE_IG_RESTART_COUNT; ls; touch left-over
echo $$ > $GATE/leaf; [ "$RESCALE_IG_RESTART_COUNT" = 1 ] || sleep 60`,
		Env: map[string]string{"GATE": gate}, Inputs: []map[string]any{{"id": file["id"]}},
	})
	draft := first.create(job{Command: "true"})
	leaf := leafOf(t, gate)
	if err := first.server.Close(); err != nil {
		t.Fatal(err)
	}
	wantGone(t, leaf)

	second := open(t, cfg)
	second.await(id, completed)
	if log := second.outputs(id)["process_output.log"]; log != "run 1\nin.txt\nprocess_output.log\n" {
		t.Errorf("log %q", log)
	}
	history := second.history(id)
	if strings.Count(strings.Join(history, "|"), "Executing") != 1 || history[len(history)-1] != "Completed: Completed successfully" {
		t.Errorf("statuses %v", history)
	}
	if got := second.want(200, "GET", "/api/v2/jobs/"+draft+"/statuses/", "")["count"]; got != 0.0 {
		t.Errorf("the draft has %v statuses", got)
	}
	if got := second.do("GET", "/api/v2/files/"+file["id"].(string)+"/contents/", "").body; got != "in" {
		t.Errorf("content %q", got)
	}
	if id == second.create(job{Command: "true"}) {
		t.Error("an id was given twice")
	}
}

func TestFolderInUse(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	p := open(t, cfg)
	p.get("/api/v2/users/me/") // it serves, so the address is written
	_, err := emulator.Open(cfg)
	var inUse *emulator.InUseError
	if !errors.As(err, &inUse) {
		t.Fatalf("error %v", err)
	}
	if inUse.URL != p.url {
		t.Errorf("address %q, want %q", inUse.URL, p.url)
	}
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := emulator.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReopenGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	slow := config(t)
	slow.Speed = 0.01
	fast := slow
	fast.Speed = 0
	p := open(t, slow)
	waiting := p.start(job{Command: "echo $RESCALE_IG_RESTART_COUNT"})
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	p = open(t, fast)
	p.await(waiting, completed)
	if log := p.outputs(waiting)["process_output.log"]; log != "0\n" {
		t.Errorf("a job that had not begun to run was restarted: %q", log)
	}
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}

	cooling := slow
	cooling.Speed = 500
	p = open(t, cooling)
	id := p.start(job{Command: "true"})
	p.await(id, completed)
	if err := p.server.Close(); err != nil {
		t.Fatal(err)
	}
	p = open(t, fast)
	eventually(t, "the cluster stops", func() bool {
		return p.results("/api/v2/jobs/" + id + "/cluster_statuses/")[0]["status"] == "Stopped"
	})
	if n := len(p.history(id)); n != 6 {
		t.Errorf("%d statuses: %v", n, p.history(id))
	}
}

// TestServeAfterClose is a command that ends, with a word of its own, before its platform
// has begun to serve.
func TestServeAfterClose(t *testing.T) {
	t.Parallel()
	server, err := emulator.Open(config(t))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(server.Close(), server.Serve(listener)); err != nil {
		t.Errorf("after Close: %v", err)
	}
	if _, err := listener.Accept(); err == nil {
		t.Error("the port is still open")
	}
}
