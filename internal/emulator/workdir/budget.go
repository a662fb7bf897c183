package workdir

import (
	"errors"
	"io"
	"os"
)

// errBomb is about an archive that would fill the disk. Deflate makes a thousandth of
// zeros; a deck makes a tenth.
var errBomb = errors.New("the archive unpacks to more than 200 times its size and 1 GB, or to more than a million files")

// budget is what an archive may still unpack to.
type budget struct{ bytes, members int64 }

func newBudget(f *os.File) (*budget, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return &budget{bytes: 200*info.Size() + 1<<30, members: 1_000_000}, nil
}

// member counts one more.
func (b *budget) member() error {
	if b.members--; b.members < 0 {
		return errBomb
	}
	return nil
}

// of is the content of a member, as far as the budget goes.
func (b *budget) of(content io.Reader) io.Reader { return spending{content, b} }

type spending struct {
	io.Reader
	budget *budget
}

// Read passes on what the budget allows.
func (s spending) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if s.budget.bytes -= int64(n); s.budget.bytes < 0 {
		return 0, errBomb
	}
	return n, err
}
