package content_test

import (
	"testing"

	"github.com/rescale-apply/rescale-apply/internal/content"
)

func TestBytes(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 KB", 12_345: "12 KB", 999_499: "999 KB", 999_500: "1.0 MB", 5_000_000_000: "5.0 GB",
	} {
		if got := content.Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}
