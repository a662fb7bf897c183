package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// BenchmarkCrowd applies 10,000 jobs whose commands do nothing (to stay below 256 MiB),
// and plans them again when there is nothing to do (below 120 MiB and 1 s of processor).
// Validate is what reading and checking the manifest alone takes of that.
func BenchmarkCrowd(b *testing.B) {
	dir := b.TempDir()
	program, manifest := filepath.Join(dir, "program"), filepath.Join(dir, "job.yaml")
	if err := os.WriteFile(manifest, []byte(strings.Replace(tenThousand, "outputs:", "#", 1)), 0o600); err != nil {
		b.Fatal(err)
	}
	build(b, program, ".")
	url := benchURL(b, openServer(b, activeKey, "true"))
	for _, verb := range []string{"apply", "validate", "plan"} {
		b.Run(verb, func(b *testing.B) {
			var peak, processor float64
			for b.Loop() {
				command := exec.CommandContext(b.Context(), program, verb, "-f", manifest)
				command.Env = append(os.Environ(), "RESCALE_API_URL="+url, "RESCALE_API_KEY="+activeKey)
				if out, err := command.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%.2000s", err, out)
				}
				used := command.ProcessState.SysUsage().(*syscall.Rusage)
				peak = max(peak, float64(used.Maxrss)/1024)
				processor += (command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds()
			}
			b.ReportMetric(peak, "peak-MiB")
			b.ReportMetric(processor/float64(b.N), "processor-s/op")
		})
	}
}
