package results_test

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rescale-apply/rescale-apply/executor/results"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// counter is a platform with one file, behind a real client.
type counter struct {
	*rescale.Client
	file rescale.File
}

func (c counter) JobFiles(ctx context.Context, _, _ string) ([]rescale.File, error) {
	return []rescale.File{c.file}, ctx.Err()
}

// BenchmarkDownload fetches 1 GiB from this machine, and in the same round lets curl
// fetch it and sha512 verify it. It reports the time of the one as a part of the other's.
func BenchmarkDownload(b *testing.B) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		b.Skip(err)
	}
	const size = 1 << 30
	source, sum := random(b, size)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, source)
	}))
	defer server.Close()
	client, err := rescale.New(rescale.Config{BaseURL: server.URL})
	if err != nil {
		b.Fatal(err)
	}
	file := rescale.File{ID: "oUtPuT", RelativePath: "out.bin", Size: size, SHA512: sum, Complete: true}
	for _, parallel := range []int{1, 4} {
		b.Run(fmt.Sprint("parallel=", parallel), func(b *testing.B) {
			b.SetBytes(size)
			var ours, theirs time.Duration
			for b.Loop() {
				dir := b.TempDir()
				theirs += timed(b, func() error {
					path := filepath.Join(dir, "curl.bin")
					err := exec.CommandContext(b.Context(), curl, "-s", "-o", path, server.URL+"/api/v2/files/oUtPuT/contents/").Run()
					if err != nil {
						return err
					}
					return hash(path)
				})
				// Else our flush to the disk would wait for curl's bytes too.
				if err := os.Remove(filepath.Join(dir, "curl.bin")); err != nil {
					b.Fatal(err)
				}
				ours += timed(b, func() error {
					d := results.Download{
						Platform: counter{client, file}, ID: "QwErTy", Parallel: parallel, Tell: func(results.Transfer) {},
						Wish: results.Wish{Include: []string{"**"}, To: dir},
					}
					_, err := d.Run(b.Context())
					return err
				})
				if err := os.RemoveAll(dir); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(ours.Seconds()/theirs.Seconds(), "of-curl+sha512")
			b.ReportMetric(ours.Seconds()/float64(b.N), "s/download")
		})
	}
}

func timed(b *testing.B, act func() error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := act(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func random(b *testing.B, size int64) (path, sum string) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "source.bin")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha512.New()
	if _, err := io.CopyN(io.MultiWriter(f, digest), rand.NewChaCha8([32]byte{}), size); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path, hex.EncodeToString(digest.Sum(nil))
}

func hash(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyBuffer(sha512.New(), struct{ io.Reader }{f}, make([]byte, 1<<20))
	return err
}
