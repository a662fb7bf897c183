package main

import (
	"bytes"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// uploadSize is how large the file of BenchmarkUpload is.
const uploadSize = 2 << 30

// BenchmarkUpload sends one large file to a sink on this machine, with curl -F and
// with the program, in turns: once with nothing but the manifest and the file, and
// once more when only the state was lost. It reports seconds, how they compare
// (the cold one with curl and one SHA-512 pass), and the peak memory of the program.
func BenchmarkUpload(b *testing.B) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		b.Skip("needs curl")
	}
	u := newUploading(b)
	var sum struct{ curl, hash, cold, warm time.Duration }
	var peak int64
	for b.Loop() {
		sum.curl += u.run(b, exec.CommandContext(b.Context(), curl, "-sS", "-f", "-o", os.DevNull, "-H", "Authorization: Token "+activeKey,
			"-F", "file=@"+u.file, u.url+"/api/v2/files/contents/")).took
		sum.hash += u.hash(b)
		cold := u.apply(b, ".rescale")
		warm := u.apply(b, filepath.Join(".rescale", "job.yaml.state.jsonl"))
		sum.cold, sum.warm = sum.cold+cold.took, sum.warm+warm.took
		peak = max(peak, cold.peak, warm.peak)
	}
	per := func(d time.Duration) float64 { return d.Seconds() / float64(b.N) }
	b.ReportMetric(0, "ns/op") // the sum of all says nothing
	b.ReportMetric(per(sum.curl), "curl-s")
	b.ReportMetric(per(sum.hash), "sha512-s")
	b.ReportMetric(per(sum.cold), "cold-s")
	b.ReportMetric(per(sum.warm), "warm-s")
	b.ReportMetric(sum.cold.Seconds()/(sum.curl+sum.hash).Seconds(), "cold/(curl+sha512)")
	b.ReportMetric(sum.warm.Seconds()/sum.curl.Seconds(), "warm/curl")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}

// uploading is a manifest with one large input, and where to send it.
type uploading struct {
	url, dir, file, program string

	arrived atomic.Int64 // bytes at the sink
}

func newUploading(b *testing.B) *uploading {
	b.Helper()
	u := &uploading{}
	dir := b.TempDir()
	u.url, u.dir, u.file, u.program = benchURL(b, sink{openServer(b, activeKey, ""), &u.arrived}), dir, filepath.Join(dir, "mesh.msh"), filepath.Join(dir, "program")
	const manifest = `version: 1
name: upload
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1, walltime: 1h}
inputs: [mesh.msh]
command: "true"
`
	err := errors.Join(os.WriteFile(filepath.Join(dir, "job.yaml"), []byte(manifest), 0o644), os.WriteFile(u.file, nil, 0o644), os.Truncate(u.file, uploadSize))
	if err != nil {
		b.Fatal(err)
	}
	build(b, u.program, ".")
	return u
}

// cost is what a process took.
type cost struct {
	took time.Duration
	peak int64 // bytes of memory
}

// run measures a process that is to send the file once.
func (u *uploading) run(b *testing.B, command *exec.Cmd) cost {
	b.Helper()
	u.arrived.Store(0)
	began := time.Now()
	if out, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	took := time.Since(began)
	if n := u.arrived.Load(); n < uploadSize || n > uploadSize+4096 {
		b.Fatalf("%d bytes arrived of %d", n, uploadSize)
	}
	return cost{took, command.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10}
}

// apply runs the program after something was forgotten. The job is a new one each
// time, or it would be found on the platform and need no input.
func (u *uploading) apply(b *testing.B, forget string) cost {
	b.Helper()
	manifest := filepath.Join(u.dir, "job.yaml")
	text, err := os.ReadFile(manifest)
	if err == nil {
		text = bytes.Replace(text, []byte("name: upload"), []byte("name: uploadx"), 1)
		err = errors.Join(os.WriteFile(manifest, text, 0o644), os.RemoveAll(filepath.Join(u.dir, forget)))
	}
	if err != nil {
		b.Fatal(err)
	}
	command := exec.CommandContext(b.Context(), u.program, "-f", "job.yaml", "--no-wait")
	command.Dir = u.dir
	command.Env = append(os.Environ(), "RESCALE_API_URL="+u.url, "RESCALE_API_KEY="+activeKey)
	return u.run(b, command)
}

// hash is one SHA-512 pass over the file.
func (u *uploading) hash(b *testing.B) time.Duration {
	b.Helper()
	began := time.Now()
	f, err := os.Open(u.file)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	sum := sha512.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{sum}, struct{ io.Reader }{f}, make([]byte, 1<<20)); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// sink is an emulator that throws the content of uploads away: it keeps a file of
// no bytes in their place, without a checksum.
type sink struct {
	platform http.Handler
	arrived  *atomic.Int64
}

func (s sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/api/v2/files/contents/" {
		s.platform.ServeHTTP(w, r)
		return
	}
	record, err := s.swallow(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(record)
}

// swallow reads the form to its end without looking for it: a parser would be the
// slowest part of the whole.
func (s sink) swallow(r *http.Request) (map[string]any, error) {
	size, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r.Body, make([]byte, 1<<20))
	if err != nil {
		return nil, err
	}
	s.arrived.Add(size)
	record, err := s.store(r)
	if err != nil {
		return nil, err
	}
	record["decryptedSize"], record["fileChecksums"], record["md5"] = size, nil, nil
	return record, nil
}

// store keeps an empty file.
func (s sink) store(r *http.Request) (map[string]any, error) {
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	if _, err := writer.CreateFormFile("file", "mesh.msh"); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	small := httptest.NewRequestWithContext(r.Context(), http.MethodPost, r.URL.Path, &form)
	small.Header.Set("Authorization", r.Header.Get("Authorization"))
	small.Header.Set("Content-Type", writer.FormDataContentType())
	answer := httptest.NewRecorder()
	s.platform.ServeHTTP(answer, small)
	var record map[string]any
	err := json.Unmarshal(answer.Body.Bytes(), &record)
	return record, err
}
